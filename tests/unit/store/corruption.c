/* Each corruption of a sound store must be reported by its audit. */
#include <criterion/criterion.h>
#include <protocols/store_client.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "changes.h"
#include "data.h"
#include "host.h"

/* Objects in the sound state: [0] one page, [1] a tree of height 2 with holes, [2] empty, two references. */
static struct object *sound[3];

static struct node *root_of(struct object *object)
{
	return &pool.node[object->root];
}
static uint32_t *first_child(struct node *node)
{
	uint32_t *child = node->child;

	while (!*child)
		child++;
	return child;
}
static uint32_t *first_leaf(struct object *object) /* place of its first page, height 2 */
{
	return first_child(&pool.node[*first_child(root_of(object))]);
}

static void lost_object(void)
{
	objects.free_head = objects.object[objects.free_head - 1].next;
}
static void freed_object_in_use(void)
{
	sound[0]->references = 0;
}
static void free_object_revived(void)
{
	objects.object[objects.free_head - 1].references = 1;
}
static void wrong_object_count(void)
{
	objects.count++;
}
static void object_list_loop(void)
{
	objects.object[objects.free_head - 1].next = objects.free_head;
}
static void object_list_wild(void)
{
	objects.object[objects.free_head - 1].next = OBJECTS_MAX + 7;
}
static void unknown_version(void)
{
	sound[1]->version = objects.clock + 1;
}
static void no_generation(void)
{
	sound[2]->generation = 0;
}
static void size_too_small(void)
{
	sound[1]->size = 5;
}
static void size_too_large(void)
{
	sound[1]->size = OBJECT_SIZE_MAX + 1;
}
static void wrong_page_count(void)
{
	sound[1]->pages--;
}
static void wild_height(void)
{
	sound[1]->height = HEIGHT_MAX + 1;
}
static void lower_height(void)
{
	sound[1]->height--;
}
static void wild_root(void)
{
	sound[1]->root = pool.nodes + 1;
}
static void lost_root(void)
{
	sound[0]->root = 0;
}
static void lost_page(void)
{
	*first_leaf(sound[1]) = 0;
}
static void shared_page(void)
{
	*first_leaf(sound[1]) = sound[0]->root;
}
static void wild_page(void)
{
	*first_leaf(sound[1]) = pool.pages + 1;
}
static void swapped_pages(void)
{
	uint32_t *leaf = first_leaf(sound[1]), left = leaf[0];

	leaf[0] = leaf[1];
	leaf[1] = left;
}
static void free_page_in_use(void)
{
	*first_leaf(sound[1]) = pool.free_head;
}
static void leaked_page(void)
{
	pool.free_head = pool.page[pool.free_head].index;
}
static void wrong_free_pages(void)
{
	pool.pages_free--;
}
static void page_list_loop(void)
{
	pool.page[pool.free_head].index = pool.free_head;
}
static void pending_cut(void)
{
	pool.pending_tail = pool.pending_head;
}
static void pending_tail_wild(void)
{
	pool.page[pool.pending_tail].index = pool.pages + 1;
}
static void wrong_node_owner(void)
{
	root_of(sound[1])->owner.object++;
}
static void wrong_node_level(void)
{
	root_of(sound[1])->level = 1;
}
static void wrong_used(void)
{
	root_of(sound[1])->used++;
}
static void leaked_node(void)
{
	pool.node_head = pool.node[pool.node_head].owner.index;
}
static void wrong_free_nodes(void)
{
	pool.nodes_free++;
}
static void node_list_wild(void)
{
	pool.node[pool.node_head].owner.index = pool.nodes + 9;
}

