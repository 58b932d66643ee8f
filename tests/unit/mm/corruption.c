/* Each corruption of a sound mm must be reported by its audit. */
#include <criterion/criterion.h>
#include <protocols/linux.h>
#include <protocols/mm_client.h>
#include <protocols/store_client.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "changes.h"
#include "machine.h"
#include "map.h"

#define BASE UINT64_C(0x200000000)
#define PAGE UINT64_C(4096)

/* Of process 1 in the sound state. Its areas: private memory, private file, shared memory. */
static struct space *space;
static struct area *memory, *file, *shared;

static uint32_t *entry(uint64_t address)
{
	struct group *group = space->first;

	while (group->number != address / (GROUP_PAGES * PAGE))
		group = group->next;
	return &group->frame[address / PAGE % GROUP_PAGES];
}
static struct frame *frame_at(uint64_t address)
{
	return &frames.frame[*entry(address)];
}
static uint32_t a_cached_frame(void)
{
	uint32_t id = 1;

	while (!frames.frame[id].key)
		id++;
	return id;
}
static struct area *other_area(void)
{
	return space->areas.first == memory ? file : memory;
}

static void frame_count_high(void)
{
	frame_at(BASE)->references++;
}
static void frame_count_low(void)
{
	frame_at(BASE)->references--;
}
static void frame_count_zero(void)
{
	frame_at(BASE)->references = 0;
}
static void leaked_frame(void)
{
	frames.free_head = frames.frame[frames.free_head].next;
}
static void free_frame_used(void)
{
	frames.frame[frames.free_head].references = 1;
}
static void free_list_wild(void)
{
	frames.frame[frames.free_head].next = frames.count + 1;
}
static void free_list_loop(void)
{
	frames.frame[frames.free_head].next = frames.free_head;
}
static void wrong_available(void)
{
	frames.available++;
}
static void wrong_pending(void)
{
	frames.pending--;
}
static void pending_cut(void)
{
	frames.pending_tail = frames.pending_head;
}
static void lost_page(void)
{
	*entry(BASE) = 0;
}
static void wild_page(void)
{
	*entry(BASE) = frames.count + 1;
}
static void page_of_another(void)
{
	*entry(BASE) = *entry(BASE + PAGE);
}
static void page_outside(void)
{
	memory->end -= 3 * PAGE;
}
static void shared_page_private(void)
{
	uint32_t *of_shared = entry(shared->start), *of_memory = entry(BASE), left = *of_shared;

	*of_shared = *of_memory;
	*of_memory = left;
}
static void wrong_group_use(void)
{
	space->first->used++;
}
static void wrong_resident(void)
{
	space->resident--;
}
static void group_of_another(void)
{
	space->first->space++;
}
static void lost_group(void)
{
	space->first = space->first->next;
	space->first->previous = NULL;
}
static void group_unhashed(void)
{
	spaces.group_bucket[group_bucket(space->id, space->first->number)] = NULL;
}
static void wrong_recent(void)
{
	space->recent = spaces.group_free;
}
static void leaked_group(void)
{
	spaces.group_free = spaces.chain[group_index(spaces.group_free)];
}
static void group_unmarked(void)
{
	clients[0].groups.used &= clients[0].groups.used - 1;
}
static void area_unmarked(void)
{
	clients[0].areas.used &= clients[0].areas.used - 1;
}
static void area_marked(void)
{
	clients[7].areas.used |= 1u << 31;
}
static void group_marked(void)
{
	clients[7].groups.used |= 1u << 31;
}
static void areas_of_another(void)
{
	space->areas.own = &clients[7].areas;
}
static void group_chain_cut(void)
{
	struct group *other = space->first->next;

	/* Two in one bucket. */
	spaces.chain[group_index(other)] = space->first;
}
static void areas_overlap(void)
{
	space->areas.first->end = space->areas.first->next->start + PAGE;
}
static void area_reversed(void)
{
	memory->end = memory->start;
}
static void area_unaligned(void)
{
	file->start++;
}
static void area_beyond(void)
{
	space->areas.last->end = USER_END + PAGE;
}
static void area_link_broken(void)
{
	space->areas.last->previous = NULL;
}
static void area_lost(void)
{
	space->areas.last->previous->next = NULL;
}
static void area_wild(void)
{
	space->areas.first->next = (struct area *)((char *)other_area() + 8);
}
static void area_protection(void)
{
	memory->protection = 64;
}
static void area_count(void)
{
	space->areas.count++;
}
static void leaked_area(void)
{
	areas.unused = areas.unused->next;
}
static void backing_swapped(void)
{
	shared->backing = file->backing;
}
static void backing_count_high(void)
{
	file->backing->references++;
}
static void backing_lost(void)
{
	file->backing = NULL;
}
static void backing_unlinked(void)
{
	backings.used = backings.used->next;
}
static void backing_frames(void)
{
	file->backing->frames = *entry(BASE);
}
static void leaked_backing(void)
{
	backings.unused = backings.unused->next;
}
static void cache_wrong_key(void)
{
	frames.frame[a_cached_frame()].key ^= 0x40;
}
static void cache_wrong_page(void)
{
	frames.frame[a_cached_frame()].page += 1;
}
static void cache_count(void)
{
	frames.cached++;
}
static void cache_unlinked(void)
{
	const struct frame *frame = &frames.frame[a_cached_frame()];

	frames.bucket[cache_bucket(frame->key, frame->page)] = 0;
}
static void process_lost(void)
{
	process_find(2)->pid = 0;
}
static void process_elsewhere(void)
{
	clients[5].process = clients[1].process;
	clients[1].process.pid = 0;
}
static void process_renamed(void)
{
	process_find(2)->pid = 5;
}
static void process_space_wrong(void)
{
	process_find(2)->space = space->id;
}
static void process_space_wild(void)
{
	process_find(2)->space = SPACES_MAX + 1;
}
static void process_count(void)
{
	spaces.processes--;
}
static void space_count_high(void)
{
	space->references++;
}
static void space_freed(void)
{
	space->references = 0;
}
static void space_no_handle(void)
{
	space->handle = 0;
}
static void space_renamed(void)
{
	space->id++;
}
static void space_made_up(void)
{
	clients[5].space[2].references = 1;
}
static void space_total(void)
{
	spaces.count++;
}
static void brk_below(void)
{
	space->brk_start = space->brk + PAGE;
}

