/* A handler with state behind pointers, functions called by pointer and by value, and an own stack variable
 * whose address it hands out. Compiled without the pass the same check must fail.
 * RUN: %djed_cc -O2 -I%inputs -I%runtime/include -DSERVER -c %s -o %t.server.o
 * RUN: %native -I%inputs -c %s -o %t.main.o
 * RUN: %native -c %runtime/undo.c -o %t.undo.o
 * RUN: env DJED_PASS=undo %djed_cc -O2 %t.server.o %t.main.o %t.undo.o -o %t
 * RUN: %t
 * RUN: env DJED_PASS=plain %djed_cc -O2 %t.server.o %t.main.o %t.undo.o -o %t.plain
 * RUN: not %t.plain
 */
#include <stdint.h>

struct node {
	struct node *next;
	uint64_t key;
	char name[24];
};
struct table {
	struct node node[64];
	struct node *list, *spare;
	unsigned count;
};
void handle(struct table *table, uint64_t key);

#ifdef SERVER
#include <string.h>

typedef void operation(struct table *table, struct node *node);

static void insert(struct table *table, struct node *node)
{
	node->next = table->list;
	table->list = node;
	table->count++;
}

static void drop(struct table *table, struct node *node)
{
	table->list = node->next;
	node->next = table->spare;
	table->spare = node;
	table->count--;
}

static operation *const operations[] = {insert, drop};

__attribute__((noinline)) static void measure(const struct table *table, unsigned *count)
{
	*count = 0;
	for (const struct node *node = table->list; node; node = node->next)
		++*count;
}

void handle(struct table *table, uint64_t key)
{
	unsigned count;
	measure(table, &count);
	struct node *node = table->spare;
	if (node && key % 3) {
		table->spare = node->next;
		node->key = key * count;
		memset(node->name, 'x', key % sizeof(node->name));
		operations[0](table, node);
	} else if (table->list) {
		operations[1](table, table->list);
	}
}
#else
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include <djed/undo.h>

int main(void)
{
	struct table *table = calloc(1, sizeof(*table)), *before = malloc(sizeof(*table));

	djed_undo_attach(malloc(1 << 20));
	djed_stack_high = (uintptr_t)__builtin_frame_address(0);
	djed_stack_low = djed_stack_high - 65536;
	for (unsigned i = 0; i < 64; i++) {
		table->node[i].next = table->spare;
		table->spare = &table->node[i];
	}
	for (uint64_t key = 1; key < 500; key++) {
		memcpy(before, table, sizeof(*table));
		djed_window_open = 1;
		handle(table, key);
		djed_window_open = 0;
		EXPECT(djed_undo_length() > 0);
		EXPECT(memcmp(before, table, sizeof(*table)) != 0);
		EXPECT(djed_undo_rollback());
		EXPECT(memcmp(before, table, sizeof(*table)) == 0);
		handle(table, key); /* with a closed window: kept, and nothing logged */
		EXPECT(djed_undo_length() == 0);
	}
	EXPECT(table->count > 0 && table->list);
	return expect_end();
}
#endif
