/* Servers: they run scripts, undo their logs, crash, and decide about crashes. */
#include "model.h"

/* Undoes the newest `count` records of the log. */
void undo(struct server *s, unsigned count)
{
	while (count-- > 0) {
		s->logged--;
		s->memory[s->log[s->logged].word] = s->log[s->logged].old;
	}
}

static enum djed_log_state log_state(const struct server *s)
{
	return s->lost ? DJED_LOG_LOST : s->logged ? DJED_LOG_USED : DJED_LOG_EMPTY;
}

static void store(struct server *s, unsigned word, uint64_t value)
{
	if (s->logged == LOG)
		violation("the model's undo log is too small");
	s->log[s->logged].word = (uint8_t)word;
	s->log[s->logged++].old = s->memory[word];
	s->memory[word] = value;
}

static bool is_local(struct op op)
{
	return op.code < OP_CALL;
}

static void local(unsigned service, struct op op)
{
	struct server *s = &world->server[service];

	s->pc++;
	switch (op.code) {
	case OP_WRITE:
		if (s->memory[op.a] >> 55)
			violation("the model's sequences are too short");
		store(s, (unsigned)op.a, s->memory[op.a] << 5 | s->tag);
		if (world->written[s->tag] & 1u << (service * SEQUENCES + (unsigned)op.a))
			violation("a script writes the same sequence twice");
		world->written[s->tag] |= 1u << (service * SEQUENCES + (unsigned)op.a);
		break;
	case OP_ADD:
		store(s, (unsigned)op.a, s->memory[op.a] + (uint64_t)(int64_t)op.b);
		break;
	case OP_UNLESS:
		if (s->memory[op.a] == 0)
			s->pc = (uint8_t)op.b;
		break;
	case OP_IF_RESUMED:
		if (s->flags & DJED_DELIVERY_RESUMED)
			s->pc = (uint8_t)op.b;
		break;
	case OP_IF_CANCEL:
		if (s->kind == DJED_DELIVERY_CANCEL)
			s->pc = (uint8_t)op.b;
		break;
	case OP_ENLIST:
		store(s, (unsigned)op.a, s->handle);
		break;
	case OP_CLEAR:
		store(s, (unsigned)op.a, 0);
		break;
	case OP_LOSE:
		s->lost = 1;
		txn_log_lost(&world->t, service);
		break;
	}
}

static struct djed_message message_of(unsigned handler, unsigned tag, int error)
{
	struct djed_message m = {.label = handler, .status = -error, .word = {tag}};

	return m;
}

static void dispose_or_not(unsigned service, enum djed_next next, unsigned target,
			   struct djed_message message, bool may_fail)
{
	struct server *s = &world->server[service];
	bool root = s->root_request;
	unsigned tag = s->tag;
	bool ends = next == DJED_NEXT_REPLY || next == DJED_NEXT_PARK || next == DJED_NEXT_FINISH;
	static struct world before;
	unsigned held = txn_held(&world->t, service);

	if (scenario->confirm)
		before = *world;

	if (ends && root)
		begin_end(tag);
	for (unsigned i = 0; next == DJED_NEXT_FORWARD && i < EFFECTS; i++)
		if (world->wanted[i].tag == tag && world->wanted[i].code == OP_NOTIFY) {
			/* the forwarder leaves the transaction with its own notifications */
			world->released[world->wanted[i].target] |= world->wanted[i].bits;
			world->wanted[i] = (struct wanted){0};
		}
	if (next == DJED_NEXT_FINISH)
		world->in_work[service] = world->in_failed_work[service] = 0;

	djed_status status = txn_receive(&world->t, service, next, log_state(s), target, &message);

	if (status == 0 && next == DJED_NEXT_FORWARD && root)
		world->before_forward[tag] = world->written[tag];
	if (status == 0 && ends && root && scenario->confirm && world->t.request[held].state == TXN_UNWINDING)
		not_ended(&before); /* the answer is held back */
	if (status != 0 && !may_fail)
		violation("receive of server %u, next %u: %d", service, next, (int)status);
	finish_end();
}

static void note_decision(djed_transaction transaction, enum decision decision)
{
	const struct txn *t = &world->t;

	for (unsigned i = 0; transaction != 0 && i < CLIENTS; i++)
		if (t->request[txn_thread_request(i)].transaction == transaction)
			world->decided[i] = (uint8_t)decision;
	for (unsigned i = 0; transaction != 0 && i < SERVERS; i++)
		if (world->age[i * TXN_PER_SERVICE + TXN_NOTIFICATION] == transaction)
			world->to_fail[i] = decision == DECIDED_ERROR;
}

static void dispose(unsigned service, enum djed_next next, unsigned target, struct djed_message message)
{
	dispose_or_not(service, next, target, message, false);
}

/* The recoverer's ladder: the variant chosen, else what is still allowed, else a controlled shutdown. */
static void decide(unsigned variant)
{
	struct txn *t = &world->t;
	unsigned service = (unsigned)t->request[txn_held(t, RS)].message.word[0];
	struct djed_service_information information;

	if (t->service[service].state != DJED_SERVICE_STOPPED)
		violation("rs must decide about server %u, which is not stopped", service);
	txn_information(t, service, &information);
	if (scenario->policy == DJED_POLICY_NONE) {
		(void)!txn_recover(t, service, DJED_RECOVER_ABANDON, 0);
		return;
	}
	if (scenario->policy == DJED_POLICY_RESTART) {
		(void)!txn_recover(t, service, DJED_RECOVER_RESTART_ALONE, EIO);
		return;
	}
	if (scenario->policy == DJED_POLICY_OSIRIS &&
	    txn_recover(t, service, DJED_RECOVER_ERROR_ALONE, EIO) == 0)
		return;
	note_decision(information.transaction, variant ? DECIDED_ERROR : DECIDED_RETRY);

	bool done = txn_recover(t, service, variant ? DJED_RECOVER_ERROR : DJED_RECOVER_RETRY, EIO) == 0 ||
		    txn_recover(t, service, variant ? DJED_RECOVER_RESTART : DJED_RECOVER_REBUILD, EIO) == 0;

	if (!done)
		world->shutdown = 1;
}