static const struct {
	const char *name;
	void (*corrupt)(void);
} corruptions[] = {
#define CORRUPTION(name) {#name, name}
    CORRUPTION(frame_count_high),   CORRUPTION(frame_count_low),  CORRUPTION(frame_count_zero),
    CORRUPTION(leaked_frame),	    CORRUPTION(free_frame_used),  CORRUPTION(free_list_wild),
    CORRUPTION(free_list_loop),	    CORRUPTION(wrong_available),  CORRUPTION(wrong_pending),
    CORRUPTION(pending_cut),	    CORRUPTION(lost_page),	  CORRUPTION(wild_page),
    CORRUPTION(page_of_another),    CORRUPTION(page_outside),	  CORRUPTION(shared_page_private),
    CORRUPTION(wrong_group_use),    CORRUPTION(wrong_resident),	  CORRUPTION(group_of_another),
    CORRUPTION(lost_group),	    CORRUPTION(group_unhashed),	  CORRUPTION(wrong_recent),
    CORRUPTION(leaked_group),	    CORRUPTION(areas_overlap),	  CORRUPTION(area_reversed),
    CORRUPTION(area_unaligned),	    CORRUPTION(area_beyond),	  CORRUPTION(area_link_broken),
    CORRUPTION(area_lost),	    CORRUPTION(area_wild),	  CORRUPTION(area_protection),
    CORRUPTION(area_count),	    CORRUPTION(leaked_area),	  CORRUPTION(backing_swapped),
    CORRUPTION(backing_count_high), CORRUPTION(backing_lost),	  CORRUPTION(backing_unlinked),
    CORRUPTION(backing_frames),	    CORRUPTION(leaked_backing),	  CORRUPTION(cache_wrong_key),
    CORRUPTION(cache_wrong_page),   CORRUPTION(cache_count),	  CORRUPTION(cache_unlinked),
    CORRUPTION(process_lost),	    CORRUPTION(process_renamed),  CORRUPTION(process_space_wrong),
    CORRUPTION(process_space_wild), CORRUPTION(process_count),	  CORRUPTION(process_elsewhere),
    CORRUPTION(space_count_high),   CORRUPTION(space_freed),	  CORRUPTION(space_no_handle),
    CORRUPTION(space_renamed),	    CORRUPTION(space_made_up),	  CORRUPTION(space_total),
    CORRUPTION(group_unmarked),	    CORRUPTION(area_unmarked),	  CORRUPTION(area_marked),
    CORRUPTION(group_marked),	    CORRUPTION(areas_of_another), CORRUPTION(group_chain_cut),
    CORRUPTION(brk_below),
};

