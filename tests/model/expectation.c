/* What the transactions of the scripts should do, kept beside what the rules make of it. */
#include "model.h"

#include <string.h>

/* The transaction that the present kernel entry ends, by its tag; 0 none. */
unsigned ending;

/* The present kernel entry can make a transaction wait, and so close a cycle. */
bool resolving;

/* Under the policies that do not roll everybody back, only progress and clean structures can be expected. */
bool exact(void)
{
	return scenario->policy == DJED_POLICY_CHAIN;
}

bool bits_dropped(unsigned service)
{
	return world->in_failed_work[service] && world->to_fail[service];
}

unsigned tag_of(unsigned client, unsigned request)
{
	return 1 + client * REQUESTS_EACH + request;
}

void want(unsigned code, unsigned tag, unsigned target, uint64_t bits)
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
void wanted_happened(unsigned code, unsigned target)
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

/* What was done before a forward is not done again by a redelivery; so it still has to be there. */
void forget_attempt(unsigned tag)
{
	world->written[tag] = world->before_forward[tag];
	for (unsigned i = 0; i < EFFECTS; i++)
		if (world->wanted[i].tag == tag)
			world->wanted[i] = (struct wanted){0};
}

/* Nothing may be left of the transaction. */
void forget(unsigned tag)
{
	world->before_forward[tag] = 0;
	forget_attempt(tag);
}

/* A server is about to end its transaction: from now on its writes count and its effects must happen. */
void begin_end(unsigned tag)
{
	ending = tag;
	for (unsigned bit = 0; bit < SERVERS * SEQUENCES; bit++)
		world->expected[tag][bit] += world->written[tag] >> bit & 1;
	world->written[tag] = world->before_forward[tag] = 0;
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

/* It has not ended after all. */
void not_ended(const struct world *before)
{
	ending = 0;
	memcpy(world->expected, before->expected, sizeof(world->expected));
	memcpy(world->written, before->written, sizeof(world->written));
	memcpy(world->before_forward, before->before_forward, sizeof(world->before_forward));
	memcpy(world->wanted, before->wanted, sizeof(world->wanted));
	memcpy(world->released, before->released, sizeof(world->released));
	memcpy(world->in_work, before->in_work, sizeof(world->in_work));
	memcpy(world->in_failed_work, before->in_failed_work, sizeof(world->in_failed_work));
	memcpy(world->expected_object, before->expected_object, sizeof(world->expected_object));
}

void finish_end(void)
{
	for (unsigned i = 0; i < EFFECTS; i++)
		if (world->wanted[i].tag == ending && ending != 0)
			violation("effect %u of transaction %u did not happen at its end",
				  world->wanted[i].code, ending);
	ending = 0;
}
