#include "backing.h"

#include <lib/reference.h>

#include <errno.h>
#include <protocols/store_client.h>
#include <stdlib.h>

struct backings backings;
static djed_slot store;

djed_status backings_init(void)
{
	store = djed_capability("store");
	backings.backing = calloc(BACKINGS_MAX, sizeof(*backings.backing));
	if (!backings.backing)
		return -ENOMEM;
	for (unsigned i = 0; i < BACKINGS_MAX; i++) {
		backings.backing[i].next = backings.unused;
		backings.unused = &backings.backing[i];
	}
	return 0;
}

/* The caller has made sure that one is free. */
static struct backing *add(uint64_t key, uint64_t object)
{
	struct backing *backing = backings.unused;

	backings.unused = backing->next;
	*backing = (struct backing){.next = backings.used, .key = key, .object = object, .references = 1};
	backings.used = backing;
	backings.count++;
	return backing;
}

/* The private (or shared) backing of an object that was added last. */
static struct backing *find(uint64_t object, bool shared)
{
	struct backing *backing = backings.used;

	while (backing && (backing->object != object || !(backing->key & CACHE_SHARED) == shared))
		backing = backing->next;
	return backing;
}

djed_status backing_private(uint64_t object, struct backing **result)
{
	struct backing *known = find(object, false);
	uint64_t size, version;
	djed_status status;

	if (!known && !backings.unused)
		return -ENOMEM;
	status = store_hold(store, object, known ? known->key : 0, &size, &version);
	if (status)
		return status == -ENOENT ? -ENOENT : -EIO;
	if (known && known->key == version) {
		backing_reference(known);
		*result = known;
		return 0;
	}
	if (!backings.unused) {
		(void)!store_release(store, object);
		return -ENOMEM;
	}
	*result = add(version, object);
	return 0;
}

djed_status backing_shared(uint64_t object, struct backing **result)
{
	struct backing *known = object ? find(object, true) : NULL;
	uint64_t size, version;

	if (known) {
		backing_reference(known);
		*result = known;
		return 0;
	}
	if (!backings.unused)
		return -ENOMEM;
	if (object) {
		djed_status status = store_hold(store, object, 0, &size, &version);

		if (status)
			return status == -ENOENT ? -ENOENT : -EIO;
	}
	*result = add(CACHE_SHARED | ++backings.serial, object);
	return 0;
}

void backing_reference(struct backing *backing)
{
	reference_take(&backing->references);
}

void backing_release(struct backing *backing)
{
	struct backing **link = &backings.used;

	if (!reference_give(&backing->references))
		return;
	while (backing->frames) {
		uint32_t id = backing->frames;

		backing->frames = frames.frame[id].sibling;
		cache_remove(id);
	}
	/* A store that does not answer has lost more than this reference. */
	if (backing->object && store_release(store, backing->object))
		djed_log("mm: object %#llx could not be released", (unsigned long long)backing->object);
	while (*link != backing) {
		djed_assert(*link);
		link = &(*link)->next;
	}
	*link = backing->next;
	backing->next = backings.unused;
	backings.unused = backing;
	backings.count--;
}

/* Fills a fresh frame from the object. */
static djed_status bring_in(struct backing *backing, uint32_t page, uint32_t id)
{
	uint64_t offset = (uint64_t)page * DJED_PAGE_SIZE, size;
	uint32_t count;
	djed_status status;

	if (!backing->object) {
		frame_zero(id);
		return 0;
	}
	status = store_read(store, backing->object, offset,
			    djed_frame(frame_number(id), 0, DJED_PAGE_SIZE, DJED_GRANT_WRITE), &count, &size);
	if (status)
		return -EIO;
	if (offset >= size)
		return -ENXIO;
	if (count < DJED_PAGE_SIZE)
		frame_zero_rest(id, count);
	return 0;
}

djed_status backing_frame(struct backing *backing, uint32_t page, uint32_t *id)
{
	djed_status status;
	uint32_t fresh;

	*id = cache_find(backing->key, page);
	if (*id)
		return 0;
	fresh = frame_take();
	if (!fresh)
		return -ENOMEM;
	status = bring_in(backing, page, fresh);
	if (status) {
		frame_release(fresh);
		return status;
	}
	cache_insert(fresh, backing->key, page);
	if (backing->key & CACHE_SHARED) {
		frames.frame[fresh].sibling = backing->frames;
		backing->frames = fresh;
	}
	frame_release(fresh); /* the cache's reference stays */
	*id = fresh;
	return 0;
}

djed_status backing_write(struct backing *backing, uint64_t first, uint64_t end)
{
	uint64_t size = 0, pages, attribute[6];
	djed_status status;

	for (uint32_t id = backing->frames; id && backing->object; id = frames.frame[id].sibling) {
		const struct frame *frame = &frames.frame[id];
		uint64_t offset = (uint64_t)frame->page * DJED_PAGE_SIZE;
		uint32_t count;

		if (!frame->dirty || frame->page < first || frame->page >= end)
			continue;
		if (!size) {
			status = store_get_attributes(store, backing->object, &size, &pages, attribute);
			if (status)
				return -EIO;
		}
		if (offset >= size)
			continue;
		uint32_t length = size - offset < DJED_PAGE_SIZE ? (uint32_t)(size - offset) : DJED_PAGE_SIZE;
		uint64_t after;

		status =
		    store_write(store, backing->object, offset,
				djed_frame(frame_number(id), 0, length, DJED_GRANT_READ), &count, &after);
		if (status || count < length)
			return -EIO;
	}
	return 0;
}
