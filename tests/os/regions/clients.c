/* A server that keeps a number for each client, in a region of its own, and has a bug: one call writes into
 * the region of another client without having said so. */
#include <errno.h>
#include <lib/region.h>

enum { CLIENTS = 64, SET = 4128, GET, POKE, GIVE };

struct client {
	uint64_t number;
	uint8_t rest[DJED_PAGE_SIZE - 8];
};
DJED_REGIONS struct client clients[CLIENTS];

static djed_status init(void)
{
	return 0;
}

/* set(number); get(process); poke(process, number), which is the bug; give(process, number). */
static void handle(const struct djed_delivery *d)
{
	const uint64_t *word = d->message.word;
	uint32_t own = djed_region_of((uint32_t)(d->badge >> 32), CLIENTS),
		 other = djed_region_of((uint32_t)word[0], CLIENTS);
	uint64_t answer = 0;

	switch (d->message.label) {
	case DJED_LABEL(DJED_PROTOCOL_LINUX, SET):
		clients[own].number = word[0];
		break;
	case DJED_LABEL(DJED_PROTOCOL_LINUX, GET):
		answer = clients[other].number;
		break;
	case DJED_LABEL(DJED_PROTOCOL_LINUX, GIVE):
		region_write(other, CLIENTS);
		[[fallthrough]];
	case DJED_LABEL(DJED_PROTOCOL_LINUX, POKE):
		clients[own].number++;
		clients[other].number = word[1];
		answer = clients[own].number;
		break;
	default:
		djed_reply(-ENOSYS);
		return;
	}
	djed_reply_words(0, &answer, 1);
}

DJED_SERVER(init, handle, NULL, NULL)
