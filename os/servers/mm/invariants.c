/* What is checked of a request's changes before its answer leaves (lib/invariants.h): the same sums as in
 * audit.c, kept by differences. */
#include "invariants.h"
#include "audit.h"

#include <stddef.h>

static const char *const law_names[] = {
    [LAW_FRAME] = "references to frame",
    [LAW_FRAME_CHAIN] = "links to frame",
    [LAW_FRAMES_FREE] = "frames counted as free in",
    [LAW_CACHED] = "frames counted as cached in",
    [LAW_BACKING] = "references to backing",
    [LAW_BACKINGS] = "backings counted in",
    [LAW_BACKING_CHAIN] = "links to backing",
    [LAW_SIBLING] = "links to shared frame",
    [LAW_AREAS] = "areas counted in",
    [LAW_AREA_CHAIN] = "links to area",
    [LAW_AREA_BACK] = "links back to area",
    [LAW_GROUPS] = "page groups counted in",
    [LAW_GROUPS_OF] = "page groups of space",
    [LAW_GROUP_CHAIN] = "links to page group",
    [LAW_GROUP_LIST] = "neighbours of page group",
    [LAW_USED] = "pages of group",
    [LAW_RESIDENT] = "pages of space",
    [LAW_SPACE] = "references to space",
    [LAW_SPACES] = "spaces counted in",
    [LAW_SPACE_CHAIN] = "links to free space",
    [LAW_PROCESSES] = "processes counted in",
    [LAW_PROCESS_CHAIN] = "links to process entry",
};

/* Index of an account, 0 being none. */
static uint32_t group_index(const struct group *group)
{
	return group ? (uint32_t)(group - spaces.group) + 1 : 0;
}

/* ---- pages ----------------------------------------------------------------------------------------------
 */

static void balance_group(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct group *old = before, *new = now;
	bool was = old->space != 0, is = new->space != 0;
	int64_t used = (int64_t)(was ? old->used : 0) - (is ? new->used : 0);

	book_count(book, LAW_GROUPS, 0, is - was);
	book_move(book, LAW_GROUPS_OF, old->space, new->space);
	book_move(book, LAW_GROUP_CHAIN, group_index(old->chain), group_index(new->chain));
	book_count(book, LAW_GROUP_LIST, index + 1, was - is);
	book_move(book, LAW_GROUP_LIST, was ? group_index(old->next) : 0, is ? group_index(new->next) : 0);
	if (was)
		book_count(book, LAW_RESIDENT, old->space, -(int64_t)old->used);
	if (is)
		book_count(book, LAW_RESIDENT, new->space, new->used);
	for (uint32_t i = 0; i < GROUP_PAGES; i++) {
		uint32_t had = was ? old->frame[i] : 0, has = is ? new->frame[i] : 0;

		if (had == has)
			continue;
		used += (has != 0) - (had != 0);
		book_move(book, LAW_FRAME, had, has);
	}
	book_count(book, LAW_USED, index, used);
}

static void balance_group_bucket(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_move(book, LAW_GROUP_CHAIN, group_index(*(struct group *const *)before),
		  group_index(*(struct group *const *)now));
}

static void check_group(struct djed_audit *audit, uint32_t index)
{
	const struct group *group = &spaces.group[index], *next = group->next, *previous = group->previous;

	if (!group->space)
		return;
	djed_check(audit,
		   group->used && group->used <= GROUP_PAGES && group->space <= SPACES_MAX &&
		       (!next || (next->previous == group && next->space == group->space &&
				  next->number > group->number)) &&
		       (previous ? previous->next == group : spaces.space[group->space].first == group),
		   "page group %u of space %u does not fit", index, group->space);
}

/* ---- spaces and processes --------------------------------------------------------------------------------
 */

static void balance_space(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct space *old = before, *new = now;
	bool was = old->references != 0, is = new->references != 0;

	book_count(book, LAW_SPACE, index, (int64_t)old->references - new->references);
	book_count(book, LAW_SPACES, 0, is - was);
	book_count(book, LAW_SPACE_CHAIN, index, is - was);
	book_move(book, LAW_SPACE_CHAIN, was ? 0 : old->next_free, is ? 0 : new->next_free);
	book_count(book, LAW_RESIDENT, index, (int64_t)old->resident - new->resident);
	book_count(book, LAW_GROUPS_OF, index, (int64_t)old->groups - new->groups);
	book_count(book, LAW_AREAS, OF_SPACES,
		   (int64_t)(was ? old->areas.count : 0) - (is ? new->areas.count : 0));
	book_move(book, LAW_GROUP_LIST, group_index(was ? old->first : NULL),
		  group_index(is ? new->first : NULL));
	book_move(book, LAW_AREA_BACK, area_index(was ? old->areas.last : NULL),
		  area_index(is ? new->areas.last : NULL));
	book_move(book, LAW_AREA_CHAIN, area_index(was ? old->areas.first : NULL),
		  area_index(is ? new->areas.first : NULL));
}

