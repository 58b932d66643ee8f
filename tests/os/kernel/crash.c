/* Crashes in the middle of a chain of calls, and every way to recover: client -> upper -> lower, each with
 * state and a hand-made log of one word; rs decides as the client has told it. */
#include "kit.h"

enum { ADD = DJED_LABEL(100, 1), PLAN = DJED_LABEL(100, 2), READ = DJED_LABEL(100, 3) };
enum { TO_LOWER = 2, TO_UPPER, TO_RS, TO_ROOT, CAP_RECOVERY };

/* How lower misbehaves in the next request. */
enum {
	WELL,
	NULL_POINTER,
	WRITE_TEXT,
	RUN_DATA,
	PANIC,
	LOSE_LOG,
	BAD_OPERATION,
	STACK_OVERFLOW,
	PRIVILEGED,
	HOW_END
};

/* ---- upper and lower ------------------------------------------------------------------------- */

static volatile uint64_t value, logged, used; /* state, its old value in the log, whether the log is used */
static volatile uint64_t how;		      /* not logged: so that it misbehaves once */
static volatile uint64_t undone;

static void overflow_stack(volatile uint64_t *p)
{
	volatile uint64_t more[64];

	more[0] = *p;
	if (*p != 1) /* never: but the compiler cannot tell */
		overflow_stack(more);
	more[1] = *p;
}

static void misbehave(void)
{
	static volatile uint8_t data[16] = {0xc3};
	uint64_t mode = how, x = 0;

	data[1] = 0;
	how = WELL;
	switch (mode) {
	case NULL_POINTER:
		*(volatile uint64_t *)8 = 1;
		break;
	case WRITE_TEXT:
		*(volatile uint8_t *)(uintptr_t)misbehave = 1;
		break;
	case RUN_DATA:
		((void (*)(void))(uintptr_t)data)();
		break;
	case PANIC:
		give_up("as planned", 42);
		break;
	case LOSE_LOG:
		*(volatile uint64_t *)(DJED_LOG_BASE + LOG_PAGES * DJED_PAGE_SIZE) = 0x55;
		REQUIRE(*(volatile uint64_t *)(DJED_LOG_BASE + 0x20000000) ==
			0x55); /* the same frame all over */
		*(volatile uint64_t *)0 = 1;
		break;
	case STACK_OVERFLOW:
		overflow_stack(&x);
		break;
	case PRIVILEGED:
		__asm__ volatile("cli");
		break;
	}
}

static void recover(void);

static void serve(djed_slot next)
{
	for (;;) {
		uint64_t word = ipc.in.message.word[0];

		if (!(ipc.in.flags & DJED_DELIVERY_LOG_KEPT))
			used = 0;
		if (ipc.in.message.label == READ) {
			ipc.out.status = 0;
			ipc.out.word[0] = value;
			ipc.out.word[1] = undone;
			REQUIRE(receive(DJED_NEXT_REPLY, used) == 0);
			continue;
		}
		if (ipc.in.message.label == PLAN) {
			how = word;
			REQUIRE(reply(0, 0) == 0);
			continue;
		}
		if (!used)
			logged = value;
		used = 1;
		value += word;
		if (next) {
			ipc.out.label = ADD;
			ipc.out.word[0] = word;
			ipc.out.grant[0].kind = ipc.out.grant[1].kind = DJED_GRANT_NONE;
			REQUIRE(kernel_call(next, DJED_LOG_USED) == 0);
			ipc.out.status = ipc.answer.status;
		} else {
			misbehave();
			ipc.out.status = 0;
		}
		ipc.out.word[0] = value;
		REQUIRE(receive(DJED_NEXT_REPLY, DJED_LOG_USED) == 0);
	}
}

static djed_slot below;

static void recover(void)
{
	if (used)
		value = logged;
	used = 0;
	undone++;
	REQUIRE(receive(DJED_NEXT_ROLLED_BACK, DJED_LOG_EMPTY) == 0);
	while (ipc.in.kind == DJED_DELIVERY_ROLLBACK) {
		if (used)
			value = logged;
		used = 0;
		undone++;
		REQUIRE(receive(DJED_NEXT_ROLLED_BACK, DJED_LOG_EMPTY) == 0);
	}
	serve(below);
}

static void run(djed_slot next)
{
	below = next;
	attach(recover);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	serve(next);
}

static void upper(void)
{
	run(TO_LOWER);
}

static void lower(void)
{
	run(0);
}

/* ---- rs -------------------------------------------------------------------------------------- */

static uint64_t planned, planned_error, refused, crashes;
static struct djed_service_information information;

