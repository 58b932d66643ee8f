/* Reference counts are checked by counting the references: a frame's in all pages and the cache, a backing's
 * in all areas, a space's in all processes. Every table's used and free entries must add up. */
#include "audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What was found so far. */
static struct {
	uint32_t *frame;		/* [frames.count + 1]: references */
	uint32_t backing[BACKINGS_MAX]; /* references */
	uint32_t space[SPACES_MAX + 1]; /* references */
	uint32_t areas, groups;		/* of the heap */
	uint32_t all_groups;
	uint32_t own_areas, own_groups; /* bit for each of the client that is looked at: in use */
} found;

djed_status mm_audit_init(void)
{
	found.frame = calloc(frames.count + 1, sizeof(*found.frame));
	return found.frame ? 0 : -ENOMEM;
}

static void check_processes(struct djed_audit *audit)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
		const struct process *process = &clients[i].process;

		if (!process->pid)
			continue;
		used++;
		audit->process_xor ^= djed_mix(process->pid);
		if (process_valid(process))
			found.space[process->space]++;
		else
			djed_violation(audit, "region %u: process %u, space %u", i, process->pid,
				       process->space);
	}
	djed_check(audit, used == spaces.processes, "%u processes found, not %u", used, spaces.processes);
	audit->processes = used;
}

bool process_valid(const struct process *process)
{
	return process == &client_of(process->pid)->process && process->space && process->space <= SPACES_MAX;
}

bool area_valid(const struct area *area)
{
	return area->start < area->end && area->start >= USER_FIRST && area->end <= USER_END &&
	       !((area->start | area->end | area->offset) & PAGE_MASK) && !(area->protection & ~7u) &&
	       !(area->flags & ~(uint32_t)(AREA_SHARED | AREA_STACK | AREA_READ_ONLY)) &&
	       (area->backing || !(area->flags & AREA_SHARED));
}

static bool in_table(const void *entry, const void *table, size_t size, size_t count)
{
	uintptr_t offset = (uintptr_t)entry - (uintptr_t)table;

	return offset < size * count && offset % size == 0;
}

/* Whether it is one of the table in the heap, counted as found, or of the client's own, and marked as found.
 */
static bool find(const void *entry, const void *table, size_t size, size_t count, uint32_t *in_table_count,
		 const void *own, size_t own_count, uint32_t *in_own)
{
	if (in_table(entry, own, size, own_count)) {
		uint32_t bit = UINT32_C(1) << ((uintptr_t)entry - (uintptr_t)own) / size;

		if (*in_own & bit)
			return false;
		*in_own |= bit;
		return true;
	}
	return in_table(entry, table, size, count) && (*in_table_count)++ < count;
}

/* False: the list cannot be walked. */
static bool check_areas(struct djed_audit *audit, const struct space *space)
{
	const struct client *client = client_with(space);
	const struct area *previous = NULL;
	uint32_t count = 0;

	for (const struct area *area = space->areas.first; area; previous = area, area = area->next) {
		count++;
		if (!find(area, areas.area, sizeof(*area), AREAS_MAX, &found.areas, client->areas.area,
			  AREAS_OWN, &found.own_areas) ||
		    !area_valid(area)) {
			djed_violation(audit, "space %u: area %u is damaged", space->id, count);
			return false;
		}
		djed_check(audit, area->previous == previous, "space %u: area %#llx has a wrong link back",
			   space->id, (unsigned long long)area->start);
		djed_check(audit, !previous || previous->end <= area->start,
			   "space %u: areas overlap at %#llx", space->id, (unsigned long long)area->start);
		if (!area->backing)
			continue;
		if (!in_table(area->backing, backings.backing, sizeof(*area->backing), BACKINGS_MAX) ||
		    !(area->backing->key & CACHE_SHARED) != !(area->flags & AREA_SHARED)) {
			djed_violation(audit, "space %u: area %#llx has a wrong backing", space->id,
				       (unsigned long long)area->start);
			continue;
		}
		found.backing[area->backing - backings.backing]++;
	}
	djed_check(audit, space->areas.last == previous && space->areas.count == count,
		   "space %u: %u areas found, not %u", space->id, count, space->areas.count);
	return true;
}

