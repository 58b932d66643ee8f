/* A key-value cache: hash chains, a list in order of use, nodes from a slab. */
#include <stdint.h>
#include <string.h>

enum { BUCKETS = 1024, NODES = 4096 };

struct node {
	struct node *chain, *newer, *older;
	uint64_t key;
	uint32_t length;
	char value[36];
};
static struct node nodes[NODES], *bucket[BUCKETS], *newest, *oldest, *spare;
static uint32_t used;
static uint64_t hits, misses;

static uint64_t hash(uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15u >> 40) % BUCKETS;
}

static void unlink_use(struct node *n)
{
	*(n->newer ? &n->newer->older : &newest) = n->older;
	*(n->older ? &n->older->newer : &oldest) = n->newer;
}

static void link_use(struct node *n)
{
	n->older = newest;
	n->newer = NULL;
	*(newest ? &newest->newer : &oldest) = n;
	newest = n;
}

static void unlink_chain(struct node *n)
{
	struct node **at = &bucket[hash(n->key)];
	while (*at != n)
		at = &(*at)->chain;
	*at = n->chain;
}

static struct node *get_node(void)
{
	if (spare) {
		struct node *n = spare;
		spare = n->chain;
		return n;
	}
	if (used < NODES)
		return &nodes[used++];
	struct node *n = oldest;
	unlink_use(n);
	unlink_chain(n);
	return n;
}

uint64_t request(uint64_t argument)
{
	uint64_t key = argument % 6000;
	struct node *n = bucket[hash(key)];

	while (n && n->key != key)
		n = n->chain;
	if (n) {
		hits++;
		unlink_use(n);
		if (argument >> 60 == 0) {
			unlink_chain(n);
			n->chain = spare;
			spare = n;
			return key;
		}
	} else {
		misses++;
		n = get_node();
		n->key = key;
		n->chain = bucket[hash(key)];
		bucket[hash(key)] = n;
		n->length = (uint32_t)(argument >> 20) % sizeof(n->value);
		memset(n->value, (int)argument, n->length);
	}
	link_use(n);
	return n->length;
}