static void make_sound(void)
{
	djed_slot mm = host_slot("mm"), store = host_slot("store");
	uint64_t handle, object, size;
	uint32_t count;

	cr_assert(mm_create(mm, 1, &handle) == 0 && store_create(store, &object) == 0);
	cr_assert(store_write(store, object, 3 * PAGE, djed_own("x", 1), &count, &size) == 0);
	cr_assert(machine_call(1, LINUX_MMAP, BASE, 100 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			       -1ull, 0) > 0);
	cr_assert(machine_map_file(1, BASE + (1 << 24), 4 * PAGE, 3, MAP_PRIVATE | MAP_FIXED, object, 0,
				   false) > 0);
	cr_assert(machine_call(1, LINUX_MMAP, BASE + (2 << 24), 4 * PAGE, 3,
			       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1ull, 0) > 0);
	for (int i = 0; i < 3; i++)
		cr_assert(machine_touch(1, BASE + i * PAGE, DJED_ACCESS_WRITE) == 0 &&
			  machine_touch(1, BASE + (97 + i) * PAGE, DJED_ACCESS_WRITE) == 0 &&
			  machine_touch(1, BASE + (1 << 24) + i * PAGE, DJED_ACCESS_READ) == 0 &&
			  machine_touch(1, BASE + (2 << 24) + i * PAGE, DJED_ACCESS_WRITE) == 0);
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0 && mm_fork(mm, 1, 3, true, &handle) == 0);
	cr_assert(machine_touch(2, BASE, DJED_ACCESS_WRITE) == 0);
	/* A process that goes leaves frames that are not free yet. */
	cr_assert(mm_create(mm, 4, &handle) == 0);
	cr_assert(machine_call(4, LINUX_MMAP, BASE, 9 * PAGE, 3,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1ull, 0) > 0);
	cr_assert(mm_exit(mm, 4) == 0 && frames.pending == 9);
	space = process_space(1);
	memory = area_find(&space->areas, BASE);
	file = area_find(&space->areas, BASE + (1 << 24));
	shared = area_find(&space->areas, BASE + (2 << 24));
	cr_assert(space->groups == 4 && frame_at(BASE + PAGE)->references == 2 &&
		  frame_at(BASE)->references == 1);
}

/* All of mm's tables. */
static struct {
	void *memory;
	size_t size;
	void *before;
} tables[16];
static unsigned table_count;

static void keep(void *memory_, size_t size)
{
	tables[table_count].memory = memory_;
	tables[table_count].size = size;
	tables[table_count++].before = memcpy(malloc(size), memory_, size);
}

Test(mm, corruptions)
{
	machine_start((struct machine_options){.frames = 400});
	make_sound();
	machine_check();
	keep(&frames, sizeof(frames));
	keep(frames.frame, (frames.count + 1) * sizeof(*frames.frame));
	keep(&backings, sizeof(backings));
	keep(backings.backing, BACKINGS_MAX * sizeof(*backings.backing));
	keep(&areas, sizeof(areas));
	keep(areas.area, AREAS_MAX * sizeof(*areas.area));
	keep(&spaces, sizeof(spaces));
	keep(clients, sizeof(clients));
	keep(spaces.group, spaces.groups_max * sizeof(*spaces.group));
	keep(spaces.chain, (GROUPS_OWN * PROCESSES_MAX + spaces.groups_max) * sizeof(struct group *));
	for (size_t i = 0; i < sizeof(corruptions) / sizeof(*corruptions); i++) {
		corruptions[i].corrupt();
		cr_expect(host_audit("mm").violations > 0, "%s was not reported", corruptions[i].name);
		for (unsigned t = 0; t < table_count; t++)
			changes_log(tables[t].memory, tables[t].before, tables[t].size);
		expect_noticed(mm_invariants, corruptions[i].name, " page_outside shared_page_private ");
		for (unsigned t = 0; t < table_count; t++)
			memcpy(tables[t].memory, tables[t].before, tables[t].size);
	}
	machine_check();
}
