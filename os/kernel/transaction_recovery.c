/* Crash, unwinding and what the recoverer decides (rules 4 and 12). */
#include "transaction_internal.h"

/* ---- unwinding ------------------------------------------------------------------------------- */

/* A server in the chain of calls stops what it does. One that is stopped waits for the recoverer's decision.
 */
static void unwind_holder(struct txn *t, unsigned root, unsigned service)
{
	struct txn_service *s = &t->service[service];

	s->held = TXN_NONE;
	s->log_owner = (uint16_t)root;
	t->request[root].undoing |= txn_bit(service);
	if (s->state != DJED_SERVICE_STOPPED) {
		s->state = DJED_SERVICE_UNDOING;
		txn_env_unwind(t, service);
	}
}

/* Cancels the chain of calls, from the innermost request outwards. At least the root's own holder is in
 * it: a root that is queued has no participants, and nobody unwinds it. */
static void unwind_chain(struct txn *t, unsigned root)
{
	unsigned request = t->request[root].tip;

	if (t->request[request].state == TXN_QUEUED)
		txn_dequeue(t, request);
	else
		unwind_holder(t, root, t->request[request].endpoint);
	while (request != root) {
		unsigned caller = txn_service_of(request);

		txn_retire(t, request);
		request = t->service[caller].held;
		unwind_holder(t, root, caller);
	}
}

/* A report of a crash about which the recoverer has decided before it crashed itself. */
static bool is_settled_report(const struct txn *t, unsigned root)
{
	return root < TXN_SERVICE_REQUESTS && root % TXN_PER_SERVICE == TXN_REPORT &&
	       t->service[txn_service_of(root)].state != DJED_SERVICE_STOPPED;
}

static void notify_again(struct txn *t, const struct txn_request *work, bool failed)
{
	struct txn_service *s = &t->service[work->endpoint];

	*(failed ? &s->given_up : &s->bits) |= work->message.word[0] & ~DJED_NOTIFY_FAILED;
}

static void deliver_again(struct txn *t, unsigned root)
{
	struct txn_request *r = &t->request[root];

	r->attempt += !r->again;
	r->again = 0;
	if (r->kind == DJED_DELIVERY_NOTIFIED) {
		notify_again(t, r, r->message.word[0] & DJED_NOTIFY_FAILED);
		r->state = TXN_IDLE; /* its transaction goes on when the bits are delivered */
		return;
	}
	if (r->gone)
		r->kind = DJED_DELIVERY_CANCEL;
	if (txn_thread_of(root) == TXN_NONE && root % TXN_PER_SERVICE == TXN_REPORT) {
		r->message = t->service[txn_service_of(root)].report; /* it may have crashed again */
		t->service[txn_service_of(root)].report_again = 0;
	}
	txn_enqueue(t, root, r->endpoint);
}

/* Nobody awaits the answer of a notification's work, but others may depend on it: the service hears of its
 * failure, once, in a transaction of its own. */
static void fail(struct txn *t, unsigned root)
{
	const struct txn_request *r = &t->request[root];

	if (r->kind == DJED_DELIVERY_NOTIFIED && !(r->message.word[0] & DJED_NOTIFY_FAILED))
		notify_again(t, r, true);
	txn_give_error(t, root, r->failure, TXN_FAILED);
}

static void free_participant(struct txn *t, unsigned root, unsigned service)
{
	t->request[root].participants &= ~txn_bit(service);
	t->service[service].log_owner = TXN_NONE;
	t->service[service].digest = 0;
	t->service[service].effects = 0;
}

/* Those who decide about crashes are free as soon as their own part is undone: others may need their decision
 * before they can undo theirs. */
static void free_early(struct txn *t, unsigned root, unsigned service)
{
	if (!txn_is_reporter(t, service))
		return;
	txn_effects_undo(t, root, txn_bit(service));
	free_participant(t, root, service);
	txn_dispatch(t, service);
}

/* Every participant has undone its part. Only now are they free, so that what they agreed upon among
 * themselves is consistent again before anybody else sees any of it. */
