/* What rs needs to know about a stopped service, and the audit of the transaction rules' own structures. */
#include "transaction_internal.h"

void txn_information(const struct txn *t, unsigned service, struct djed_service_information *information)
{
	const struct txn_service *s = &t->service[service];
	unsigned root = txn_blocker(t, service);

	information->state = s->state;
	information->held_label = s->held == TXN_NONE ? 0 : t->request[s->held].message.label;
	information->undoing = s->undo_crashed;

	static const struct txn_request none;
	const struct txn_request *r = root == TXN_NONE ? &none : &t->request[root];

	information->root_label = r->origin;
	information->root_attempt = r->retries;
	information->lost = r->lost;
	information->participants = r->participants;
	information->transaction = r->transaction;
	information->window_closed = r->lost >> service & 1; /* its log no longer reaches back to the start */
}

/* ---- audit: each function returns the number of broken invariants ---------------------------- */

static unsigned audit_queue(const struct txn *t, unsigned service, unsigned *length)
{
	const struct txn_service *s = &t->service[service];
	unsigned previous = TXN_NONE;
	unsigned bad = 0;

	*length = 0;
	for (unsigned q = s->queue.head; q != TXN_NONE; q = t->queue_link[q].next) {
		if (q >= TXN_REQUESTS || ++*length > TXN_REQUESTS)
			return bad + 1;
		bad += t->request[q].state != TXN_QUEUED || t->request[q].endpoint != service;
		bad += t->queue_link[q].previous != previous;
		previous = q;
	}
	bad += s->queue.tail != previous;
	/* Nobody waits who need not. */
	bad += s->state == DJED_SERVICE_RECEIVING && s->log_owner == TXN_NONE && s->queue.head != TXN_NONE;
	return bad;
}

static unsigned audit_service(const struct txn *t, unsigned service)
{
	const struct txn_service *s = &t->service[service];
	unsigned bad = 0;

	if (s->held != TXN_NONE) {
		bad += s->held >= TXN_REQUESTS;
		if (bad)
			return bad;
		bad += t->request[s->held].state != TXN_HELD || t->request[s->held].endpoint != service;
		bad += s->state == DJED_SERVICE_RECEIVING || s->state == DJED_SERVICE_DEAD;
		bad += s->log_owner != TXN_NONE && s->log_owner != t->request[s->held].root;
	}
	if (s->log_owner != TXN_NONE) {
		if (s->log_owner >= TXN_REQUESTS)
			return bad + 1;
		bad += (t->request[s->log_owner].participants & txn_bit(service)) == 0;
		bad += !txn_is_root(t, s->log_owner);
	}
	bad += s->log_owner == TXN_NONE && (s->effects || s->notifies != 0);
	bad += s->alone && s->state != DJED_SERVICE_UNDOING && s->state != DJED_SERVICE_STOPPED;
	bad += s->state == DJED_SERVICE_CALLING &&
	       t->request[service * TXN_PER_SERVICE + TXN_CALL].state == TXN_IDLE;
	return bad;
}

static unsigned audit_root(const struct txn *t, unsigned root)
{
	const struct txn_request *r = &t->request[root];
	unsigned previous = TXN_NONE;
	unsigned steps = 0;
	unsigned bad = 0;

	for (uint32_t set = r->participants; set != 0;) {
		unsigned service = txn_take(&set);

		bad += service >= TXN_SERVICES || t->service[service].log_owner != root;
	}
	bad += (r->undoing & ~r->participants) != 0 && r->state == TXN_UNWINDING;
	bad += r->state == TXN_UNWINDING && r->undoing == 0;
	for (unsigned thing = r->effects.head; thing != TXN_NONE; thing = t->effect[thing].link.next) {
		if (thing >= TXN_THINGS || ++steps > TXN_THINGS)
			return bad + 1;
		bad += t->effect[thing].root != root || t->effect[thing].link.previous != previous;
		bad += (r->participants & txn_bit(t->effect[thing].service)) == 0;
		previous = thing;
	}
	bad += r->effects.tail != previous;
	/* The chain of calls leads from the innermost request back to the root. */
	steps = 0;
	for (unsigned q = r->tip; q != root; q = t->service[txn_service_of(q)].held)
		if (q >= TXN_SERVICE_REQUESTS || q % TXN_PER_SERVICE != TXN_CALL || ++steps > TXN_SERVICES ||
		    t->request[q].root != root)
			return bad + 1;
	return bad;
}

static unsigned audit_request(const struct txn *t, unsigned request)
{
	const struct txn_request *q = &t->request[request];
	unsigned bad = 0;

	if (q->endpoint >= TXN_SERVICES)
		return 1;
	bad += q->state == TXN_HELD && t->service[q->endpoint].held != request;
	bad += (q->state == TXN_IDLE || q->state == TXN_PARKED) &&
	       (q->participants != 0 || q->effects.head != TXN_NONE || q->lost != 0);
	bad += q->state == TXN_IDLE && t->effect[request].root != TXN_NONE;
	bad += q->state == TXN_PARKED && (txn_thread_of(request) == TXN_NONE || q->transaction != 0);
	bad += q->state != TXN_IDLE && q->state != TXN_PARKED && q->root >= TXN_REQUESTS;
	if (bad == 0 && q->state != TXN_IDLE && q->state != TXN_PARKED && q->root == request)
		bad += audit_root(t, request);
	return bad;
}

void txn_audit(const struct txn *t, unsigned service, struct djed_kernel_audit *audit)
{
	unsigned own = service < TXN_SERVICES ? txn_working_for(t, service) : TXN_NONE;
	unsigned in_queues = 0;
	unsigned queued = 0;
	unsigned stopped = 0, unwinding = 0;

	for (unsigned i = 0; i < TXN_SERVICES; i++) {
		unsigned length;

		audit->violations += audit_queue(t, i, &length) + audit_service(t, i);
		in_queues += length;
		stopped += t->service[i].state == DJED_SERVICE_STOPPED;
		audit->log_owners += t->service[i].log_owner != TXN_NONE && t->service[i].log_owner != own;
		audit->deferred += t->service[i].notifies != 0 && t->service[i].log_owner != own;
	}
	for (unsigned i = 0; i < TXN_REQUESTS; i++) {
		const struct txn_request *q = &t->request[i];

		audit->violations += audit_request(t, i);
		queued += q->state == TXN_QUEUED;
		unwinding += q->state == TXN_UNWINDING;
		audit->parked += q->state == TXN_PARKED;
		audit->queued += q->state == TXN_QUEUED && q->root != own;
		audit->held += (q->state == TXN_HELD || q->state == TXN_UNWINDING) && q->root != own;
	}
	for (unsigned i = 0; i < TXN_THINGS; i++)
		audit->deferred += t->effect[i].root != TXN_NONE && t->effect[i].root != own;
	audit->violations += (in_queues != queued) + (stopped != t->stopped) + (unwinding != t->unwinding);
}
