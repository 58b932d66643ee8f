/* What servers, clients and crashes do, and the environment of the transaction rules. */
#include "model.h"

#include <string.h>

const struct scenario *scenario;
struct world *world;

/* The transaction that the present kernel entry ends, by its tag; 0 none. */
static unsigned ending;

/* The present kernel entry can make a transaction wait, and so close a cycle. */
static bool resolving;

/* Under the policies that do not roll everybody back, only progress and clean structures can be expected. */
static bool exact(void)
{
	return scenario->policy == DJED_POLICY_CHAIN;
}

static unsigned tag_of(unsigned client, unsigned request)
{
	return 1 + client * REQUESTS_EACH + request;
}

/* ---- deferred effects that scripts asked for ------------------------------------------------- */

static void want(unsigned code, unsigned tag, unsigned target, uint64_t bits)
{
	for (unsigned i = 0; exact() && i < EFFECTS; i++)
		if (world->wanted[i].tag == 0) {
			world->wanted[i] =
			    (struct wanted){(uint8_t)code, (uint8_t)tag, (uint8_t)target, bits};
			return;
		}
	if (exact())
		violation("the model's table of effects is too small");
}

/* Takes one that has happened; it must belong to the transaction that is ending now. */
static void wanted_happened(unsigned code, unsigned target)
{
	if (!exact())
		return;
	for (unsigned i = 0; i < EFFECTS; i++) {
		struct wanted *e = &world->wanted[i];

		if (e->tag == 0 || e->code != code || e->target != target)
			continue;
		if (e->tag != ending)
			violation("effect of transaction %u on %u happens while %u ends", e->tag, target,
				  ending);
		*e = (struct wanted){0};
		return;
	}
	violation("effect %u on %u happens that nobody asked for", code, target);
}

static void forget_attempt(unsigned tag)
{
	world->written[tag] = 0;
	for (unsigned i = 0; i < EFFECTS; i++)
		if (world->wanted[i].tag == tag)
			world->wanted[i] = (struct wanted){0};
}

/* A server is about to end its transaction: from now on its writes count and its effects must happen. */
static void begin_end(unsigned tag)
{
	ending = tag;
	for (unsigned bit = 0; bit < SERVERS * SEQUENCES; bit++)
		world->expected[tag][bit] += world->written[tag] >> bit & 1;
	world->written[tag] = 0;
	for (unsigned i = 0; i < EFFECTS; i++) {
		struct wanted *e = &world->wanted[i];

		if (e->tag != tag)
			continue;
		if (e->code == OP_NOTIFY) {
			world->released[e->target] |= e->bits;
			*e = (struct wanted){0};
		} else if (e->code == OP_CREATE) {
			world->expected_object[e->target] = 1;
		}
	}
}

static void finish_end(void)
{
	for (unsigned i = 0; i < EFFECTS; i++)
		if (world->wanted[i].tag == ending && ending != 0)
			violation("effect %u of transaction %u did not happen at its end",
				  world->wanted[i].code, ending);
	ending = 0;
}

/* ---- environment of the rules ---------------------------------------------------------------- */

/* Somebody must always get on: a cycle of waiting never costs the oldest transaction its work. */
static void check_victim(unsigned root)
{
	const struct txn *t = &world->t;
	bool oldest = true;

	if (!resolving)
		return;
	for (unsigned i = 0; i < TXN_REQUESTS; i++)
		oldest &=
		    t->request[i].transaction == 0 || i == root ||
		    (t->request[i].transaction > t->request[root].transaction && t->request[i].lost == 0);
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
		if (exact() && bits & ~(world->released[service] | world->in_work[service]))
			violation("server %u is notified of what has not been released", service);
		if (exact() && !world->may_drop[service] && world->in_work[service] & ~bits)
			violation("server %u does not see again what it was notified of", service);
		world->in_work[service] = bits;
		world->may_drop[service] = 0;
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
	if (q->attempt > 0 && world->age[request] != q->transaction)
		violation("transaction %u does not keep its age", s->tag);
	world->age[request] = q->transaction;
	if (s->tag != 0)
		forget_attempt(s->tag);
	if (txn_thread_of(request) == TXN_NONE)
		return;
	if (world->decided[txn_thread_of(request)] == DECIDED_ERROR)
		violation("transaction %u is delivered again, not answered with the error", s->tag);
	world->decided[txn_thread_of(request)] = DECIDED_NOTHING;
}

void txn_env_return(struct txn *t, unsigned service, const struct djed_message *answer)
{
	(void)t;
	world->server[service].status = answer->status;
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
	if (outcome == TXN_ANSWERED) {
		if (ending != tag && ending != tag + PART_TWO)
			wanted_happened(OP_ANSWER, thread);
		return;
	}
	forget_attempt(tag);
	forget_attempt(tag + PART_TWO);
}

void txn_env_unwind(struct txn *t, unsigned service)
{
	check_victim(t->service[service].log_owner);
	world->server[service].activity = ACT_UNDO;
}

