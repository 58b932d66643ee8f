/* The properties, and the fingerprint by which the explorer recognises a state. */
#include "model.h"

#include <string.h>

bool check_structures = true;

void check_always(void)
{
	struct djed_kernel_audit audit = {0};

	if (!check_structures)
		return;
	txn_audit(&world->t, TXN_NONE, &audit);
	if (audit.violations != 0)
		violation("%u broken invariants of the kernel's structures", audit.violations);
}

/* ---- end states ------------------------------------------------------------------------------ */

/* Reads a sequence, oldest first. Returns its length. */
static unsigned sequence(unsigned server, unsigned word, uint8_t tags[12])
{
	uint64_t value = world->server[server].memory[word];
	unsigned length = 0;

	for (uint64_t v = value; v != 0; v >>= 5)
		length++;
	for (unsigned i = length; i > 0; value >>= 5)
		tags[--i] = value & 31;
	return length;
}

/* Every transaction that ended well wrote everything, the others nothing. */
static void check_atomic(void)
{
	for (unsigned server = 0; server < SERVERS; server++)
		for (unsigned word = 0; word < SEQUENCES; word++) {
			uint8_t tags[12], found[TAGS] = {0};
			unsigned length = sequence(server, word, tags);

			for (unsigned i = 0; i < length; i++)
				found[tags[i]]++;
			for (unsigned tag = 0; tag < TAGS; tag++) {
				unsigned expected = world->expected[tag][server * SEQUENCES + word];

				if (found[tag] != expected)
					violation("not atomic: transaction %u wrote %u times to word %u of "
						  "server %u, not %u",
						  tag, found[tag], word, server, expected);
			}
		}
}

/* All sequences agree with one serial order: "x before y in some word" has no cycle. The transactions are
 * told apart by tag and occurrence; repeated work (notifications) writes each of its words once per
 * occurrence. */
static void check_serial(void)
{
	enum { TIMES = 4, NODES = TAGS * TIMES };
	static bool before[NODES][NODES];

	memset(before, 0, sizeof(before));
	for (unsigned server = 0; server < SERVERS; server++)
		for (unsigned word = 0; word < SEQUENCES; word++) {
			uint8_t tags[12], count[TAGS] = {0}, node[12];
			unsigned length = sequence(server, word, tags);

			for (unsigned i = 0; i < length; i++) {
				node[i] = (uint8_t)(tags[i] * TIMES + count[tags[i]]++ % TIMES);
				for (unsigned j = 0; j < i; j++)
					before[node[j]][node[i]] = true;
			}
		}
	for (unsigned k = 0; k < NODES; k++)
		for (unsigned i = 0; i < NODES; i++)
			for (unsigned j = 0; before[i][k] && j < NODES; j++)
				before[i][j] |= before[k][j];
	for (unsigned i = 0; i < NODES; i++)
		if (before[i][i])
			violation("no serial order: transaction %u is before and behind another", i / TIMES);
}

static void check_effects(void)
{
	for (unsigned i = 0; i < EFFECTS; i++) {
		unsigned tag = world->wanted[i].tag;

		if (tag != 0 && !(tag >= TAG_NOTIFIED && bits_dropped(tag - TAG_NOTIFIED)))
			violation("effect %u of transaction %u never happened", world->wanted[i].code, tag);
	}
	for (unsigned i = 0; i < SERVERS; i++)
		if (world->released[i] != 0 || (world->in_work[i] != 0 && !bits_dropped(i)))
			violation("server %u was not notified", i);
	for (unsigned i = 0; i < OBJECTS; i++)
		if (world->object[i] != (world->expected_object[i] ? 2 : 0))
			violation("object %u is in state %u at the end", i, world->object[i]);
}

static void check_clients(void)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		const struct client *c = &world->client[i];

		if (!c->waiting)
			continue;
		const struct txn_request *q = &world->t.request[txn_thread_request(i)];

		if (!scenario->parks || q->state != TXN_PARKED)
			violation("deadlock: client %u is never answered", i);
		if (q->cancel)
			violation("the signal for client %u is lost", i);
		if (c->killed)
			violation("the request of client %u, which was killed, stays", i);
		if (q->endpoint == VFS && world->server[VFS].memory[4] != 0)
			violation("client %u waits for what is there: a wake-up was lost", i);
	}
}

void check_end(void)
{
	struct djed_kernel_audit audit = {0};

	if (world->shutdown)
		return;
	check_clients();
	txn_audit(&world->t, TXN_NONE, &audit);
	if (audit.queued || audit.held || audit.log_owners || audit.deferred ||
	    (audit.parked && !scenario->parks))
		violation("leak: %u queued, %u held, %u log owners, %u deferred, %u parked", audit.queued,
			  audit.held, audit.log_owners, audit.deferred, audit.parked);
	if (scenario->policy != DJED_POLICY_CHAIN)
		return;
	check_atomic();
	check_serial();
	check_effects();
}

/* ---- fingerprint ----------------------------------------------------------------------------- */

static uint64_t hash;

static void mix(uint64_t value)
{
	__uint128_t product = (__uint128_t)(hash ^ value) * 0x9e3779b97f4a7c15u;

	hash = (uint64_t)product ^ (uint64_t)(product >> 64) ^ (hash << 23 | hash >> 41);
}

