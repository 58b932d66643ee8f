#include "map.h"

#include "fault.h"

#include <errno.h>

enum {
	SMALL_PAGES = 32, /* a change of protection maps up to so many pages anew; more come back by faults */
	BRK_GAP = 16 * DJED_PAGE_SIZE, /* the heap keeps away from what lies above */
};
/* Below the stack's room; mappings are placed from here downwards, as in Linux. */
#define MAP_TOP (USER_END - (UINT64_C(128) << 20))

/* Whether [start, start + length) lies within what a process may map. */
static bool range_valid(uint64_t start, uint64_t length)
{
	return start <= USER_END && length <= USER_END - start;
}

/* Drops the pages of a range, the kernel's entries first. */
static void drop_pages(struct space *space, uint64_t start, uint64_t end)
{
	uint64_t first = start;

	if (!page_next(space, &first, end))
		return;
	space_unmap(space, start, end);
	pages_clear(space, start, end);
}

static djed_status write_back(const struct area *area, uint64_t start, uint64_t end)
{
	start = area->start > start ? area->start : start;
	end = area->end < end ? area->end : end;
	if (!(area->flags & AREA_SHARED))
		return 0;
	return backing_write(area->backing, area_page(area, start), area_page(area, end));
}

/* Frees a range. -ENOMEM: too many areas; nothing changed. */
static djed_status clear_range(struct space *space, uint64_t start, uint64_t end)
{
	struct area *area, *next;
	djed_status status = areas_cut_at(&space->areas, start, end);

	if (status)
		return status;
	drop_pages(space, start, end);
	for (area = area_at_or_after(&space->areas, start); area && area->start < end; area = next) {
		next = area->next;
		/* A file that cannot be written any more loses what was not synchronized, as in Linux. */
		if (write_back(area, start, end))
			djed_log("mm: a shared mapping could not be written back");
		area_remove(&space->areas, area);
	}
	return 0;
}

uint64_t map_place(const struct space *space, uint64_t length)
{
	return areas_gap_below(&space->areas, MAP_TOP, length);
}

/* Where a mapping goes that may go anywhere: at the hint if that is free. 0: nowhere. */
static uint64_t choose(const struct space *space, uint64_t hint, uint64_t length)
{
	const struct area *area;

	hint = PAGE_DOWN(hint);
	if (hint >= USER_FIRST && range_valid(hint, length)) {
		area = area_at_or_after(&space->areas, hint);
		if (!area || area->start >= hint + length)
			return hint;
	}
	return map_place(space, length);
}

/* Checks a fixed address, or chooses one. */
static int64_t find_address(const struct space *space, uint64_t address, uint64_t length, uint32_t flags)
{
	const struct area *area;
	uint64_t chosen;

	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) {
		chosen = choose(space, address, length);
		return chosen ? (int64_t)chosen : -ENOMEM;
	}
	if (address & PAGE_MASK)
		return -EINVAL;
	if (!range_valid(address, length))
		return -ENOMEM;
	if (address < USER_FIRST)
		return -EPERM;
	area = area_at_or_after(&space->areas, address);
	if (flags & MAP_FIXED_NOREPLACE && area && area->start < address + length)
		return -EEXIST;
	return (int64_t)address;
}

/* Checks flags, protection and file; fills all of the area but its place. */
static djed_status describe(struct area *area, uint32_t protection, uint32_t flags,
			    const struct map_file *file, uint64_t length)
{
	uint32_t type = flags & MAP_TYPE;

	if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	*area = (struct area){.protection = protection & PROTECTION_KNOWN, .limit = NO_LIMIT};
	if (type != MAP_PRIVATE)
		area->flags = AREA_SHARED;
	else if (flags & MAP_GROWSDOWN && !file)
		area->flags = AREA_STACK;
	if (!file)
		return 0;
	if (file->offset & PAGE_MASK)
		return -EINVAL;
	if (length > (uint64_t)UINT32_MAX * DJED_PAGE_SIZE ||
	    file->offset > (uint64_t)UINT32_MAX * DJED_PAGE_SIZE - length)
		return -EOVERFLOW;
	if (type != MAP_PRIVATE && !file->writable) {
		if (protection & DJED_ACCESS_WRITE)
			return -EACCES;
		area->flags |= AREA_READ_ONLY;
	}
	area->offset = file->offset;
	return 0;
}

