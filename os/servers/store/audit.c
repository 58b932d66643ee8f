/* Every page and node says to which place of which object it belongs. So it is enough that each tree finds
 * its own pages and nodes at their places, that the numbers found and the lists' lengths add up to the
 * tables' sizes: then nothing is shared, lost or used while free. */
#include "audit.h"

#include "data.h"

struct census {
	uint32_t pages, nodes; /* found in trees */
};

struct walk {
	struct djed_audit *audit;
	const struct object *object;
	uint32_t id; /* of the object */
	uint32_t pages, nodes;
};

static void walk_page(struct walk *walk, uint32_t page, uint32_t index)
{
	const struct owner *owner = &pool.page[page];

	if (page > pool.pages) {
		djed_violation(walk->audit, "object %u: page number %u does not exist", walk->id, page);
		return;
	}
	djed_check(walk->audit, owner->object == walk->id && owner->index == index,
		   "object %u: its page %u (%u) belongs to page %u of object %u", walk->id, index, page,
		   owner->index, owner->object);
	djed_check(walk->audit, (uint64_t)index * DJED_PAGE_SIZE < walk->object->size,
		   "object %u: page %u lies behind its size %llu", walk->id, index,
		   (unsigned long long)walk->object->size);
	walk->pages++;
}

static void walk_tree(struct walk *walk, uint32_t at, uint32_t level, uint32_t first)
{
	const struct node *node;
	uint32_t used = 0;

	if (level == 0) {
		walk_page(walk, at, first);
		return;
	}
	if (at > pool.nodes) {
		djed_violation(walk->audit, "object %u: node number %u does not exist", walk->id, at);
		return;
	}
	node = &pool.node[at];
	walk->nodes++;
	if (node->owner.object != walk->id || node->owner.index != first || node->level != level) {
		djed_violation(walk->audit, "object %u: its node %u belongs to another place", walk->id, at);
		return;
	}
	for (uint32_t i = 0; i < NODE_CHILDREN; i++)
		if (node->child[i]) {
			used++;
			walk_tree(walk, node->child[i], level - 1, first + (i << NODE_BITS * (level - 1)));
		}
	djed_check(walk->audit, used == node->used && used > 0, "object %u: node %u has %u children, not %u",
		   walk->id, at, used, node->used);
}

bool object_check(struct djed_audit *audit, const struct object *object)
{
	uint32_t id = (uint32_t)(object - objects.object) + 1;

	djed_check(audit, object->version > 0 && object->version <= objects.clock,
		   "object %u: version %llu was never given out", id, (unsigned long long)object->version);
	djed_check(audit, object->size <= OBJECT_SIZE_MAX, "object %u: size %llu is too large", id,
		   (unsigned long long)object->size);
	djed_check(audit, object->height <= HEIGHT_MAX, "object %u: height %u is too large", id,
		   object->height);
	return object->height <= HEIGHT_MAX;
}

static void check_object(struct djed_audit *audit, uint32_t id, struct census *census)
{
	const struct object *object = &objects.object[id - 1];
	struct walk walk = {.audit = audit, .object = object, .id = id};

	if (!object_check(audit, object))
		return;
	if (object->root)
		walk_tree(&walk, object->root, object->height, 0);
	djed_check(audit, walk.pages == object->pages, "object %u: %u pages found, not %u", id, walk.pages,
		   object->pages);
	census->pages += walk.pages;
	census->nodes += walk.nodes;
}

static void check_objects(struct djed_audit *audit, struct census *census)
{
	uint32_t used = 0, listed = 0;

	for (uint32_t id = 1; id <= OBJECTS_MAX; id++) {
		djed_check(audit, objects.object[id - 1].generation, "object %u: generation 0", id);
		if (objects.object[id - 1].references) {
			used++;
			check_object(audit, id, census);
		}
	}
	for (uint32_t id = objects.free_head; id && listed <= OBJECTS_MAX;
	     id = objects.object[id - 1].next, listed++)
		if (id > OBJECTS_MAX || objects.object[id - 1].references) {
			djed_violation(audit, "free object list holds %u, which is not free", id);
			break;
		}
	djed_check(audit, used == objects.count, "%u objects found, not %u", used, objects.count);
	djed_check(audit, used + listed == OBJECTS_MAX, "%u objects in use and %u free do not make %u", used,
		   listed, OBJECTS_MAX);
}

/* Length of a list of free pages. */
static uint32_t check_pages(struct djed_audit *audit, uint32_t head, const char *name)
{
	uint32_t length = 0;

	for (uint32_t page = head; page && length <= pool.pages; page = pool.page[page].index, length++)
		if (page > pool.pages || pool.page[page].object) {
			djed_violation(audit, "%s page list holds %u, which is not free", name, page);
			break;
		}
	return length;
}

static uint32_t check_nodes(struct djed_audit *audit)
{
	uint32_t length = 0;

	for (uint32_t node = pool.node_head; node && length <= pool.nodes;
	     node = pool.node[node].owner.index, length++)
		if (node > pool.nodes || pool.node[node].owner.object) {
			djed_violation(audit, "free node list holds %u, which is not free", node);
			break;
		}
	return length;
}

void pending_check(struct djed_audit *audit)
{
	djed_check(audit,
		   !pool.pending_head || (pool.pending_tail && pool.pending_tail <= pool.pages &&
					  pool.page[pool.pending_tail].index == 0),
		   "pending page list does not end at %u", pool.pending_tail);
}

void store_audit(struct djed_audit *audit)
{
	struct census census = {0};
	uint32_t pages, pending, nodes;

	check_objects(audit, &census);
	pages = check_pages(audit, pool.free_head, "free");
	pending = check_pages(audit, pool.pending_head, "pending");
	nodes = check_nodes(audit);
	pending_check(audit);
	djed_check(audit, pages + pending == pool.pages_free, "%u free pages found, not %u", pages + pending,
		   pool.pages_free);
	djed_check(audit, census.pages + pages + pending == pool.pages,
		   "%u pages in use and %u free do not make %u", census.pages, pages + pending, pool.pages);
	djed_check(audit, nodes == pool.nodes_free, "%u free nodes found, not %u", nodes, pool.nodes_free);
	djed_check(audit, census.nodes + nodes == pool.nodes, "%u nodes in use and %u free do not make %u",
		   census.nodes, nodes, pool.nodes);
	audit->resource[0] = objects.count;
	audit->resource[1] = census.pages;
	audit->resource[2] = census.nodes;
}