/* Ages count only by their order. */
static unsigned rank(djed_transaction age)
{
	unsigned older = 0;

	for (unsigned i = 0; age != 0 && i < TXN_REQUESTS; i++)
		older += world->t.request[i].transaction != 0 && world->t.request[i].transaction <= age;
	return older;
}

static void mix_request(unsigned i)
{
	const struct txn_request *q = &world->t.request[i];
	const struct txn_effect *e = &world->t.effect[i];

	mix(i >= TXN_SERVICE_REQUESTS ? q->generation : 0);
	mix((uint64_t)q->state << 32 | rank(q->transaction));
	if (q->state == TXN_IDLE) {
		mix(q->transaction != 0 ? q->message.word[0] : 0);
		return;
	}
	mix((uint64_t)q->kind << 40 | (uint64_t)q->endpoint << 32 | (uint64_t)q->resumed << 24 | q->root);
	mix((uint64_t)q->cancel << 40 | (uint64_t)q->gone << 32 | q->tip);
	mix((uint64_t)q->message.label << 32 | (uint32_t)q->message.word[0]);
	mix((uint64_t)q->participants << 32 | q->lost);
	mix((uint64_t)(q->state == TXN_UNWINDING ? q->undoing : 0) << 32 | (uint32_t)q->failure);
	if (scenario->confirm) {
		mix((uint64_t)q->rounds << 16 | (uint64_t)q->differs << 8 | q->again);
		mix((uint64_t)q->told << 32 | q->told_shape);
	}
	mix((uint64_t)q->effects.head << 32 | (q->state == TXN_QUEUED ? world->t.queue_link[i].next : 0));
	mix(e->root == TXN_NONE ? 0 : (uint64_t)e->link.next << 48 | (uint64_t)e->root << 32 | e->bits);
}

static void mix_service(unsigned i)
{
	const struct txn_service *s = &world->t.service[i];
	const struct server *m = &world->server[i];

	mix((uint64_t)s->state << 56 | (uint64_t)s->log << 48 | (uint64_t)s->effects << 40 |
	    (uint64_t)s->alone << 32 | (uint64_t)s->report_again << 24 | (uint64_t)s->undo_crashed << 16 |
	    s->held);
	mix((uint64_t)s->log_owner << 48 | (uint64_t)s->queue.head << 32 | s->bits);
	mix(s->notifies);
	for (unsigned target = 0; target < TXN_SERVICES; target++)
		if (s->notifies >> target & 1)
			mix(s->notify[target]);
	for (unsigned w = 0; w < MEMORY; w++)
		mix(m->memory[w]);
	for (unsigned w = 0; w < m->logged; w++)
		mix(m->log[w].old ^ (uint64_t)m->log[w].word << 56);
	mix((uint64_t)m->logged << 8 | m->lost);
	if (s->state == DJED_SERVICE_RECEIVING || s->state == DJED_SERVICE_DEAD)
		return;
	mix((uint64_t)m->activity << 56 | (uint64_t)m->handler << 48 | (uint64_t)m->pc << 40 |
	    (uint64_t)m->tag << 32 | (uint64_t)m->kind << 24 | (uint64_t)m->flags << 16 |
	    (uint64_t)m->root_request << 8 | (m->status != 0));
	mix(m->handle);
}

/* Of everything that can make a difference later, and nothing else. */
uint64_t fingerprint(void)
{
	hash = 0x243f6a8885a308d3u;
	for (unsigned i = 0; i < TXN_REQUESTS; i++)
		mix_request(i);
	for (unsigned i = TXN_REQUESTS; i < TXN_THINGS; i++)
		mix((uint64_t)world->t.effect[i].root << 32 | world->t.effect[i].bits << 1 |
		    world->t.effect[i].created);
	for (unsigned i = 0; i < SERVERS; i++) {
		mix_service(i);
		mix(world->released[i]);
		mix(world->in_work[i] << 2 | world->in_failed_work[i] << 1 | world->to_fail[i]);
	}
	for (unsigned i = 0; i < CLIENTS; i++) {
		const struct client *c = &world->client[i];

		mix(world->decided[i]);
		mix((uint64_t)c->next << 24 | (uint64_t)c->waiting << 16 | (uint64_t)c->killed << 8 |
		    c->answers);
	}
	for (unsigned i = 0; i < EFFECTS; i++)
		mix((uint64_t)world->wanted[i].code << 48 | (uint64_t)world->wanted[i].tag << 40 |
		    (uint64_t)world->wanted[i].target << 32 | (uint32_t)world->wanted[i].bits);
	for (unsigned i = 0; i < OBJECTS; i++)
		mix((uint64_t)world->object[i] << 16 | (uint64_t)world->object_effects[i] << 8 |
		    world->expected_object[i]);
	for (unsigned i = 0; i < TAGS; i++) {
		uint64_t words[SERVERS * SEQUENCES / 8];

		mix((uint64_t)world->before_forward[i] << 32 | world->written[i]);
		memcpy(words, world->expected[i], sizeof(words));
		for (unsigned w = 0; w < SERVERS * SEQUENCES / 8; w++)
			if (words[w] != 0)
				mix(words[w] ^ (uint64_t)w << 60);
		mix(i);
	}
	mix((uint64_t)world->crashes << 32 | (uint64_t)world->cancels << 24 | (uint64_t)world->kills << 16 |
	    (uint64_t)world->interrupts << 8 | world->shutdown);
	return hash;
}