static void finish_unwinding(struct txn *t, unsigned root)
{
	struct txn_request *r = &t->request[root];
	uint32_t freed = r->participants;
	unsigned endpoint = r->endpoint;

	t->unwinding--;
	txn_effects_undo(t, root, freed);
	for (uint32_t set = freed; set != 0;)
		free_participant(t, root, txn_take(&set));
	r->lost = 0;
	if (t->service[endpoint].state == DJED_SERVICE_DEAD)
		txn_give_error(t, root, EIO, TXN_ABANDONED);
	else if (r->failure != 0)
		fail(t, root);
	else if ((r->gone && !r->resumed) || is_settled_report(t, root))
		txn_give_error(t, root, EINTR, TXN_FAILED);
	else
		deliver_again(t, root);
	txn_dispatch_all(t, freed | txn_bit(endpoint));
}

static void undo_done(struct txn *t, unsigned service)
{
	struct txn_service *s = &t->service[service];
	unsigned root = s->log_owner;
	struct txn_request *r = &t->request[root];

	r->undoing &= ~txn_bit(service);
	s->log = DJED_LOG_EMPTY;
	free_early(t, root, service);
	if (r->undoing == 0)
		finish_unwinding(t, root);
}

void txn_unwind(struct txn *t, unsigned root, int failure)
{
	struct txn_request *r = &t->request[root];

	r->undoing = 0;
	r->failure = failure;
	r->shape = r->done = r->undone = 0;
	r->differs = 0;
	unwind_chain(t, root);
	r->state = TXN_UNWINDING;
	t->unwinding++;
	r->tip = (uint16_t)root;
	r->participants |= r->undoing;
	txn_effects_drop(t, root, r->participants);
	for (uint32_t set = r->participants & ~r->undoing; set != 0;) {
		unsigned service = txn_take(&set);
		struct txn_service *s = &t->service[service];

		if (s->log == DJED_LOG_EMPTY) { /* it had nothing but effects */
			free_early(t, root, service);
			continue;
		}
		r->undoing |= txn_bit(service);
		s->state = DJED_SERVICE_UNDOING;
		txn_env_deliver(t, service, root, DJED_DELIVERY_ROLLBACK, 0, 0);
	}
}

/* ---- one server alone (osiris, restart, none) ------------------------------------------------ */

/* What a service did for the transaction it works for has gone, by its own rollback or with its memory; its
 * part in it ends, and the others' parts stay. */
static void drop_part(struct txn *t, unsigned service)
{
	struct txn_service *s = &t->service[service];
	unsigned root = s->log_owner;

	s->log_owner = TXN_NONE;
	s->log = DJED_LOG_EMPTY;
	s->effects = 0;
	if (root == TXN_NONE)
		return;
	txn_effects_drop(t, root, txn_bit(service));
	txn_effects_undo(t, root, txn_bit(service));
	t->request[root].participants &= ~txn_bit(service);
	t->request[root].lost &= ~txn_bit(service);
}

/* The held request gets an error: a caller sees a failed call and goes on; a root's transaction ends. */
static void fail_held(struct txn *t, unsigned service, int error, enum txn_outcome outcome)
{
	struct txn_service *s = &t->service[service];
	unsigned request = s->held;
	uint32_t touched = 0;

	if (request == TXN_NONE)
		return;
	if (txn_is_root(t, request))
		touched = txn_end(t, request);
	s->held = TXN_NONE;
	txn_give_error(t, request, error, outcome);
	txn_dispatch_all(t, touched);
}

void txn_rolled_back(struct txn *t, unsigned service)
{
	struct txn_service *s = &t->service[service];

	if (!s->alone) {
		s->state = DJED_SERVICE_RECEIVING;
		undo_done(t, service);
		return;
	}
	s->alone = 0;
	drop_part(t, service);
	fail_held(t, service, s->alone_error, TXN_FAILED);
	s->state = DJED_SERVICE_RECEIVING;
	txn_dispatch(t, service);
}

/* ---- crash ----------------------------------------------------------------------------------- */

static unsigned reporter_of(const struct txn *t, unsigned service)
{
	return service == t->recoverer ? 0 : t->recoverer;
}

