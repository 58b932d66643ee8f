#include "rs.h"

#include <errno.h>
#include <protocols/kernel.h>
#include <protocols/recovery.h>
#include <string.h>

struct rs rs;

static djed_status init(void)
{
	rs.system = DJED_SYSTEM;
	orchestrator_init(&rs.orchestrator, djed_start()->policy);
	for (uint32_t i = 1; i < rs.system->count; i++)
		memcpy(rs.orchestrator.service[i].ladder, rs.system->service[i].ladder, DJED_LADDER_MAX);
	return 0;
}

/* Message `crash` of protocol recovery, without the generated dispatch: that needs half of the runtime. */
static void give_crash(const struct djed_delivery *delivery)
{
	uint64_t number = delivery->message.word[0], total = crashes.total, copied;
	uint64_t oldest = total < DJED_CRASHES_KEPT ? 0 : total - DJED_CRASHES_KEPT;

	if (number < oldest || number > total) /* the latter: this is another instance */
		number = oldest;
	djed_reply_words(number < total
			     ? kernel_copy_out(0, 0, (uintptr_t)&crashes.crash[number % DJED_CRASHES_KEPT],
					       sizeof(struct djed_crash), 0, &copied)
			     : -ENOENT,
			 (uint64_t[]){total, number}, 2);
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->message.label == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)) {
		rs_recover(&delivery->message);
		djed_reply(0);
	} else if (delivery->message.label == RECOVERY_CRASH) {
		give_crash(delivery);
	} else {
		djed_reply(-ENOSYS);
	}
}

static void audit(struct djed_audit *audit)
{
	rs_audit(audit, DJED_SYSTEM, djed_start()->archive_size - DJED_SYSTEM_OFFSET);
}

DJED_SERVER(init, handle, NULL, audit)
