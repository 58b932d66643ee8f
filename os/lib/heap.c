/* Two layers. Below, runs of whole pages, described by a map with one word per page: first and last word of a
 * run hold its length and state, so that neighbours merge in constant time. Above, blocks: cells of fixed
 * sizes, cut from slabs and kept in one free list per size, or a run of their own if they are larger.
 *
 * The order of the free lists is last in, first out, and slabs are never given back: each operation then
 * writes only a few words, and each written word is logged in an open window.
 *
 * With DJED_DETECT_HEAP, a cell that is freed waits in quarantine until its transaction has ended, and its
 * first bytes are poisoned: a pointer to it that is still in use leads nowhere, and who writes through it is
 * noticed when the cell is handed out again. */
#include "heap_layout.h"

#include <abi/detect.h>
#include <stdlib.h>
#include <string.h>

struct heap heap;

static void set_run(uint32_t page, uint32_t length, uint32_t state)
{
	heap.map[page] = heap.map[page + length - 1] = length << STATE_BITS | state;
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

static bool detects(void)
{
	return djed_start()->detect & DJED_DETECT_HEAP;
}

/* What an earlier transaction freed may be used again: it has ended, or this one would not have been
 * delivered. */
static void end_quarantine(uint16_t class)
{
	struct quarantine *quarantine = &heap.quarantine[class];

	if (!quarantine->first || quarantine->transaction == djed_current()->transaction)
		return;
	quarantine->last->next = heap.cells[class];
	heap.cells[class] = quarantine->first;
	quarantine->first = NULL;
}

static void give_cell(struct free_cell *cell, uint16_t class)
{
	struct quarantine *quarantine = &heap.quarantine[class];

	cell->block.poisoned = detects();
	if (!cell->block.poisoned) {
		cell->next = heap.cells[class];
		heap.cells[class] = cell;
		return;
	}
	for (uint32_t i = 0; i < poisoned_words(class); i++)
		cell->poison[i] = POISON;
	end_quarantine(class);
	cell->next = quarantine->first;
	if (!quarantine->first) {
		quarantine->last = cell;
		quarantine->transaction = djed_current()->transaction;
	}
	quarantine->first = cell;
}

static struct block *take_cell(uint16_t class)
{
	struct free_cell *cell;

	end_quarantine(class);
	cell = heap.cells[class];
	if (cell) {
		if (!untouched(cell, class))
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
	djed_assert(block->class < CLASSES);
	give_cell((struct free_cell *)block, block->class);
}

bool heap_sound(const void *payload)
{
	const struct block *block = (const struct block *)((const uint8_t *)payload - HEADER);
	uint64_t tail;

	if ((uintptr_t)payload % 16 || (const uint8_t *)block < heap.first_page ||
	    (const uint8_t *)block >= heap.first_page + (size_t)heap.pages * DJED_PAGE_SIZE ||
	    block->check != mark(block, ALLOCATED))
		return false;
	memcpy(&tail, (const uint8_t *)payload + block->size, sizeof(tail));
	return tail == mark(block, ALLOCATED);
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
