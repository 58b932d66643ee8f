/* os/lib/invariants.c: which objects a log speaks of, what they were, and the books. */
#include <criterion/criterion.h>
#include <lib/invariants.h>
#include <stddef.h>
#include <string.h>

#include "../../../runtime/port/linux.h"
#include "changes.h"

struct object {
	uint64_t time; /* not watched */
	uint32_t used;
	uint32_t holds; /* index of another; 0: none */
	uint32_t holders;
	uint32_t limit; /* watched by a part of its own */
	struct {
		uint32_t colour, weight;
	} leaf[6]; /* each is watched by itself */
	uint8_t text[152];
};

enum { OBJECTS = 64, LEAVES = 6, LAW_USED = 1, LAW_HOLDERS, LAW_LEAF };
static struct object object[OBJECTS];
static uint32_t used;
static const char *const law_names[] = {[LAW_USED] = "objects counted in",
					[LAW_HOLDERS] = "holders of",
					[LAW_LEAF] = "colour and weight of leaf"};
static unsigned checked, checked_part, checked_leaves;

static void balance_object(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct object *old = before, *new = now;

	book_count(book, LAW_USED, 0, (int64_t)new->used - old->used);
	book_count(book, LAW_HOLDERS, index, (int64_t)old->holders - new->holders);
	book_move(book, LAW_HOLDERS, old->holds, new->holds);
	if (new->holds == OBJECTS)
		book_suspend(book, LAW_HOLDERS);
}

static void balance_used(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_count(book, LAW_USED, 0, (int64_t)*(const uint32_t *)before - *(const uint32_t *)now);
}

static void check_object(struct djed_audit *audit, uint32_t index)
{
	checked++;
	djed_check(audit, object[index].used <= 1, "object %u is used %u times", index, object[index].used);
}

static void check_limit(struct djed_audit *audit, uint32_t index)
{
	checked_part++;
	djed_check(audit, object[index].limit < 100, "object %u has limit %u", index, object[index].limit);
}

static void balance_leaf(struct book *book, const void *before, const void *now, uint32_t index)
{
	const uint32_t *old = before, *new = now;

	book_count(book, LAW_LEAF, index, (int64_t)new[0] - old[0] - ((int64_t)new[1] - old[1]));
}

static void check_leaf(struct djed_audit *audit, uint32_t index)
{
	checked_leaves++;
	djed_check(audit, object[index / LEAVES].leaf[index % LEAVES].colour < 9, "leaf %u is colourful",
		   index);
}

static struct invariant_table leaves = {"leaf",
					object,
					sizeof(object->leaf[0]),
					OBJECTS,
					offsetof(struct object, leaf),
					offsetof(struct object, text),
					check_leaf,
					balance_leaf,
					NULL};
static struct invariant_table limits = {"limit",
					object,
					sizeof(struct object),
					OBJECTS,
					offsetof(struct object, limit),
					offsetof(struct object, leaf),
					check_limit,
					NULL,
					&leaves};
static struct invariant_table tables[] = {
    {"object", object, sizeof(struct object), OBJECTS, offsetof(struct object, used),
     offsetof(struct object, limit), check_object, balance_object, &limits},
    {"number", &used, sizeof(used), 1, 0, sizeof(used), NULL, balance_used, NULL},
};
static struct invariants invariants = {tables, 2, law_names, false};
static const uint64_t *base;

static void start(void)
{
	host_start(&(struct host_options){0});
	host_add_server("test", &(const struct djed_server){.init = NULL});
	invariants_start(&invariants);
	base = djed_log_top;
	checked = checked_part = checked_leaves = 0;
}

static const char *verdict(void)
{
	return host_panic_of(invariants_check(&invariants, base));
}

static void expect_broken_by(const char *line)
{
	const char *panic = verdict();

	cr_assert(panic && strstr(panic, "invariant"), "%s", panic ? panic : "nothing was noticed");
	cr_assert(strstr(host_log(), line), "%s", host_log());
}

Test(invariants, nothing_changed)
{
	start();
	cr_assert_null(verdict());
	cr_assert_eq(checked, 0);
}

Test(invariants, balanced)
{
	start();
	CHANGE(object[3].used, 1);
	CHANGE(used, 1);
	CHANGE(object[3].holds, 7);
	CHANGE(object[7].holders, 1);
	cr_assert_null(verdict());
	cr_assert_eq(checked, 2, "each changed object is checked once, not %u times", checked);
}

