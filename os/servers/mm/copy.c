#include "execute.h"

#include <protocols/kernel.h>

/* Ranges of the kernel's tables nearer than this are copied with one operation. */
static const uint64_t NEAR = 2 << 20;

/* Makes the parent's entries read-only and gives them to the child. Where the kernel has no memory for that,
 * the parent's are dropped instead: it must not go on writing to what is now shared. */
static void share_entries(struct space *from, struct space *to, uint64_t start, uint64_t end)
{
	uint64_t copied;

	if (end > start &&
	    kernel_space_share(from->handle, to->handle, start, (end - start) / DJED_PAGE_SIZE, &copied))
		space_unmap(from, start, end);
}

struct space *space_copy(struct space *from, struct client *client)
{
	uint64_t start = 0, end = 0; /* of the entries still to be shared */
	struct space *to;

	to = space_create(client);
	if (!to)
		return NULL;
	if (!areas_available(&to->areas, from->areas.count) || !groups_available(to, from->groups)) {
		space_release(to);
		return NULL;
	}
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->stack_limit = from->stack_limit;
	for (const struct area *area = from->areas.first; area; area = area->next) {
		bool any = false;

		if (area->backing)
			backing_reference(area->backing);
		area_append(&to->areas, area);
		if (area->flags & AREA_SHARED) {
			/* The copy finds these pages by their backing: it must not get the kernel's entries.
			 */
			share_entries(from, to, start, end);
			start = end = 0;
			continue;
		}
		if (!pages_copy(from, to, area->start, area->end, &any)) {
			space_release(to);
			return NULL;
		}
		if (!any)
			continue;
		if (area->start - end >= NEAR || start == end) {
			share_entries(from, to, start, end);
			start = area->start;
		}
		end = area->end;
	}
	share_entries(from, to, start, end);
	return to;
}
