#include "fault.h"

#include <errno.h>

/* The area that holds an address; a stack grows to it where it may. */
static struct area *area_for(struct space *space, uint64_t address)
{
	struct area *area = area_at_or_after(&space->areas, address);
	uint64_t page = PAGE_DOWN(address);

	if (!area || area->start <= address)
		return area;
	if (!(area->flags & AREA_STACK) || page < space->stack_limit || page < USER_FIRST ||
	    (area->previous && area->previous->end + STACK_GAP > page))
		return NULL;
	area->start = page;
	return area;
}

/* A fresh private frame with what the area has at `page`, before anybody wrote to it. */
static djed_status fresh_frame(struct area *area, uint64_t page, uint32_t *id)
{
	bool from_file = area->backing && page < area->limit;
	uint32_t source = 0;
	djed_status status;

	if (from_file) {
		status = backing_frame(area->backing, (uint32_t)area_page(area, page), &source);
		if (status)
			return status;
	}
	*id = frame_take();
	if (!*id)
		return -ENOMEM;
	if (from_file)
		frame_copy(*id, source);
	else
		frame_zero(*id);
	if (from_file && area->limit < page + DJED_PAGE_SIZE)
		frame_zero_rest(*id, (uint32_t)(area->limit - page));
	return 0;
}

/* Puts a frame, with the caller's reference to it, at a page that has none or another one. */
static djed_status place(struct space *space, uint64_t page, uint32_t id)
{
	if (page_set(space, page, id))
		return 0;
	frame_release(id);
	return -ENOMEM;
}

static djed_status place_fresh(struct space *space, struct area *area, uint64_t page, uint32_t *id)
{
	djed_status status = fresh_frame(area, page, id);

	return status ? status : place(space, page, *id);
}

/* Maps those neighbours of a page, within its group of AROUND_PAGES, that are in the cache and not present
 * yet. */
static void map_around(struct space *space, struct area *area, uint64_t page)
{
	uint64_t from = page & ~((uint64_t)AROUND_PAGES * DJED_PAGE_SIZE - 1);
	uint64_t to = from + AROUND_PAGES * DJED_PAGE_SIZE,
		 end = area->end < area->limit ? area->end : PAGE_DOWN(area->limit);

	from = from > area->start ? from : area->start;
	to = to < end ? to : end;
	uint32_t access = area->protection & ~(uint32_t)DJED_ACCESS_WRITE, run[AROUND_PAGES];
	unsigned count = 0;

	for (uint64_t at = from; at < to; at += DJED_PAGE_SIZE) {
		uint32_t id = at == page || page_get(space, at)
				  ? 0
				  : cache_find(area->backing->key, (uint32_t)area_page(area, at));

		if (id) {
			frame_reference(id);
			if (place(space, at, id))
				break;
			run[count++] = id;
		}
		if (count && (!id || at + DJED_PAGE_SIZE >= to)) {
			uint64_t end = id ? at + DJED_PAGE_SIZE : at;

			if (space_map_run(space, end - count * DJED_PAGE_SIZE, run, count, access))
				return;
			count = 0;
		}
	}
}

/* A page whose frame is its own to write, or that only reads. */
static djed_status resolve_private(struct space *space, struct area *area, uint64_t page, bool write)
{
	uint32_t id = page_get(space, page), access = area->protection, copy;
	bool read_file = !id && !write && area->backing && page + DJED_PAGE_SIZE <= area->limit;
	djed_status status = 0;

	if (read_file) {
		status = backing_frame(area->backing, (uint32_t)area_page(area, page), &id);
		if (status)
			return status;
		frame_reference(id);
		status = place(space, page, id);
	} else if (!id) {
		status = place_fresh(space, area, page, &id);
	} else if (write && frames.frame[id].references > 1) {
		copy = frame_take();
		if (!copy)
			return -ENOMEM;
		frame_copy(copy, id);
		status = place(space, page, copy);
		id = copy;
	}
	if (status)
		return status;
	if (frames.frame[id].references > 1)
		access &= ~(uint32_t)DJED_ACCESS_WRITE;
	status = space_map(space, page, id, access);
	if (!status && read_file)
		map_around(space, area, page);
	return status;
}

/* Writable only once it is dirty, so that the first write is seen. */
static djed_status resolve_shared(struct space *space, struct area *area, uint64_t page, bool write)
{
	uint32_t id = page_get(space, page), access = area->protection;
	djed_status status;

	if (!id) {
		status = backing_frame(area->backing, (uint32_t)area_page(area, page), &id);
		if (status)
			return status;
		frame_reference(id);
		status = place(space, page, id);
		if (status)
			return status;
	}
	if (write && !frames.frame[id].dirty)
		frames.frame[id].dirty = 1;
	if (!frames.frame[id].dirty)
		access &= ~(uint32_t)DJED_ACCESS_WRITE;
	return space_map(space, page, id, access);
}

djed_status fault_resolve(struct space *space, uint64_t address, uint32_t access)
{
	struct area *area = area_for(space, address);
	bool write = access & DJED_ACCESS_WRITE;

	access &= DJED_ACCESS_READ | DJED_ACCESS_WRITE | DJED_ACCESS_EXECUTE;
	/* On this processor, what may be written or executed may be read. */
	if (!area || (access & ~area->protection & ~DJED_ACCESS_READ) || !area->protection)
		return -EFAULT;
	return area->flags & AREA_SHARED ? resolve_shared(space, area, PAGE_DOWN(address), write)
					 : resolve_private(space, area, PAGE_DOWN(address), write);
}

djed_status fault_populate(struct space *space, uint64_t address, uint64_t length, uint32_t access)
{
	uint64_t end;

	if (length > POPULATE_MAX)
		return -EFAULT;
	if (__builtin_add_overflow(address, length, &end) || end > USER_END)
		end = USER_END;
	for (uint64_t page = PAGE_DOWN(address); page < end; page += DJED_PAGE_SIZE) {
		djed_status status = fault_resolve(space, page < address ? address : page, access);

		if (status)
			return status;
	}
	return address < USER_END && end - address == length ? 0 : -EFAULT;
}
