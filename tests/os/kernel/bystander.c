/* While a service is stopped, and the recoverer takes its time: who has nothing to do with it goes on, timer,
 * calls and all; who calls it waits until it has been decided about, and then gets its answer. */
#include "kit.h"

enum { WORK = DJED_LABEL(100, 1), READ = DJED_LABEL(100, 2) };
enum { TO_VICTIM = 2, TO_ECHO, TO_BYSTANDER, TO_RS, TO_WAITER, TO_ROOT, CAP_RECOVERY };
enum { MS = 1000000, DECISION_MS = 200, ROUND_MS = 1, ROUNDS = 10 };

static uint64_t now(void)
{
	const struct djed_time *time = (const struct djed_time *)DJED_TIME_PAGE;

	return (uint64_t)((unsigned __int128)(ticks() - time->tsc_at_boot) * time->multiplier >> 32);
}

/* ---- who crashes, once; it has no state ------------------------------------------------------------- */

static void serve_victim(void)
{
	for (;;) {
		if (ipc.in.message.word[0] && ipc.in.attempt == 0)
			*(volatile uint64_t *)8 = 1;
		REQUIRE(reply(0, ipc.in.message.word[0]) == 0);
	}
}

static void recover(void)
{
	REQUIRE(receive(DJED_NEXT_ROLLED_BACK, DJED_LOG_EMPTY) == 0);
	serve_victim();
}

static void victim(void)
{
	attach(recover);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	serve_victim();
}

/* Answers READ with the times at which its decision began and ended. */
static void recoverer(void)
{
	uint64_t began = 0, ended = 0;

	attach(NULL);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		if (ipc.in.message.label == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)) {
			began = now();
			while (now() - began < DECISION_MS * MS)
				;
			ended = now();
			REQUIRE(kernel_recover(ipc.in.message.word[0], DJED_RECOVER_RETRY, 0, 0) == 0);
		}
		ipc.out.word[1] = ended;
		REQUIRE(reply(0, began) == 0);
	}
}

/* ---- who has nothing to do with it ------------------------------------------------------------------ */

static void echo(void)
{
	attach(NULL);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;)
		REQUIRE(reply(0, ipc.in.message.word[0] + 1) == 0);
}

/* Each millisecond a call; answers READ with how many there were. */
static void bystander(void)
{
	enum djed_next next = DJED_NEXT_NONE;
	uint64_t rounds = 0;

	attach(NULL);
	for (;;) {
		REQUIRE(kernel_receive(next, DJED_LOG_EMPTY, 0, now() + ROUND_MS * MS) == 0);
		next = DJED_NEXT_FINISH;
		if (ipc.in.kind == DJED_DELIVERY_NOTIFIED) {
			REQUIRE(call(TO_ECHO, WORK, rounds) == 0 && ipc.answer.word[0] == rounds + 1);
			rounds++;
		} else {
			ipc.out.status = 0;
			ipc.out.word[0] = rounds;
			next = DJED_NEXT_REPLY;
		}
	}
}

/* ---- who waits -------------------------------------------------------------------------------------- */

/* Told of it, it calls the victim in the middle of the decision; answers READ with the times of that call and
 * of its answer. */
static void waiter(void)
{
	enum djed_next next = DJED_NEXT_NONE;
	uint64_t deadline = 0, asked = 0, answered = 0;

	attach(NULL);
	for (;;) {
		REQUIRE(kernel_receive(next, DJED_LOG_EMPTY, 0, deadline) == 0);
		next = DJED_NEXT_FINISH;
		if (ipc.in.kind == DJED_DELIVERY_NOTIFIED) {
			deadline = 0;
			asked = now();
			REQUIRE(call(TO_VICTIM, WORK, 0) == 0 && ipc.answer.word[0] == 0);
			answered = now();
			continue;
		}
		if (ipc.in.message.label == WORK)
			deadline = now() + DECISION_MS / 2 * MS;
		ipc.out.status = 0;
		ipc.out.word[0] = asked;
		ipc.out.word[1] = answered;
		next = DJED_NEXT_REPLY;
	}
}

static uint64_t read(djed_slot from)
{
	REQUIRE(call(from, READ, 0) == 0);
	return ipc.answer.word[0];
}

static void client(void)
{
	uint64_t before, rounds, began, ended;

	attach(NULL);
	REQUIRE(call(TO_WAITER, WORK, 0) == 0);
	before = read(TO_BYSTANDER);
	REQUIRE(call(TO_VICTIM, WORK, 7) == 0 && ipc.answer.word[0] == 7);
	rounds = read(TO_BYSTANDER) - before;
	began = read(TO_RS);
	ended = ipc.answer.word[1];
	REQUIRE(ended - began >= DECISION_MS * MS);
	say("%u rounds in %u us", rounds, (ended - began) / 1000);
	REQUIRE(rounds >= ROUNDS);
	REQUIRE(read(TO_WAITER) > began && ipc.answer.word[0] < ended && ipc.answer.word[1] >= ended);
	REQUIRE(kernel_notify(TO_ROOT, 1) == 0);
	(void)receive(DJED_NEXT_NONE, DJED_LOG_EMPTY);
}

void test(void)
{
	/* The recoverer is below all others, as rs is. */
	unsigned rs = make_service("rs", 17, DJED_SPEC_RECOVERER), c = make_service("client", 18, 0);
	unsigned v = make_service("victim", 22, 0), w = make_service("waiter", 19, 0);
	unsigned b = make_service("bystander", 20, 0), e = make_service("echo", 21, 0);

	grant(rs, CAP_RECOVERY, DJED_CAP_RECOVERY, 0, 0);
	grant_endpoint(b, TO_ECHO, e, DJED_MAY_CALL);
	grant_endpoint(w, TO_VICTIM, v, DJED_MAY_CALL);
	grant_endpoint(c, TO_VICTIM, v, DJED_MAY_CALL);
	grant_endpoint(c, TO_BYSTANDER, b, DJED_MAY_CALL);
	grant_endpoint(c, TO_WAITER, w, DJED_MAY_CALL);
	grant_endpoint(c, TO_RS, rs, DJED_MAY_CALL);
	grant_endpoint(c, TO_ROOT, 0, DJED_MAY_NOTIFY);
	start_service(rs, recoverer);
	start_service(v, victim);
	start_service(e, echo);
	start_service(b, bystander);
	start_service(w, waiter);
	start_service(c, client);
	wait_for(1);
}
