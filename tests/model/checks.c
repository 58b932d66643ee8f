/* Checks of the transaction rules at their full table sizes: what must be refused, and hostile callers.
 *
 * The environment does nothing. Random calls of all entry points with random arguments must leave the
 * structures intact, whatever order they come in. */
#include "../../os/kernel/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct txn t;
static unsigned answered, delivered, committed, undone;
static unsigned last_request; /* delivered */

#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                                \
		}                                                                               \
	} while (0)

uint64_t txn_env_now(void)
{
	return 0;
}

void txn_env_deliver(struct txn *state, unsigned service, unsigned request, enum djed_delivery_kind kind,
		     uint32_t flags, uint64_t bits)
{
	(void)state, (void)service, (void)kind, (void)flags, (void)bits;
	delivered++;
	last_request = request;
}

void txn_env_return(struct txn *state, unsigned service, const struct djed_message *answer)
{
	(void)state, (void)service, (void)answer;
	answered++;
}

/* As the kernel does when an exit cannot be served: the thread ends here, and somebody is told. */
void txn_env_answer(struct txn *state, unsigned thread, const struct djed_message *answer,
		    enum txn_outcome outcome)
{
	(void)answer;
	answered++;
	if (outcome == TXN_ANSWERED)
		return;
	CHECK(txn_thread_gone(state, thread));
	txn_interrupt(state, 3, 1ull << 62);
}

void txn_env_unwind(struct txn *state, unsigned service)
{
	(void)state, (void)service;
}

void txn_env_restart(struct txn *state, unsigned service)
{
	(void)state, (void)service;
}

void txn_env_dead(struct txn *state, unsigned service)
{
	(void)state, (void)service;
}

/* As the kernel does: the end of a thread is an effect on its object. */
void txn_env_object_commit(struct txn *state, unsigned object, bool created, uint32_t effects)
{
	(void)created;
	committed++;
	if (object >= TXN_THREADS)
		return;
	if (effects & 1)
		(void)!txn_thread_gone(state, object);
	if (effects & 2)
		txn_cancel(state, object);
}

void txn_env_object_drop(struct txn *state, unsigned object, uint32_t effects)
{
	(void)state, (void)object, (void)effects;
}

void txn_env_object_undo(struct txn *state, unsigned object)
{
	(void)state, (void)object;
	undone++;
}

static const struct djed_message nothing;
static struct djed_kernel_audit audit_now(void)
{
	struct djed_kernel_audit audit = {0};

	txn_audit(&t, TXN_NONE, &audit);
	return audit;
}

static djed_status receive(unsigned service, enum djed_next next, enum djed_log_state log)
{
	return txn_receive(&t, service, next, log, 0, &nothing);
}