void txn_free_reporter(struct txn *t, unsigned service)
{
	const struct txn_service *s = &t->service[service];
	unsigned root = TXN_NONE;

	if (s->state == DJED_SERVICE_CALLING && s->held != TXN_NONE)
		root = t->request[s->held].root;
	else if (s->state == DJED_SERVICE_RECEIVING)
		root = s->log_owner;
	if (root != TXN_NONE)
		txn_unwind(t, root, 0);
}

static void send_report(struct txn *t, unsigned service)
{
	unsigned request = service * TXN_PER_SERVICE + TXN_REPORT;
	struct txn_service *s = &t->service[service];
	unsigned reporter = reporter_of(t, service);

	s->report_again = 0;
	if (t->service[reporter].state == DJED_SERVICE_DEAD)
		return;
	if (t->request[request].state == TXN_IDLE)
		txn_send_root(t, request, reporter, &s->report);
	else if (t->request[request].state == TXN_QUEUED)
		t->request[request].message = s->report;
	else
		s->report_again = 1;
}

void txn_report_ended(struct txn *t, unsigned service, enum txn_outcome outcome)
{
	const struct txn_service *s = &t->service[service];

	if (s->state == DJED_SERVICE_STOPPED && (s->report_again || outcome != TXN_ANSWERED))
		send_report(t, service);
}

djed_status txn_crash(struct txn *t, unsigned service, const struct djed_message *report)
{
	if (service >= TXN_SERVICES)
		return -EINVAL;

	struct txn_service *s = &t->service[service];

	if (s->state != DJED_SERVICE_WORKING && s->state != DJED_SERVICE_UNDOING)
		return -EINVAL;
	/* commit */
	unsigned reporter = reporter_of(t, service);
	unsigned root = txn_blocker(t, service);

	s->undo_crashed = s->state == DJED_SERVICE_UNDOING;
	s->state = DJED_SERVICE_STOPPED;
	t->stopped++;
	s->report = *report;
	s->report.word[0] = service;
	s->report.word[5] = root == TXN_NONE ? 0 : t->request[root].transaction;
	s->report.word[6] = s->held == TXN_NONE ? 0 : t->request[s->held].message.label;
	s->report.word[7] = root == TXN_NONE ? 0 : t->request[root].retries;
	if (reporter == service || t->service[reporter].state == DJED_SERVICE_DEAD)
		return -EIO;
	txn_free_reporter(t, reporter);
	send_report(t, service);
	return 0;
}

/* ---- decision -------------------------------------------------------------------------------- */

/* The root whose unwinding waits for the stopped service, or TXN_NONE. */
static unsigned unwinding_for(const struct txn *t, unsigned service)
{
	unsigned root = t->service[service].log_owner;

	return root != TXN_NONE && (t->request[root].undoing & txn_bit(service)) ? root : TXN_NONE;
}

static djed_status check_recovery(const struct txn *t, unsigned service, enum djed_recovery_action action,
				  unsigned error)
{
	if (service >= TXN_SERVICES || t->service[service].state != DJED_SERVICE_STOPPED)
		return -ESRCH;
	if (error > 4095)
		return -EINVAL;

	const struct txn_service *s = &t->service[service];
	uint32_t lost = s->held == TXN_NONE ? 0 : t->request[t->request[s->held].root].lost;
	bool unwinding = unwinding_for(t, service) != TXN_NONE;

	switch (action) {
	case DJED_RECOVER_ERROR:
		if (error == 0)
			return -EINVAL;
		[[fallthrough]];
	case DJED_RECOVER_RETRY:
		return s->undo_crashed || (s->held == TXN_NONE && !unwinding) || lost != 0 ? -EINVAL : 0;
	case DJED_RECOVER_ERROR_ALONE:
		return s->undo_crashed || (s->held == TXN_NONE && !unwinding) || (lost & txn_bit(service)) ||
			       error == 0
			   ? -EINVAL
			   : 0;
	case DJED_RECOVER_RESTART:
		return error == 0 || (lost & ~txn_bit(service)) ? -EINVAL : 0;
	case DJED_RECOVER_RESTART_RETRY:
	case DJED_RECOVER_REBUILD:
		return lost & ~txn_bit(service) ? -EINVAL : 0;
	case DJED_RECOVER_RESTART_ALONE:
		return error == 0 ? -EINVAL : 0;
	case DJED_RECOVER_ABANDON:
		return 0;
	}
	return -EINVAL;
}