static void check_space(struct djed_audit *audit, uint32_t index)
{
	const struct space *space = &spaces.space[index];

	if (!space->references)
		return;
	djed_check(audit, space_valid(space, index), "space %u: damaged, brk %#llx", index,
		   (unsigned long long)space->brk);
	djed_check(audit, !space->recent || space->recent->space == index,
		   "space %u: recent group is another's", index);
	djed_check(audit,
		   (space->areas.first != NULL) == (space->areas.count != 0) &&
		       (!space->areas.first || !space->areas.first->previous) &&
		       (!space->areas.last || (space->areas.last->end && !space->areas.last->next)) &&
		       (!space->first || (space->first->space == index && !space->first->previous)),
		   "space %u: the list of its %u areas is damaged", index, space->areas.count);
}

static void balance_process(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct process *old = before, *new = now;

	(void)index;
	book_count(book, LAW_PROCESSES, 0, (new->pid != 0) - (old->pid != 0));
	book_move(book, LAW_SPACE, old->pid ? old->space : 0, new->pid ? new->space : 0);
	book_move(book, LAW_PROCESS_CHAIN, old->next, new->next);
}

static void balance_process_bucket(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_move(book, LAW_PROCESS_CHAIN, *(const uint32_t *)before, *(const uint32_t *)now);
}

static void check_process(struct djed_audit *audit, uint32_t index)
{
	const struct process *process = &spaces.process[index];

	djed_check(audit, !process->pid || process_find(process->pid) == process,
		   "process %u cannot be found", process->pid);
}

/* The counts and heads between the tables of struct spaces are two objects: each is watched where it lies. */
static void balance_spaces(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct spaces *old = before, *new = now;

	(void)index;
	book_count(book, LAW_SPACES, 0, (int64_t)old->count - new->count);
	book_move(book, LAW_SPACE_CHAIN, old->free_head, new->free_head);
	book_count(book, LAW_PROCESSES, 0, (int64_t)old->processes - new->processes);
	book_move(book, LAW_PROCESS_CHAIN, old->process_free, new->process_free);
}

struct group_counts {
	uint32_t groups, groups_max;
	struct group *group, *group_free;
};
_Static_assert(offsetof(struct spaces, group_free) - offsetof(struct spaces, groups) ==
		   offsetof(struct group_counts, group_free),
	       "struct group_counts is a part of struct spaces");

static void balance_groups(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct group_counts *old = before, *new = now;

	(void)index;
	book_count(book, LAW_GROUPS, 0, (int64_t)old->groups - new->groups);
	book_move(book, LAW_GROUP_CHAIN, group_index(old->group_free), group_index(new->group_free));
}

/* ---- the tables
 * --------------------------------------------------------------------------------------------- */

static struct invariant_table tables[] = {
    {"frame", NULL, sizeof(struct frame), 0, 0, offsetof(struct frame, dirty), check_frame, balance_frame,
     NULL},
    {"area", NULL, sizeof(struct area), AREAS_MAX, 0, sizeof(struct area), check_area, balance_area, NULL},
    {"backing", NULL, sizeof(struct backing), BACKINGS_MAX, 0, sizeof(struct backing), NULL, balance_backing,
     NULL},
    {"group", NULL, sizeof(struct group), 0, 0, sizeof(struct group), check_group, balance_group, NULL},
    {"space", NULL, sizeof(struct space), SPACES_MAX + 1, 0, sizeof(struct space), check_space, balance_space,
     NULL},
    {"process", NULL, sizeof(struct process), PROCESSES_MAX, 0, sizeof(struct process), check_process,
     balance_process, NULL},
    {"cache bucket", frames.bucket, sizeof(uint32_t), CACHE_BUCKETS, 0, sizeof(uint32_t), NULL, balance_cache,
     NULL},
    {"frames", &frames, offsetof(struct frames, bucket), 1, 0, offsetof(struct frames, bucket), check_frames,
     balance_frames, NULL},
    {"areas", &areas, sizeof(areas), 1, 0, sizeof(areas), NULL, balance_areas, NULL},
    {"backings", &backings, sizeof(backings), 1, 0, sizeof(backings), NULL, balance_backings, NULL},
    {"spaces", &spaces, offsetof(struct spaces, process_bucket), 1, 0,
     offsetof(struct spaces, process_bucket), NULL, balance_spaces, NULL},
    {"process bucket", spaces.process_bucket, sizeof(uint32_t), PROCESS_BUCKETS, 0, sizeof(uint32_t), NULL,
     balance_process_bucket, NULL},
    {"groups", &spaces.groups, sizeof(struct group_counts), 1, 0, sizeof(struct group_counts), NULL,
     balance_groups, NULL},
    {"group bucket", spaces.group_bucket, sizeof(struct group *), GROUP_BUCKETS, 0, sizeof(struct group *),
     NULL, balance_group_bucket, NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void mm_invariants_start(void)
{
	tables[0].first = frames.frame;
	tables[0].count = frames.count + 1;
	tables[1].first = areas.area;
	tables[2].first = backings.backing;
	tables[3].first = spaces.group;
	tables[3].count = spaces.groups_max;
	tables[4].first = spaces.space;
	tables[5].first = spaces.process;
	invariants_start(&invariants);
}

void mm_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
