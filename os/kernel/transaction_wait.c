/* Who waits for whom, and how cycles of waiting are broken (docs/transactions.md, "Waiting and cycles"). */
#include "transaction_internal.h"

unsigned txn_blocker(const struct txn *t, unsigned service)
{
	const struct txn_service *s = &t->service[service];

	if (s->held != TXN_NONE)
		return t->request[s->held].root;
	if (s->state == DJED_SERVICE_CALLING || s->state == DJED_SERVICE_WORKING)
		/* start-up: the service waits, or is about to wait, for its own root request */
		return service * TXN_PER_SERVICE + TXN_CALL;
	return s->log_owner;
}

/* The service is kept from others by a log that cannot be undone any more: only the order of writes is at
 * stake. */
static bool holds_lost_log(const struct txn_service *s)
{
	return s->state == DJED_SERVICE_RECEIVING && s->log_owner != TXN_NONE && s->log == DJED_LOG_LOST &&
	       !s->effects && s->notifies == 0;
}

/* Whether the service would be free if the root that it blocks for were rolled back. */
static bool may_be_victim(const struct txn *t, unsigned root, unsigned service)
{
	const struct txn_service *s = &t->service[service];
	bool starts_up = s->held == TXN_NONE && s->state != DJED_SERVICE_RECEIVING;

	return t->request[root].transaction != 0 && t->request[root].lost == 0 && !starts_up;
}

static bool is_younger(const struct txn *t, unsigned root, unsigned other)
{
	return t->request[root].transaction > t->request[other].transaction;
}

/* A root that waits, waits for exactly one other, and only new waits close cycles, so following the chain
 * from the target finds every cycle. It visits a service at most once. */
djed_status txn_check_wait(const struct txn *t, unsigned root, unsigned target, unsigned leaving,
			   struct txn_resolution *resolution)
{
	struct txn_resolution found = txn_no_cycle;
	unsigned at = target;

	*resolution = txn_no_cycle;
	if (txn_may_deliver(t, target, root))
		return 0;
	for (unsigned steps = 0; steps <= TXN_SERVICES; steps++) {
		unsigned waiting = txn_blocker(t, at);

		if (waiting == TXN_NONE)
			return 0;
		if (may_be_victim(t, waiting, at) &&
		    (found.victim == TXN_NONE || is_younger(t, waiting, found.victim)))
			found.victim = waiting;
		if (holds_lost_log(&t->service[at]))
			found.freed = at;
		if (waiting == root) {
			if (found.victim != TXN_NONE)
				found.freed = TXN_NONE;
			*resolution = found;
			return at == target || (found.victim == TXN_NONE && found.freed == TXN_NONE)
				   ? -EDEADLK
				   : 0;
		}
		if (t->request[waiting].state == TXN_IDLE)
			return 0;

		const struct txn_request *tip = &t->request[t->request[waiting].tip];

		if (tip->state != TXN_QUEUED || tip->endpoint == leaving)
			return 0;
		at = tip->endpoint;
	}
	return 0;
}

void txn_resolve(struct txn *t, struct txn_resolution resolution)
{
	if (resolution.victim != TXN_NONE)
		txn_unwind(t, resolution.victim, 0);
	if (resolution.freed == TXN_NONE)
		return;

	struct txn_service *s = &t->service[resolution.freed];

	t->request[s->log_owner].participants &= ~txn_bit(resolution.freed);
	s->log_owner = TXN_NONE;
	txn_dispatch(t, resolution.freed);
}