static djed_status attach_backing(struct area *area, const struct map_file *file)
{
	if (area->flags & AREA_SHARED)
		return backing_shared(file ? file->object : 0, &area->backing);
	return file ? backing_private(file->object, &area->backing) : 0;
}

/* MAP_POPULATE is a wish: what cannot be had now comes by page faults. */
static void populate(struct space *space, const struct area *area)
{
	uint32_t access = area->protection & DJED_ACCESS_WRITE ? DJED_ACCESS_WRITE : DJED_ACCESS_READ;

	for (uint64_t page = area->start; page < area->end && page - area->start < POPULATE_MAX;
	     page += DJED_PAGE_SIZE)
		if (fault_resolve(space, page, access))
			return;
}

int64_t map_create(struct space *space, uint64_t address, uint64_t length, uint32_t protection,
		   uint32_t flags, const struct map_file *file)
{
	struct area area;
	djed_status status;
	int64_t start;

	if (length == 0)
		return -EINVAL;
	if (length > USER_END)
		return -ENOMEM;
	length = PAGE_UP(length);
	status = describe(&area, protection, flags, file, length);
	if (status)
		return status;
	start = find_address(space, address, length, flags);
	if (start < 0)
		return start;
	if (!areas_available(&space->areas, 3)) /* two cuts and the area itself */
		return -ENOMEM;
	status = attach_backing(&area, file);
	if (status)
		return status == -ENOENT ? -ENODEV : status == -EIO ? -ENODEV : status;
	area.start = (uint64_t)start;
	area.end = area.start + length;
	status = clear_range(space, area.start, area.end);
	djed_assert(status == 0); /* areas are available */
	area_insert(&space->areas, &area);
	if (flags & MAP_POPULATE && area.protection)
		populate(space, &area);
	return start;
}

int64_t map_remove(struct space *space, uint64_t address, uint64_t length)
{
	if (address & PAGE_MASK || length == 0 || !range_valid(address, length))
		return -EINVAL;
	return clear_range(space, address, address + PAGE_UP(length));
}

/* Brings the kernel's entries of a range in line with a protection that has become narrower. */
static void narrow_entries(struct space *space, struct area *area)
{
	unsigned pages = 0;
	uint32_t id;

	if (area->protection && !(area->flags & AREA_SHARED)) {
		for (uint64_t at = area->start; page_next(space, &at, area->end) && pages <= SMALL_PAGES;
		     at += DJED_PAGE_SIZE)
			pages++;
		if (pages <= SMALL_PAGES) {
			for (uint64_t at = area->start; (id = page_next(space, &at, area->end)) != 0;
			     at += DJED_PAGE_SIZE) {
				uint32_t access = area->protection;

				if (frames.frame[id].references > 1)
					access &= ~(uint32_t)DJED_ACCESS_WRITE;
				if (space_map(space, at, id, access))
					break;
			}
			if (!id)
				return;
		}
	}
	space_unmap(space, area->start, area->end);
}

