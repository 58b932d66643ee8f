/* Two layers. Below, runs of whole pages, described by a map with one word per page: first and last word of a
 * run hold its length and state, so that neighbours merge in constant time. Above, blocks: cells of fixed
 * sizes, cut from slabs and kept in one free list per size, or a run of their own if they are larger.
 *
 * The order of the free lists is last in, first out, and slabs are never given back: each operation then
 * writes only a few words, and each written word is logged in an open window. */
#include "heap.h"

#include <djed/server.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 16,	 /* struct block */
	TAIL = 8,	 /* red zone behind the payload */
	CELL_MAX = 2048, /* larger blocks are runs */
	SLAB_PAGES = 4,
	RUN_FREE = 0,
	RUN_PAGES = 1, /* heap_pages */
	RUN_BLOCK = 2, /* one large block */
	RUN_SLAB = 3,  /* the map word of its second page holds the class */
	STATE_BITS = 2,
	CLASS_RUN = 0xffff,
};
#define ALLOCATED UINT64_C(0xa110ca7edb10c001)
#define FREED UINT64_C(0xf7eedf7eedf7eed0)

static const uint16_t cell_size[] = {32,  48,  64,  80,	 96,  112, 128,	 160,  192,  224,  256, 320,
				     384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048};
enum { CLASSES = sizeof(cell_size) / sizeof(*cell_size) };

struct block {
	uint64_t check; /* ALLOCATED or FREED, xor the address */
	uint32_t size;	/* bytes asked for */
	uint16_t class; /* index in cell_size, CLASS_RUN */
	uint16_t reserved;
};
_Static_assert(sizeof(struct block) == HEADER, "payload stays aligned to 16");

struct free_cell {
	struct block block;
	struct free_cell *next;
};

static struct {
	uint8_t *first_page;
	uint32_t *map; /* length << STATE_BITS | state, at a run's first and last page */
	uint32_t pages, pages_free;
	uint32_t hint; /* page at which the next search for a run starts; always the first page of a run */
	struct free_cell *cells[CLASSES];
	uint8_t *fresh[CLASSES], *fresh_end[CLASSES]; /* part of the newest slab that was never handed out */
	uint64_t blocks, bytes;
} heap;

static uint32_t run_length(uint32_t page)
{
	return heap.map[page] >> STATE_BITS;
}

static uint32_t run_state(uint32_t page)
{
	return heap.map[page] & ((1 << STATE_BITS) - 1);
}

static void set_run(uint32_t page, uint32_t length, uint32_t state)
{
	heap.map[page] = heap.map[page + length - 1] = length << STATE_BITS | state;
}

static void *page_address(uint32_t page)
{
	return heap.first_page + (size_t)page * DJED_PAGE_SIZE;
}