Test(invariants, count_that_was_forgotten)
{
	start();
	CHANGE(object[3].used, 1);
	expect_broken_by("objects counted in 0: 1 too many");
}

Test(invariants, holder_that_was_forgotten)
{
	start();
	CHANGE(object[3].holds, 7);
	expect_broken_by("holders of 7: 1 too many");
}

Test(invariants, holder_of_another)
{
	start();
	CHANGE(object[3].holds, 7);
	CHANGE(object[8].holders, 1);
	expect_broken_by("holders of 8: -1 too many");
}

Test(invariants, holder_that_lets_go)
{
	start();
	object[3].holds = 7;
	object[7].holders = 1;
	CHANGE(object[3].holds, 8);
	CHANGE(object[8].holders, 1);
	CHANGE(object[7].holders, 0);
	cr_assert_null(verdict());
	CHANGE(object[7].holders, 1);
	expect_broken_by("holders of 7: -1 too many");
}

Test(invariants, check_of_a_changed_object)
{
	start();
	object[4].used = 9; /* by an earlier request: not looked at again */
	CHANGE(object[3].used, 2);
	CHANGE(used, 2);
	expect_broken_by("object 3 is used 2 times");
}

Test(invariants, oldest_bytes_count)
{
	start();
	CHANGE(used, 5);
	CHANGE(used, 9);
	CHANGE(object[3].used, 1);
	CHANGE(used, 1);
	cr_assert_null(verdict());
}

Test(invariants, part_of_a_field)
{
	start();
	used = 0x0100; /* at the start of the request */
	changing((uint8_t *)&used + 1, 1);
	((uint8_t *)&used)[1] = 0;
	CHANGE(*(uint8_t *)&used, 1);
	CHANGE(object[3].used, 1);
	expect_broken_by("objects counted in 0: 256 too many");
}

Test(invariants, unwatched_bytes)
{
	start();
	CHANGE(object[3].time, 77);
	changing(object[5].text, sizeof(object[5].text));
	cr_assert_null(verdict());
	cr_assert_eq(checked + checked_part, 0);
}

Test(invariants, parts)
{
	start();
	CHANGE(object[3].limit, 99);
	cr_assert_null(verdict());
	cr_assert(checked == 0 && checked_part == 1, "%u, %u", checked, checked_part);
	CHANGE(object[3].limit, 100);
	expect_broken_by("object 3 has limit 100");
}

Test(invariants, many_objects_in_one_record)
{
	start();
	for (unsigned i = 0; i < OBJECTS; i++)
		object[i].used = 1;
	used = OBJECTS;
	changing(&object[2].used, 5 * sizeof(struct object));
	memset(&object[2].used, 0, 5 * sizeof(struct object));
	CHANGE(used, OBJECTS - 5);
	cr_assert_null(verdict());
	cr_assert(checked == 5 && checked_part == 5, "%u, %u", checked, checked_part);
	CHANGE(used, OBJECTS - 4);
	expect_broken_by("objects counted in 0: -1 too many");
}

/* Two tables that lie side by side, and something between them. */
static struct {
	uint32_t before, held, gap, holds, behind;
} together;
static void balance_held(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_count(book, LAW_HOLDERS, 1, (int64_t)*(const uint32_t *)before - *(const uint32_t *)now);
}
static void balance_holds(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_count(book, LAW_HOLDERS, 1, (int64_t)*(const uint32_t *)now - *(const uint32_t *)before);
}

Test(invariants, record_over_several_tables)
{
	static struct invariant_table both[] = {
	    {"holds", &together.holds, 4, 1, 0, 4, NULL, balance_holds, NULL},
	    {"held", &together.held, 4, 1, 0, 4, NULL, balance_held, NULL},
	};

	start();
	invariants = (struct invariants){both, 2, law_names, false};
	invariants_start(&invariants);
	together.before = together.gap = together.behind = 9;
	together.held = 1;
	together.holds = 2; /* from before this request: no business of it */
	changing(&together, sizeof(together));
	together.held = 3;
	together.holds = 4;
	cr_assert_null(verdict());
	together.holds = 3;
	expect_broken_by("holders of 1: -1 too many");
}

/* More accounts than there is room for at first. */
Test(invariants, many_accounts)
{
	start();
	for (unsigned i = 1; i < OBJECTS; i++) {
		CHANGE(object[i].holds, i % 63 + 1);
		CHANGE(object[i].holders, 1);
	}
	cr_assert_null(verdict());
	CHANGE(object[9].holders, 2);
	expect_broken_by("holders of 9: -1 too many");
}

