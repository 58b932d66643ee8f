/* Messages between services, and what they cost. Under -icount shift=0 a tick is an instruction. */
#include "kit.h"

enum { ADD = DJED_LABEL(100, 1), PASS = DJED_LABEL(100, 2), SLEEP = DJED_LABEL(100, 3), ROUNDS = 1000 };
enum { TO_SERVER = 2, TO_ROOT = 3, DONE = 1, COSTS = 2 };

/* Answers with its word plus one; forwards what says PASS. It may forward, not call. */
static void server(void)
{
	attach(NULL);
	REQUIRE(call(TO_SERVER, ADD, 0) == -EPERM);
	REQUIRE(kernel_notify(TO_SERVER, 1) == -EPERM);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		REQUIRE(ipc.in.kind == DJED_DELIVERY_REQUEST);
		if (ipc.in.message.label == PASS) {
			ipc.out = ipc.in.message;
			ipc.out.label = ADD;
			REQUIRE(kernel_receive(DJED_NEXT_FORWARD, DJED_LOG_EMPTY, TO_SERVER, 0) == 0);
		} else {
			REQUIRE(reply(0, ipc.in.message.word[0] + 1) == 0);
		}
	}
}

static void client(void)
{
	uint64_t first, empty;

	attach(NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		REQUIRE(call(TO_SERVER, ADD, i) == 0);
		REQUIRE(ipc.answer.word[0] == i + 1);
	}
	REQUIRE(call(TO_SERVER, PASS, 7) == 0);
	REQUIRE(ipc.answer.word[0] == 8);
	REQUIRE(call(5, ADD, 7) == -EPERM);
	REQUIRE(call(99, ADD, 7) == -EPERM);
	REQUIRE(kernel_notify(TO_SERVER, 1) == -EPERM); /* it may call, nothing else */
	REQUIRE(kernel_receive(DJED_NEXT_FORWARD, DJED_LOG_EMPTY, TO_SERVER, 0) == -EPERM);
	REQUIRE(call(TO_ROOT, ADD, 7) == -EPERM);
	REQUIRE(call(TO_SERVER, DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH), 0) == -EINVAL);
	ipc.out.label = ADD;
	ipc.out.grant[0].kind = ipc.out.grant[1].kind = DJED_GRANT_NONE;
	first = ticks();
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)kernel_call(TO_SERVER, DJED_LOG_EMPTY);
	first = ticks() - first;
	empty = ticks();
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)kernel_notify(99, 0);
	empty = ticks() - empty;
	say("instructions of a call and its reply: %u; of an operation that is refused: %u", first / ROUNDS,
	    empty / ROUNDS);
	REQUIRE(kernel_notify(TO_ROOT, DONE) == 0);
	(void)receive(DJED_NEXT_NONE, DJED_LOG_EMPTY);
}

void test(void)
{
	unsigned far = make_service("far", 20, 0), near = make_service("near", 21, 0),
		 c = make_service("client", 19, 0);

	grant_endpoint(near, TO_SERVER, far, DJED_MAY_FORWARD);
	grant_endpoint(c, TO_SERVER, near, DJED_MAY_CALL);
	grant_endpoint(c, TO_ROOT, 0, DJED_MAY_NOTIFY);
	start_service(far, server);
	start_service(near, server);
	start_service(c, client);
	wait_for(DONE);
}
