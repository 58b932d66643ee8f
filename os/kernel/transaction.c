/* What services ask for: calls, forwards, replies, parking; and the ends of transactions. Contract:
 * transaction.h. */
#include "transaction_internal.h"

void txn_init(struct txn *t)
{
	*t = (struct txn){0};
	for (unsigned i = 0; i < TXN_SERVICES; i++) {
		struct txn_service *s = &t->service[i];

		s->state = DJED_SERVICE_DEAD;
		s->held = s->log_owner = TXN_NONE;
		s->queue = (struct txn_list){TXN_NONE, TXN_NONE};
	}
	for (unsigned i = 0; i < TXN_REQUESTS; i++) {
		t->request[i].root = TXN_NONE;
		t->request[i].generation = 1; /* so that no handle is 0 */
		t->request[i].effects = (struct txn_list){TXN_NONE, TXN_NONE};
	}
	for (unsigned i = 0; i < TXN_THINGS; i++)
		t->effect[i].root = TXN_NONE;
}

djed_status txn_service_open(struct txn *t, unsigned service, bool recoverer)
{
	if (service >= TXN_SERVICES || t->service[service].state != DJED_SERVICE_DEAD)
		return -EINVAL;
	/* commit */
	t->service[service].state = DJED_SERVICE_WORKING;
	if (recoverer)
		t->recoverer = (uint8_t)service;
	return 0;
}

/* ---- ends ------------------------------------------------------------------------------------ */

uint32_t txn_end(struct txn *t, unsigned root)
{
	struct txn_request *r = &t->request[root];
	uint32_t freed = r->participants;
	uint32_t touched = freed;

	for (uint32_t set = freed; set != 0;) {
		struct txn_service *s;
		unsigned service = txn_take(&set);

		s = &t->service[service];
		s->log_owner = TXN_NONE;
		s->digest = 0;
		s->effects = 0;
		touched |= txn_notifications_release(t, service);
	}
	r->participants = 0;
	r->lost = 0;
	if (r->effects.head != TXN_NONE)
		txn_effects_release(t, root);
	return touched;
}

static void forget_transaction(struct txn_request *r)
{
	r->transaction = 0;
	r->attempt = 0;
	r->retries = 0;
	r->shape = 0;
	r->rounds = r->differs = r->once = r->again = 0;
}

void txn_retire(struct txn *t, unsigned request)
{
	struct txn_request *q = &t->request[request];

	q->state = TXN_IDLE;
	q->root = TXN_NONE;
	q->generation++;
	q->cancel = q->gone = 0;
	forget_transaction(q);
}

void txn_give_answer(struct txn *t, unsigned request, const struct djed_message *answer,
		     enum txn_outcome outcome)
{
	unsigned service = txn_service_of(request);

	if (!txn_is_root(t, request)) /* the caller goes on, and its own request is the innermost again */
		t->request[t->request[request].root].tip = t->service[service].held;
	txn_retire(t, request);

	unsigned thread = txn_thread_of(request);

	if (thread != TXN_NONE) {
		txn_env_answer(t, thread, answer, outcome);
	} else if (request % TXN_PER_SERVICE == TXN_CALL) {
		t->service[service].state = DJED_SERVICE_WORKING;
		txn_env_return(t, service, answer);
	} else if (request % TXN_PER_SERVICE == TXN_REPORT) {
		txn_report_ended(t, service, outcome);
	}
}

void txn_give_error(struct txn *t, unsigned request, int error, enum txn_outcome outcome)
{
	struct djed_message answer = {.status = -error};

	txn_give_answer(t, request, &answer, outcome);
}

/* The service lets go of what it holds for a transaction that goes on; its log decides if it remains a
 * participant. */
static void leave(struct txn *t, unsigned service, unsigned root, enum djed_log_state log)
{
	struct txn_service *s = &t->service[service];
	struct txn_request *r = &t->request[root];

	s->log = (uint8_t)log;
	if (log == DJED_LOG_EMPTY && !s->effects && s->notifies == 0) {
		r->participants &= ~txn_bit(service);
		s->log_owner = TXN_NONE;
	} else {
		r->participants |= txn_bit(service);
		s->log_owner = (uint16_t)root;
	}
}

/* While a crash is reported to it, it calls nobody: they may be waiting for its decision. */
static bool may_not_wait(const struct txn *t, unsigned service)
{
	if (service == t->recoverer)
		return t->stopped != 0;
	return service == 0 && t->service[t->recoverer].state == DJED_SERVICE_STOPPED;
}

/* ---- entry points ---------------------------------------------------------------------------- */

djed_status txn_request(struct txn *t, unsigned thread, unsigned target, const struct djed_message *message)
{
	if (thread >= TXN_THREADS || target >= TXN_SERVICES)
		return -EINVAL;
	if (t->request[txn_thread_request(thread)].state != TXN_IDLE)
		return -EBUSY;
	if (t->service[target].state == DJED_SERVICE_DEAD)
		return -EIO;
	/* commit */
	txn_send_root(t, txn_thread_request(thread), target, message);
	return 0;
}

