/* A server that exercises others without any application: each notification of its deadline is one
 * transaction of a few calls to counter, ds and store, whose results it knows beforehand. What it knows lies
 * in its own logged memory, so a transaction that is rolled back and done again must give the very same
 * results. After STEPS it ends the run by asking for the final audit; exit status 0: everything was as
 * expected. */
#include <abi/lab.h>
#include <djed/server.h>
#include <errno.h>
#include <protocols/counter_client.h>
#include <protocols/ds_client.h>
#include <protocols/kernel.h>
#include <protocols/store_client.h>
#include <string.h>

enum { STEPS = 50, COUNTER = 3, BYTES = 300, RUN_ENDED = 1 };

static struct {
	djed_slot counter, ds, store, auditor;
	uint64_t object;
	uint32_t steps, wrong;
} state;

static void expect(bool holds, const char *what)
{
	if (holds)
		return;
	state.wrong++;
	djed_log("step %u: %s", state.steps, what);
}

static void use_store(void)
{
	uint8_t bytes[BYTES], back[BYTES] = {0};
	uint64_t size;
	uint32_t count;

	if (!state.object)
		expect(store_create(state.store, &state.object) == 0, "store create");
	memset(bytes, (int)state.steps, sizeof(bytes));
	expect(store_write(state.store, state.object, (uint64_t)state.steps * BYTES, djed_own(bytes, BYTES),
			   &count, &size) == 0 &&
		   count == BYTES && size == (uint64_t)(state.steps + 1) * BYTES,
	       "store write");
	expect(store_read(state.store, state.object, (uint64_t)(state.steps / 2) * BYTES,
			  djed_own_writable(back, BYTES), &count, &size) == 0 &&
		   count == BYTES && back[0] == (uint8_t)(state.steps / 2) && back[BYTES - 1] == back[0],
	       "store read");
}

static void step(void)
{
	uint64_t value = 0;

	expect(counter_add(state.counter, COUNTER, 1, &value) == 0 && value == state.steps + 1,
	       "counter add");
	expect(ds_publish(state.ds, "prober", value) == 0, "ds publish");
	use_store();
	expect(ds_look_up(state.ds, "prober", &value) == 0 && value == state.steps + 1, "ds look_up");
	expect(counter_get(state.counter, COUNTER, &value) == 0 && value == state.steps + 1, "counter get");
	state.steps++;
}

static void notified(uint64_t bits)
{
	(void)bits;
	djed_deadline = 0;
	step();
	if (state.steps < STEPS) {
		djed_deadline = djed_now() + 1;
		return;
	}
	djed_log("prober: %u steps, %u wrong", state.steps, state.wrong);
	(void)kernel_lab_update(DJED_LAB_EXIT_STATUS, 0, state.wrong ? 1 << 8 : 0);
	djed_notify(state.auditor, RUN_ENDED);
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->message.label != DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_START)) {
		djed_reply(-ENOSYS);
		return;
	}
	djed_deadline = djed_now() + 1;
	djed_reply(0);
}

static djed_status init(void)
{
	state.counter = djed_capability("counter");
	state.ds = djed_capability("ds");
	state.store = djed_capability("store");
	state.auditor = djed_capability("auditor");
	return 0;
}

static void audit(struct djed_audit *audit)
{
	djed_check(audit, state.steps <= STEPS, "%u steps", state.steps);
}

DJED_SERVER(init, handle, notified, audit)
