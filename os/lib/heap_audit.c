/* Everything that the heap says of itself, counted again. */
#include "heap_layout.h"

#include <string.h>

struct census {
	uint64_t blocks, bytes;
	uint32_t freed[CLASSES];
};

static void audit_block(struct block *block, uint16_t class, struct djed_audit *audit, struct census *census)
{
	uint64_t tail;

	if (class != CLASS_RUN && block->check == mark(block, FREED)) {
		djed_check(audit, untouched((struct free_cell *)block, class),
			   "heap: a freed block at %p was written to", (void *)block);
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

/* Length of a list of free cells, counted no further than `limit`. */
static uint32_t audit_free_list(const struct free_cell *cell, int class, uint32_t limit,
				struct djed_audit *audit)
{
	uint32_t count = 0;

	for (; cell && count <= limit; cell = cell->next, count++) {
		if (cell->block.check != mark(cell, FREED)) {
			djed_violation(audit, "heap: free list %d holds a block that is not free", class);
			break;
		}
	}
	return count;
}

static void audit_free_lists(struct djed_audit *audit, const struct census *census)
{
	for (int class = 0; class < CLASSES; class ++) {
		uint32_t freed = census->freed[class];
		uint32_t count = audit_free_list(heap.cells[class], class, freed, audit) +
				 audit_free_list(heap.quarantine[class].first, class, freed, audit);

		djed_check(audit, count == freed, "heap: free list %d has %u blocks, not %u", class, count,
			   freed);
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
