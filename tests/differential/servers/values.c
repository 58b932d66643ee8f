/* Random values, and fakes that several subjects share. */
#include "check.h"

#include <errno.h>
#include <protocols/linux.h>
#include <protocols/linux_table.h>
#include <protocols/mm.h>
#include <string.h>

WORLD uint8_t lent[LENT];
WORLD uint8_t application[APPLICATION_SIZE];
WORLD static uint32_t random_state;
WORLD static uint32_t next_room;

void random_start(uint32_t seed)
{
	random_state = seed;
}

uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

uint64_t random_of(const uint64_t *values, size_t count)
{
	return values[random_below((uint32_t)count)];
}

struct djed_grant a_grant(uint8_t rights)
{
	uint32_t length =
	    (uint32_t)PICK(0, 1, 100, 4096, 4096, 8192, random_below(9000), random_below(LENT), LENT);

	return (struct djed_grant){
	    .base = (uint64_t)lent, .length = length, .kind = DJED_GRANT_OWN, .rights = rights};
}

uint64_t application_bytes(const void *bytes, uint32_t length)
{
	uint64_t at;

	if (next_room + length > APPLICATION_SIZE)
		next_room = 0;
	at = APPLICATION + next_room;
	memcpy(application + next_room, bytes, length);
	next_room = (next_room + length + 15) & ~15u;
	return at;
}

uint64_t application_text(const char *text)
{
	return application_bytes(text, (uint32_t)strlen(text) + 1);
}

uint64_t a_value(void)
{
	switch (random_below(8)) {
	case 0:
		return (uint64_t)random_below(UINT32_MAX) << 32 | random_below(UINT32_MAX);
	case 1:
		return PICK(0, 1, 8, 64, 255, 4096, 65536, 0x7fffffff, 0x80000000, UINT32_MAX, INT64_MAX,
			    (uint64_t)INT64_MIN, UINT64_MAX, 0x7fffffffefff, 0x7ffffffff000,
			    0xffff800000000000);
	case 2:
		return random_below(300);
	case 3:
		return APPLICATION + APPLICATION_SIZE - random_below(64);
	case 4:
	case 5:
		return APPLICATION + random_below(APPLICATION_SIZE);
	default:
		return random_below(16);
	}
}

void application_scribble(unsigned words)
{
	while (words-- > 0) {
		uint64_t value = a_value();

		memcpy(application + random_below(APPLICATION_SIZE / 8) * 8, &value, sizeof(value));
	}
}

void set_call_words(struct step *step, uint32_t number, const uint64_t word[6])
{
	step->kind = STEP_REQUEST;
	step->message = (struct djed_message){.label = LINUX_LABEL(number)};
	memcpy(step->message.word, word, 6 * sizeof(uint64_t));
}

void make_any_call(struct step *step, const char *owner)
{
	uint32_t number = random_below(LINUX_CALLS);

	for (unsigned tries = 0; random_below(20) && tries < LINUX_CALLS; tries++) {
		const struct linux_call *call = &linux_table[number];

		if (call->support != LINUX_ABSENT && call->owner && strcmp(call->owner, owner) == 0)
			break;
		number = (number + 1) % LINUX_CALLS;
	}
	set_call(step, number, a_value(), a_value(), a_value(), a_value(), a_value(), a_value());
}

void answer_or(struct djed_message *answer, int32_t error)
{
	if (random_below(12) == 0)
		answer->status = error;
}

void fake_mm(const struct djed_delivery *delivery, struct djed_message *answer)
{
	if (delivery->message.label == MM_POPULATE)
		answer->status = random_below(3) ? -EFAULT : 0;
	answer->word[0] = answer->word[1] = random_below(1000);
}

void fake_nobody(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	(void)answer;
}

struct djed_buffer fake_buffer(const struct djed_delivery *delivery, unsigned index)
{
	const struct djed_grant *grant = &delivery->message.grant[index];

	return (struct djed_buffer){.kind = DJED_GRANT_PASS,
				    .rights = grant->rights,
				    .length = grant->length,
				    .index = (uint16_t)index};
}