/* Counts a group's pages, each of which must lie in an area; returns their number. */
static uint32_t check_group(struct djed_audit *audit, const struct space *space, const struct group *group)
{
	uint64_t base = group->number * GROUP_PAGES * DJED_PAGE_SIZE;
	uint32_t used = 0;

	for (uint32_t at = 0; at < GROUP_PAGES; at++) {
		uint64_t address = base + (uint64_t)at * DJED_PAGE_SIZE;
		const struct area *area;
		uint32_t id = group->frame[at];

		if (!id)
			continue;
		used++;
		if (id > frames.count) {
			djed_violation(audit, "space %u: frame %u does not exist", space->id, id);
			continue;
		}
		found.frame[id]++;
		area = area_find(&space->areas, address);
		djed_check(audit, area, "space %u: page %#llx lies in no area", space->id,
			   (unsigned long long)address);
		djed_check(audit,
			   !area || !(area->flags & AREA_SHARED) ||
			       frames.frame[id].key == area->backing->key,
			   "space %u: shared page %#llx has a frame of its own", space->id,
			   (unsigned long long)address);
	}
	djed_check(audit, used == group->used && used, "space %u: group %#llx has %u pages, not %u",
		   space->id, (unsigned long long)base, used, group->used);
	return used;
}

static void check_pages(struct djed_audit *audit, const struct space *space)
{
	const struct client *client = client_with(space);
	const struct group *previous = NULL;
	uint32_t groups = 0, resident = 0;
	bool recent = !space->recent; /* or met */

	for (const struct group *group = space->first; group; previous = group, group = group->next) {
		if (!find(group, spaces.group, sizeof(*group), spaces.groups_max, &found.groups,
			  client->groups.group, GROUPS_OWN, &found.own_groups) ||
		    group->space != space->id || group->previous != previous ||
		    (previous && previous->number >= group->number)) {
			djed_violation(audit, "space %u: list of page groups is damaged", space->id);
			return;
		}
		groups++;
		recent = recent || group == space->recent;
		resident += check_group(audit, space, group);
	}
	djed_check(audit, resident == space->resident, "space %u: %u pages found, not %u", space->id,
		   resident, space->resident);
	djed_check(audit, groups == space->groups, "space %u: %u groups found, not %u", space->id, groups,
		   space->groups);
	djed_check(audit, recent, "space %u: recent group is another's", space->id);
	found.all_groups += groups;
}

bool space_valid(const struct space *space, uint32_t id)
{
	return space->id == id && space->handle && space->brk >= space->brk_start && space->brk <= USER_END &&
	       space->areas.own == &clients[(id - 1) / SPACES_OWN].areas;
}

bool own_valid(const struct client *client)
{
	for (uint32_t i = 0; i < AREAS_OWN; i++)
		if ((client->areas.used >> i & 1) != (client->areas.area[i].end != 0))
			return false;
	for (uint32_t i = 0; i < GROUPS_OWN; i++)
		if ((client->groups.used >> i & 1) != (client->groups.group[i].space != 0))
			return false;
	return client->groups.used >> GROUPS_OWN == 0;
}

/* All spaces in the region of a client; their number. */
static uint32_t check_client(struct djed_audit *audit, uint32_t index)
{
	const struct client *client = &clients[index];
	uint32_t used = 0;

	found.own_areas = found.own_groups = 0;
	for (uint32_t i = 0; i < SPACES_OWN; i++) {
		const struct space *space = &client->space[i];
		uint32_t id = index * SPACES_OWN + i + 1;

		djed_check(audit, space->references == found.space[id],
			   "space %u: %u references found, not %u", id, found.space[id], space->references);
		if (!space->references)
			continue;
		used++;
		if (!space_valid(space, id))
			djed_violation(audit, "space %u: damaged, brk %#llx", id,
				       (unsigned long long)space->brk);
		else if (check_areas(audit, space))
			check_pages(audit, space);
	}
	djed_check(audit,
		   own_valid(client) && client->areas.used == found.own_areas &&
		       client->groups.used == found.own_groups,
		   "region %u: areas %x and page groups %x are used, not %x and %x", index, found.own_areas,
		   found.own_groups, client->areas.used, client->groups.used);
	return used;
}

static void check_spaces(struct djed_audit *audit)
{
	uint32_t used = 0, unused;

	for (uint32_t i = 0; i < PROCESSES_MAX; i++)
		used += check_client(audit, i);
	djed_check(audit, used == spaces.count, "%u spaces found, not %u", used, spaces.count);
	unused = 0;
	for (const struct area *area = areas.unused; area && unused <= AREAS_MAX; area = area->next)
		unused++;
	djed_check(audit, found.areas == areas.count && found.areas + unused == AREAS_MAX,
		   "%u areas (%u counted) and %u free ones do not make %u", found.areas, areas.count, unused,
		   AREAS_MAX);
	unused = 0;
	for (const struct group *group = spaces.group_free; group && unused <= spaces.groups_max;
	     group = spaces.chain[group_index(group)])
		unused++;
	djed_check(audit, found.groups == spaces.groups && found.groups + unused == spaces.groups_max,
		   "%u page groups (%u counted) and %u free ones do not make %u", found.groups, spaces.groups,
		   unused, spaces.groups_max);
}

