/* From the undo log to the objects that were changed, and their books. All working memory lies behind the top
 * of the log: that is neither logged nor rolled back, it is there, and it grows with the log that may have to
 * be described. */
#include "invariants.h"

#include <string.h>

enum {
	OBJECTS_MAX = 16384, /* changed by one request: more are not checked */
	HEADER_BITS = 56,    /* of an address in a record's header (djed/undo.h) */
};

/* How often a shape of request was seen, by hash; what has been learned outlasts a rollback. */
enum {
	SHAPES = 2048,
	FEW = 32,     /* words of log: their number is part of the shape, of more only its leading bits */
	FAMILIAR = 2, /* requests of a shape that are looked at if they logged few words, */
	SAMPLE = 240, /* later: one of so many */
};
_Static_assert(FAMILIAR + SAMPLE <= UINT8_MAX, "they are counted in a byte");
__attribute__((section(".djed.invariants"))) static uint8_t seen[SHAPES];

/* A changed object; its bytes that are watched, as they were before, follow. */
struct changed {
	const struct invariant_table *table;
	struct changed *next;
	const uint8_t *bytes; /* as they are now */
	uint32_t index;
	uint32_t reserved;
	uint8_t before[];
};

struct walk {
	const struct invariants *invariants;
	struct room room;
	uint32_t *bucket; /* hash of changed objects: offset from the log's top, 0: free */
	uint32_t buckets, found;
	struct changed *first, **last;
	struct changed *recent;		     /* the one noted or found last, or NULL */
	const struct invariant_table *table; /* of the record before */
};

/* Most pieces are a few bytes: not worth a call. */
static inline void copy(uint8_t *to, const uint8_t *from, uint32_t length)
{
	for (; length >= 8; length -= 8, to += 8, from += 8)
		__builtin_memcpy(to, from, 8);
	if (length & 4)
		__builtin_memcpy(to, from, 4), to += 4, from += 4;
	if (length & 2)
		__builtin_memcpy(to, from, 2), to += 2, from += 2;
	if (length & 1)
		*to = *from;
}

/* The last table that starts at or below `address`, or else the first one. */
static const struct invariant_table *table_below(const struct invariants *invariants, uint64_t address)
{
	const struct invariant_table *table = invariants->table;
	uint32_t low = 0, high = invariants->tables;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if ((uintptr_t)table[middle].first <= address)
			low = middle;
		else
			high = middle;
	}
	return &table[low];
}

/* The changed object of which `bytes` are watched, noted if it is new. NULL: no room. */
static struct changed *note(struct walk *walk, const struct invariant_table *table, uint32_t index,
			    const uint8_t *bytes, uint32_t length)
{
	struct changed *changed;
	uint32_t at;

	changed = walk->recent;
	if (changed && changed->table == table && changed->index == index)
		return changed;
	for (at = book_hash((uintptr_t)bytes);; at++) {
		uint32_t *bucket = &walk->bucket[at & (walk->buckets - 1)];

		if (!*bucket) {
			*bucket = (uint32_t)(walk->room.at - (uint8_t *)djed_log_top);
			break;
		}
		changed = (struct changed *)((uint8_t *)djed_log_top + *bucket);
		if (changed->table == table && changed->index == index)
			return walk->recent = changed;
	}
	changed = room_take(&walk->room, sizeof(*changed) + length);
	if (!changed || ++walk->found > walk->buckets / 2)
		return NULL;
	changed->table = table;
	changed->index = index;
	changed->bytes = bytes;
	changed->next = NULL;
	*walk->last = changed;
	walk->last = &changed->next;
	if (table->balance)
		copy(changed->before, bytes, length);
	return walk->recent = changed;
}

/* An array inside of objects. */
static inline bool is_array(const struct invariant_table *part)
{
	return part->size < part->to - part->from;
}

/* Of the bytes of `part` in object `index`, [start, end) were `old`. */
static bool apply_part(struct walk *walk, const struct invariant_table *part, uint32_t index,
		       const uint8_t *bytes, uint32_t start, uint32_t end, const uint8_t *old)
{
	uint32_t all = part->to - part->from, size = is_array(part) ? part->size : all;

	while (start < end) {
		uint32_t element = start / size, at = start % size;
		uint32_t length = end - start < size - at ? end - start : size - at;
		struct changed *changed =
		    note(walk, part, index * (all / size) + element, bytes + element * size, size);

		if (!changed)
			return false;
		if (part->balance)
			copy(changed->before + at, old, length);
		start += length;
		old += length;
	}
	return true;
}

/* Bytes [start, start + size) of object `index` were `old`. */
static bool apply_object(struct walk *walk, const struct invariant_table *table, uint32_t index,
			 uint32_t start, uint32_t size, const uint8_t *old)
{
	const uint8_t *object = (const uint8_t *)table->first + (size_t)index * table->size;

	for (const struct invariant_table *part = table; part; part = part->part) {
		uint32_t low = start > part->from ? start : part->from;
		uint32_t high = start + size < part->to ? start + size : part->to;

		if (low < high && !apply_part(walk, part, index, object + part->from, low - part->from,
					      high - part->from, old + (low - start)))
			return false;
	}
	return true;
}

/* The bytes [address, address + length) were `old`. Later records of the log come first, so that the oldest
 * bytes remain. A record may reach over several objects, tables and what lies between them. */
