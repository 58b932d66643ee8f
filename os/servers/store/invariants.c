/* What is checked of a request's changes before its answer leaves (lib/invariants.h). */
#include "audit.h"

#include <lib/invariants.h>
#include <stddef.h>

#include "object.h"

enum law {
	LAW_OBJECTS = 1,
	LAW_OBJECT_CHAIN,
	LAW_PAGES_FREE,
	LAW_PAGE_USE,
	LAW_PAGES_OF,
	LAW_NODES_FREE,
	LAW_NODE_USE,
	LAW_CHILDREN,
	LAW_PLACE,
};
static const char *const law_names[] = {
    [LAW_OBJECTS] = "objects counted in",
    [LAW_OBJECT_CHAIN] = "links to free object",
    [LAW_PAGES_FREE] = "pages counted as free in",
    [LAW_PAGE_USE] = "links to page",
    [LAW_PAGES_OF] = "pages of object",
    [LAW_NODES_FREE] = "nodes counted as free in",
    [LAW_NODE_USE] = "links to node",
    [LAW_CHILDREN] = "children of node",
    [LAW_PLACE] = "places of page",
};

/* The root of an object that is there. */
static uint32_t root_of(const struct object *object, bool node)
{
	return object->references && (object->height > 0) == node ? object->root : 0;
}

static void balance_object(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct object *old = before, *new = now;

	book_count(book, LAW_OBJECTS, 0, (new->references != 0) - (old->references != 0));
	book_count(book, LAW_OBJECT_CHAIN, index + 1, (new->references != 0) - (old->references != 0));
	book_move(book, LAW_OBJECT_CHAIN, old->references ? 0 : old->next, new->references ? 0 : new->next);
	book_count(book, LAW_PAGES_OF, index + 1, (int64_t)old->pages - new->pages);
	book_move(book, LAW_PAGE_USE, root_of(old, false), root_of(new, false));
	book_move(book, LAW_NODE_USE, root_of(old, true), root_of(new, true));
}

/* Every page, and every node, has one link: of a tree, or of a list of free ones. */
static void balance_page(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct owner *old = before, *new = now;

	(void)index;
	book_count(book, LAW_PAGES_FREE, 0, (new->object == 0) - (old->object == 0));
	book_move(book, LAW_PAGES_OF, old->object, new->object);
	book_move(book, LAW_PAGE_USE, old->object ? 0 : old->index, new->object ? 0 : new->index);
}

static uint32_t child_of(const struct node *node, uint32_t at, bool pages)
{
	return node->owner.object && (node->level == 1) == pages ? node->child[at] : 0;
}

/* Whether a page says that it belongs where a node has it. */
static bool in_place(uint32_t page, const struct node *node, uint32_t at)
{
	return page == 0 || (page <= pool.pages && pool.page[page].object == node->owner.object &&
			     pool.page[page].index == node->owner.index + at);
}

static void balance_node(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct node *old = before, *new = now;
	int64_t children = (int64_t)(old->owner.object ? old->used : 0) - (new->owner.object ? new->used : 0);

	book_count(book, LAW_NODES_FREE, 0, (new->owner.object == 0) - (old->owner.object == 0));
	book_move(book, LAW_NODE_USE, old->owner.object ? 0 : old->owner.index,
		  new->owner.object ? 0 : new->owner.index);
	for (uint32_t i = 0; i < NODE_CHILDREN; i++) {
		children += (new->owner.object &&new->child[i]) - (old->owner.object && old->child[i]);
		if (old->child[i] == new->child[i] && old->level == new->level &&
		    !old->owner.object == !new->owner.object)
			continue;
		book_move(book, LAW_PAGE_USE, child_of(old, i, true), child_of(new, i, true));
		book_move(book, LAW_NODE_USE, child_of(old, i, false), child_of(new, i, false));
		book_count(book, LAW_PLACE, child_of(new, i, true),
			   !in_place(child_of(new, i, true), new, i));
	}
	book_count(book, LAW_CHILDREN, index, children);
}

static void balance_pool(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct pool *old = before, *new = now;

	(void)index;
	book_count(book, LAW_PAGES_FREE, 0, (int64_t)old->pages_free - new->pages_free);
	book_count(book, LAW_NODES_FREE, 0, (int64_t)old->nodes_free - new->nodes_free);
	book_move(book, LAW_PAGE_USE, old->free_head, new->free_head);
	book_move(book, LAW_PAGE_USE, old->pending_head, new->pending_head);
	book_move(book, LAW_NODE_USE, old->node_head, new->node_head);
}

static void balance_objects(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct objects *old = before, *new = now;

	(void)index;
	book_count(book, LAW_OBJECTS, 0, (int64_t)old->count - new->count);
	book_move(book, LAW_OBJECT_CHAIN, old->free_head, new->free_head);
}

static void check_object(struct djed_audit *audit, uint32_t index)
{
	const struct object *object = &objects.object[index];

	djed_check(audit, object->generation, "object %u: generation 0", index + 1);
	if (!object->references)
		return;
	object_check(audit, object);
	djed_check(audit, object->pages <= (object->size + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE,
		   "object %u: %u pages for %llu bytes", index + 1, object->pages,
		   (unsigned long long)object->size);
	djed_check(audit, object->height > 0 || object->pages == (object->root != 0),
		   "object %u: %u pages without a tree", index + 1, object->pages);
}

static void check_pool(struct djed_audit *audit, uint32_t index)
{
	(void)index;
	djed_check(audit, pool.pages_free <= pool.pages && pool.nodes_free <= pool.nodes,
		   "%u pages and %u nodes are free", pool.pages_free, pool.nodes_free);
	pending_check(audit);
}

static struct invariant_table tables[] = {
    {"object", NULL, sizeof(struct object), OBJECTS_MAX, 0, offsetof(struct object, attribute), check_object,
     balance_object, NULL},
    {"page", NULL, sizeof(struct owner), 0, 0, sizeof(struct owner), NULL, balance_page, NULL},
    {"node", NULL, sizeof(struct node), 0, 0, sizeof(struct node), NULL, balance_node, NULL},
    {"pool", &pool, sizeof(pool), 1, 0, sizeof(pool), check_pool, balance_pool, NULL},
    {"objects", &objects, sizeof(objects), 1, 0, sizeof(objects), NULL, balance_objects, NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void store_invariants_start(void)
{
	tables[0].first = objects.object;
	tables[1].first = pool.page;
	tables[1].count = pool.pages + 1;
	tables[2].first = pool.node;
	tables[2].count = pool.nodes + 1;
	invariants_start(&invariants);
}

void store_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