/* Every group is found by its hash. */
static void check_group_buckets(struct djed_audit *audit)
{
	uint32_t chained = 0;

	for (uint32_t bucket = 0; bucket < GROUP_BUCKETS; bucket++)
		for (const struct group *group = spaces.group_bucket[bucket];
		     group && chained <= found.all_groups; group = spaces.chain[group_index(group)]) {
			if (!group->space || group_bucket(group->space, group->number) != bucket) {
				djed_violation(audit, "bucket %u of page groups is damaged", bucket);
				break;
			}
			chained++;
		}
	djed_check(audit, chained == found.all_groups, "%u page groups in buckets, not %u", chained,
		   found.all_groups);
}

static void check_backings(struct djed_audit *audit)
{
	uint32_t used = 0, unused = 0;

	for (const struct backing *backing = backings.used; backing && used <= BACKINGS_MAX;
	     backing = backing->next, used++) {
		uint32_t references = found.backing[backing - backings.backing], frame_count = 0;

		djed_check(audit, references == backing->references && references && backing->key,
			   "backing of object %#llx: %u references found, not %u",
			   (unsigned long long)backing->object, references, backing->references);
		for (uint32_t id = backing->frames; id && frame_count <= frames.count;
		     id = frames.frame[id].sibling, frame_count++)
			if (id > frames.count || frames.frame[id].key != backing->key) {
				djed_violation(audit, "backing of object %#llx holds frame %u of another",
					       (unsigned long long)backing->object, id);
				break;
			}
	}
	for (const struct backing *backing = backings.unused; backing && unused <= BACKINGS_MAX;
	     backing = backing->next)
		unused++;
	djed_check(audit, used == backings.count && used + unused == BACKINGS_MAX,
		   "%u backings (%u counted) and %u free ones do not make %u", used, backings.count, unused,
		   BACKINGS_MAX);
}

static void check_cache(struct djed_audit *audit)
{
	uint32_t cached = 0;

	for (uint32_t bucket = 0; bucket < CACHE_BUCKETS; bucket++)
		for (uint32_t id = frames.bucket[bucket]; id && cached <= frames.count;
		     id = frames.frame[id].next) {
			if (id > frames.count || !frames.frame[id].key ||
			    cache_bucket(frames.frame[id].key, frames.frame[id].page) != bucket) {
				djed_violation(audit, "cache bucket %u holds frame %u, which is another's",
					       bucket, id);
				break;
			}
			cached++;
			found.frame[id]++;
		}
	djed_check(audit, cached == frames.cached, "%u cached frames found, not %u", cached, frames.cached);
	audit->resource[1] = cached;
}

static uint32_t check_free_frames(struct djed_audit *audit, uint32_t head, const char *name)
{
	uint32_t length = 0;

	for (uint32_t id = head; id && length <= frames.count; id = frames.frame[id].next, length++)
		if (id > frames.count || frames.frame[id].references) {
			djed_violation(audit, "%s frame list holds %u, which is not free", name, id);
			break;
		}
	return length;
}

void pending_check(struct djed_audit *audit)
{
	djed_check(audit,
		   !frames.pending_head || (frames.pending_tail && frames.pending_tail <= frames.count &&
					    frames.frame[frames.pending_tail].next == 0),
		   "pending frame list does not end at %u", frames.pending_tail);
}

static void check_frames(struct djed_audit *audit)
{
	uint32_t available = check_free_frames(audit, frames.free_head, "free");
	uint32_t pending = check_free_frames(audit, frames.pending_head, "pending"), used = 0;

	for (uint32_t id = 1; id <= frames.count; id++) {
		const struct frame *frame = &frames.frame[id];

		djed_check(audit, frame->references == found.frame[id],
			   "frame %u: %u references found, not %u", id, found.frame[id], frame->references);
		used += frame->references != 0;
	}
	djed_check(audit, available == frames.available && pending == frames.pending,
		   "%u and %u free frames found, not %u and %u", available, pending, frames.available,
		   frames.pending);
	djed_check(audit, used + available + pending == frames.count,
		   "%u frames in use and %u free do not make %u", used, available + pending, frames.count);
	pending_check(audit);
	audit->resource[0] = used - frames.cached;
	audit->resource[2] = available + pending;
}

void mm_audit(struct djed_audit *audit)
{
	memset(found.frame, 0, (frames.count + 1) * sizeof(*found.frame));
	memset(found.backing, 0, sizeof(found.backing));
	memset(found.space, 0, sizeof(found.space));
	found.areas = found.groups = found.all_groups = 0;
	check_processes(audit);
	check_spaces(audit);
	check_group_buckets(audit);
	check_backings(audit);
	check_cache(audit);
	check_frames(audit);
	audit->resource[3] = spaces.count;
}