Test(invariants, suspended)
{
	start();
	CHANGE(object[3].holds, OBJECTS);
	cr_assert_null(verdict());
	CHANGE(object[3].used, 1);
	expect_broken_by("objects counted in 0: 1 too many");
}

/* What an earlier delivery of the same transaction changed was looked at then. */
Test(invariants, from_the_delivery_on)
{
	start();
	CHANGE(object[3].used, 1);
	base = djed_log_top;
	cr_assert_null(verdict());
	CHANGE(used, 1);
	expect_broken_by("objects counted in 0: -1 too many");
}

static void nothing(uint64_t argument)
{
	(void)argument;
}

Test(invariants, all_kinds_of_records)
{
	start();
	CHANGE(object[3].used, 1);
	djed_window_open = 1;
	djed_undo_call(nothing, 1);
	djed_window_open = 0;
	changing(object, sizeof(object));
	object[3].used = 0;
	cr_assert_null(verdict());
	cr_assert_eq(checked, OBJECTS);
}

Test(invariants, damaged_log)
{
	const char *panic;

	start();
	CHANGE(object[3].used, 1);
	CHANGE(used, 1);
	djed_log_top[-1] += UINT64_C(64) << 56; /* claims more bytes than there are */
	panic = verdict();
	cr_assert(panic && strstr(panic, "log is damaged"), "%s", panic ? panic : "nothing was noticed");
}

/* Requests of a usual shape are not all looked at. */
Test(invariants, sample)
{
	unsigned noticed = 0;

	start();
	for (unsigned i = 0; i < 1000; i++) {
		CHANGE(used, used + 1);
		noticed += host_panic_of(invariants_at_reply(&invariants, base)) != NULL;
		djed_undo_reset();
	}
	cr_assert(noticed >= 4 && noticed < 12, "%u", noticed);
	CHANGE(used, used + 1);
	djed_ipc.in.attempt = 1;
	cr_assert(host_panic_of(invariants_at_reply(&invariants, base)),
		  "the second attempt is not looked at");
	djed_ipc.in.attempt = 0;
	CHANGE(object[3].limit, 1);
	cr_assert(host_panic_of(invariants_at_reply(&invariants, base)), "a new shape is not looked at");
}

/* Without room behind the log nothing is said. */
Test(invariants, no_room)
{
	start();
	djed_port_start.log_size = 4096;
	for (unsigned i = 0; i < 16; i++)
		changing(object[i].text, 200);
	CHANGE(object[3].used, 1);
	cr_assert(djed_undo_length() < 4096);
	cr_assert_null(verdict());
	for (unsigned i = 0; i < 16; i++)
		changing(object[i].text, 200);
	cr_assert(djed_undo_length() > 4096);
	cr_assert_null(verdict());
}

/* Room for the changed objects, but not for the names of accounts. */
Test(invariants, no_room_for_names)
{
	const char *panic;

	start();
	CHANGE(object[3].used, 1);
	djed_port_start.log_size = djed_undo_length() + 200;
	panic = verdict();
	cr_assert(panic && strstr(panic, "1 invariants"), "%s", panic ? panic : "nothing was noticed");
}

/* An array inside of an object: each of its elements is an object. */
Test(invariants, elements_of_a_part)
{
	start();
	CHANGE(object[3].leaf[5].colour, 7);
	CHANGE(object[3].leaf[5].weight, 7);
	CHANGE(object[3].leaf[0].weight, 0);
	cr_assert_null(verdict());
	cr_assert(checked == 0 && checked_part == 0 && checked_leaves == 2, "%u", checked_leaves);
	/* One record over the end of one object and the start of the next. */
	djed_undo_reset();
	base = djed_log_top;
	checked = checked_part = checked_leaves = 0;
	changing(&object[8].leaf[4].weight, sizeof(object[8]));
	object[8].leaf[4].weight = object[8].leaf[5].colour = object[9].leaf[2].colour = 3;
	expect_broken_by("colour and weight of leaf 52: -3 too many");
	cr_assert(strstr(host_log(), "leaf 53: 3 too many") && strstr(host_log(), "leaf 56: 3 too many"),
		  "%s", host_log());
	cr_assert(checked == 1 && checked_part == 1 && checked_leaves == 7, "%u", checked_leaves);
	djed_undo_reset();
	base = djed_log_top;
	CHANGE(object[9].leaf[3].colour, 9);
	CHANGE(object[9].leaf[3].weight, 9);
	expect_broken_by("leaf 57 is colourful");
}
