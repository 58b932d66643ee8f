/* Pages of data and nodes of the objects' page trees, in tables of fixed size.
 *
 * The contents of a data page are not logged when the page is fresh (rule 14): a whole page is replaced by
 * another one and a pointer is swapped. That is only sound if a page that was given back keeps its contents
 * until the transaction which gave it back has ended, because rollback would make it live again. So pages
 * that are given back wait in a list of their own, and join the free list when the first page is asked for,
 * or given back, by a later transaction. */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include <djed/server.h>

enum {
	NODE_BITS = 6,
	NODE_CHILDREN = 1 << NODE_BITS,
};

/* Who uses a page or node: audits check that the trees and these agree. */
struct owner {
	uint32_t object; /* index in the object table + 1; 0: free */
	uint32_t index; /* page: number within the object; node: number of its first page. Free: the next free
			   one */
};

struct node {
	struct owner owner;
	uint32_t level;		       /* 1: the children are pages; else nodes of the level below */
	uint32_t used;		       /* children that are not 0 */
	uint32_t child[NODE_CHILDREN]; /* page or node number; 0: a hole */
};

struct pool {
	uint32_t pages;	     /* numbered from 1 */
	uint32_t pages_free; /* in both lists */
	uint32_t free_head;
	uint32_t pending_head; /* given back by transaction `pending_of` */
	uint32_t pending_tail;
	djed_transaction pending_of;
	struct owner *page; /* [pages + 1] */
	uint8_t *data;	    /* page n begins at data + (n - 1) * DJED_PAGE_SIZE */
	uint32_t nodes;	    /* numbered from 1 */
	uint32_t nodes_free;
	uint32_t node_head;
	struct node *node; /* [nodes + 1] */
};
extern struct pool pool;

/* Divides what is left of the heap into pages and their nodes. -ENOMEM: the heap is too small. */
djed_status pool_init(void);

/* A page with undefined contents, or 0: none is free (some may become so with the next transaction). */
uint32_t pool_take(uint32_t object, uint32_t index);
void pool_give(uint32_t page);

static inline uint8_t *pool_data(uint32_t page)
{
	return pool.data + (uint64_t)(page - 1) * DJED_PAGE_SIZE;
}

/* An empty node; the caller has made sure that one is free. */
uint32_t node_take(uint32_t object, uint32_t index, uint32_t level);
void node_give(uint32_t number);

#endif