static bool apply(struct walk *walk, uint64_t address, uint64_t length, const uint8_t *old)
{
	const struct invariant_table *end = walk->invariants->table + walk->invariants->tables;
	const struct invariant_table *table = walk->table;
	uint64_t within = address - (uintptr_t)table->first;

	/* Mostly it is one field of an object of the table where the record before was. */
	if (within < (uint64_t)table->size * table->count) {
		uint32_t index = (uint32_t)within / table->size, start = (uint32_t)within % table->size;

		if (start + length <= table->size)
			return apply_object(walk, table, index, start, (uint32_t)length, old);
	}
	table = table_below(walk->invariants, address);
	walk->table = table;
	while (table < end && (uintptr_t)table->first < address + length) {
		uint64_t first = (uintptr_t)table->first, all = (uint64_t)table->size * table->count;
		uint64_t offset = address > first ? address - first : 0;

		old += first + offset - address; /* what lies before it */
		if (address < first + offset) {
			length -= first + offset - address;
			address = first + offset;
		}
		while (length && offset < all) {
			uint32_t start = (uint32_t)(offset % table->size);
			uint32_t size = length < table->size - start ? (uint32_t)length : table->size - start;

			if (!apply_object(walk, table, (uint32_t)(offset / table->size), start, size, old))
				return false;
			offset += size;
			address += size;
			length -= size;
			old += size;
		}
		table++;
	}
	return true;
}

/* False: too much was changed. Panics on a log that cannot have been written by the instrumentation: what it
 * says must not be relied on, neither here nor in a rollback. */
static bool collect(struct walk *walk, const uint64_t *from)
{
	const uint64_t *top = djed_log_top;

	while (top > from) {
		uint64_t header = *--top, kind = header >> HEADER_BITS, length = kind, words;
		uint64_t address = header & ((UINT64_C(1) << HEADER_BITS) - 1);

		if (kind == DJED_UNDO_CALL) {
			top -= 2;
			continue;
		}
		if (kind == DJED_UNDO_LONG)
			length = *--top;
		words = length / 8 + (length % 8 != 0);
		if (length == 0 || words > (size_t)(top - from))
			djed_panic("the undo log is damaged");
		top -= words;
		if (!apply(walk, address, length, (const uint8_t *)top))
			return false;
	}
	if (top != from)
		djed_panic("the undo log is damaged");
	return true;
}

/* Room for twice as many objects as there can be records. */
static bool prepare(struct walk *walk, const uint64_t *from)
{
	const uint8_t *base = (const uint8_t *)djed_log_top - djed_undo_length();
	size_t records = (size_t)(djed_log_top - from) / 2 + 1;

	walk->room.at = (uint8_t *)djed_log_top;
	walk->room.end = (uint8_t *)base + djed_start()->log_size;
	walk->buckets = 8;
	while (walk->buckets < 2 * records && walk->buckets < 2 * OBJECTS_MAX)
		walk->buckets *= 2;
	walk->bucket = room_take(&walk->room, walk->buckets * sizeof(*walk->bucket));
	if (!walk->bucket)
		return false;
	memset(walk->bucket, 0, walk->buckets * sizeof(*walk->bucket));
	walk->last = &walk->first;
	return true;
}

static void balance(const struct walk *walk, struct book *book)
{
	for (struct changed *changed = walk->first; changed; changed = changed->next) {
		const struct invariant_table *table = changed->table;
		uint32_t from = is_array(table) ? 0 : table->from;

		if (table->balance)
			table->balance(book, changed->before - from, changed->bytes - from, changed->index);
	}
}

void invariants_check(const struct invariants *invariants, const uint64_t *from)
{
	struct walk walk = {.invariants = invariants, .table = invariants->table};
	struct djed_audit audit = {0};
	struct book book = {0};

	if (!invariants->started || djed_undo_length() > djed_start()->log_size || !prepare(&walk, from) ||
	    !collect(&walk, from))
		return;
	for (struct changed *changed = walk.first; changed; changed = changed->next)
		if (changed->table->check)
			changed->table->check(&audit, changed->index);
	balance(&walk, &book);
	if (!book_balanced(&book)) {
		book.room = &walk.room;
		balance(&walk, &book);
		book_close(&book, invariants->law, &audit);
		audit.violations += audit.violations == 0; /* there was no room to tell which */
	}
	if (audit.violations)
		djed_panic("%u invariants do not hold after message %x", audit.violations,
			   djed_current()->message.label);
}

/* What goes wrong mostly leaves the beaten track: it changes more or less than usual. */
static bool is_familiar(const uint64_t *from)
{
	uint64_t words = (uint64_t)(djed_log_top - from);
	uint8_t most = FAMILIAR, *count;

	if (words >= FEW) {
		unsigned rest = 62 - (unsigned)__builtin_clzll(words);

		most = words < 4 * FEW ? FAMILIAR / 2 : 1;
		words = words >> rest << rest;
	}
	count = &seen[book_hash(words << 32 | djed_current()->message.label) % SHAPES];
	*count = *count == most + SAMPLE ? most + 1 : *count + 1;
	return *count > most && *count < most + SAMPLE && djed_current()->attempt == 0;
}

void invariants_at_reply(const struct invariants *invariants, const uint64_t *from)
{
	if (!is_familiar(from))
		invariants_check(invariants, from);
}

void invariants_start(struct invariants *invariants)
{
	struct invariant_table *table = invariants->table;

	for (uint32_t i = 1; i < invariants->tables; i++)
		for (uint32_t k = i; k > 0 && (uintptr_t)table[k - 1].first > (uintptr_t)table[k].first;
		     k--) {
			struct invariant_table lower = table[k];

			table[k] = table[k - 1];
			table[k - 1] = lower;
		}
	invariants->started = true;
}