djed_status txn_call(struct txn *t, unsigned service, unsigned target, enum djed_log_state log,
		     const struct djed_message *message)
{
	if (service >= TXN_SERVICES || target >= TXN_SERVICES || log > DJED_LOG_LOST)
		return -EINVAL;

	struct txn_service *s = &t->service[service];

	if (s->state != DJED_SERVICE_WORKING)
		return -EINVAL;
	if (t->service[target].state == DJED_SERVICE_DEAD)
		return -EIO;
	if (target == service)
		return -EDEADLK;
	if (may_not_wait(t, service))
		return -EBUSY;

	unsigned request = service * TXN_PER_SERVICE + TXN_CALL;
	unsigned root = s->held == TXN_NONE ? request : t->request[s->held].root;
	struct txn_resolution resolution;

	if (txn_check_wait(t, root, target, TXN_NONE, &resolution) != 0)
		return -EDEADLK;
	/* commit */
	s->state = DJED_SERVICE_CALLING;
	s->log = (uint8_t)log;
	if (root == request) {
		txn_send_root(t, request, target, message);
		txn_resolve(t, resolution);
		return 0;
	}

	struct txn_request *q = &t->request[request];
	struct txn_request *r = &t->request[root];

	if (log == DJED_LOG_LOST)
		r->lost |= txn_bit(service);
	q->kind = DJED_DELIVERY_REQUEST;
	q->resumed = 0;
	q->root = (uint16_t)root;
	q->message = *message;
	r->tip = (uint16_t)request;
	txn_enqueue(t, request, target);
	txn_resolve(t, resolution);
	return 0;
}

void txn_log_lost(struct txn *t, unsigned service)
{
	unsigned root = service < TXN_SERVICES ? txn_working_for(t, service) : TXN_NONE;

	if (root == TXN_NONE)
		return;
	/* commit */
	t->request[root].lost |= txn_bit(service);
}

static djed_status check_forward(const struct txn *t, unsigned service, enum djed_log_state log,
				 unsigned target, struct txn_resolution *resolution)
{
	const struct txn_service *s = &t->service[service];
	unsigned root = t->request[s->held].root;

	if (target >= TXN_SERVICES || log != DJED_LOG_EMPTY || s->effects)
		return -EINVAL;
	/* What was done before the last forward is not done again by a redelivery, so a root must not take
	 * anything with it that a rollback would undo. The forwarder's own notifications are released. */
	if (root == s->held && (t->request[root].participants & ~txn_bit(service)) != 0)
		return -EINVAL;
	if (t->service[target].state == DJED_SERVICE_DEAD)
		return -EIO;
	if (target == service)
		return -EDEADLK;
	return root == s->held ? 0 : txn_check_wait(t, root, target, service, resolution);
}

static djed_status check_next(const struct txn *t, unsigned service, enum djed_next next,
			      enum djed_log_state log, unsigned target, struct txn_resolution *resolution)
{
	if (service >= TXN_SERVICES || log > DJED_LOG_LOST)
		return -EINVAL;

	const struct txn_service *s = &t->service[service];

	if (s->state == DJED_SERVICE_UNDOING)
		return next == DJED_NEXT_ROLLED_BACK ? 0 : -EINVAL;
	if (s->state != DJED_SERVICE_WORKING)
		return -EINVAL;
	if (s->held == TXN_NONE)
		return next == DJED_NEXT_NONE ? 0 : -EINVAL;
	if (t->request[s->held].kind == DJED_DELIVERY_NOTIFIED)
		return next == DJED_NEXT_FINISH ? 0 : -EINVAL;
	switch (next) {
	case DJED_NEXT_REPLY:
		return 0;
	case DJED_NEXT_PARK:
		return txn_thread_of(s->held) == TXN_NONE ? -EINVAL : 0;
	case DJED_NEXT_FORWARD:
		return check_forward(t, service, log, target, resolution);
	default:
		return -EINVAL;
	}
}

static void park(struct txn *t, unsigned request, const struct djed_message *result)
{
	struct txn_request *q = &t->request[request];

	q->state = TXN_PARKED;
	q->park_status = result->status;
	q->park_word = result->word[0];
	forget_transaction(q);
	if (q->cancel)
		txn_resume(t, request, DJED_DELIVERY_CANCEL);
}

djed_status txn_receive(struct txn *t, unsigned service, enum djed_next next, enum djed_log_state log,
			unsigned target, const struct djed_message *message)
{
	struct txn_resolution resolution = txn_no_cycle;
	djed_status status = check_next(t, service, next, log, target, &resolution);

	if (status != 0)
		return status;
	/* commit */
	struct txn_service *s = &t->service[service];
	unsigned held = s->held;
	uint32_t touched = 0;

	if (next == DJED_NEXT_ROLLED_BACK) {
		txn_rolled_back(t, service);
		return 0;
	}
	if (next == DJED_NEXT_NONE) {
		s->state = DJED_SERVICE_RECEIVING;
		txn_dispatch(t, service);
		return 0;
	}

	unsigned root = t->request[held].root;

	if (log == DJED_LOG_LOST)
		t->request[root].lost |= txn_bit(service);
	if (next == DJED_NEXT_FORWARD) {
		touched = txn_notifications_release(t, service);
		leave(t, service, root, log);
		s->held = TXN_NONE;
		t->request[held].kind = DJED_DELIVERY_REQUEST;
		t->request[held].resumed = 0;
		t->request[held].message = *message;
		if (held == root) /* a redelivery begins here */
			t->request[root].shape = 0;
		txn_enqueue(t, held, target);
	} else if (held != root) {
		leave(t, service, root, log);
		s->held = TXN_NONE;
		txn_give_answer(t, held, message, TXN_ANSWERED);
	} else if (txn_again(t, root, next, message)) {
		return 0; /* the service undoes its log like everybody */
	} else {
		touched = txn_end(t, root);
		s->held = TXN_NONE;
		s->log_owner = TXN_NONE;
		if (next == DJED_NEXT_PARK)
			park(t, root, message);
		else
			txn_give_answer(t, root, message, TXN_ANSWERED);
	}
	s->state = DJED_SERVICE_RECEIVING;
	if (may_not_wait(t, service))
		txn_free_reporter(t, service);
	txn_resolve(t, resolution);
	txn_dispatch(t, service);
	txn_dispatch_all(t, touched);
	return 0;
}
