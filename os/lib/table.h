/* Hash table from 64-bit keys to intrusive elements, chained. The number of buckets is fixed when it is made:
 * a server's tables are bounded, and rehashing in the middle of a request would have to be logged whole.
 *
 *     struct table by_pid;                            table_init(&by_pid, 256)
 *     table_insert(&by_pid, &process->by_pid, pid);   table_remove(&by_pid, &process->by_pid);
 *     struct table_link *link = table_find(&by_pid, pid);
 *     if (link) process = table_entry(link, struct process, by_pid);
 */
#ifndef DJED_LIB_TABLE_H
#define DJED_LIB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct djed_audit;

struct table_link {
	struct table_link *next;
	uint64_t key;
};
struct table {
	struct table_link **bucket;
	uint32_t buckets; /* a power of two */
	uint32_t count;	  /* elements */
};

#define table_entry(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

/* All elements, in no particular order; the body must not change the table. */
#define table_for_each(link, table)                                             \
	for (uint32_t link##_at = 0; link##_at < (table)->buckets; link##_at++) \
		for (struct table_link *link = (table)->bucket[link##_at]; link; link = link->next)

/* Makes an empty table with `buckets` (a power of two) buckets from the heap. 0 or -ENOMEM. */
[[nodiscard]] int table_init(struct table *table, uint32_t buckets);

/* Adds `link` under `key`. Keys need not be unique: table_find gives the one that was added last. */
void table_insert(struct table *table, struct table_link *link, uint64_t key);

/* NULL: there is none. */
struct table_link *table_find(const struct table *table, uint64_t key);

/* Takes out `link`, which is in the table. */
void table_remove(struct table *table, struct table_link *link);

/* For audits: every element lies in its key's bucket, and there are `count` of them. Reports as `name`. */
void table_audit(const struct table *table, struct djed_audit *audit, const char *name);

#endif
