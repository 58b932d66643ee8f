/* What the files of the transaction rules share. Not for the rest of the kernel: see transaction.h. */
#ifndef DJED_KERNEL_TRANSACTION_INTERNAL_H
#define DJED_KERNEL_TRANSACTION_INTERNAL_H

#include "transaction.h"

static inline uint32_t txn_bit(unsigned service)
{
	return UINT32_C(1) << service;
}

/* Takes the lowest service out of a set that is not empty. */
static inline unsigned txn_take(uint32_t *set)
{
	unsigned service = (unsigned)__builtin_ctz(*set);

	*set &= *set - 1;
	return service;
}

/* Crashes are reported to these: they must never wait for a transaction that waits for their decision. */
static inline bool txn_is_reporter(const struct txn *t, unsigned service)
{
	return service == 0 || service == t->recoverer;
}

static inline bool txn_is_root(const struct txn *t, unsigned request)
{
	return t->request[request].root == request;
}

/* ---- transaction_wait.c ---------------------------------------------------------------------- */

/* The root that a request waits for while it is queued at the service, or TXN_NONE. */
unsigned txn_blocker(const struct txn *t, unsigned service);

/* How a cycle of waiting is broken; members are TXN_NONE where nothing needs to be done. */
struct txn_resolution {
	unsigned victim; /* root to be unwound */
	unsigned freed;	 /* service that no longer waits for the end of the transaction in its log */
};
static const struct txn_resolution txn_no_cycle = {TXN_NONE, TXN_NONE};

/* What must happen for `root` to wait at `target`; -EDEADLK if nothing helps against the cycle that this
 * closes. `leaving`: a service that is about to be free. */
[[nodiscard]] djed_status txn_check_wait(const struct txn *t, unsigned root, unsigned target,
					 unsigned leaving, struct txn_resolution *resolution);
void txn_resolve(struct txn *t, struct txn_resolution resolution);

/* ---- transaction_delivery.c ------------------------------------------------------------------ */

/* Whether the service receives, and its log is none or the root's own. */
bool txn_may_deliver(const struct txn *t, unsigned service, unsigned root);

/* Gives a receiving service what it may have next. */
void txn_dispatch(struct txn *t, unsigned service);
void txn_dispatch_all(struct txn *t, uint32_t services);

/* Puts a request at the end of a living service's queue and delivers what can be. */
void txn_enqueue(struct txn *t, unsigned request, unsigned service);
void txn_dequeue(struct txn *t, unsigned request);

/* Makes an idle request the root of a new transaction and sends it. */
void txn_send_root(struct txn *t, unsigned request, unsigned target, const struct djed_message *message);

/* ---- transaction.c: ends --------------------------------------------------------------------- */

/* A root's transaction has ended well: participants are free, effects happen. The request itself keeps its
 * state. Returns the services that may have become able to receive something. */
[[nodiscard]] uint32_t txn_end(struct txn *t, unsigned root);

/* The request is not in use any more. */
void txn_retire(struct txn *t, unsigned request);

/* Ends a request of any kind that is neither queued nor held any more and gives its client the answer. */
void txn_give_answer(struct txn *t, unsigned request, const struct djed_message *answer,
		     enum txn_outcome outcome);
void txn_give_error(struct txn *t, unsigned request, int error, enum txn_outcome outcome);

/* ---- transaction_effects.c ------------------------------------------------------------------- */

/* Makes the deferred effects of a root happen. */
void txn_effects_release(struct txn *t, unsigned root);
/* Forgets those issued by one of the services; creations stay until txn_effects_undo. */
void txn_effects_drop(struct txn *t, unsigned root, uint32_t services);
/* Undoes the creations of the services, in reverse order. */
void txn_effects_undo(struct txn *t, unsigned root, uint32_t services);
/* Makes the service's deferred notifications visible; returns the services that got some. */
[[nodiscard]] uint32_t txn_notifications_release(struct txn *t, unsigned service);
/* Delivers a parked request again as a new transaction. */
void txn_resume(struct txn *t, unsigned request, enum djed_delivery_kind kind);

/* ---- transaction_recovery.c ------------------------------------------------------------------ */

/* Rolls a transaction back; when all participants have reported, it is delivered again (failure 0) or its
 * client gets -failure. It must have been delivered and not be unwinding. */
void txn_unwind(struct txn *t, unsigned root, int failure);

/* Whether this answer (next: REPLY, PARK or FINISH) of a root's holder is held back; if so the root is being
 * unwound.
 */
[[nodiscard]] bool txn_again(struct txn *t, unsigned root, enum djed_next next,
			     const struct djed_message *answer);

/* The service has undone its log (or lost it with its memory). */
void txn_rolled_back(struct txn *t, unsigned service);

/* The receiver of a crash report must not wait for anybody who may wait for its decision: what it has under
 * way in other servers, or holds a log for, is rolled back and comes again behind the report. */
void txn_free_reporter(struct txn *t, unsigned service);

/* A crash report has ended. */
void txn_report_ended(struct txn *t, unsigned service, enum txn_outcome outcome);

#endif
