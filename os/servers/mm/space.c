#include "space.h"
#include "fault.h"

#include <lib/heap.h>
#include <lib/reference.h>

#include <errno.h>
#include <protocols/kernel.h>
#include <stdlib.h>
#include <string.h>

struct spaces spaces;
DJED_REGIONS struct client clients[PROCESSES_MAX];

enum {
	FRAMES_PER_GROUP =
	    8, /* groups: one for so many frames, as few processes have their pages evenly spread */
	GROUPS_MIN = 64,
	HEAP_SPARE = 64, /* pages of the heap that are left alone */
};

/* Takes what is left of the heap for groups, up to a useful number; to be called after the other tables are
 * made. */
static djed_status groups_init(void)
{
	const uint64_t own = GROUPS_OWN * PROCESSES_MAX, each = sizeof(struct group) + sizeof(struct group *);
	uint64_t left = heap_statistics().pages_free,
		 spare = HEAP_SPARE + own * sizeof(struct group *) / DJED_PAGE_SIZE;
	uint64_t most = left > spare ? (left - spare) * DJED_PAGE_SIZE / each : 0;
	uint64_t wanted = frames.count / FRAMES_PER_GROUP + GROUPS_MIN;

	spaces.groups_max = (uint32_t)(wanted < most ? wanted : most);
	spaces.group = spaces.groups_max ? calloc(spaces.groups_max, sizeof(*spaces.group)) : NULL;
	spaces.chain = spaces.group ? calloc(own + spaces.groups_max, sizeof(*spaces.chain)) : NULL;
	if (!spaces.chain)
		return -ENOMEM;
	for (uint32_t i = 0; i < spaces.groups_max; i++) {
		spaces.chain[own + i] = spaces.group_free;
		spaces.group_free = &spaces.group[i];
	}
	return 0;
}

/* An instance before this one may have left something. */
static void clients_reset(void)
{
	for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
		struct client *client = &clients[i];
		uint32_t used = client->process.pid | client->areas.used | client->groups.used;

		for (uint32_t k = 0; k < SPACES_OWN; k++)
			used |= client->space[k].references;
		if (!used)
			continue;
		region_write(i, PROCESSES_MAX);
		memset(client, 0, sizeof(*client));
	}
}

djed_status spaces_init(void)
{
	clients_reset();
	return groups_init();
}

struct space *space_create(struct client *client)
{
	struct space *space = client->space, *end = space + SPACES_OWN;
	djed_handle handle;

	while (space < end && space->references)
		space++;
	if (space == end || kernel_space_create(&handle))
		return NULL;
	spaces.count++;
	*space = (struct space){.handle = handle,
				.id = (uint32_t)(client - clients) * SPACES_OWN +
				      (uint32_t)(space - client->space) + 1,
				.references = 1,
				.made_in = djed_current()->transaction,
				.areas = {.own = &client->areas}};
	return space;
}

static void write_back(const struct area *area)
{
	if (backing_write(area->backing, area_page(area, area->start), area_page(area, area->end)))
		djed_log("mm: a shared mapping could not be written back");
}

void space_release(struct space *space)
{
	if (!reference_give(&space->references))
		return;
	for (struct area *area = space->areas.first; area; area = area->next)
		if (area->flags & AREA_SHARED)
			write_back(area);
	pages_clear(space, 0, USER_END);
	while (space->areas.first)
		area_remove(&space->areas, space->areas.first);
	kernel_space_destroy(space->handle);
	spaces.count--;
}

/* ---- the kernel's page tables ------------------------------------------------------------------------- */

/* Rollback drops the entries of the pages that its transaction has mapped; one record holds a run of up to
 * AROUND_PAGES. Others must stay: an instruction that needs two pages would never have both if each one's
 * fault, executed twice, dropped the other. A space that the transaction has made itself needs no record, as
 * the kernel takes that back. */
enum { RUN_BITS = 5, PAGE_BITS = 35 };
_Static_assert(AROUND_PAGES < 1 << RUN_BITS && USER_END >> 12 < UINT64_C(1) << PAGE_BITS,
	       "fit into one argument");

static void undo_maps(uint64_t argument)
{
	uint64_t page = argument >> RUN_BITS & ((UINT64_C(1) << PAGE_BITS) - 1);

	kernel_space_unmap(space_at((uint32_t)(argument >> (RUN_BITS + PAGE_BITS)))->handle,
			   page * DJED_PAGE_SIZE, argument & ((1 << RUN_BITS) - 1));
}

djed_status space_map_run(struct space *space, uint64_t address, const uint32_t *frames, unsigned count,
			  uint32_t access)
{
	uint64_t page = address / DJED_PAGE_SIZE;

	djed_assert(count <= AROUND_PAGES);
	if (space->made_in != djed_current()->transaction)
		djed_undo_call(undo_maps, ((uint64_t)space->id << PAGE_BITS | page) << RUN_BITS | count);
	for (unsigned i = 0; i < count; i++)
		if (kernel_space_map(space->handle, (page + i) * DJED_PAGE_SIZE, frame_number(frames[i]),
				     access))
			return -ENOMEM;
	return 0;
}

djed_status space_map(struct space *space, uint64_t address, uint32_t frame, uint32_t access)
{
	return space_map_run(space, address, &frame, 1, access);
}

void space_unmap(struct space *space, uint64_t start, uint64_t end)
{
	djed_status status = kernel_space_unmap(space->handle, start, (end - start) / DJED_PAGE_SIZE);

	if (status)
		djed_panic("kernel_space_unmap failed: %lld", (long long)status);
}
