#include "object.h"

#include <lib/reference.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct objects objects;

djed_status objects_init(void)
{
	objects.object = calloc(OBJECTS_MAX, sizeof(*objects.object));
	if (!objects.object)
		return -ENOMEM;
	for (uint32_t i = 0; i < OBJECTS_MAX; i++) {
		objects.object[i].generation = 1;
		objects.object[i].next = i + 1 < OBJECTS_MAX ? i + 2 : 0;
	}
	objects.free_head = 1;
	return 0;
}

static uint32_t owner_id(const struct object *object)
{
	return (uint32_t)(object - objects.object) + 1;
}

uint64_t object_number(const struct object *object)
{
	return (uint64_t)object->generation << 32 | owner_id(object);
}

struct object *object_find(uint64_t number)
{
	uint32_t id = (uint32_t)number;
	struct object *object;

	if (id == 0 || id > OBJECTS_MAX)
		return NULL;
	object = &objects.object[id - 1];
	return object->references && object->generation == number >> 32 ? object : NULL;
}

struct object *object_create(void)
{
	struct object *object;

	if (!objects.free_head)
		return NULL;
	object = &objects.object[objects.free_head - 1];
	djed_assert(object->references == 0);
	objects.free_head = object->next;
	objects.count++;
	*object = (struct object){.generation = object->generation, .references = 1};
	object_changed(object);
	return object;
}

void object_retain(struct object *object)
{
	reference_take(&object->references);
}

void object_release(struct object *object)
{
	if (!reference_give(&object->references))
		return;
	object_cut(object, 0);
	object->generation++;
	object->next = objects.free_head;
	objects.free_head = owner_id(object);
	objects.count--;
}

void object_changed(struct object *object)
{
	object->version = ++objects.clock;
}

/* Pages that a tree of this height can hold. */
static uint64_t reach(uint32_t height)
{
	return (uint64_t)1 << NODE_BITS * height;
}

static uint32_t child_of(uint32_t index, uint32_t level)
{
	return index >> NODE_BITS * (level - 1) & (NODE_CHILDREN - 1);
}

uint32_t object_page(const struct object *object, uint32_t index)
{
	uint32_t at = object->root;

	if (index >= reach(object->height))
		return 0;
	for (uint32_t level = object->height; level && at; level--)
		at = pool.node[at].child[child_of(index, level)];
	return at;
}

/* Puts nodes above the root until the tree reaches page `index`. */
static void grow(struct object *object, uint32_t index)
{
	while (index >= reach(object->height)) {
		object->height++;
		if (!object->root)
			continue;
		uint32_t above = node_take(owner_id(object), 0, object->height);

		pool.node[above].child[0] = object->root;
		pool.node[above].used = 1;
		object->root = above;
	}
}

void object_set_page(struct object *object, uint32_t index, uint32_t page)
{
	uint32_t *place = &object->root;

	grow(object, index);
	for (uint32_t level = object->height; level; level--) {
		if (!*place)
			*place = node_take(owner_id(object), index & ~(uint32_t)(reach(level) - 1), level);
		struct node *node = &pool.node[*place];

		place = &node->child[child_of(index, level)];
		if (!*place)
			node->used++;
	}
	if (*place)
		pool_give(*place);
	else
		object->pages++;
	*place = page;
}

/* Cuts everything from page `first` (relative to this subtree) out of the subtree at `at`; returns what is
 * left of it. */
static uint32_t cut(struct object *object, uint32_t at, uint32_t level, uint64_t first)
{
	struct node *node;

	if (!at || first >= reach(level))
		return at;
	if (level == 0) {
		pool_give(at);
		object->pages--;
		return 0;
	}
	node = &pool.node[at];
	for (uint32_t i = (uint32_t)(first >> NODE_BITS * (level - 1)); i < NODE_CHILDREN; i++) {
		uint64_t below = reach(level - 1) * i;

		if (!node->child[i])
			continue;
		uint32_t left = cut(object, node->child[i], level - 1, first > below ? first - below : 0);

		if (!left) {
			node->child[i] = 0;
			node->used--;
		}
	}
	if (node->used)
		return at;
	node_give(at);
	return 0;
}

void object_cut(struct object *object, uint32_t first)
{
	object->root = cut(object, object->root, object->height, first);
	if (!object->root)
		object->height = 0;
}
