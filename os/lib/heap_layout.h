/* Between heap.c and heap_audit.c: how the heap lies in memory. */
#ifndef DJED_LIB_HEAP_LAYOUT_H
#define DJED_LIB_HEAP_LAYOUT_H

#include "heap.h"

#include <djed/server.h>

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
	POISON_MAX = 64, /* bytes of a freed cell behind struct free_cell, at most: they are logged */
};
#define POISON UINT64_C(0xdeadb10cdeadb10c) /* not an address: the processor refuses to follow it */
#define ALLOCATED UINT64_C(0xa110ca7edb10c001)
#define FREED UINT64_C(0xf7eedf7eedf7eed0)

static const uint16_t cell_size[] = {32,  48,  64,  80,	 96,  112, 128,	 160,  192,  224,  256, 320,
				     384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048};
enum { CLASSES = sizeof(cell_size) / sizeof(*cell_size) };

struct block {
	uint64_t check;	   /* ALLOCATED or FREED, xor the address */
	uint32_t size;	   /* bytes asked for */
	uint16_t class;	   /* index in cell_size, CLASS_RUN */
	uint16_t poisoned; /* of a free cell: it holds POISON */
};
_Static_assert(sizeof(struct block) == HEADER, "payload stays aligned to 16");

struct free_cell {
	struct block block;
	struct free_cell *next;
	uint64_t poison[]; /* POISON, if block.poisoned */
};

/* Cells of a class that were freed by one transaction, which may not have ended. */
struct quarantine {
	struct free_cell *first, *last;
	djed_transaction transaction;
};

struct heap {
	uint8_t *first_page;
	uint32_t *map; /* length << STATE_BITS | state, at a run's first and last page */
	uint32_t pages, pages_free;
	uint32_t hint; /* page at which the next search for a run starts; always the first page of a run */
	struct free_cell *cells[CLASSES];
	struct quarantine quarantine[CLASSES];
	uint8_t *fresh[CLASSES], *fresh_end[CLASSES]; /* part of the newest slab that was never handed out */
	uint64_t blocks, bytes;
};
extern struct heap heap;

static inline uint32_t run_length(uint32_t page)
{
	return heap.map[page] >> STATE_BITS;
}

static inline uint32_t run_state(uint32_t page)
{
	return heap.map[page] & ((1 << STATE_BITS) - 1);
}

static inline void *page_address(uint32_t page)
{
	return heap.first_page + (size_t)page * DJED_PAGE_SIZE;
}

static inline void *tail_of(struct block *block)
{
	return (uint8_t *)block + HEADER + block->size;
}

static inline uint64_t mark(const void *address, uint64_t state)
{
	return (uintptr_t)address ^ state;
}

static inline uint32_t poisoned_words(uint16_t class)
{
	uint32_t rest = cell_size[class] - (uint32_t)sizeof(struct free_cell);

	return (rest < POISON_MAX ? rest : POISON_MAX) / sizeof(uint64_t);
}

/* Whether nobody has written to a free cell. One that was freed with the detector off has not got the poison.
 */
static inline bool untouched(const struct free_cell *cell, uint16_t class)
{
	if (cell->block.check != mark(cell, FREED))
		return false;
	for (uint32_t i = 0; cell->block.poisoned && i < poisoned_words(class); i++)
		if (cell->poison[i] != POISON)
			return false;
	return true;
}

#endif
