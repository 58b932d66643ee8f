/* What else the tests of this folder want to see, as the command line says:
 *
 *   client=session      counts with `counter`, and goes over to whoever takes its place when it is dead
 *   client=calls        hangs, in one delivery: it calls ds without end, and uses up little time of its own
 *   client=deliveries   hangs, and never in one delivery: it and counter_spare notify each other without end,
 *                       and nobody below them runs
 *
 * It hangs until it has been undone once. */
#include <djed/server.h>
#include <errno.h>
#include <lib/command_line.h>
#include <lib/session.h>
#include <protocols/counter_client.h>
#include <protocols/ds_client.h>
#include <string.h>

enum { STEPS = 30, COUNTER = 5 };

static djed_status tell_the_count(struct session *session);

static struct {
	char what[16];
	djed_slot ds, spare;
	uint64_t count;
	uint32_t steps, failed, wrong;
	bool undone;
} state;
static struct session counter = {.name = "counter", .restore = tell_the_count};

static djed_status tell_the_count(struct session *session)
{
	uint64_t value;

	return counter_add(session->slot, COUNTER, state.count, &value);
}

/* True: once more. */
static bool count(void)
{
	uint64_t value = 0;
	djed_status status = session_call(&counter, counter_add(counter.slot, COUNTER, 1, &value));

	if (status)
		state.failed++;
	else if (value != ++state.count)
		state.wrong++;
	if (++state.steps < STEPS)
		return true;
	djed_log("client: %u steps, %u failed, %u wrong", state.steps, state.failed, state.wrong);
	return false;
}

static bool hang(bool over_calls)
{
	uint64_t value;

	state.undone |= djed_current()->attempt > 0;
	if (state.undone) {
		djed_log("it goes on");
		return false;
	}
	while (over_calls)
		(void)ds_look_up(state.ds, "nothing", &value);
	djed_notify(state.spare, 1);
	return false;
}

static void notified(uint64_t bits)
{
	bool again;

	(void)bits;
	if (strcmp(state.what, "session") == 0)
		again = count();
	else
		again = hang(strcmp(state.what, "calls") == 0);
	djed_deadline = again ? djed_now() + 1 : 0;
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->message.label == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_START) && state.what[0])
		djed_deadline = djed_now() + 1;
	djed_reply(0);
}

static djed_status init(void)
{
	counter.slot = djed_capability("counter");
	state.ds = djed_capability("ds");
	state.spare = djed_capability("counter_spare");
	(void)command_line_value(djed_start()->command_line, "client", state.what, sizeof(state.what));
	return 0;
}

static void audit(struct djed_audit *audit)
{
	djed_check(audit, state.steps <= STEPS, "%u steps", state.steps);
}

DJED_SERVER(init, handle, notified, audit)
