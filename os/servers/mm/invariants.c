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
    [LAW_PROCESSES] = "processes counted in",
};

/* Index of an account, 0 being none. */
static uint32_t account_of(const struct group *group)
{
	return group ? group_index(group) + 1 : 0;
}

/* ---- pages ----------------------------------------------------------------------------------------------
 */

static void balance_any_group(struct book *book, const struct group *old, const struct group *new,
			      uint32_t account)
{
	bool was = old->space != 0, is = new->space != 0;
	int64_t used = (int64_t)(was ? old->used : 0) - (is ? new->used : 0);

	book_move(book, LAW_GROUPS_OF, old->space, new->space);
	book_count(book, LAW_GROUP_LIST, account, was - is);
	book_move(book, LAW_GROUP_LIST, was ? account_of(old->next) : 0, is ? account_of(new->next) : 0);
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
	book_count(book, LAW_USED, account, used);
}

static void balance_group(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct group *old = before, *new = now;

	book_count(book, LAW_GROUPS, 0, (new->space != 0) - (old->space != 0));
	balance_any_group(book, old, new, OWN_GROUPS + index + 1);
}

/* Free ones are in no list. */
static void balance_own_group(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct group *old = before, *new = now;

	book_count(book, LAW_GROUP_CHAIN, index + 1, (old->space != 0) - (new->space != 0));
	balance_any_group(book, old, new, index + 1);
}

/* A hash bucket, or the link to the next one in it. */
static void balance_group_link(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_move(book, LAW_GROUP_CHAIN, account_of(*(struct group *const *)before),
		  account_of(*(struct group *const *)now));
}

static void check_any_group(struct djed_audit *audit, const struct group *group)
{
	const struct group *next = group->next, *previous = group->previous;

	if (!group->space)
		return;
	djed_check(audit,
		   group->used && group->used <= GROUP_PAGES && group->space <= SPACES_MAX &&
		       (!next || (next->previous == group && next->space == group->space &&
				  next->number > group->number)) &&
		       (previous ? previous->next == group : space_at(group->space)->first == group),
		   "page group %u of space %u does not fit", group_index(group), group->space);
}

static void check_group(struct djed_audit *audit, uint32_t index)
{
	check_any_group(audit, &spaces.group[index]);
}

static void check_own_group(struct djed_audit *audit, uint32_t index)
{
	check_any_group(audit, &clients[index / GROUPS_OWN].groups.group[index % GROUPS_OWN]);
}

/* ---- spaces and processes --------------------------------------------------------------------------------
 */

static void balance_space(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct space *old = before, *new = now;
	bool was = old->references != 0, is = new->references != 0;
	uint32_t id = index + 1;

	book_count(book, LAW_SPACE, id, (int64_t)old->references - new->references);
	book_count(book, LAW_SPACES, 0, is - was);
	book_count(book, LAW_RESIDENT, id, (int64_t)old->resident - new->resident);
	book_count(book, LAW_GROUPS_OF, id, (int64_t)old->groups - new->groups);
	book_count(book, LAW_AREAS, OF_SPACES,
		   (int64_t)(was ? old->areas.count : 0) - (is ? new->areas.count : 0));
	book_move(book, LAW_GROUP_LIST, account_of(was ? old->first : NULL),
		  account_of(is ? new->first : NULL));
	book_move(book, LAW_AREA_BACK, area_index(was ? old->areas.last : NULL),
		  area_index(is ? new->areas.last : NULL));
	book_move(book, LAW_AREA_CHAIN, area_index(was ? old->areas.first : NULL),
		  area_index(is ? new->areas.first : NULL));
}

static void check_space(struct djed_audit *audit, uint32_t index)
{
	uint32_t id = index + 1;
	const struct space *space = space_at(id);

	if (!space->references)
		return;
	djed_check(audit, space_valid(space, id), "space %u: damaged, brk %#llx", id,
		   (unsigned long long)space->brk);
	djed_check(audit, !space->recent || space->recent->space == id, "space %u: recent group is another's",
		   id);
	djed_check(audit,
		   (space->areas.first != NULL) == (space->areas.count != 0) &&
		       (!space->areas.first || !space->areas.first->previous) &&
		       (!space->areas.last || (space->areas.last->end && !space->areas.last->next)) &&
		       (!space->first || (space->first->space == id && !space->first->previous)),
		   "space %u: the list of its %u areas is damaged", id, space->areas.count);
}

static void balance_process(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct process *old = before, *new = now;

	(void)index;
	book_count(book, LAW_PROCESSES, 0, (new->pid != 0) - (old->pid != 0));
	book_move(book, LAW_SPACE, old->pid ? old->space : 0, new->pid ? new->space : 0);
}

