/* Deferred effects (rules 5, 10, 13): notifications, answers and wake-ups of parked requests, kernel objects.
 *
 * They are kept where they can always be: notifications in the service that issued them, the others with the
 * thing they are about, linked to their root. A service that has issued any is a participant even with an
 * empty log. So its parked requests and notifications are of interest to one open transaction at a time, and
 * there are no conflicts on them. */
#include "transaction_internal.h"

/* ---- lists ----------------------------------------------------------------------------------- */

static void effect_append(struct txn *t, unsigned root, unsigned thing)
{
	struct txn_list *list = &t->request[root].effects;
	struct txn_effect *e = &t->effect[thing];

	e->root = (uint16_t)root;
	e->link = (struct txn_link){.next = TXN_NONE, .previous = list->tail};
	if (list->tail == TXN_NONE)
		list->head = (uint16_t)thing;
	else
		t->effect[list->tail].link.next = (uint16_t)thing;
	list->tail = (uint16_t)thing;
}

static void effect_remove(struct txn *t, unsigned thing)
{
	struct txn_effect *e = &t->effect[thing];
	struct txn_list *list = &t->request[e->root].effects;

	if (e->link.previous == TXN_NONE)
		list->head = e->link.next;
	else
		t->effect[e->link.previous].link.next = e->link.next;
	if (e->link.next == TXN_NONE)
		list->tail = e->link.previous;
	else
		t->effect[e->link.next].link.previous = e->link.previous;
	*e = (struct txn_effect){.root = TXN_NONE};
}

/* The service takes part in the transaction it works for: its effects must have an end. */
static unsigned participate(struct txn *t, unsigned service)
{
	unsigned root = txn_working_for(t, service);

	t->request[root].participants |= txn_bit(service);
	t->service[service].log_owner = (uint16_t)root;
	return root;
}

static void effect_add(struct txn *t, unsigned service, unsigned thing, uint32_t bits, bool created)
{
	struct txn_effect *e = &t->effect[thing];
	unsigned root = participate(t, service);

	t->service[service].effects = 1;
	if (e->root == TXN_NONE)
		effect_append(t, root, thing);
	e->service = (uint8_t)service;
	e->bits |= bits;
	e->created |= created;
}

/* ---- notifications --------------------------------------------------------------------------- */

uint32_t txn_notifications_release(struct txn *t, unsigned service)
{
	struct txn_service *s = &t->service[service];
	uint32_t touched = s->notifies;

	for (uint32_t set = touched; set != 0;) {
		unsigned target = txn_take(&set);

		if (t->service[target].state != DJED_SERVICE_DEAD)
			t->service[target].bits |= s->notify[target];
		s->notify[target] = 0;
	}
	s->notifies = 0;
	return touched;
}

void txn_interrupt(struct txn *t, unsigned target, uint64_t bits)
{
	if (target >= TXN_SERVICES || t->service[target].state == DJED_SERVICE_DEAD)
		return;
	/* commit */
	t->service[target].bits |= bits;
	txn_dispatch(t, target);
}

djed_status txn_notify(struct txn *t, unsigned service, unsigned target, uint64_t bits)
{
	if (service >= TXN_SERVICES || target >= TXN_SERVICES)
		return -EINVAL;

	struct txn_service *s = &t->service[service];

	if (s->state != DJED_SERVICE_WORKING)
		return -EINVAL;
	/* commit */
	if (s->held == TXN_NONE) {
		txn_interrupt(t, target, bits);
		return 0;
	}
	participate(t, service);
	s->notifies |= txn_bit(target);
	s->notify[target] |= bits;
	return 0;
}

/* ---- parked requests ------------------------------------------------------------------------- */

void txn_resume(struct txn *t, unsigned request, enum djed_delivery_kind kind)
{
	struct txn_request *q = &t->request[request];

	q->kind = (uint8_t)kind;
	q->resumed = 1;
	q->cancel = 0;
	q->root = q->tip = (uint16_t)request;
	txn_enqueue(t, request, q->endpoint);
}

/* To its holder a request is parked until it is delivered again. */
static bool is_parked(const struct txn_request *q)
{
	return q->state == TXN_PARKED || (q->state == TXN_QUEUED && q->resumed);
}

static void answer_now(struct txn *t, unsigned request, const struct djed_message *answer)
{
	if (t->request[request].state == TXN_QUEUED)
		txn_dequeue(t, request);
	txn_give_answer(t, request, answer, TXN_ANSWERED);
}

/* Finds what a handle of a service means: 0 if it is parked there and not yet answered. */
static djed_status find_parked(const struct txn *t, unsigned service, djed_handle handle, unsigned *request)
{
	if (service >= TXN_SERVICES || t->service[service].state != DJED_SERVICE_WORKING)
		return -EINVAL;
	*request = (unsigned)(handle & UINT32_MAX);
	if (txn_thread_of(*request) == TXN_NONE)
		return -ESRCH;

	const struct txn_request *q = &t->request[*request];

	if (handle >> 32 != q->generation || q->endpoint != service || !is_parked(q) ||
	    (t->effect[*request].bits & TXN_EFFECT_ANSWER) != 0)
		return -ESRCH;
	return 0;
}

djed_status txn_answer_parked(struct txn *t, unsigned service, djed_handle handle,
			      const struct djed_message *message)
{
	unsigned request;
	djed_status status = find_parked(t, service, handle, &request);

	if (status != 0)
		return status;
	/* commit */
	if (t->service[service].held == TXN_NONE) {
		answer_now(t, request, message);
		return 0;
	}
	t->request[request].answer = *message;
	effect_add(t, service, request, TXN_EFFECT_ANSWER, false);
	return 0;
}

