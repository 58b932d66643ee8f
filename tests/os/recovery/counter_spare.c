/* Stands by for `counter`, with the same protocol: its clients go over to it when that one is dead. Notifies
 * who notifies it. */
#include <djed/server.h>
#include <errno.h>
#include <lib/session.h>
#include <protocols/counter_server.h>

static uint64_t counters[16];

djed_status counter_on_add(uint32_t counter, uint64_t amount, uint64_t *value)
{
	*value = counters[counter] += amount;
	return 0;
}

djed_status counter_on_get(uint32_t counter, uint64_t *value)
{
	*value = counters[counter];
	return 0;
}

djed_status counter_on_label(uint32_t counter, struct djed_buffer text, uint32_t *length)
{
	(void)counter;
	*length = text.length;
	return 0;
}

djed_status counter_on_list(struct djed_buffer text, uint32_t *length)
{
	(void)text;
	*length = 0;
	return 0;
}

djed_status counter_on_reset(uint32_t counter, uint64_t *value)
{
	*value = counters[counter];
	counters[counter] = 0;
	return 0;
}

static djed_status init(void)
{
	return session_publish("counter");
}

static void handle(const struct djed_delivery *delivery)
{
	if (!counter_dispatch(delivery))
		djed_reply(-ENOSYS);
}

static void notified(uint64_t bits)
{
	if (djed_current()->attempt > 0)
		djed_log("it goes on"); /* and lets the other one go */
	else
		djed_notify(djed_capability("client"), bits);
}

DJED_SERVER(init, handle, notified, NULL)
