/* Which frame each page of a space has: groups of 64 pages, found by a hash, and listed by address in their
 * space. */
#include "space.h"

#include <errno.h>
#include <string.h>

static struct group **bucket_of(uint32_t space, uint64_t number)
{
	return &spaces.group_bucket[group_bucket(space, number)];
}

/* The link to the next one in its bucket, or in the list of free ones. */
static struct group **chain_of(const struct group *group)
{
	return &spaces.chain[group_index(group)];
}

static uint64_t group_number(uint64_t address)
{
	return address / (DJED_PAGE_SIZE * GROUP_PAGES);
}

static uint32_t index_in_group(uint64_t address)
{
	return address / DJED_PAGE_SIZE % GROUP_PAGES;
}

/* Apart from the usual way, which is short without it. */
[[gnu::noinline]] static struct group *group_by_hash(const struct space *space, uint64_t number)
{
	struct group *group = *bucket_of(space->id, number);

	while (group && (group->space != space->id || group->number != number))
		group = *chain_of(group);
	return group;
}

static struct group *group_find(const struct space *space, uint64_t number)
{
	struct group *recent = space->recent;

	return recent && recent->number == number ? recent : group_by_hash(space, number);
}

/* The last group with a smaller number, NULL: none. Searched from the one touched last. */
static struct group *group_before(const struct space *space, uint64_t number)
{
	struct group *group = space->recent ? space->recent : space->first;

	while (group && group->number >= number)
		group = group->previous;
	while (group && group->next && group->next->number < number)
		group = group->next;
	return group;
}

static uint32_t own_unused(const struct own_groups *own)
{
	return ~own->used & ((UINT32_C(1) << GROUPS_OWN) - 1);
}

bool groups_available(const struct space *space, uint32_t count)
{
	uint32_t left = spaces.groups_max - spaces.groups;

	if (count > left)
		left += (uint32_t)__builtin_popcount(own_unused(&client_with(space)->groups));
	return count <= left;
}

/* NULL: there is none left. */
static struct group *group_take(struct own_groups *own)
{
	struct group *group = spaces.group_free;
	uint32_t unused = own_unused(own);

	if (unused) {
		uint32_t at = (uint32_t)__builtin_ctz(unused);

		own->used |= UINT32_C(1) << at;
		return &own->group[at];
	}
	if (!group)
		return NULL;
	spaces.group_free = *chain_of(group);
	spaces.groups++;
	return group;
}

static void group_give_back(struct own_groups *own, struct group *group)
{
	struct group **chain = chain_of(group);

	group->space = 0;
	if ((uintptr_t)group - (uintptr_t)own->group < sizeof(own->group)) {
		own->used &= ~(UINT32_C(1) << (group - own->group));
		*chain = NULL;
		return;
	}
	*chain = spaces.group_free;
	spaces.group_free = group;
	spaces.groups--;
}

static struct group *group_make(struct space *space, uint64_t number)
{
	struct group *group = group_take(&client_with(space)->groups), *previous,
		     **bucket = bucket_of(space->id, number);

	if (!group)
		return NULL;
	previous = group_before(space, number);
	*chain_of(group) = *bucket;
	*bucket = group;
	group->previous = previous;
	group->next = previous ? previous->next : space->first;
	group->space = space->id;
	group->used = 0;
	group->number = number;
	memset(group->frame, 0, sizeof(group->frame));
	*(previous ? &previous->next : &space->first) = group;
	if (group->next)
		group->next->previous = group;
	space->recent = group;
	space->groups++;
	return group;
}

static void group_drop(struct space *space, struct group *group)
{
	struct group **link = bucket_of(space->id, group->number);

	while (*link != group) {
		djed_assert(*link);
		link = chain_of(*link);
	}
	*link = *chain_of(group);
	*(group->previous ? &group->previous->next : &space->first) = group->next;
	if (group->next)
		group->next->previous = group->previous;
	if (space->recent == group)
		space->recent = NULL;
	space->groups--;
	group_give_back(&client_with(space)->groups, group);
}

uint32_t page_get(struct space *space, uint64_t address)
{
	const struct group *group = group_find(space, group_number(address));

	return group ? group->frame[index_in_group(address)] : 0;
}

bool page_set(struct space *space, uint64_t address, uint32_t frame)
{
	struct group *group = group_find(space, group_number(address));
	uint32_t *entry, left;

	if (!group)
		group = group_make(space, group_number(address));
	if (!group)
		return false;
	entry = &group->frame[index_in_group(address)];
	left = *entry;
	*entry = frame;
	if (left) {
		frame_release(left);
	} else {
		group->used++;
		space->resident++;
	}
	return true;
}

