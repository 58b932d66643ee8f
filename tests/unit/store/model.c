/* The object protocol against a plain model: byte arrays. Random requests, some of them from lenders whose
 * memory is only there in part; the contents, sizes and results must agree, and the audit must be clean all
 * along. */
#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/store_client.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "object.h"

enum { OBJECTS = 8, SIZE_MAX_HERE = 600 << 10, LENT = 70 << 10, STEPS = 6000 };
static const uint64_t lent_at = 0x10000000; /* application memory */

static struct plain {
	uint64_t number;
	uint64_t size;
	uint64_t version;
	uint8_t *bytes; /* zeros behind `size` */
} plain[OBJECTS];
static uint8_t lent[LENT], seen[SIZE_MAX_HERE];
static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

/* Offsets and lengths like to be near page borders. */
static uint64_t random_place(uint32_t limit)
{
	uint64_t place = random_below(limit);

	return random_below(3) ? place : (place & ~UINT64_C(4095)) + random_below(3) - (place >= 4096);
}

static void check_audit(int step)
{
	struct djed_audit audit = host_audit("store");

	cr_assert(audit.violations == 0, "step %d: %s", step, host_log());
}

static void check_contents(const struct plain *p)
{
	uint64_t size = 0;
	uint32_t count = 0;

	cr_assert(store_read(host_slot("store"), p->number, 0, djed_own_writable(seen, sizeof(seen)), &count,
			     &size) == 0);
	cr_assert(size == p->size && count == p->size, "size %llu, count %u, not %llu",
		  (unsigned long long)size, count, (unsigned long long)p->size);
	for (uint64_t i = 0; i < size; i++)
		cr_assert(seen[i] == p->bytes[i], "byte %llu is %u, not %u", (unsigned long long)i, seen[i],
			  p->bytes[i]);
}

/* A version that has never been seen. */
static void check_version(struct plain *p)
{
	static uint64_t last;
	uint64_t size, version;

	cr_assert(store_hold(host_slot("store"), p->number, 0, &size, &version) == 0);
	cr_assert(version > last && version != p->version);
	last = p->version = version;
	cr_assert(store_release(host_slot("store"), p->number) == 0);
}

static void step_write(struct plain *p, djed_slot store)
{
	uint64_t offset = random_place(SIZE_MAX_HERE - LENT), size;
	uint32_t length = (uint32_t)random_place(random_below(4) ? 9000 : LENT), there = length, count;
	bool partly = random_below(5) == 0;

	if (random_below(3) == 0)
		offset = p->size; /* append */
	if (offset + length > SIZE_MAX_HERE)
		return;
	for (uint32_t i = 0; i < length; i++)
		lent[i] = (uint8_t)random_below(256);
	if (partly)
		there = random_below(length + 1);
	host_unmap(lent_at, LENT);
	if (there)
		host_map(lent_at, lent, there, DJED_GRANT_READ);
	cr_assert(store_write(store, p->number, offset, djed_client(lent_at, length, DJED_GRANT_READ), &count,
			      &size) == 0);
	cr_assert(count == there, "%u bytes written, not %u of %u", count, there, length);
	memcpy(p->bytes + offset, lent, there);
	if (there && offset + there > p->size)
		p->size = offset + there;
	cr_assert(size == p->size);
	if (there)
		check_version(p);
}

static void step_read(struct plain *p, djed_slot store)
{
	uint64_t offset = random_place(SIZE_MAX_HERE), size, expected;
	uint32_t length = (uint32_t)random_place(LENT),
		 there = random_below(4) ? length : random_below(length + 1), count;

	host_unmap(lent_at, LENT);
	if (there)
		host_map(lent_at, lent, there, DJED_GRANT_WRITE);
	memset(lent, 0xee, sizeof(lent));
	cr_assert(store_read(store, p->number, offset, djed_client(lent_at, length, DJED_GRANT_WRITE), &count,
			     &size) == 0);
	expected = offset < p->size ? p->size - offset : 0;
	expected = expected < there ? expected : there;
	cr_assert(count == expected && size == p->size);
	cr_assert(memcmp(lent, p->bytes + offset, count) == 0);
	for (uint32_t i = count; i < LENT; i++)
		cr_assert(lent[i] == 0xee, "written behind the end");
}

static void step_truncate(struct plain *p, djed_slot store)
{
	uint64_t size = random_below(4) ? random_place(SIZE_MAX_HERE) : 0;

	cr_assert(store_truncate(store, p->number, size) == 0);
	if (size < p->size)
		memset(p->bytes + size, 0, p->size - size);
	p->size = size;
	check_version(p);
}

static void step_replace(struct plain *p, djed_slot store)
{
	uint64_t old = p->number;

	cr_assert(store_release(store, old) == 0);
	cr_assert(store_retain(store, old) == -ENOENT);
	cr_assert(store_create(store, &p->number) == 0 && p->number != old && p->number != 0);
	memset(p->bytes, 0, SIZE_MAX_HERE);
	p->size = 0;
	check_version(p);
}

static void step_attributes(struct plain *p, djed_slot store)
{
	uint8_t set[48], got[48];
	uint64_t size, pages;

	for (size_t i = 0; i < sizeof(set); i++)
		set[i] = (uint8_t)random_below(256);
	cr_assert(store_set_attributes(store, p->number, set) == 0);
	cr_assert(store_get_attributes(store, p->number, &size, &pages, got) == 0);
	cr_assert(memcmp(set, got, sizeof(set)) == 0 && size == p->size && pages <= (size + 4095) / 4096);
}

Test(store, model)
{
	static void (*const steps[])(struct plain *,
				     djed_slot) = {step_write, step_write,    step_write,      step_read,
						   step_read,  step_truncate, step_attributes, step_replace};
	uint64_t total, before, after, count;
	djed_slot store;

	host_start(&(struct host_options){.heap = 12 << 20});
	host_add_server("store", &djed_server);
	store = host_slot("store");
	cr_assert(store_statistics(store, &total, &before, &count) == 0 && before == total && count == 0);
	for (int i = 0; i < OBJECTS; i++) {
		plain[i].bytes = calloc(1, SIZE_MAX_HERE + LENT);
		cr_assert(store_create(store, &plain[i].number) == 0);
	}
	for (int step = 0; step < STEPS; step++) {
		struct plain *p = &plain[random_below(OBJECTS)];

		steps[random_below(random_below(20) ? 6 : 8)](p, store);
		if (step % 16 == 0)
			check_contents(p);
		if (step % 64 == 0)
			check_audit(step);
	}
	for (int i = 0; i < OBJECTS; i++) {
		check_contents(&plain[i]);
		cr_assert(store_release(store, plain[i].number) == 0);
	}
	check_audit(STEPS);
	cr_assert(store_statistics(store, &total, &after, &count) == 0 && after == before && count == 0,
		  "pages leaked");
}
