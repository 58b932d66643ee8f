/* ds: named numbers that everybody may read, and blocks of bytes that a service keeps for itself across its
 * own restart. It calls nobody.
 *
 * All entries lie in one static table, found by hash of name, kind and (saved ones) service; links are
 * indices. */
#ifndef DS_H
#define DS_H

#include <djed/server.h>
#include <errno.h>
#include <string.h>

enum {
	ENTRIES_MAX = 256,
	BLOCKS_MAX = 64,   /* saved blocks */
	BLOCK_SIZE = 4096, /* bytes */
	KEY_SIZE = 32,	   /* with NUL */
	ENTRY_BUCKETS = 64,
	NONE = 0xffff,
};
enum entry_kind { ENTRY_FREE = 0, ENTRY_PUBLISHED = 1, ENTRY_SAVED = 2 };

struct entry {
	uint8_t kind;	/* enum entry_kind */
	uint16_t next;	/* in its bucket or in the free list */
	uint32_t owner; /* service that set it */
	char key[KEY_SIZE];
	uint64_t value;	 /* published */
	uint16_t block;	 /* saved: index into block[], else NONE */
	uint16_t length; /* saved: bytes */
	uint64_t check;	 /* saved: block_check of them */
};
struct ds {
	struct entry entry[ENTRIES_MAX];
	uint16_t bucket[ENTRY_BUCKETS];
	uint16_t first_free;
	uint16_t used;
	uint64_t free_blocks; /* bit per block that is free */
	uint8_t block[BLOCKS_MAX][BLOCK_SIZE];
};
extern struct ds ds;

void entries_reset(void);
/* Owner counts for saved entries only: a published name is there once. */
struct entry *entry_find(enum entry_kind kind, uint32_t owner, const char *key);
/* NULL: the table (or, for saved ones, the space for blocks) is full. The key is 1..31 characters long. */
struct entry *entry_add(enum entry_kind kind, uint32_t owner, const char *key);
void entry_remove(struct entry *e);
unsigned entry_bucket(enum entry_kind kind, uint32_t owner, const char *key);
/* Checksum over a saved block (FNV-1a, 64 bits). */
uint64_t block_check(const uint8_t *bytes, size_t length);

void ds_audit(struct djed_audit *audit);
/* Of it, what can be told of one entry in use by looking at it alone. False: it cannot be followed any
 * further. */
bool entry_check(struct djed_audit *audit, const struct entry *e);
/* invariants.c: after everything else in init; before an answer. */
void ds_invariants_start(void);
void ds_invariants(const uint64_t *from);

#endif