static void decide_about_rs(unsigned variant)
{
	struct txn *t = &world->t;
	struct djed_service_information information;

	txn_information(t, RS, &information);
	note_decision(information.transaction, variant ? DECIDED_ERROR : DECIDED_RETRY);
	if (txn_recover(t, RS, variant ? DJED_RECOVER_ERROR : DJED_RECOVER_RETRY, EIO) != 0 &&
	    txn_recover(t, RS, variant ? DJED_RECOVER_RESTART : DJED_RECOVER_RESTART_RETRY, EIO) != 0)
		violation("rs is not recovered");
}

static void enter_kernel(unsigned service, struct op op, unsigned variant)
{
	struct server *s = &world->server[service];
	struct txn *t = &world->t;
	struct djed_message m = message_of((unsigned)op.b, s->tag, 0);
	djed_status status = 0;

	s->pc++;
	switch (op.code) {
	case OP_CALL:
		resolving = true;
		status = txn_call(t, service, (unsigned)op.a, log_state(s), &m);
		resolving = false;
		if (status != 0)
			s->status = (int32_t)status;
		if (status == -EDEADLK)
			violation("the call of server %u closes a cycle that is not broken", service);
		break;
	case OP_FORWARD:
		dispose(service, DJED_NEXT_FORWARD, (unsigned)op.a, m);
		break;
	case OP_TRY_FORWARD:
		dispose_or_not(service, DJED_NEXT_FORWARD, (unsigned)op.a, m, true);
		break;
	case OP_NOTIFY:
		if (txn_held(t, service) == TXN_NONE)
			world->released[op.a] |= (uint64_t)op.b;
		else
			want(OP_NOTIFY, s->tag, (unsigned)op.a, (uint64_t)op.b);
		if (txn_notify(t, service, (unsigned)op.a, (uint64_t)op.b) != 0)
			violation("notify refused");
		break;
	case OP_PARK:
		dispose(service, DJED_NEXT_PARK, 0, message_of(0, 0, EIO));
		break;
	case OP_WAKE:
		/* A request that has ended meanwhile is simply not there any more. */
		(void)!txn_wake(t, service, s->memory[op.a]);
		break;
	case OP_ANSWER:
		status = txn_answer_parked(t, service, s->memory[op.a], &m);
		if (status == 0)
			want(OP_ANSWER, s->tag,
			     (unsigned)(s->memory[op.a] & UINT32_MAX) - TXN_SERVICE_REQUESTS, 0);
		break;
	case OP_CREATE:
		if (txn_object_created(t, service, (unsigned)op.a) != 0)
			violation("creation refused");
		world->object[op.a] = 1;
		want(OP_CREATE, s->tag, (unsigned)op.a, 0);
		break;
	case OP_DEFER:
		if (txn_object_defer(t, service, (unsigned)op.a, 1) != 0)
			violation("deferred effect refused");
		want(OP_DEFER, s->tag, (unsigned)op.a, 0);
		break;
	case OP_REPLY:
		if (s->status != 0 && exact())
			violation("call of server %u fails with %d", service, s->status);
		dispose(service, DJED_NEXT_REPLY, 0, message_of(0, 0, s->status ? EIO : op.a));
		break;
	case OP_FINISH:
		dispose(service, DJED_NEXT_FINISH, 0, m);
		break;
	case OP_READY:
		dispose(service, DJED_NEXT_NONE, 0, m);
		break;
	case OP_RECOVER:
		if (service == RS)
			decide(variant);
		else
			decide_about_rs(variant);
		break;
	}
}

struct op current(const struct server *s)
{
	return handlers[s->handler][s->pc];
}

void run(unsigned service, int points, unsigned variant)
{
	struct server *s = &world->server[service];

	if (s->activity == ACT_UNDO) {
		if (s->lost)
			violation("server %u, which lost its log, must undo", service);
		undo(s, points < 0 ? s->logged : (unsigned)points);
		if (points < 0) {
			s->status = 0;
			dispose(service, DJED_NEXT_ROLLED_BACK, 0, message_of(0, 0, 0));
		}
	} else if (s->activity == ACT_START) {
		if (points < 0)
			dispose(service, DJED_NEXT_NONE, 0, message_of(0, 0, 0));
	} else {
		if (s->pc == 0)
			s->status = 0;
		while (is_local(current(s)) && points != 0) {
			local(service, current(s));
			points -= points > 0;
		}
		if (points < 0)
			enter_kernel(service, current(s), variant);
	}
	if (points >= 0) {
		struct djed_message report = {.label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)};

		if (txn_crash(&world->t, service, &report) != 0)
			violation("crash of server %u not reported", service);
	}
}

unsigned crash_points(const struct server *s)
{
	struct server copy = *s;
	unsigned points = 1;

	if (s->activity == ACT_UNDO)
		return s->logged > 1 ? 3 : s->logged + 1u; /* before, within, behind */
	if (s->activity == ACT_START)
		return 1;
	/* Jumps only skip operations, so the length of the longest way bounds the others. */
	while (is_local(current(&copy))) {
		copy.pc++;
		points++;
	}
	return points;
}