static void attach(void)
{
	uint64_t pages = djed_start()->heap_size / DJED_PAGE_SIZE;
	uint64_t map_pages = (pages * sizeof(uint32_t) + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE;

	djed_assert(pages > map_pages && pages < UINT32_MAX >> STATE_BITS);
	heap.map = (uint32_t *)DJED_HEAP_BASE;
	heap.first_page = (uint8_t *)DJED_HEAP_BASE + map_pages * DJED_PAGE_SIZE;
	heap.pages = heap.pages_free = (uint32_t)(pages - map_pages);
	set_run(0, heap.pages, RUN_FREE);
}

/* First page of a free run of at least `pages`, searched in [from, to); heap.pages: none. */
static uint32_t find_run(uint32_t from, uint32_t to, uint32_t pages)
{
	for (uint32_t at = from; at < to; at += run_length(at))
		if (run_state(at) == RUN_FREE && run_length(at) >= pages)
			return at;
	return heap.pages;
}

static void *take_run(uint32_t pages, uint32_t state)
{
	uint32_t at, length;

	if (!heap.map)
		attach();
	if (pages == 0 || pages > heap.pages_free)
		return NULL;
	at = find_run(heap.hint, heap.pages, pages);
	if (at == heap.pages)
		at = find_run(0, heap.hint, pages);
	if (at == heap.pages)
		return NULL;
	length = run_length(at);
	set_run(at, pages, state);
	if (length > pages)
		set_run(at + pages, length - pages, RUN_FREE);
	heap.hint = at + pages < heap.pages ? at + pages : 0;
	heap.pages_free -= pages;
	return page_address(at);
}

static void release_run(void *run, uint32_t state)
{
	size_t offset = (size_t)((uint8_t *)run - heap.first_page);
	uint32_t page = (uint32_t)(offset / DJED_PAGE_SIZE), length;

	if (!heap.map || offset % DJED_PAGE_SIZE || offset / DJED_PAGE_SIZE >= heap.pages ||
	    run_state(page) != state || heap.map[page] != heap.map[page + run_length(page) - 1])
		djed_panic("heap: %p is not an allocated run of pages", run);
	length = run_length(page);
	heap.pages_free += length;
	if (page + length < heap.pages && run_state(page + length) == RUN_FREE)
		length += run_length(page + length);
	if (page > 0 && run_state(page - 1) == RUN_FREE) {
		length += run_length(page - 1);
		page -= run_length(page - 1);
	}
	set_run(page, length, RUN_FREE);
	if (heap.hint > page && heap.hint < page + length)
		heap.hint = page;
}

void *heap_pages(uint32_t pages)
{
	return take_run(pages, RUN_PAGES);
}

void heap_pages_free(void *run)
{
	release_run(run, RUN_PAGES);
}

static uint16_t class_for(size_t cell)
{
	uint16_t class = 0;

	if (cell <= 128) /* the first classes are 16 bytes apart */
		return cell <= 32 ? 0 : (uint16_t)((cell - 17) / 16);
	while (cell_size[class] < cell)
		class ++;
	return class;
}

static void *tail_of(struct block *block)
{
	return (uint8_t *)block + HEADER + block->size;
}

static uint64_t mark(const void *address, uint64_t state)
{
	return (uintptr_t)address ^ state;
}

static struct block *take_cell(uint16_t class)
{
	struct free_cell *cell = heap.cells[class];

	if (cell) {
		if (cell->block.check != mark(cell, FREED))
			djed_panic("heap: a freed block at %p was written to", (void *)cell);
		heap.cells[class] = cell->next;
		return &cell->block;
	}
	if (heap.fresh[class] == heap.fresh_end[class]) {
		uint8_t *slab = take_run(SLAB_PAGES, RUN_SLAB);

		if (!slab)
			return NULL;
		heap.map[((uint8_t *)slab - heap.first_page) / DJED_PAGE_SIZE + 1] = class;
		heap.fresh[class] = slab;
		heap.fresh_end[class] =
		    slab + SLAB_PAGES * DJED_PAGE_SIZE / cell_size[class] * cell_size[class];
	}
	heap.fresh[class] += cell_size[class];
	return (struct block *)(heap.fresh[class] - cell_size[class]);
}

void *malloc(size_t size)
{
	struct block *block;
	uint16_t class = CLASS_RUN;

	if (size == 0)
		size = 1;
	if (size > UINT32_MAX - DJED_PAGE_SIZE)
		return NULL;
	if (size + HEADER + TAIL <= CELL_MAX) {
		class = class_for(size + HEADER + TAIL);
		block = take_cell(class);
	} else {
		block = take_run((uint32_t)((size + HEADER + TAIL + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE),
				 RUN_BLOCK);
	}
	if (!block)
		return NULL;
	block->size = (uint32_t)size;
	block->class = class;
	block->check = mark(block, ALLOCATED);
	uint64_t tail = mark(block, ALLOCATED);
	memcpy(tail_of(block), &tail, sizeof(tail));
	heap.blocks++;
	heap.bytes += size;
	return (uint8_t *)block + HEADER;
}

/* The block of a payload address, its red zones checked. */
static struct block *checked(void *payload)
{
	struct block *block = (struct block *)((uint8_t *)payload - HEADER);
	uint64_t tail;

	if ((uintptr_t)payload % 16 || (uint8_t *)block < heap.first_page ||
	    (uint8_t *)block >= heap.first_page + (size_t)heap.pages * DJED_PAGE_SIZE)
		djed_panic("heap: %p is not a block", payload);
	if (block->check == mark(block, FREED))
		djed_panic("heap: block %p was freed before", payload);
	if (block->check != mark(block, ALLOCATED))
		djed_panic("heap: block %p is not allocated, or was written below its start", payload);
	memcpy(&tail, tail_of(block), sizeof(tail));
	if (tail != mark(block, ALLOCATED))
		djed_panic("heap: block %p of %u bytes was written beyond its end", payload, block->size);
	return block;
}

void free(void *payload)
{
	struct block *block;

	if (!payload)
		return;
	block = checked(payload);
	heap.blocks--;
	heap.bytes -= block->size;
	block->check = mark(block, FREED);
	if (block->class == CLASS_RUN) {
		release_run(block, RUN_BLOCK);
		return;
	}
	struct free_cell *cell = (struct free_cell *)block;
	djed_assert(block->class < CLASSES);
	cell->next = heap.cells[block->class];
	heap.cells[block->class] = cell;
}

void *calloc(size_t count, size_t size)
{
	size_t total;
	void *payload;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	payload = malloc(total);
	if (payload)
		memset(payload, 0, total);
	return payload;
}

void *realloc(void *payload, size_t size)
{
	struct block *block;
	void *moved;

	if (!payload)
		return malloc(size);
	block = checked(payload);
	moved = malloc(size);
	if (!moved)
		return NULL;
	memcpy(moved, payload, size < block->size ? size : block->size);
	free(payload);
	return moved;
}

struct heap_statistics heap_statistics(void)
{
	if (!heap.map)
		attach();
	return (struct heap_statistics){heap.pages, heap.pages_free, heap.blocks, heap.bytes};
}

struct census {
	uint64_t blocks, bytes;
	uint32_t freed[CLASSES];
};

static void audit_block(struct block *block, uint16_t class, struct djed_audit *audit, struct census *census)
{
	uint64_t tail;

	if (class != CLASS_RUN && block->check == mark(block, FREED)) {
		census->freed[class]++;
		return;
	}
	if (block->check != mark(block, ALLOCATED) || block->class != class ||
	    (class != CLASS_RUN && block->size + HEADER + TAIL > cell_size[class])) {
		djed_violation(audit, "heap: block at %p has a damaged header", (void *)block);
		return;
	}
	memcpy(&tail, tail_of(block), sizeof(tail));
	djed_check(audit, tail == mark(block, ALLOCATED),
		   "heap: block at %p of %u bytes was written beyond its end", (void *)block, block->size);
	census->blocks++;
	census->bytes += block->size;
}

static void audit_slab(uint32_t page, struct djed_audit *audit, struct census *census)
{
	uint8_t *cell = page_address(page), *end = cell + SLAB_PAGES * DJED_PAGE_SIZE;
	uint16_t class = (uint16_t)heap.map[page + 1];

	if (class >= CLASSES || run_length(page) != SLAB_PAGES) {
		djed_violation(audit, "heap: slab at page %u is damaged", page);
		return;
	}
	if (heap.fresh[class] >= cell && heap.fresh[class] < end)
		end = heap.fresh[class];
	for (; cell + cell_size[class] <= end; cell += cell_size[class])
		audit_block((struct block *)cell, class, audit, census);
}

static void audit_free_lists(struct djed_audit *audit, const struct census *census)
{
	for (int class = 0; class < CLASSES; class ++) {
		uint32_t count = 0;

		for (struct free_cell *cell = heap.cells[class]; cell; cell = cell->next) {
			if (cell->block.check != mark(cell, FREED)) {
				djed_violation(audit, "heap: free list %d holds a block that is not free",
					       class);
				break;
			}
			if (++count > census->freed[class])
				break;
		}
		djed_check(audit, count == census->freed[class], "heap: free list %d has %u blocks, not %u",
			   class, count, census->freed[class]);
	}
}

void heap_audit(struct djed_audit *audit)
{
	struct census census = {0};
	uint32_t free_pages = 0;

	if (!heap.map)
		return;
	for (uint32_t page = 0; page < heap.pages; page += run_length(page)) {
		uint32_t length = run_length(page);

		if (length == 0 || length > heap.pages - page ||
		    heap.map[page] != heap.map[page + length - 1]) {
			djed_violation(audit, "heap: run at page %u is damaged", page);
			return;
		}
		if (run_state(page) == RUN_FREE)
			free_pages += length;
		else if (run_state(page) == RUN_SLAB)
			audit_slab(page, audit, &census);
		else if (run_state(page) == RUN_BLOCK)
			audit_block(page_address(page), CLASS_RUN, audit, &census);
	}
	djed_check(audit, free_pages == heap.pages_free, "heap: %u pages free, not %u", free_pages,
		   heap.pages_free);
	djed_check(audit, census.blocks == heap.blocks && census.bytes == heap.bytes,
		   "heap: %llu blocks of %llu bytes found, not %llu of %llu",
		   (unsigned long long)census.blocks, (unsigned long long)census.bytes,
		   (unsigned long long)heap.blocks, (unsigned long long)heap.bytes);
	audit_free_lists(audit, &census);
}
