#include "map.h"

#include <errno.h>

/* Whether the area can grow in place to end at `end`. */
static bool room_above(const struct area *area, uint64_t end)
{
	return end <= USER_END && (!area->next || area->next->start >= end);
}

/* Cuts [address, address + length) out to be an area of its own; NULL: too many areas. */
static struct area *isolate(struct space *space, uint64_t address, uint64_t length)
{
	if (areas_cut_at(&space->areas, address, address + length))
		return NULL;
	return area_find(&space->areas, address);
}

/* Moves [address, address + old_length), within one area, to a free range of new_length. */
static int64_t move(struct space *space, uint64_t address, uint64_t old_length, uint64_t new_length,
		    uint64_t to)
{
	struct area *area, moved;
	djed_status status;

	if (!areas_available(&space->areas, 3))
		return -ENOMEM;
	area = isolate(space, address, old_length);
	if (!area)
		return -ENOMEM;
	space_unmap(space, address, address + old_length);
	status = pages_move(space, address, address + old_length, (int64_t)(to - address));
	if (status) {
		area_join(&space->areas, area);
		return status;
	}
	moved = *area;
	moved.start = to;
	moved.end = to + new_length;
	if (moved.limit != NO_LIMIT)
		moved.limit += to - address;
	if (moved.backing)
		backing_reference(moved.backing);
	area_remove(&space->areas, area);
	area_insert(&space->areas, &moved);
	return (int64_t)to;
}

static int64_t grow(struct space *space, struct area *area, uint64_t address, uint64_t old_length,
		    uint64_t new_length, uint32_t flags)
{
	uint64_t end = address + new_length, to;

	if (area->end == address + old_length && area->limit == NO_LIMIT && room_above(area, end)) {
		area->end = end;
		area_join(&space->areas, area);
		return (int64_t)address;
	}
	if (!(flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	to = map_place(space, new_length);
	return to ? move(space, address, old_length, new_length, to) : -ENOMEM;
}

int64_t map_remap(struct space *space, uint64_t address, uint64_t old_length, uint64_t new_length,
		  uint32_t flags, uint64_t new_address)
{
	struct area *area;
	int64_t status;

	if (flags & ~(uint32_t)(MREMAP_MAYMOVE | MREMAP_FIXED) || address & PAGE_MASK ||
	    (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)) || new_length == 0 || new_length > USER_END ||
	    old_length > USER_END)
		return -EINVAL;
	old_length = PAGE_UP(old_length);
	new_length = PAGE_UP(new_length);
	if (flags & MREMAP_FIXED &&
	    (new_address & PAGE_MASK || new_address > USER_END || new_length > USER_END - new_address ||
	     (new_address < address + old_length && address < new_address + new_length)))
		return -EINVAL;
	area = area_find(&space->areas, address);
	if (!area || area->end - address < old_length)
		return -EFAULT;
	if (old_length == 0)
		return -EINVAL; /* doubles a shared mapping in Linux: not served */
	if (flags & MREMAP_FIXED && new_address < USER_FIRST)
		return -EPERM;
	if (flags & MREMAP_FIXED) {
		status = map_remove(space, new_address, new_length);
		if (!status && new_length < old_length) {
			status = map_remove(space, address + new_length, old_length - new_length);
			old_length = new_length;
		}
		return status ? status : move(space, address, old_length, new_length, new_address);
	}
	if (new_length < old_length) {
		status = map_remove(space, address + new_length, old_length - new_length);
		return status ? status : (int64_t)address;
	}
	if (new_length == old_length)
		return (int64_t)address;
	return grow(space, area, address, old_length, new_length, flags);
}
