#include "space.h"
#include "fault.h"

#include <lib/heap.h>

#include <errno.h>
#include <protocols/kernel.h>
#include <stdlib.h>

struct spaces spaces;

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
	uint64_t left = heap_statistics().pages_free;
	uint64_t most = left > HEAP_SPARE ? (left - HEAP_SPARE) * DJED_PAGE_SIZE / sizeof(struct group) : 0;
	uint64_t wanted = frames.count / FRAMES_PER_GROUP + GROUPS_MIN;

	spaces.groups_max = (uint32_t)(wanted < most ? wanted : most);
	spaces.group = spaces.groups_max ? calloc(spaces.groups_max, sizeof(*spaces.group)) : NULL;
	if (!spaces.group)
		return -ENOMEM;
	for (uint32_t i = 0; i < spaces.groups_max; i++) {
		spaces.group[i].chain = spaces.group_free;
		spaces.group_free = &spaces.group[i];
	}
	return 0;
}

djed_status spaces_init(void)
{
	spaces.space = calloc(SPACES_MAX + 1, sizeof(*spaces.space));
	spaces.process = calloc(PROCESSES_MAX, sizeof(*spaces.process));
	if (!spaces.space || !spaces.process)
		return -ENOMEM;
	for (uint32_t id = 1; id <= SPACES_MAX; id++) {
		spaces.space[id].id = id;
		spaces.space[id].next_free = id < SPACES_MAX ? id + 1 : 0;
	}
	spaces.free_head = 1;
	for (uint32_t at = 1; at < PROCESSES_MAX; at++)
		spaces.process[at - 1].next = at + 1;
	spaces.process_free = 1;
	return groups_init();
}

struct space *space_create(void)
{
	struct space *space = &spaces.space[spaces.free_head];
	djed_handle handle;

	if (!spaces.free_head || kernel_space_create(&handle))
		return NULL;
	spaces.free_head = space->next_free;
	spaces.count++;
	*space = (struct space){
	    .handle = handle, .id = space->id, .references = 1, .made_in = djed_current()->transaction};
	return space;
}

static void write_back(const struct area *area)
{
	if (backing_write(area->backing, area_page(area, area->start), area_page(area, area->end)))
		djed_log("mm: a shared mapping could not be written back");
}

void space_release(struct space *space)
{
	if (--space->references)
		return;
	for (struct area *area = space->areas.first; area; area = area->next)
		if (area->flags & AREA_SHARED)
			write_back(area);
	pages_clear(space, 0, USER_END);
	while (space->areas.first)
		area_remove(&space->areas, space->areas.first);
	kernel_space_destroy(space->handle);
	space->next_free = spaces.free_head;
	spaces.free_head = space->id;
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

	kernel_space_unmap(spaces.space[argument >> (RUN_BITS + PAGE_BITS)].handle, page * DJED_PAGE_SIZE,
			   argument & ((1 << RUN_BITS) - 1));
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