/* Undoes the newest `count` records of a server's log. */
static void undo(struct server *s, unsigned count)
{
	while (count-- > 0) {
		s->logged--;
		s->memory[s->log[s->logged].word] = s->log[s->logged].old;
	}
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

/* ---- servers --------------------------------------------------------------------------------- */

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

static void dispose(unsigned service, enum djed_next next, unsigned target, struct djed_message message)
{
	struct server *s = &world->server[service];
	bool ends = next == DJED_NEXT_REPLY || next == DJED_NEXT_PARK || next == DJED_NEXT_FINISH;

	if (ends && s->root_request)
		begin_end(s->tag);
	for (unsigned i = 0; next == DJED_NEXT_FORWARD && i < EFFECTS; i++)
		if (world->wanted[i].tag == s->tag && world->wanted[i].code == OP_NOTIFY) {
			/* the forwarder leaves the transaction with its own notifications */
			world->released[world->wanted[i].target] |= world->wanted[i].bits;
			world->wanted[i] = (struct wanted){0};
		}
	if (next == DJED_NEXT_FINISH)
		world->in_work[service] = 0;

	djed_status status = txn_receive(&world->t, service, next, log_state(s), target, &message);

	if (status != 0)
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
			world->may_drop[i] = decision == DECIDED_ERROR;
}

/* The recoverer's ladder: the variant chosen, else what is still allowed, else a controlled shutdown. */
static void decide(unsigned variant)
{
	struct txn *t = &world->t;
	unsigned service = (unsigned)t->request[txn_held(t, RS)].message.word[0];
	struct djed_service_information information;

	if (t->service[service].state != DJED_SERVICE_STOPPED)
		return; /* an earlier attempt of this very work has decided already */
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

	bool done =
	    txn_recover(t, service, variant ? DJED_RECOVER_ERROR : DJED_RECOVER_RETRY, EIO) == 0 ||
	    txn_recover(t, service, variant ? DJED_RECOVER_RESTART : DJED_RECOVER_RESTART_RETRY, EIO) == 0;

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
		break;
	case OP_FORWARD:
		dispose(service, DJED_NEXT_FORWARD, (unsigned)op.a, m);
		break;
	case OP_NOTIFY:
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
	case OP_RECOVER:
		if (service == RS)
			decide(variant);
		else
			decide_about_rs(variant);
		break;
	}
}

static struct op current(const struct server *s)
{
	return handlers[s->handler][s->pc];
}

/* Runs to the next kernel entry; if `points` >= 0 only so many local operations, and then crashes. */
static void run(unsigned service, int points, unsigned variant)
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

/* Number of different points at which the server can crash before its next kernel entry. */
static unsigned crash_points(const struct server *s)
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

/* ---- choices --------------------------------------------------------------------------------- */

static bool runnable(unsigned service)
{
	uint8_t state = world->t.service[service].state;

	return state == DJED_SERVICE_WORKING || state == DJED_SERVICE_UNDOING;
}

unsigned world_choices(struct choice *choices)
{
	unsigned n = 0;

	if (world->shutdown)
		return 0;
	for (uint8_t i = 0; i < SERVERS; i++) {
		const struct server *s = &world->server[i];

		if (!runnable(i))
			continue;

		bool decides =
		    (i == RS || i == ROOT) && s->activity == ACT_HANDLER && current(s).code == OP_RECOVER;

		for (uint8_t v = 0; v <= decides; v++)
			choices[n++] = (struct choice){DO_STEP, i, v};
		if (world->crashes == 0 || i == ROOT || (i == RS && !scenario->crash_rs) ||
		    s->activity == ACT_START)
			continue;
		for (uint8_t p = 0; p < crash_points(s) && n < CHOICES; p++)
			choices[n++] = (struct choice){DO_CRASH, i, p};
	}
	for (uint8_t i = 0; i < CLIENTS; i++) {
		const struct client *c = &world->client[i];

		if (c->waiting && world->cancels)
			choices[n++] = (struct choice){DO_CANCEL, i, 0};
		if (c->waiting && world->kills && !c->killed)
			choices[n++] = (struct choice){DO_KILL, i, 0};
		if (!c->waiting && !c->killed && c->next < REQUESTS_EACH &&
		    scenario->request[i][c->next].handler != 0)
			choices[n++] = (struct choice){DO_ISSUE, i, 0};
	}
	if (world->interrupts)
		choices[n++] = (struct choice){DO_INTERRUPT, scenario->interrupted, 0};
	return n;
}

static void issue(unsigned client)
{
	struct client *c = &world->client[client];
	struct kind kind = scenario->request[client][c->next];
	struct djed_message m = message_of(kind.handler, tag_of(client, c->next), 0);

	c->next++;
	c->waiting = 1;
	if (txn_request(&world->t, client, kind.server, &m) != 0) {
		c->waiting = 0; /* the server is dead */
		c->answers++;
		c->failures++;
	}
}

static void kill_client(unsigned client)
{
	struct client *c = &world->client[client];

	world->kills--;
	c->killed = 1;
	if (txn_thread_gone(&world->t, client) && c->waiting) {
		c->waiting = 0;
		c->answers++;
		c->failures++;
		forget_attempt(tag_of(client, c->next - 1u));
	}
}

void world_apply(struct choice choice)
{
	switch (choice.kind) {
	case DO_ISSUE:
		issue(choice.who);
		break;
	case DO_STEP:
		run(choice.who, -1, choice.variant);
		break;
	case DO_CRASH:
		world->crashes--;
		run(choice.who, choice.variant, 0);
		break;
	case DO_CANCEL:
		world->cancels--;
		txn_cancel(&world->t, choice.who);
		break;
	case DO_KILL:
		kill_client(choice.who);
		break;
	case DO_INTERRUPT:
		world->interrupts--;
		world->released[choice.who] |= 1;
		txn_interrupt(&world->t, choice.who, 1);
		break;
	}
}

void world_init(void)
{
	memset(world, 0, sizeof(*world));
	txn_init(&world->t);
	world->crashes = scenario->crashes;
	world->cancels = scenario->cancels;
	world->kills = scenario->kills;
	world->interrupts = scenario->interrupts;
	for (unsigned i = 0; i < SERVERS; i++) {
		struct djed_message nothing = {0};

		if (txn_service_open(&world->t, i, i == RS) != 0 ||
		    txn_receive(&world->t, i, DJED_NEXT_NONE, DJED_LOG_EMPTY, 0, &nothing) != 0)
			violation("a service cannot start");
	}
}