int64_t map_protect(struct space *space, uint64_t address, uint64_t length, uint32_t protection)
{
	uint64_t end = address + PAGE_UP(length), reached = address;
	struct area *area;

	if (address & PAGE_MASK)
		return -EINVAL;
	if (length == 0)
		return 0;
	if (length > USER_END || !range_valid(address, PAGE_UP(length)))
		return -ENOMEM;
	if (protection & ~(uint32_t)(PROTECTION_KNOWN | PROTECTION_IGNORED))
		return -EINVAL;
	protection &= PROTECTION_KNOWN;
	if (areas_cut_at(&space->areas, address, end))
		return -ENOMEM;
	/* What lies before the first hole is changed all the same, as in Linux. */
	for (area = area_at_or_after(&space->areas, address); area && area->start < end; area = area->next) {
		uint32_t before = area->protection;

		if (area->start > reached)
			return -ENOMEM;
		if (protection & DJED_ACCESS_WRITE && area->flags & AREA_READ_ONLY)
			return -EACCES;
		reached = area->end;
		if (before != protection)
			area->protection = protection;
		if (before & ~protection)
			narrow_entries(space, area);
		area = area_join(&space->areas, area);
		/* Joined with a neighbour above that lies in the range, or behind it: go on behind the
		 * range's part. */
		if (area->end > reached && reached < end)
			reached = area->end < end ? area->end : end;
	}
	return reached >= end ? 0 : -ENOMEM;
}

int64_t map_brk(struct space *space, uint64_t end)
{
	uint64_t before = PAGE_UP(space->brk), after = PAGE_UP(end);
	struct area area = {.start = before,
			    .end = after,
			    .limit = NO_LIMIT,
			    .protection = DJED_ACCESS_READ | DJED_ACCESS_WRITE};
	const struct area *above;

	if (!space->brk_start || end < space->brk_start || end > USER_END)
		return (int64_t)space->brk;
	if (after < before) {
		if (clear_range(space, after, before))
			return (int64_t)space->brk;
	} else if (after > before) {
		above = area_at_or_after(&space->areas, before);
		if (!range_valid(after, BRK_GAP) || (above && above->start < after + BRK_GAP) ||
		    !areas_available(&space->areas, 1))
			return (int64_t)space->brk;
		area_insert(&space->areas, &area);
	}
	space->brk = end;
	return (int64_t)end;
}

int64_t map_synchronize(struct space *space, uint64_t address, uint64_t length, uint32_t flags)
{
	uint64_t end = address + PAGE_UP(length), reached = address;

	if (address & PAGE_MASK || flags & ~(uint32_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (length > USER_END || !range_valid(address, PAGE_UP(length)))
		return -ENOMEM;
	for (const struct area *area = area_at_or_after(&space->areas, address); area && area->start < end;
	     area = area->next) {
		if (area->start > reached)
			return -ENOMEM;
		if (write_back(area, address, end))
			return -EIO;
		reached = area->end;
	}
	return reached >= end ? 0 : -ENOMEM;
}

enum {
	ADVICE_WILLNEED = 3, /* and 0 to 2: how it will be used */
	ADVICE_DONTNEED = 4,
	ADVICE_FREE = 8,
	ADVICE_MERGEABLE = 12, /* to 17: of the kernel's own saving, huge pages and dumps */
	ADVICE_DODUMP = 17,
	ADVICE_COLD = 20, /* and 21: may be taken out */
	ADVICE_PAGEOUT = 21,
};

int64_t map_advise(struct space *space, uint64_t address, uint64_t length, int32_t advice)
{
	bool drop = advice == ADVICE_DONTNEED || advice == ADVICE_FREE;
	uint64_t end = address + PAGE_UP(length), reached = address;
	bool hole = false;

	if (!drop && !(advice >= 0 && advice <= ADVICE_WILLNEED) &&
	    !(advice >= ADVICE_MERGEABLE && advice <= ADVICE_DODUMP) && advice != ADVICE_COLD &&
	    advice != ADVICE_PAGEOUT)
		return -EINVAL;
	if (address & PAGE_MASK || length > USER_END || !range_valid(address, PAGE_UP(length)))
		return -EINVAL;
	for (const struct area *area = area_at_or_after(&space->areas, address); area && area->start < end;
	     area = area->next) {
		hole |= area->start > reached;
		reached = area->end;
		if (!drop)
			continue;
		if (advice == ADVICE_FREE && (area->backing || area->flags & AREA_SHARED))
			return -EINVAL;
		drop_pages(space, area->start > address ? area->start : address,
			   area->end < end ? area->end : end);
	}
	return hole || reached < end ? -ENOMEM : 0;
}