static const struct {
	const char *name;
	void (*corrupt)(void);
} corruptions[] = {
#define CORRUPTION(name) {#name, name}
    CORRUPTION(lost_object),	    CORRUPTION(freed_object_in_use), CORRUPTION(free_object_revived),
    CORRUPTION(wrong_object_count), CORRUPTION(object_list_loop),    CORRUPTION(object_list_wild),
    CORRUPTION(unknown_version),    CORRUPTION(no_generation),	     CORRUPTION(size_too_small),
    CORRUPTION(size_too_large),	    CORRUPTION(wrong_page_count),    CORRUPTION(wild_height),
    CORRUPTION(lower_height),	    CORRUPTION(wild_root),	     CORRUPTION(lost_root),
    CORRUPTION(lost_page),	    CORRUPTION(shared_page),	     CORRUPTION(wild_page),
    CORRUPTION(swapped_pages),	    CORRUPTION(free_page_in_use),    CORRUPTION(leaked_page),
    CORRUPTION(wrong_free_pages),   CORRUPTION(page_list_loop),	     CORRUPTION(pending_cut),
    CORRUPTION(pending_tail_wild),  CORRUPTION(wrong_node_owner),    CORRUPTION(wrong_node_level),
    CORRUPTION(wrong_used),	    CORRUPTION(leaked_node),	     CORRUPTION(wrong_free_nodes),
    CORRUPTION(node_list_wild),
};

static void *copy_of(const void *memory, size_t size)
{
	return memcpy(malloc(size), memory, size);
}

static void make_sound(djed_slot store)
{
	static uint8_t bytes[5 * DJED_PAGE_SIZE];
	uint64_t number[3], gone, size;
	uint32_t count;

	for (int i = 0; i < 3; i++) {
		cr_assert(store_create(store, &number[i]) == 0);
		sound[i] = object_find(number[i]);
	}
	cr_assert(store_write(store, number[0], 0, djed_own(bytes, 100), &count, &size) == 0);
	cr_assert(store_write(store, number[1], 8192, djed_own(bytes, sizeof(bytes)), &count, &size) == 0);
	cr_assert(store_write(store, number[1], 1 << 20, djed_own(bytes, sizeof(bytes)), &count, &size) == 0);
	cr_assert(sound[1]->height == 2 && store_retain(store, number[2]) == 0);
	cr_assert(store_create(store, &gone) == 0);
	cr_assert(store_write(store, gone, 0, djed_own(bytes, sizeof(bytes)), &count, &size) == 0);
	cr_assert(store_release(store, gone) == 0 && pool.pending_head &&
		  pool.pending_head != pool.pending_tail);
}

Test(store, corruptions)
{
	size_t pages, nodes, table = OBJECTS_MAX * sizeof(struct object);

	host_start(&(struct host_options){.heap = 8 << 20});
	host_add_server("store", &djed_server);
	make_sound(host_slot("store"));
	cr_assert(host_audit("store").violations == 0, "%s", host_log());
	cr_assert(host_audit("store").resource[1] == 11);
	pages = (pool.pages + 1) * sizeof(*pool.page);
	nodes = (pool.nodes + 1) * sizeof(*pool.node);
	struct pool pool_before = pool;
	struct objects objects_before = objects;
	void *pages_before = copy_of(pool.page, pages), *nodes_before = copy_of(pool.node, nodes);
	void *table_before = copy_of(objects.object, table);

	for (size_t i = 0; i < sizeof(corruptions) / sizeof(*corruptions); i++) {
		corruptions[i].corrupt();
		cr_expect(host_audit("store").violations > 0, "%s was not reported", corruptions[i].name);
		changes_log(&pool, &pool_before, sizeof(pool));
		changes_log(&objects, &objects_before, sizeof(objects));
		changes_log(pool.page, pages_before, pages);
		changes_log(pool.node, nodes_before, nodes);
		changes_log(objects.object, table_before, table);
		expect_noticed(store_invariants, corruptions[i].name, " lower_height wrong_node_owner ");
		pool = pool_before;
		objects = objects_before;
		memcpy(pool.page, pages_before, pages);
		memcpy(pool.node, nodes_before, nodes);
		memcpy(objects.object, table_before, table);
	}
	cr_assert(host_audit("store").violations == 0);
}
