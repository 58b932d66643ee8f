#include "pool.h"

#include <lib/heap.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pool pool;

enum {
	SPARE_PAGES = 16,    /* of the heap, left to malloc */
	PAGES_PER_NODE = 16, /* a full object needs a node for 64 pages; scattered pages need more */
	NODES_MIN = 256,
};

djed_status pool_init(void)
{
	uint64_t heap = heap_statistics().pages_free, per_page;

	per_page = DJED_PAGE_SIZE + sizeof(*pool.page) + sizeof(*pool.node) / PAGES_PER_NODE + 1;
	if (heap <= SPARE_PAGES + NODES_MIN)
		return -ENOMEM;
	heap = (heap - SPARE_PAGES) * DJED_PAGE_SIZE - NODES_MIN * sizeof(*pool.node) - 3 * DJED_PAGE_SIZE;
	pool.pages = (uint32_t)(heap / per_page);
	pool.nodes = pool.pages / PAGES_PER_NODE + NODES_MIN;
	pool.data = heap_pages(pool.pages);
	pool.page = calloc(pool.pages + 1, sizeof(*pool.page));
	pool.node = calloc(pool.nodes + 1, sizeof(*pool.node));
	if (!pool.data || !pool.page || !pool.node)
		return -ENOMEM;
	for (uint32_t page = 1; page < pool.pages; page++)
		pool.page[page].index = page + 1;
	for (uint32_t number = 1; number < pool.nodes; number++)
		pool.node[number].owner.index = number + 1;
	pool.free_head = pool.node_head = 1;
	pool.pages_free = pool.pages;
	pool.nodes_free = pool.nodes;
	return 0;
}

/* What an earlier transaction gave back may be used again: it has ended, or this one would not have been
 * delivered. */
static void settle_pending(void)
{
	if (!pool.pending_head || pool.pending_of == djed_current()->transaction)
		return;
	pool.page[pool.pending_tail].index = pool.free_head;
	pool.free_head = pool.pending_head;
	pool.pending_head = pool.pending_tail = 0;
}

uint32_t pool_take(uint32_t object, uint32_t index)
{
	uint32_t page;

	settle_pending();
	page = pool.free_head;
	if (!page)
		return 0;
	djed_assert(pool.page[page].object == 0);
	pool.free_head = pool.page[page].index;
	pool.page[page] = (struct owner){object, index};
	pool.pages_free--;
	return page;
}

void pool_give(uint32_t page)
{
	settle_pending();
	djed_assert(page && page <= pool.pages && pool.page[page].object);
	pool.page[page] = (struct owner){0, pool.pending_head};
	if (!pool.pending_head) {
		pool.pending_tail = page;
		pool.pending_of = djed_current()->transaction;
	}
	pool.pending_head = page;
	pool.pages_free++;
}

uint32_t node_take(uint32_t object, uint32_t index, uint32_t level)
{
	uint32_t number = pool.node_head;
	struct node *node = &pool.node[number];

	djed_assert(number && node->owner.object == 0);
	pool.node_head = node->owner.index;
	pool.nodes_free--;
	node->owner = (struct owner){object, index};
	node->level = level;
	node->used = 0;
	memset(node->child, 0, sizeof(node->child));
	return number;
}

/* A node is ordinary logged memory: it may be taken again at once. */
void node_give(uint32_t number)
{
	djed_assert(number && number <= pool.nodes && pool.node[number].owner.object);
	pool.node[number].owner = (struct owner){0, pool.node_head};
	pool.node_head = number;
	pool.nodes_free++;
}
