/* Invariants of frames, the cache, areas, and what is behind them. */
#include "audit.h"
#include "invariants.h"

/* ---- frames ------------------------------------------------------------------------------------------- */

/* `next` means something in the lists of free frames and in the cache. */
static bool chained(const struct frame *frame)
{
	return frame->references == 0 || frame->key != 0;
}

/* Frames of a shared backing are in a list of their own. */
static bool is_shared(const struct frame *frame)
{
	return frame->key & CACHE_SHARED;
}

void balance_frame(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct frame *old = before, *new = now;
	int cached = (new->key != 0) - (old->key != 0);

	book_count(book, LAW_FRAME, index, (int64_t)old->references - new->references + cached);
	book_count(book, LAW_CACHED, 0, cached);
	book_count(book, LAW_FRAMES_FREE, 0, (new->references == 0) - (old->references == 0));
	book_count(book, LAW_SIBLING, index, is_shared(old) - is_shared(new));
	book_move(book, LAW_SIBLING, is_shared(old) ? old->sibling : 0, is_shared(new) ? new->sibling : 0);
	book_count(book, LAW_FRAME_CHAIN, index, chained(old) - chained(new));
	book_move(book, LAW_FRAME_CHAIN, chained(old) ? old->next : 0, chained(new) ? new->next : 0);
}

void balance_cache(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_move(book, LAW_FRAME_CHAIN, *(const uint32_t *)before, *(const uint32_t *)now);
}

void balance_frames(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct frames *old = before, *new = now;

	(void)index;
	book_count(book, LAW_FRAMES_FREE, 0,
		   (int64_t)old->available + old->pending - new->available - new->pending);
	book_count(book, LAW_CACHED, 0, (int64_t)old->cached - new->cached);
	book_move(book, LAW_FRAME_CHAIN, old->free_head, new->free_head);
	book_move(book, LAW_FRAME_CHAIN, old->pending_head, new->pending_head);
}

void check_frame(struct djed_audit *audit, uint32_t index)
{
	const struct frame *frame = &frames.frame[index];

	djed_check(audit, !frame->key || (frame->references && cache_find(frame->key, frame->page) == index),
		   "frame %u is cached, and cannot be found", index);
}

void check_frames(struct djed_audit *audit, uint32_t index)
{
	(void)index;
	pending_check(audit);
}

static uint32_t backing_index(const struct backing *backing)
{
	return backing ? (uint32_t)(backing - backings.backing) + 1 : 0;
}

/* ---- areas and what is behind them --------------------------------------------------------------------- */

/* `index` as of an account. */
static void balance_any_area(struct book *book, const struct area *old, const struct area *new,
			     uint32_t index)
{
	book_count(book, LAW_AREA_BACK, index, (old->end != 0) - (new->end != 0));
	book_move(book, LAW_AREA_BACK, area_index(old->end ? old->previous : NULL),
		  area_index(new->end ? new->previous : NULL));
	book_count(book, LAW_AREAS, OF_SPACES, (new->end != 0) - (old->end != 0));
	book_move(book, LAW_AREA_CHAIN, area_index(old->next), area_index(new->next));
	book_move(book, LAW_BACKING, backing_index(old->end ? old->backing : NULL),
		  backing_index(new->end ? new->backing : NULL));
}

void balance_area(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct area *old = before, *new = now;

	book_count(book, LAW_AREAS, ALL, (new->end != 0) - (old->end != 0));
	balance_any_area(book, old, new, OWN_AREAS + index + 1);
}

/* Free ones are in no list. */
void balance_own_area(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct area *old = before, *new = now;

	book_count(book, LAW_AREA_CHAIN, index + 1, (old->end != 0) - (new->end != 0));
	balance_any_area(book, old, new, index + 1);
}

void balance_areas(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct areas *old = before, *new = now;

	(void)index;
	book_count(book, LAW_AREAS, ALL, (int64_t)old->count - new->count);
	book_move(book, LAW_AREA_CHAIN, area_index(old->unused), area_index(new->unused));
}

void balance_backing(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct backing *old = before, *new = now;

	book_count(book, LAW_BACKING, index + 1, (int64_t)old->references - new->references);
	book_move(book, LAW_BACKING_CHAIN, backing_index(old->next), backing_index(new->next));
	book_move(book, LAW_SIBLING, old->references ? old->frames : 0, new->references ? new->frames : 0);
	book_count(book, LAW_BACKINGS, 0, (new->references != 0) - (old->references != 0));
}

void balance_backings(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct backings *old = before, *new = now;

	(void)index;
	book_count(book, LAW_BACKINGS, 0, (int64_t)old->count - new->count);
	book_move(book, LAW_BACKING_CHAIN, backing_index(old->used), backing_index(new->used));
	book_move(book, LAW_BACKING_CHAIN, backing_index(old->unused), backing_index(new->unused));
}

static void check_any_area(struct djed_audit *audit, const struct area *area)
{
	const struct area *next = area->next, *previous = area->previous;

	if (!area->end)
		return;
	djed_check(audit,
		   area_valid(area) && (!next || (next->previous == area && next->start >= area->end)) &&
		       (!previous || (previous->next == area && previous->end <= area->start)),
		   "area %u at %#llx does not fit", area_index(area), (unsigned long long)area->start);
	djed_check(audit, !area->backing || area->backing->references, "area %u has a backing that is free",
		   area_index(area));
}

void check_area(struct djed_audit *audit, uint32_t index)
{
	check_any_area(audit, &areas.area[index]);
}

void check_own_area(struct djed_audit *audit, uint32_t index)
{
	check_any_area(audit, &clients[index / AREAS_OWN].areas.area[index % AREAS_OWN]);
}