djed_status txn_wake(struct txn *t, unsigned service, djed_handle handle)
{
	unsigned request;
	djed_status status = find_parked(t, service, handle, &request);

	if (status != 0)
		return status;
	/* commit */
	if (t->service[service].held != TXN_NONE)
		effect_add(t, service, request, TXN_EFFECT_WAKE, false);
	else if (t->request[request].state == TXN_PARKED)
		txn_resume(t, request, DJED_DELIVERY_REQUEST);
	return 0;
}

void txn_cancel(struct txn *t, unsigned thread)
{
	if (thread >= TXN_THREADS)
		return;
	/* commit */
	unsigned request = txn_thread_request(thread);
	struct txn_request *q = &t->request[request];

	if (q->state == TXN_IDLE)
		return;
	if (q->state == TXN_PARKED && (t->effect[request].bits & TXN_EFFECT_ANSWER) == 0)
		txn_resume(t, request, DJED_DELIVERY_CANCEL);
	else
		q->cancel = 1;
}

bool txn_thread_gone(struct txn *t, unsigned thread)
{
	if (thread >= TXN_THREADS)
		return true;
	/* commit */
	unsigned request = txn_thread_request(thread);
	struct txn_request *q = &t->request[request];

	if (q->state == TXN_IDLE)
		return true;
	q->gone = 1;
	if (q->state == TXN_QUEUED && !q->resumed) { /* no server knows of it */
		txn_dequeue(t, request);
		txn_retire(t, request);
		return true;
	}
	if (q->state == TXN_QUEUED)
		q->kind = DJED_DELIVERY_CANCEL;
	else
		txn_cancel(t, thread);
	return false;
}

/* ---- objects --------------------------------------------------------------------------------- */

static bool valid_object(const struct txn *t, unsigned service, unsigned object)
{
	return service < TXN_SERVICES && object < TXN_OBJECTS &&
	       t->service[service].state == DJED_SERVICE_WORKING;
}

djed_status txn_object_created(struct txn *t, unsigned service, unsigned object)
{
	if (!valid_object(t, service, object) || t->effect[TXN_REQUESTS + object].root != TXN_NONE)
		return -EINVAL;
	/* commit */
	if (t->service[service].held != TXN_NONE)
		effect_add(t, service, TXN_REQUESTS + object, 0, true);
	return 0;
}

djed_status txn_object_defer(struct txn *t, unsigned service, unsigned object, uint32_t effects)
{
	if (!valid_object(t, service, object))
		return -EINVAL;

	unsigned holder = t->effect[TXN_REQUESTS + object].root;

	if (holder != TXN_NONE && holder != txn_working_for(t, service))
		return -EBUSY;
	/* commit */
	if (t->service[service].held == TXN_NONE)
		txn_env_object_commit(t, object, false, effects);
	else
		effect_add(t, service, TXN_REQUESTS + object, effects, false);
	return 0;
}

uint32_t txn_object_deferred(const struct txn *t, unsigned service, unsigned object)
{
	if (!valid_object(t, service, object))
		return 0;

	const struct txn_effect *e = &t->effect[TXN_REQUESTS + object];

	return e->root != TXN_NONE && e->root == txn_working_for(t, service) ? e->bits : 0;
}

/* ---- end and rollback ------------------------------------------------------------------------ */

void txn_effects_release(struct txn *t, unsigned root)
{
	struct txn_list *list = &t->request[root].effects;

	while (list->head != TXN_NONE) {
		unsigned thing = list->head;
		struct txn_effect e = t->effect[thing];

		effect_remove(t, thing);
		if (thing >= TXN_REQUESTS)
			txn_env_object_commit(t, thing - TXN_REQUESTS, e.created, e.bits);
		else if (e.bits & TXN_EFFECT_ANSWER)
			answer_now(t, thing, &t->request[thing].answer);
		else if (t->request[thing].state == TXN_PARKED) /* else woken or cancelled meanwhile */
			txn_resume(t, thing, DJED_DELIVERY_REQUEST);
	}
}

void txn_effects_drop(struct txn *t, unsigned root, uint32_t services)
{
	for (unsigned thing = t->request[root].effects.head, next; thing != TXN_NONE; thing = next) {
		struct txn_effect e = t->effect[thing];

		next = e.link.next;
		if ((services & txn_bit(e.service)) == 0)
			continue;
		t->effect[thing].bits = 0;
		if (!e.created)
			effect_remove(t, thing);
		if (thing >= TXN_REQUESTS)
			txn_env_object_drop(t, thing - TXN_REQUESTS, e.bits);
		else if (t->request[thing].state == TXN_PARKED && t->request[thing].cancel)
			txn_resume(t, thing, DJED_DELIVERY_CANCEL);
	}
	while (services != 0) {
		struct txn_service *s = &t->service[txn_take(&services)];

		for (uint32_t set = s->notifies; set != 0;)
			s->notify[txn_take(&set)] = 0;
		s->notifies = 0;
	}
}

void txn_effects_undo(struct txn *t, unsigned root, uint32_t services)
{
	for (unsigned thing = t->request[root].effects.tail, previous; thing != TXN_NONE; thing = previous) {
		previous = t->effect[thing].link.previous;
		if ((services & txn_bit(t->effect[thing].service)) == 0)
			continue;
		effect_remove(t, thing);
		txn_env_object_undo(t, thing - TXN_REQUESTS);
	}
}