/* The first group that has pages in [start, end), NULL: none. */
static struct group *group_in(const struct space *space, uint64_t start, uint64_t end)
{
	struct group *group = group_find(space, group_number(start));

	if (!group) {
		struct group *before = group_before(space, group_number(start));

		group = before ? before->next : space->first;
	}
	return group && group->number * GROUP_PAGES * DJED_PAGE_SIZE < end ? group : NULL;
}

uint32_t page_next(struct space *space, uint64_t *address, uint64_t end)
{
	struct group *group = group_in(space, *address, end);

	for (; group; group = group->next) {
		uint64_t base = group->number * GROUP_PAGES * DJED_PAGE_SIZE;
		uint32_t at = base < *address ? index_in_group(*address) : 0;

		for (; at < GROUP_PAGES && base + at * (uint64_t)DJED_PAGE_SIZE < end; at++)
			if (group->frame[at]) {
				*address = base + at * (uint64_t)DJED_PAGE_SIZE;
				return group->frame[at];
			}
		if (base + GROUP_PAGES * DJED_PAGE_SIZE >= end)
			break;
	}
	return 0;
}

/* The places of a group that lie in [start, end). */
struct span {
	uint32_t first, last;
};
static struct span span_of(const struct group *group, uint64_t start, uint64_t end)
{
	uint64_t base = group->number * GROUP_PAGES * DJED_PAGE_SIZE;
	uint64_t pages = end > base ? (end - base + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE : 0;

	return (struct span){base < start ? index_in_group(start) : 0,
			     pages < GROUP_PAGES ? (uint32_t)pages : GROUP_PAGES};
}

void pages_clear(struct space *space, uint64_t start, uint64_t end)
{
	struct group *group = group_in(space, start, end), *next;
	struct frame_chain chain = {0};

	for (; group && group->number * GROUP_PAGES * DJED_PAGE_SIZE < end; group = next) {
		struct span span = span_of(group, start, end);
		uint32_t cleared = 0;

		next = group->next;
		for (uint32_t at = span.first; at < span.last && cleared < group->used; at++)
			if (group->frame[at]) {
				frame_unlink(&chain, group->frame[at]);
				cleared++;
			}
		space->resident -= cleared;
		if (cleared == group->used) {
			group_drop(space, group);
		} else if (cleared) {
			memset(group->frame + span.first, 0,
			       (span.last - span.first) * sizeof(*group->frame));
			group->used -= cleared;
		}
	}
	frames_give_back(&chain);
}

bool pages_copy(struct space *from, struct space *to, uint64_t start, uint64_t end, bool *any)
{
	for (const struct group *group = group_in(from, start, end);
	     group && group->number * GROUP_PAGES * DJED_PAGE_SIZE < end; group = group->next) {
		struct span span = span_of(group, start, end);
		struct group *copy;
		uint32_t copied = 0;

		for (uint32_t at = span.first; at < span.last; at++)
			copied += group->frame[at] != 0;
		if (!copied)
			continue;
		copy = group_find(to, group->number);
		if (!copy)
			copy = group_make(to, group->number);
		if (!copy)
			return false;
		for (uint32_t at = span.first; at < span.last; at++)
			if (group->frame[at])
				frame_reference(group->frame[at]);
		memcpy(copy->frame + span.first, group->frame + span.first,
		       (span.last - span.first) * sizeof(*copy->frame));
		copy->used += copied;
		to->resident += copied;
		*any = true;
	}
	return true;
}

/* Groups that pages of [start, end) moved by `distance` would need and that do not exist. */
static uint32_t groups_missing(struct space *space, uint64_t start, uint64_t end, int64_t distance)
{
	uint64_t counted = UINT64_MAX;
	uint32_t missing = 0;

	for (uint64_t at = start; page_next(space, &at, end); at += DJED_PAGE_SIZE) {
		uint64_t number = group_number(at + (uint64_t)distance);

		if (number != counted && !group_find(space, number))
			missing++;
		counted = number;
	}
	return missing;
}

djed_status pages_move(struct space *space, uint64_t start, uint64_t end, int64_t distance)
{
	uint32_t frame;

	if (!groups_available(space, groups_missing(space, start, end, distance)))
		return -ENOMEM;
	for (uint64_t at = start; (frame = page_next(space, &at, end)) != 0; at += DJED_PAGE_SIZE) {
		frame_reference(frame);
		djed_assert(page_set(space, at + (uint64_t)distance, frame));
	}
	pages_clear(space, start, end);
	return 0;
}
