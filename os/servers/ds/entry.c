#include "ds.h"

struct ds ds;

void entries_reset(void)
{
	memset(&ds, 0, sizeof(ds));
	for (unsigned i = 0; i < ENTRY_BUCKETS; i++)
		ds.bucket[i] = NONE;
	for (unsigned i = 0; i < ENTRIES_MAX; i++)
		ds.entry[i].next = i + 1 < ENTRIES_MAX ? i + 1 : NONE;
	ds.free_blocks = ~(uint64_t)0;
}
_Static_assert(BLOCKS_MAX == 64, "one bit per block");

uint64_t block_check(const uint8_t *bytes, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash;
}

unsigned entry_bucket(enum entry_kind kind, uint32_t owner, const char *key)
{
	uint64_t hash = block_check((const uint8_t *)key, strnlen(key, KEY_SIZE));

	return (unsigned)djed_mix(hash + (kind == ENTRY_SAVED ? owner + 1u : 0)) % ENTRY_BUCKETS;
}

struct entry *entry_find(enum entry_kind kind, uint32_t owner, const char *key)
{
	uint16_t at = ds.bucket[entry_bucket(kind, owner, key)];

	for (; at != NONE; at = ds.entry[at].next) {
		struct entry *e = &ds.entry[at];

		if (e->kind == kind && (kind == ENTRY_PUBLISHED || e->owner == owner) &&
		    strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

struct entry *entry_add(enum entry_kind kind, uint32_t owner, const char *key)
{
	uint16_t at = ds.first_free, block = NONE, *bucket = &ds.bucket[entry_bucket(kind, owner, key)];

	if (at == NONE)
		return NULL;
	if (kind == ENTRY_SAVED) {
		if (!ds.free_blocks)
			return NULL;
		block = (uint16_t)__builtin_ctzll(ds.free_blocks);
		ds.free_blocks &= ds.free_blocks - 1;
	}
	ds.first_free = ds.entry[at].next;
	ds.used++;
	ds.entry[at] = (struct entry){.kind = (uint8_t)kind,
				      .next = *bucket,
				      .owner = owner,
				      .block = block,
				      .check = block_check(NULL, 0)};
	strlcpy(ds.entry[at].key, key, KEY_SIZE);
	*bucket = at;
	return &ds.entry[at];
}

void entry_remove(struct entry *e)
{
	uint16_t self = (uint16_t)(e - ds.entry), *at = &ds.bucket[entry_bucket(e->kind, e->owner, e->key)];

	while (*at != self) {
		djed_assert(*at != NONE);
		at = &ds.entry[*at].next;
	}
	*at = e->next;
	if (e->block != NONE)
		ds.free_blocks |= (uint64_t)1 << e->block;
	e->kind = ENTRY_FREE;
	e->next = ds.first_free;
	ds.first_free = self;
	ds.used--;
}