static void check_process(struct djed_audit *audit, uint32_t index)
{
	const struct process *process = &clients[index].process;

	djed_check(audit, !process->pid || process_valid(process), "region %u: process %u, space %u", index,
		   process->pid, process->space);
}

static void check_own(struct djed_audit *audit, uint32_t index)
{
	djed_check(audit, own_valid(&clients[index]),
		   "region %u: areas and page groups in use are not those that are marked", index);
}

/* The counts and heads before the tables of struct spaces. */
static void balance_spaces(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct spaces *old = before, *new = now;

	(void)index;
	book_count(book, LAW_SPACES, 0, (int64_t)old->count - new->count);
	book_count(book, LAW_PROCESSES, 0, (int64_t)old->processes - new->processes);
	book_count(book, LAW_GROUPS, 0, (int64_t)old->groups - new->groups);
	book_move(book, LAW_GROUP_CHAIN, account_of(old->group_free), account_of(new->group_free));
}

/* ---- the tables
 * --------------------------------------------------------------------------------------------- */

/* Of a region, all that is in use is looked at by itself; what it says is in use, where any of that changes.
 */
#define OF_CLIENT(field)                                                                                \
	clients, sizeof(((struct client *)NULL)->field), PROCESSES_MAX, offsetof(struct client, field), \
	    offsetof(struct client, field) + sizeof(((struct client *)NULL)->field)
#define EACH_OF_CLIENT(field, type)                                           \
	clients, sizeof(type), PROCESSES_MAX, offsetof(struct client, field), \
	    offsetof(struct client, field) + sizeof(((struct client *)NULL)->field)

static struct invariant_table own[] = {
    {"own group", EACH_OF_CLIENT(groups.group, struct group), check_own_group, balance_own_group, &own[1]},
    {"space", EACH_OF_CLIENT(space, struct space), check_space, balance_space, &own[2]},
    {"own area", EACH_OF_CLIENT(areas.area, struct area), check_own_area, balance_own_area, &own[3]},
    {"own areas", OF_CLIENT(areas.used), check_own, NULL, &own[4]},
    {"own groups", OF_CLIENT(groups.used), check_own, NULL, NULL},
};
static struct invariant_table tables[] = {
    {"client", clients, sizeof(struct client), PROCESSES_MAX, offsetof(struct client, process),
     offsetof(struct client, space), check_process, balance_process, own},
    {"frame", NULL, sizeof(struct frame), 0, 0, offsetof(struct frame, dirty), check_frame, balance_frame,
     NULL},
    {"area", NULL, sizeof(struct area), AREAS_MAX, 0, sizeof(struct area), check_area, balance_area, NULL},
    {"backing", NULL, sizeof(struct backing), BACKINGS_MAX, 0, sizeof(struct backing), NULL, balance_backing,
     NULL},
    {"group", NULL, sizeof(struct group), 0, 0, sizeof(struct group), check_group, balance_group, NULL},
    {"group link", NULL, sizeof(struct group *), OWN_GROUPS, 0, sizeof(struct group *), NULL,
     balance_group_link, NULL},
    {"cache bucket", frames.bucket, sizeof(uint32_t), CACHE_BUCKETS, 0, sizeof(uint32_t), NULL, balance_cache,
     NULL},
    {"frames", &frames, offsetof(struct frames, bucket), 1, 0, offsetof(struct frames, bucket), check_frames,
     balance_frames, NULL},
    {"areas", &areas, sizeof(areas), 1, 0, sizeof(areas), NULL, balance_areas, NULL},
    {"backings", &backings, sizeof(backings), 1, 0, sizeof(backings), NULL, balance_backings, NULL},
    {"spaces", &spaces, offsetof(struct spaces, group_bucket), 1, 0, offsetof(struct spaces, group_bucket),
     NULL, balance_spaces, NULL},
    {"group bucket", spaces.group_bucket, sizeof(struct group *), GROUP_BUCKETS, 0, sizeof(struct group *),
     NULL, balance_group_link, NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void mm_invariants_start(void)
{
	tables[1].first = frames.frame;
	tables[1].count = frames.count + 1;
	tables[2].first = areas.area;
	tables[3].first = backings.backing;
	tables[4].first = spaces.group;
	tables[4].count = spaces.groups_max;
	tables[5].first = spaces.chain;
	tables[5].count = OWN_GROUPS + spaces.groups_max;
	invariants_start(&invariants);
}

void mm_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
