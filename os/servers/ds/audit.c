/* ds's invariants. To the cross audit: resource[0]: entries, [1]: saved blocks. */
#include "ds.h"

bool entry_check(struct djed_audit *a, const struct entry *e)
{
	bool ended = memchr(e->key, 0, KEY_SIZE) != NULL;

	djed_check(a, ended && e->key[0], "entry %u has no name", (unsigned)(e - ds.entry));
	if (!ended)
		return false;
	djed_check(a, e->owner < DJED_SERVICES_MAX || e->owner >= DJED_SENDER_APPLICATION,
		   "entry %s belongs to service %u", e->key, e->owner);
	if (e->kind != ENTRY_SAVED) {
		djed_check(a, e->block == NONE && !e->length, "entry %s has a block", e->key);
		return true;
	}
	djed_check(a, e->length <= BLOCK_SIZE, "entry %s is %u bytes long", e->key, e->length);
	if (e->block >= BLOCKS_MAX || e->length > BLOCK_SIZE) {
		djed_violation(a, "entry %s has block %u", e->key, e->block);
		return false;
	}
	djed_check(a, !(ds.free_blocks >> e->block & 1), "entry %s: its block is free", e->key);
	return true;
}

static void audit_entry(struct djed_audit *a, unsigned at)
{
	const struct entry *e = &ds.entry[at];

	if (!entry_check(a, e))
		return;
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		const struct entry *other = &ds.entry[i];

		djed_check(a,
			   i == at || other->kind != e->kind || strncmp(other->key, e->key, KEY_SIZE) ||
			       (e->kind == ENTRY_SAVED && other->owner != e->owner),
			   "entry %s is there twice", e->key);
	}
	if (e->kind != ENTRY_SAVED)
		return;
	djed_check(a, block_check(ds.block[e->block], e->length) == e->check, "entry %s: bytes have changed",
		   e->key);
	a->resource[1]++;
}

static void audit_lists(struct djed_audit *a, unsigned used)
{
	unsigned found = 0, free_entries = 0;
	uint16_t at;

	for (unsigned i = 0; i < ENTRY_BUCKETS; i++) {
		for (at = ds.bucket[i]; at < ENTRIES_MAX && found <= ENTRIES_MAX;
		     at = ds.entry[at].next, found++) {
			const struct entry *e = &ds.entry[at];

			djed_check(a, e->kind != ENTRY_FREE && entry_bucket(e->kind, e->owner, e->key) == i,
				   "entry %u is in the bucket of others", at);
		}
		djed_check(a, at == NONE, "bucket %u ends in entry %u", i, at);
	}
	djed_check(a, found == used && used == ds.used, "%u entries, %u can be found, %u counted", used,
		   found, ds.used);
	for (at = ds.first_free; at < ENTRIES_MAX && free_entries <= ENTRIES_MAX; at = ds.entry[at].next) {
		djed_check(a, ds.entry[at].kind == ENTRY_FREE, "entry %u is used and in the free list", at);
		free_entries++;
	}
	djed_check(a, at == NONE && free_entries + used == ENTRIES_MAX, "%u entries are free, %u used",
		   free_entries, used);
}

void ds_audit(struct djed_audit *audit)
{
	unsigned used = 0;

	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		djed_check(audit, ds.entry[i].kind <= ENTRY_SAVED, "entry %u is of kind %u", i,
			   ds.entry[i].kind);
		if (ds.entry[i].kind == ENTRY_FREE)
			continue;
		used++;
		audit_entry(audit, i);
	}
	audit_lists(audit, used);
	djed_check(audit, audit->resource[1] + (unsigned)__builtin_popcountll(ds.free_blocks) == BLOCKS_MAX,
		   "%llu blocks are saved, %d free", (unsigned long long)audit->resource[1],
		   __builtin_popcountll(ds.free_blocks));
	audit->resource[0] = used;
}
