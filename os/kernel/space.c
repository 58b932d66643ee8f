#include "space.h"
#include "arch.h"

static struct space spaces[SPACES_MAX];
static uint16_t free_space[SPACES_MAX]; /* stack of free positions */
static uint32_t free_spaces, live;

void space_init(void)
{
	for (unsigned i = SPACES_MAX; i-- > 0;) {
		spaces[i].generation = 1;
		free_space[free_spaces++] = (uint16_t)i;
	}
}

bool space_reclaim(const struct space *needy)
{
	static unsigned next; /* in turn, so that nobody is dropped twice before everybody was once */

	for (unsigned i = 0; i < SPACES_MAX; i++) {
		struct space *space = &spaces[next++ % SPACES_MAX];
		if (space != needy && space->tables && arch_tables_clear(space->tables))
			return true;
	}
	return false;
}

struct space *space_create(void)
{
	struct space *space;
	uint64_t tables;

	if (!free_spaces)
		return NULL;
	do
		tables = arch_tables_create();
	while (!tables && space_reclaim(NULL));
	if (!tables)
		return NULL;
	space = &spaces[free_space[--free_spaces]];
	space->tables = tables;
	space->threads = 0;
	space->doomed = false;
	live++;
	return space;
}

struct space *space_of(djed_handle handle)
{
	uint32_t number = (uint32_t)handle;

	if (number >= SPACES_MAX || spaces[number].generation != handle >> 32 || !spaces[number].tables)
		return NULL;
	return &spaces[number];
}

djed_handle space_handle(const struct space *space)
{
	return (uint64_t)space->generation << 32 | (uint64_t)(space - spaces);
}

unsigned space_number(const struct space *space)
{
	return (unsigned)(space - spaces);
}

struct space *space_numbered(unsigned number)
{
	return &spaces[number];
}

static void release(struct space *space)
{
	arch_tables_destroy(space->tables);
	space->tables = 0;
	free_space[free_spaces++] = (uint16_t)space_number(space);
}

void space_destroy(struct space *space)
{
	space->generation = space->generation == ~0u ? 1 : space->generation + 1;
	live--;
	space->doomed = true;
	if (!space->threads)
		release(space);
}

void space_enter(struct space *space)
{
	space->threads++;
}

void space_leave(struct space *space)
{
	if (--space->threads == 0 && space->doomed)
		release(space);
}

uint32_t space_count(void)
{
	return live;
}

bool space_range_valid(uint64_t address, uint64_t pages)
{
	const uint64_t limit = (1ull << ARCH_USER_LIMIT_BITS) - DJED_PAGE_SIZE;

	return address % DJED_PAGE_SIZE == 0 && address < limit &&
	       pages <= (limit - address) / DJED_PAGE_SIZE;
}