static void decide(const uint64_t *word)
{
	uint64_t service = word[0];

	crashes++;
	REQUIRE(kernel_service_information(service, (uintptr_t)&information) == 0);
	REQUIRE(information.state == DJED_SERVICE_STOPPED && information.held_label == ADD);
	if (kernel_recover(service, planned, planned_error, information.entry) == 0)
		return;
	refused++;
	REQUIRE(information.lost);
	REQUIRE(kernel_service_zero(service, (uintptr_t)&value, sizeof(value)) == 0);
	REQUIRE(kernel_recover(service, DJED_RECOVER_RESTART, EIO, information.entry) == 0);
}

static void recoverer(void)
{
	attach(NULL);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		uint64_t word[DJED_WORDS_MAX];

		memcpy(word, ipc.in.message.word, sizeof(word));
		if (ipc.in.message.label == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)) {
			decide(word);
		} else if (ipc.in.message.label == PLAN) {
			planned = word[0];
			planned_error = word[1];
		}
		ipc.out.word[1] = crashes;
		REQUIRE(reply(0, refused) == 0);
	}
}

/* ---- client ---------------------------------------------------------------------------------- */

static void plan(uint64_t mode, uint64_t action, uint64_t error)
{
	REQUIRE(call(TO_LOWER, PLAN, mode) == 0);
	ipc.out.word[1] = error;
	REQUIRE(call(TO_RS, PLAN, action) == 0);
}

/* The states of upper and lower. */
static void check_values(uint64_t up, uint64_t low)
{
	REQUIRE(call(TO_UPPER, READ, 0) == 0);
	REQUIRE(ipc.answer.word[0] == up);
	REQUIRE(call(TO_LOWER, READ, 0) == 0);
	REQUIRE(ipc.answer.word[0] == low);
}

static void client(void)
{
	uint64_t sum = 0;

	attach(NULL);
	REQUIRE(call(TO_UPPER, ADD, 1) == 0);
	sum++;
	for (unsigned mode = NULL_POINTER; mode < HOW_END; mode++) {
		if (mode == LOSE_LOG || mode == BAD_OPERATION)
			continue;
		plan(mode, DJED_RECOVER_RETRY, 0);
		REQUIRE(call(TO_UPPER, ADD, 1) == 0);
		sum++;
		check_values(sum, sum);
		plan(mode, DJED_RECOVER_ERROR, ENOSPC);
		REQUIRE(call(TO_UPPER, ADD, 1) == -ENOSPC);
		check_values(sum, sum);
	}
	plan(NULL_POINTER, DJED_RECOVER_ERROR_ALONE,
	     ENOSPC); /* osiris: upper goes on, and keeps what it did */
	REQUIRE(call(TO_UPPER, ADD, 1) == -ENOSPC);
	check_values(sum + 1, sum);
	plan(LOSE_LOG, DJED_RECOVER_RETRY, 0); /* refused: restart, with an error; upper is rolled back */
	REQUIRE(call(TO_UPPER, ADD, 1) == -EIO);
	check_values(sum + 1, 0);
	REQUIRE(call(TO_RS, READ, 0) == 0 && ipc.answer.word[0] == 1);
	REQUIRE(ipc.answer.word[1] == 2 * (HOW_END - 3) + 2);
	REQUIRE(call(TO_UPPER, ADD, 5) == 0);
	check_values(sum + 6, 5);
	plan(NULL_POINTER, DJED_RECOVER_ABANDON, 0);
	REQUIRE(call(TO_UPPER, ADD, 1) == -EIO);
	REQUIRE(call(TO_LOWER, READ, 0) == -EIO);
	REQUIRE(kernel_notify(TO_ROOT, 1) == 0);
	(void)receive(DJED_NEXT_NONE, DJED_LOG_EMPTY);
}

void test(void)
{
	unsigned rs = make_service("rs", 30, DJED_SPEC_RECOVERER), low = make_service("lower", 22, 0);
	unsigned up = make_service("upper", 21, 0), c = make_service("client", 20, 0);
	struct djed_kernel_audit audit;

	grant(rs, CAP_RECOVERY, DJED_CAP_RECOVERY, 0, 0);
	grant_endpoint(up, TO_LOWER, low, DJED_MAY_CALL);
	grant_endpoint(c, TO_LOWER, low, DJED_MAY_CALL);
	grant_endpoint(c, TO_UPPER, up, DJED_MAY_CALL);
	grant_endpoint(c, TO_RS, rs, DJED_MAY_CALL);
	grant_endpoint(c, TO_ROOT, 0, DJED_MAY_NOTIFY);
	start_service(rs, recoverer);
	start_service(low, lower);
	start_service(up, upper);
	start_service(c, client);
	wait_for(1);
	EXPECT(kernel_kernel_audit((uintptr_t)&audit) == 0);
	EXPECT(audit.violations == 0 && audit.queued == 0 && audit.held == 0 && audit.log_owners == 0 &&
	       audit.deferred == 0);
}