/* Services 0..5, all receiving; 1 is the recoverer. */
static void start(void)
{
	txn_init(&t);
	for (unsigned i = 0; i < 6; i++) {
		CHECK(txn_service_open(&t, i, i == 1) == 0);
		CHECK(receive(i, DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	}
	answered = delivered = committed = undone = 0;
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void check_bounds(void)
{
	static const unsigned bad[] = {TXN_SERVICES, TXN_THREADS, TXN_OBJECTS, 0x7fffffff, 0xffffffff};

	start();
	CHECK(txn_request(&t, 0, 2, &nothing) == 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(txn_service_open(&t, bad[i], false) == -EINVAL);
		CHECK(txn_request(&t, 1, bad[i], &nothing) == -EINVAL);
		CHECK(txn_call(&t, bad[i], 3, DJED_LOG_EMPTY, &nothing) == -EINVAL);
		CHECK(txn_call(&t, 2, bad[i], DJED_LOG_EMPTY, &nothing) == -EINVAL);
		CHECK(receive(bad[i], DJED_NEXT_NONE, DJED_LOG_EMPTY) == -EINVAL);
		CHECK(txn_receive(&t, 2, DJED_NEXT_FORWARD, DJED_LOG_EMPTY, bad[i], &nothing) == -EINVAL);
		CHECK(receive(2, (enum djed_next)bad[i], DJED_LOG_EMPTY) == -EINVAL);
		CHECK(receive(2, DJED_NEXT_REPLY, (enum djed_log_state)bad[i]) == -EINVAL);
		CHECK(txn_notify(&t, 2, bad[i], 1) == -EINVAL);
		CHECK(txn_notify(&t, bad[i], 2, 1) == -EINVAL);
		CHECK(txn_wake(&t, 2, bad[i]) == -ESRCH);
		CHECK(txn_wake(&t, bad[i], 1) == -EINVAL);
		CHECK(txn_answer_parked(&t, 2, bad[i] | 1ull << 32, &nothing) == -ESRCH);
		CHECK(txn_crash(&t, bad[i], &nothing) == -EINVAL);
		CHECK(txn_recover(&t, bad[i], DJED_RECOVER_RETRY, 0) == -ESRCH);
		CHECK(txn_object_created(&t, bad[i], 0) == -EINVAL);
		CHECK(txn_object_deferred(&t, bad[i], 0) == 0);
		txn_interrupt(&t, bad[i], 1);
		txn_log_lost(&t, bad[i]);
	}
	CHECK(txn_object_created(&t, 2, TXN_OBJECTS) == -EINVAL);
	CHECK(txn_object_defer(&t, 2, TXN_OBJECTS, 1) == -EINVAL);
	CHECK(txn_request(&t, TXN_THREADS, 2, &nothing) == -EINVAL);
	txn_cancel(&t, TXN_THREADS);
	CHECK(txn_thread_gone(&t, TXN_THREADS));
	CHECK(audit_now().violations == 0);
}

static void check_refusals(void)
{
	start();
	CHECK(txn_service_open(&t, 2, false) == -EINVAL);
	CHECK(txn_call(&t, 2, 3, DJED_LOG_EMPTY, &nothing) == -EINVAL); /* not running */
	CHECK(txn_request(&t, 0, 6, &nothing) == -EIO);			/* no such service */
	CHECK(txn_request(&t, 0, 2, &nothing) == 0);
	CHECK(txn_request(&t, 0, 3, &nothing) == -EBUSY);
	CHECK(receive(2, DJED_NEXT_NONE, DJED_LOG_EMPTY) == -EINVAL);
	CHECK(receive(2, DJED_NEXT_FINISH, DJED_LOG_EMPTY) == -EINVAL);
	CHECK(receive(2, DJED_NEXT_ROLLED_BACK, DJED_LOG_EMPTY) == -EINVAL);
	CHECK(txn_receive(&t, 2, DJED_NEXT_FORWARD, DJED_LOG_USED, 3, &nothing) == -EINVAL);
	CHECK(txn_receive(&t, 2, DJED_NEXT_FORWARD, DJED_LOG_EMPTY, 6, &nothing) == -EIO);
	CHECK(txn_call(&t, 2, 6, DJED_LOG_EMPTY, &nothing) == -EIO);
	CHECK(txn_call(&t, 2, 2, DJED_LOG_EMPTY, &nothing) == -EDEADLK);
	CHECK(txn_call(&t, 2, 3, DJED_LOG_EMPTY, &nothing) == 0);
	CHECK(txn_call(&t, 3, 2, DJED_LOG_EMPTY, &nothing) == -EDEADLK);
	CHECK(receive(3, DJED_NEXT_PARK, DJED_LOG_EMPTY) == -EINVAL); /* rule 6 */
	CHECK(receive(3, DJED_NEXT_REPLY, DJED_LOG_USED) == 0);
	/* 3 takes part now: to forward would leave its part behind at a rollback (rule 11). */
	CHECK(txn_receive(&t, 2, DJED_NEXT_FORWARD, DJED_LOG_EMPTY, 4, &nothing) == -EINVAL);
	CHECK(receive(2, DJED_NEXT_REPLY, DJED_LOG_USED) == 0);
	CHECK(answered == 2);
	CHECK(audit_now().violations == 0 && audit_now().held == 0 && audit_now().log_owners == 0);
}

static void check_handles(void)
{
	start();
	CHECK(txn_request(&t, 7, 2, &nothing) == 0);

	djed_handle handle = txn_handle(&t, last_request);

	CHECK(receive(2, DJED_NEXT_PARK, DJED_LOG_EMPTY) == 0);
	CHECK(audit_now().parked == 1);
	CHECK(txn_request(&t, 8, 3, &nothing) == 0);
	CHECK(txn_wake(&t, 3, handle) == -ESRCH); /* not parked there */
	CHECK(txn_request(&t, 9, 2, &nothing) == 0);
	CHECK(txn_wake(&t, 2, handle + (1ull << 32)) == -ESRCH);
	CHECK(txn_answer_parked(&t, 2, handle, &nothing) == 0);
	CHECK(txn_answer_parked(&t, 2, handle, &nothing) == -ESRCH); /* answered already */
	CHECK(txn_wake(&t, 2, handle) == -ESRCH);
	CHECK(answered == 0 && audit_now().deferred == 1);
	CHECK(receive(2, DJED_NEXT_REPLY, DJED_LOG_EMPTY) == 0);
	CHECK(answered == 2);
	CHECK(txn_request(&t, 7, 2, &nothing) == 0);
	CHECK(receive(2, DJED_NEXT_PARK, DJED_LOG_EMPTY) == 0);
	CHECK(txn_request(&t, 9, 2, &nothing) == 0);
	CHECK(txn_wake(&t, 2, handle) == -ESRCH); /* of an earlier request of the same thread */
	CHECK(audit_now().violations == 0);
}

static void check_recovery(void)
{
	start();
	CHECK(txn_crash(&t, 2, &nothing) == -EINVAL); /* not running */
	CHECK(txn_request(&t, 0, 2, &nothing) == 0);
	CHECK(txn_object_created(&t, 2, 3) == 0);
	CHECK(txn_object_created(&t, 2, 3) == -EINVAL);
	CHECK(txn_crash(&t, 2, &nothing) == 0);
	CHECK(txn_call(&t, 1, 3, DJED_LOG_EMPTY, &nothing) == -EBUSY); /* first it must decide */
	CHECK(txn_recover(&t, 3, DJED_RECOVER_RETRY, 0) == -ESRCH);
	CHECK(txn_recover(&t, 2, (enum djed_recovery_action)99, 0) == -EINVAL);
	CHECK(txn_recover(&t, 2, DJED_RECOVER_ERROR, 0) == -EINVAL);
	CHECK(txn_recover(&t, 2, DJED_RECOVER_ERROR, 4096) == -EINVAL);
	txn_log_lost(&t, 2); /* its own: only new memory helps */
	CHECK(txn_recover(&t, 2, DJED_RECOVER_RETRY, 0) == -EINVAL);
	CHECK(txn_recover(&t, 2, DJED_RECOVER_ERROR_ALONE, EIO) == -EINVAL);
	CHECK(txn_recover(&t, 2, DJED_RECOVER_RESTART, EIO) == 0);
	CHECK(undone == 1 && committed == 0 && answered == 1);
	CHECK(receive(3, DJED_NEXT_FINISH, DJED_LOG_EMPTY) == 0); /* told by txn_env_answer */
	CHECK(receive(1, DJED_NEXT_REPLY, DJED_LOG_EMPTY) == 0);
	CHECK(receive(2, DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	CHECK(txn_crash(&t, 0, &nothing) == -EINVAL);
	CHECK(audit_now().violations == 0 && audit_now().held == 0 && audit_now().deferred == 0);
}

/* ---- hostile callers ------------------------------------------------------------------------- */

static uint64_t random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % limit;
}

static void one_random_call(void)
{
	unsigned a = random_below(7), b = random_below(7), thread = random_below(6);
	djed_handle handle = txn_handle(&t, txn_thread_request(thread));
	enum djed_log_state log = (enum djed_log_state)(random_below(16) % 3);
	struct djed_message m = {.label = random_below(9)};

	switch (random_below(16)) {
	case 0:
	case 1:
		(void)!txn_request(&t, thread, a, &m);
		break;
	case 2:
	case 3:
		(void)!txn_call(&t, a, a + random_below(3), log, &m);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
		(void)!txn_receive(&t, a, (enum djed_next)random_below(6), log, b, &m);
		break;
	case 9:
		(void)!txn_notify(&t, a, b, 1u << random_below(4));
		break;
	case 10:
		(void)!txn_answer_parked(&t, a, handle, &m);
		break;
	case 11:
		(void)!txn_wake(&t, a, handle);
		break;
	case 12:
		(void)!(random_below(2) ? txn_object_created(&t, a, 6 + thread)
					: txn_object_defer(&t, a, random_below(10), 1u << random_below(3)));
		break;
	case 13:
		txn_cancel(&t, thread);
		break;
	case 14:
		if (a > 1 || random_below(8) == 0)
			(void)!txn_crash(&t, a, &m);
		break;
	case 15: {
		/* Seldom the end of a service: there is no way back from it. */
		enum djed_recovery_action action = (enum djed_recovery_action)(1 + random_below(7));

		if (action != DJED_RECOVER_ABANDON || random_below(50) == 0)
			(void)!txn_recover(&t, a, action, random_below(3));
		break;
	}
	}
}

static void check_random(unsigned seeds, unsigned steps)
{
	for (unsigned seed = 0; seed < seeds; seed++) {
		random_state = seed;
		start();
		for (unsigned i = 0; i < steps; i++) {
			one_random_call();
			if (audit_now().violations != 0) {
				fprintf(stderr, "seed %u step %u: %u broken invariants\n", seed, i,
					audit_now().violations);
				exit(1);
			}
		}
		CHECK(delivered > steps / 200);
	}
}

int main(int argc, char **argv)
{
	check_bounds();
	check_refusals();
	check_handles();
	check_recovery();
	check_random(argc > 1 ? (unsigned)atoi(argv[1]) : 40, 2000);
	printf("transaction rules: all checks passed\n");
	return 0;
}
