/* Confirmation: a doubtful answer to an application, or the end of work on notifications, is held back,
 * everybody is rolled back, and the request is delivered again; only an answer that was worked out twice in
 * the same way is given. So a fault that does not stop a server, and does not strike twice, is found and
 * undone like a crash.
 *
 * Doubtful is an execution of a shape that has rarely been seen: what goes wrong mostly leaves the beaten
 * track. Executions of the usual shapes are confirmed now and then, errors more often. */
#include "transaction_internal.h"

enum {
	FAMILIAR = 8,	  /* executions of a shape that are confirmed, and of later ones ever fewer, */
	SAMPLE = 256,	  /* until it is one of so many, */
	SAMPLE_ERROR = 8, /* where an error is answered */
	ROUNDS_MAX = 3	  /* answers held back, where no two agree; then the next one has to do */
};

bool txn_confirms(const struct txn *t, unsigned service)
{
	unsigned root = txn_working_for(t, service);

	return root != TXN_NONE && t->request[root].rounds != 0;
}

void txn_differs(struct txn *t, unsigned service, enum txn_comparison comparison)
{
	unsigned root = txn_working_for(t, service);

	if (root != TXN_NONE && t->request[root].differs == TXN_SAME)
		t->request[root].differs = (uint8_t)comparison;
}

void txn_digest(struct txn *t, unsigned service, enum djed_next next, uint32_t digest)
{
	struct txn_service *s = &t->service[service];
	unsigned root = next == DJED_NEXT_ROLLED_BACK ? s->log_owner : txn_working_for(t, service);

	if (digest != 0)
		digest = txn_mix(service, digest);
	if (root == TXN_NONE)
		return;
	if (next == DJED_NEXT_ROLLED_BACK) {
		t->request[root].undone += digest;
		return;
	}
	t->request[root].done += digest - s->digest;
	s->digest = digest;
}

void txn_once(struct txn *t, unsigned service)
{
	unsigned root = txn_working_for(t, service);

	if (root != TXN_NONE)
		t->request[root].once = 1;
}

/* Of a result only the number of hexadecimal digits: an identifier or a position is another one each time. */
static uint32_t shape_of(const struct txn_request *r, const struct djed_message *answer)
{
	uint64_t size = answer->status	  ? (uint64_t)(uint32_t)answer->status << 32
			: answer->word[0] ? 1 + (63 - (unsigned)__builtin_clzll(answer->word[0])) / 4
					  : 0;

	return txn_mix(txn_mix(r->shape, (uint64_t)r->endpoint << 32 | r->message.label), size);
}

static bool is_doubtful(struct txn *t, uint32_t shape, const struct djed_message *answer)
{
	uint16_t *seen = &t->seen[shape % TXN_SHAPES];
	unsigned step;

	if (t->confirm == TXN_CONFIRM_ALL)
		return true;
	/* The first ones, then two in each doubling: what has two binary digits and noughts behind. */
	*seen = *seen == 2 * SAMPLE - 1 ? SAMPLE : *seen + 1;
	step = *seen <= FAMILIAR ? 1 : *seen < SAMPLE ? 1u << (30 - __builtin_clz(*seen)) : SAMPLE;
	return *seen % step == 0 || (answer->status < 0 && *seen % SAMPLE_ERROR == 0);
}

/* Applications' requests, those of services that start, and work on notifications; but not what those who
 * decide about crashes do, nor what is tried again after a crash: if that was in what undoes, to undo once
 * more would crash, too. */
static bool can_confirm(const struct txn *t, unsigned root)
{
	const struct txn_request *r = &t->request[root];

	if (t->confirm == TXN_CONFIRM_NONE || r->lost || r->gone || r->once || r->retries)
		return false;
	return root >= TXN_SERVICE_REQUESTS ||
	       (root % TXN_PER_SERVICE != TXN_REPORT && !txn_is_reporter(t, r->endpoint));
}

bool txn_again(struct txn *t, unsigned root, enum djed_next next, const struct djed_message *answer)
{
	static const struct djed_message nothing;
	struct txn_request *r = &t->request[root];
	uint32_t told, shape;

	if (!can_confirm(t, root))
		return false;
	if (next == DJED_NEXT_FINISH)
		answer = &nothing;
	shape = shape_of(r, answer);
	if (r->rounds == 0 && !is_doubtful(t, shape, answer))
		return false;
	/* Of the other words an application sees nothing. */
	told = txn_mix(txn_mix((uint32_t)answer->status, next), answer->word[0]);
	if (r->rounds != 0) {
		if (told == r->told && shape == r->told_shape && r->done == r->undone &&
		    r->differs != TXN_DIFFERS)
			return false;
		t->disagreed++;
	}
	if (r->rounds == ROUNDS_MAX)
		return false;
	t->confirmed += r->rounds == 0;
	r->rounds++;
	r->told = told;
	r->told_shape = shape;
	r->again = 1;
	txn_unwind(t, root, 0);
	return true;
}
