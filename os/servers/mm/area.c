#include "area.h"

#include <errno.h>
#include <stdlib.h>

struct areas areas;

djed_status areas_init(void)
{
	areas.area = calloc(AREAS_MAX, sizeof(*areas.area));
	if (!areas.area)
		return -ENOMEM;
	for (unsigned i = 0; i < AREAS_MAX; i++) {
		areas.area[i].next = areas.unused;
		areas.unused = &areas.area[i];
	}
	return 0;
}

bool areas_available(const struct area_list *list, uint32_t count)
{
	uint32_t left = AREAS_MAX - areas.count;

	if (count > left)
		left += (uint32_t)__builtin_popcount(~list->own->used);
	return list->count + count <= AREAS_PER_SPACE && count <= left;
}

struct area *area_at_or_after(const struct area_list *list, uint64_t address)
{
	struct area *area = list->first;

	while (area && area->end <= address)
		area = area->next;
	return area;
}

struct area *area_find(const struct area_list *list, uint64_t address)
{
	struct area *area = area_at_or_after(list, address);

	return area && area->start <= address ? area : NULL;
}

static struct area *take(struct own_areas *own)
{
	struct area *area = areas.unused;

	if (~own->used) {
		uint32_t at = (uint32_t)__builtin_ctz(~own->used);

		own->used |= UINT32_C(1) << at;
		return &own->area[at];
	}
	djed_assert(area);
	areas.unused = area->next;
	areas.count++;
	return area;
}

static void give_back(struct own_areas *own, struct area *area)
{
	area->end = 0;
	if ((uintptr_t)area - (uintptr_t)own->area < sizeof(own->area)) {
		area->next = NULL;
		own->used &= ~(UINT32_C(1) << (area - own->area));
		return;
	}
	area->next = areas.unused;
	areas.unused = area;
	areas.count--;
}

/* A copy of `model` between two neighbours. */
static struct area *link_area(struct area_list *list, const struct area *model, struct area *previous,
			      struct area *next)
{
	struct area *area = take(list->own);

	list->count++;
	*area = *model;
	area->previous = previous;
	area->next = next;
	*(previous ? &previous->next : &list->first) = area;
	*(next ? &next->previous : &list->last) = area;
	return area;
}

/* Takes an area out, leaving its reference to the backing to the caller. */
static void unlink_area(struct area_list *list, struct area *area)
{
	*(area->previous ? &area->previous->next : &list->first) = area->next;
	*(area->next ? &area->next->previous : &list->last) = area->previous;
	list->count--;
	give_back(list->own, area);
}

static bool alike(const struct area *low, const struct area *high)
{
	return low->end == high->start && low->protection == high->protection && low->flags == high->flags &&
	       low->backing == high->backing && low->limit == NO_LIMIT && high->limit == NO_LIMIT &&
	       (!low->backing || low->offset + (low->end - low->start) == high->offset);
}

struct area *area_join(struct area_list *list, struct area *area)
{
	struct area *other[2] = {area->previous, area->next};

	for (int i = 0; i < 2; i++) {
		struct area *low = i == 0 ? other[0] : area, *high = i == 0 ? area : other[1];

		if (!low || !high || !alike(low, high))
			continue;
		low->end = high->end;
		if (high->backing)
			backing_release(high->backing);
		unlink_area(list, high);
		area = low;
	}
	return area;
}

struct area *area_insert(struct area_list *list, const struct area *model)
{
	struct area *next = area_at_or_after(list, model->start);

	djed_assert(!next || next->start >= model->end);
	return area_join(list, link_area(list, model, next ? next->previous : list->last, next));
}

void area_append(struct area_list *list, const struct area *model)
{
	link_area(list, model, list->last, NULL);
}

struct area *area_split(struct area_list *list, struct area *area, uint64_t address)
{
	struct area upper = *area;

	upper.start = address;
	upper.offset = area->offset + (address - area->start);
	if (area->backing)
		backing_reference(area->backing);
	area->end = address;
	return link_area(list, &upper, area, area->next);
}

void area_remove(struct area_list *list, struct area *area)
{
	unlink_area(list, area);
	if (area->backing)
		backing_release(area->backing);
}

djed_status areas_cut_at(struct area_list *list, uint64_t start, uint64_t end)
{
	struct area *first = area_find(list, start), *last = area_find(list, end);
	bool cut_first = first && first->start < start, cut_last = last && last->start < end;

	if (!areas_available(list, cut_first + cut_last))
		return -ENOMEM;
	if (cut_first)
		first = area_split(list, first, start);
	if (cut_last)
		area_split(list, area_find(list, end), end);
	return 0;
}

uint64_t areas_gap_below(const struct area_list *list, uint64_t top, uint64_t length)
{
	const struct area *area = list->last;

	/* `top` is the upper border of the gap below which areas are still to be looked at. */
	while (area) {
		if (area->end < top && top - area->end >= length)
			break;
		if (area->start < top)
			top = area->start;
		area = area->previous;
	}
	return top >= length && top - length >= USER_FIRST ? top - length : 0;
}
