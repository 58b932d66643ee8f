/* The environment of the transaction rules: what they cause, checked against what may happen now. */
#include "model.h"

/* Somebody must always get on: a cycle of waiting never costs the oldest transaction its work. */
static void check_victim(unsigned root)
{
	const struct txn *t = &world->t;
	bool oldest = true;

	if (!resolving)
		return;
	for (unsigned i = 0; i < TXN_REQUESTS; i++) {
		const struct txn_request *q = &t->request[i];

		/* A server that starts up and waits has nothing that could be rolled back. */
		if (i < TXN_SERVICE_REQUESTS && q->state == TXN_QUEUED && q->root == i)
			oldest = false;
		else if (q->transaction == 0)
			continue;
		else
			oldest &=
			    i == root || (q->transaction > t->request[root].transaction && q->lost == 0);
	}
	if (oldest)
		violation("the oldest transaction is the victim of a cycle of waiting");
}

void txn_env_deliver(struct txn *t, unsigned service, unsigned request, enum djed_delivery_kind kind,
		     uint32_t flags, uint64_t bits)
{
	struct server *s = &world->server[service];
	const struct txn_request *q = &t->request[request];

	if (kind == DJED_DELIVERY_ROLLBACK) {
		check_victim(request);
		s->activity = ACT_UNDO;
		return;
	}
	if (!(flags & DJED_DELIVERY_LOG_KEPT))
		s->logged = s->lost = 0;
	s->activity = ACT_HANDLER;
	s->pc = 0;
	s->kind = (uint8_t)kind;
	s->flags = (uint8_t)(flags & DJED_DELIVERY_RESUMED);
	s->root_request = q->root == request;
	s->handle = txn_handle(t, request);
	s->handler = (uint8_t)q->message.label;
	s->tag = (uint8_t)q->message.word[0];
	if (kind == DJED_DELIVERY_NOTIFIED) {
		bool failed = bits & DJED_NOTIFY_FAILED, dropped = bits_dropped(service);
		uint64_t before = dropped ? 0 : world->in_work[service];

		bits &= ~DJED_NOTIFY_FAILED;
		if (exact() &&
		    failed != (before && (world->in_failed_work[service] || world->to_fail[service])))
			violation("server %u is told that work failed which did not, or conversely", service);
		if (exact() && bits & ~(world->released[service] | before))
			violation("server %u is notified of what has not been released", service);
		if (exact() && (before & ~bits || (failed && before != bits)))
			violation("server %u does not see again what it was notified of", service);
		world->in_work[service] = bits;
		world->in_failed_work[service] = failed;
		world->to_fail[service] = 0;
		if (!failed) /* the same bits may have been released once more meanwhile */
			world->released[service] &= ~bits;
		s->handler = scenario->notified[service];
		s->tag = (uint8_t)(TAG_NOTIFIED + service);
	} else if (request < TXN_SERVICE_REQUESTS && request % TXN_PER_SERVICE == TXN_REPORT) {
		s->handler = 0;
		s->tag = 0;
	} else if (s->root_request && (kind == DJED_DELIVERY_CANCEL || (flags & DJED_DELIVERY_RESUMED))) {
		s->tag += PART_TWO;
	}
	if (!s->root_request)
		return;
	if (q->attempt + q->rounds > 0 && world->age[request] != q->transaction)
		violation("transaction %u does not keep its age", s->tag);
	world->age[request] = q->transaction;

	unsigned thread = txn_thread_of(request);

	if (thread == TXN_NONE) {
		forget_attempt(s->tag);
		return;
	}
	uint32_t execution = q->attempt << 8 | q->rounds;

	if (execution != world->execution[thread]) /* else it has been forwarded, or is new */
		forget_attempt(s->tag);
	world->execution[thread] = execution;
	if (world->decided[thread] == DECIDED_ERROR)
		violation("transaction %u is delivered again, not answered with the error", s->tag);
	world->decided[thread] = DECIDED_NOTHING;
}

uint64_t txn_env_now(void)
{
	return 0;
}

void txn_env_return(struct txn *t, unsigned service, const struct djed_message *answer)
{
	world->server[service].status = answer->status;
	if (txn_held(t, service) == TXN_NONE && answer->status != 0)
		forget_attempt(world->server[service].tag); /* what its start-up called was rolled back */
}

void txn_env_answer(struct txn *t, unsigned thread, const struct djed_message *answer,
		    enum txn_outcome outcome)
{
	struct client *c = &world->client[thread];
	unsigned tag = tag_of(thread, c->next - 1u);

	(void)t;
	if (!c->waiting)
		violation("client %u is answered twice", thread);
	c->waiting = 0;
	c->answers++;
	c->failures += answer->status != 0;
	if (exact() && outcome == TXN_FAILED && world->decided[thread] != DECIDED_ERROR && !c->killed)
		violation("client %u gets an error that nobody has decided", thread);
	world->decided[thread] = DECIDED_NOTHING;
	if (scenario->confirm && !scenario->loses && outcome == TXN_ANSWERED && ending != 0 &&
	    (ending == tag || ending == tag + PART_TWO) && (world->execution[thread] & 0xff) == 0 &&
	    world->crashes == scenario->crashes && !c->killed)
		violation("client %u gets an answer that was not confirmed", thread);
	if (outcome == TXN_ANSWERED) {
		if (ending != tag && ending != tag + PART_TWO)
			wanted_happened(OP_ANSWER, thread);
		return;
	}
	forget(tag);
	forget(tag + PART_TWO);
}

void txn_env_unwind(struct txn *t, unsigned service)
{
	check_victim(t->service[service].log_owner);
	world->server[service].activity = ACT_UNDO;
}

/* The new instance has the state of the old one before the transaction: rung 5, whose own work is not
 * modelled. */
void txn_env_restart(struct txn *t, unsigned service)
{
	struct server *s = &world->server[service];

	(void)t;
	undo(s, s->logged);
	s->lost = 0;
	s->activity = ACT_START;
}

void txn_env_dead(struct txn *t, unsigned service)
{
	(void)t;
	world->server[service].activity = ACT_START;
}

void txn_env_object_commit(struct txn *t, unsigned object, bool created, uint32_t effects)
{
	(void)t;
	if (created) {
		wanted_happened(OP_CREATE, object);
		world->object[object] = 2;
	}
	if (effects) {
		wanted_happened(OP_DEFER, object);
		if (world->object[object] != 2)
			violation("effect on object %u, which does not exist", object);
		world->object_effects[object]++;
	}
}

void txn_env_object_drop(struct txn *t, unsigned object, uint32_t effects)
{
	(void)t, (void)object, (void)effects;
}

void txn_env_object_undo(struct txn *t, unsigned object)
{
	(void)t;
	if (world->object[object] != 1)
		violation("object %u is undone in state %u", object, world->object[object]);
	world->object[object] = 0;
}
