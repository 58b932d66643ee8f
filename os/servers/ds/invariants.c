/* What is checked of a request's changes before its answer leaves (lib/invariants.h). */
#include "ds.h"

#include <lib/invariants.h>
#include <stddef.h>

enum law { LAW_USED = 1, LAW_CHAIN, LAW_BLOCK };
static const char *const law_names[] = {
    [LAW_USED] = "entries counted in",
    [LAW_CHAIN] = "links to entry",
    [LAW_BLOCK] = "users of block",
};

/* As index of an account, 0 being none. */
static uint32_t link(uint16_t at)
{
	return at == NONE ? 0 : at + 1u;
}

static uint32_t block_of(const struct entry *e)
{
	return e->kind == ENTRY_SAVED ? link(e->block) : 0;
}

/* Every entry is in exactly one chain, of a bucket or of the free ones; every block is free or of one entry.
 */
static void balance_entry(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct entry *old = before, *new = now;

	(void)index;
	book_count(book, LAW_USED, 0, (new->kind != ENTRY_FREE) - (old->kind != ENTRY_FREE));
	book_move(book, LAW_CHAIN, link(old->next), link(new->next));
	book_move(book, LAW_BLOCK, block_of(old), block_of(new));
}

static void balance_bucket(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_move(book, LAW_CHAIN, link(*(const uint16_t *)before), link(*(const uint16_t *)now));
}

/* The part of struct ds between its tables. */
struct counts {
	uint16_t first_free, used;
	uint64_t free_blocks;
};
_Static_assert(offsetof(struct ds, free_blocks) - offsetof(struct ds, first_free) ==
		   offsetof(struct counts, free_blocks),
	       "struct counts is a part of struct ds");

static void balance_counts(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct counts *old = before, *new = now;

	(void)index;
	book_count(book, LAW_USED, 0, old->used - new->used);
	book_move(book, LAW_CHAIN, link(old->first_free), link(new->first_free));
	for (uint64_t left = old->free_blocks ^ new->free_blocks; left; left &= left - 1) {
		uint16_t block = (uint16_t)__builtin_ctzll(left);

		book_count(book, LAW_BLOCK, link(block), new->free_blocks >> block & 1 ? 1 : -1);
	}
}

static void check_entry(struct djed_audit *audit, uint32_t index)
{
	const struct entry *e = &ds.entry[index];

	djed_check(audit, e->kind <= ENTRY_SAVED, "entry %u is of kind %u", index, e->kind);
	if (e->kind != ENTRY_FREE && entry_check(audit, e))
		djed_check(audit, entry_find(e->kind, e->owner, e->key) == e, "entry %s cannot be found",
			   e->key);
}

static struct invariant_table tables[] = {
    {"entry", ds.entry, sizeof(struct entry), ENTRIES_MAX, 0, sizeof(struct entry), check_entry,
     balance_entry, NULL},
    {"bucket", ds.bucket, sizeof(uint16_t), ENTRY_BUCKETS, 0, sizeof(uint16_t), NULL, balance_bucket, NULL},
    {"count", &ds.first_free, sizeof(struct counts), 1, 0, sizeof(struct counts), NULL, balance_counts, NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void ds_invariants_start(void)
{
	invariants_start(&invariants);
}

void ds_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