/* Answers what is parked with a service that has lost its memory, or (dead) everything that waits there. */
static void fail_waiting(struct txn *t, unsigned service, bool dead)
{
	for (unsigned thread = 0; thread < TXN_THREADS; thread++) {
		unsigned request = txn_thread_request(thread);
		struct txn_request *q = &t->request[request];
		struct djed_message answer = {.status = q->park_status, .word = {q->park_word}};

		if (q->endpoint != service)
			continue;
		if (q->state == TXN_QUEUED && q->resumed && q->transaction == 0)
			txn_dequeue(t, request);
		else if (q->state != TXN_PARKED)
			continue;
		txn_give_answer(t, request, &answer, TXN_ABANDONED);
	}
	while (dead && t->service[service].queue.head != TXN_NONE) {
		unsigned request = t->service[service].queue.head;

		txn_dequeue(t, request);
		txn_give_error(t, request, EIO, TXN_ABANDONED);
	}
}

/* The stopped service goes on without what it was doing: with new memory at its entry point, or never again.
 */
static void renew(struct txn *t, unsigned service, enum djed_recovery_action action)
{
	struct txn_service *s = &t->service[service];
	bool unwinding = unwinding_for(t, service) != TXN_NONE, dead = action == DJED_RECOVER_ABANDON;

	s->alone = 0;
	s->state = dead ? DJED_SERVICE_DEAD : DJED_SERVICE_WORKING;
	if (action != DJED_RECOVER_REBUILD)
		fail_waiting(t, service, dead);
	if (dead) {
		s->bits = s->given_up = 0;
		txn_env_dead(t, service);
	} else {
		txn_env_restart(t, service);
	}
	if (unwinding)
		undo_done(t, service);
}

djed_status txn_recover(struct txn *t, unsigned service, enum djed_recovery_action action, unsigned error)
{
	djed_status status = check_recovery(t, service, action, error);

	if (status != 0)
		return status;
	/* commit */
	struct txn_service *s = &t->service[service];
	bool again = action == DJED_RECOVER_RETRY || action == DJED_RECOVER_RESTART_RETRY ||
		     action == DJED_RECOVER_REBUILD;
	unsigned root = unwinding_for(t, service);
	bool unwound = root != TXN_NONE; /* already: then all go along with it */
	bool everybody = again || action == DJED_RECOVER_ERROR || action == DJED_RECOVER_RESTART ||
			 (unwound && action == DJED_RECOVER_ERROR_ALONE);

	if (everybody && root == TXN_NONE && s->held != TXN_NONE) {
		root = t->request[s->held].root;
		txn_unwind(t, root, 0);
	}
	if (everybody && root != TXN_NONE) {
		t->request[root].failure = again ? 0 : (int)error;
		t->request[root].retries += again;
	}
	t->stopped--;
	switch (action) {
	case DJED_RECOVER_RETRY:
	case DJED_RECOVER_ERROR:
		s->state = DJED_SERVICE_UNDOING;
		txn_env_unwind(t, service);
		break;
	case DJED_RECOVER_ERROR_ALONE:
		s->alone = !unwound;
		s->alone_error = (int32_t)error;
		s->state = DJED_SERVICE_UNDOING;
		txn_env_unwind(t, service);
		break;
	case DJED_RECOVER_RESTART_ALONE:
	case DJED_RECOVER_ABANDON:
		if (!unwound) {
			drop_part(t, service);
			fail_held(t, service, action == DJED_RECOVER_ABANDON ? EIO : (int)error,
				  TXN_ABANDONED);
		}
		[[fallthrough]];
	case DJED_RECOVER_RESTART:
	case DJED_RECOVER_RESTART_RETRY:
	case DJED_RECOVER_REBUILD:
		renew(t, service, action);
		break;
	}
	s->undo_crashed = 0;
	return 0;
}
