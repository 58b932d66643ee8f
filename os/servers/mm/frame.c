#include "frame.h"

#include <lib/heap.h>
#include <lib/reference.h>

#include <errno.h>
#include <protocols/kernel.h>
#include <stdlib.h>

struct frames frames;

enum {
	LOW = 64,	    /* free frames below which cached ones that nobody uses are given back */
	EVICTED = 64,	    /* how many at once */
	SCANNED_MAX = 4096, /* frames looked at for that */
	HEAP_SHARE = 2,	    /* the frame table takes at most 1/HEAP_SHARE of the heap */
};

djed_status frames_init(void)
{
	uint64_t count = djed_start()->pool_count;
	uint64_t most =
	    (uint64_t)heap_statistics().pages_free * DJED_PAGE_SIZE / HEAP_SHARE / sizeof(*frames.frame);

	if (count >= most)
		count = most - 1;
	frames.first = djed_start()->pool_first;
	frames.count = (uint32_t)count;
	frames.frame = calloc(count + 1, sizeof(*frames.frame));
	if (!frames.frame || !count)
		return -ENOMEM;
	for (uint32_t id = 1; id < count; id++)
		frames.frame[id].next = id + 1;
	frames.free_head = 1;
	frames.available = frames.count;
	return 0;
}

/* What an earlier transaction gave back may be used again: it has ended, or this one would not have been
 * delivered. */
static void settle_pending(void)
{
	if (!frames.pending_head || frames.pending_of == djed_current()->transaction)
		return;
	frames.frame[frames.pending_tail].next = frames.free_head;
	frames.free_head = frames.pending_head;
	frames.pending_head = frames.pending_tail = 0;
	frames.available += frames.pending;
	frames.pending = 0;
}

/* Gives back cached pages of files that no process has mapped; they can be read again. */
static void evict(void)
{
	uint32_t evicted = 0;

	for (uint32_t scanned = 0; scanned < SCANNED_MAX && scanned < frames.count && evicted < EVICTED;
	     scanned++) {
		struct frame *frame;

		frames.hand = frames.hand % frames.count + 1;
		frame = &frames.frame[frames.hand];
		if (frame->key && !(frame->key & CACHE_SHARED) && frame->references == 1) {
			cache_remove(frames.hand);
			evicted++;
		}
	}
}

uint32_t frame_take(void)
{
	uint32_t id;

	settle_pending();
	if (frames.available < LOW && frames.available + frames.pending < 2 * LOW)
		evict();
	id = frames.free_head;
	if (!id)
		return 0;
	djed_assert(frames.frame[id].references == 0);
	frames.free_head = frames.frame[id].next;
	frames.available--;
	frames.frame[id].references = 1;
	return id;
}

void frame_reference(uint32_t id)
{
	reference_take(&frames.frame[id].references);
}

void frame_unlink(struct frame_chain *chain, uint32_t id)
{
	struct frame *frame = &frames.frame[id];

	if (!reference_give(&frame->references))
		return;
	frame->next = chain->head;
	if (!chain->head)
		chain->tail = id;
	chain->head = id;
	chain->count++;
}

void frames_give_back(const struct frame_chain *chain)
{
	if (!chain->count)
		return;
	settle_pending();
	frames.frame[chain->tail].next = frames.pending_head;
	if (!frames.pending_head) {
		frames.pending_tail = chain->tail;
		frames.pending_of = djed_current()->transaction;
	}
	frames.pending_head = chain->head;
	frames.pending += chain->count;
}

void frame_release(uint32_t id)
{
	struct frame_chain chain = {0};

	frame_unlink(&chain, id);
	frames_give_back(&chain);
}

/* The kernel refuses only frames that are not of the pool. */
static void must(djed_status status)
{
	if (status)
		djed_panic("the kernel refuses a frame: %lld", (long long)status);
}

void frame_zero(uint32_t id)
{
	must(kernel_frame_zero(frame_number(id)));
}

void frame_copy(uint32_t to, uint32_t from)
{
	must(kernel_frame_copy(frame_number(to), frame_number(from)));
}

void frame_write(uint32_t id, uint32_t offset, const void *bytes, uint32_t length)
{
	must(kernel_frame_write(frame_number(id), offset, (uintptr_t)bytes, length));
}

void frame_zero_rest(uint32_t id, uint32_t offset)
{
	static const uint8_t zeros[DJED_PAGE_SIZE];

	frame_write(id, offset, zeros, DJED_PAGE_SIZE - offset);
}

void frame_read(uint32_t id, uint32_t offset, void *bytes, uint32_t length)
{
	must(kernel_frame_read(frame_number(id), offset, (uintptr_t)bytes, length));
}

bool frames_will_come(void)
{
	return frames.pending != 0;
}

static uint32_t *bucket_of(uint64_t key, uint32_t page)
{
	return &frames.bucket[cache_bucket(key, page)];
}

uint32_t cache_find(uint64_t key, uint32_t page)
{
	uint32_t id = *bucket_of(key, page);

	while (id && (frames.frame[id].key != key || frames.frame[id].page != page))
		id = frames.frame[id].next;
	return id;
}

void cache_insert(uint32_t id, uint64_t key, uint32_t page)
{
	uint32_t *bucket = bucket_of(key, page);
	struct frame *frame = &frames.frame[id];

	djed_assert(!frame->key && key);
	reference_take(&frame->references);
	frame->key = key;
	frame->page = page;
	frame->dirty = 0;
	frame->next = *bucket;
	*bucket = id;
	frames.cached++;
}

void cache_remove(uint32_t id)
{
	struct frame *frame = &frames.frame[id];
	uint32_t *link = bucket_of(frame->key, frame->page);

	while (*link != id) {
		djed_assert(*link);
		link = &frames.frame[*link].next;
	}
	*link = frame->next;
	frame->key = 0;
	frames.cached--;
	frame_release(id);
}
