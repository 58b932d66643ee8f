/* Text, numbers and intervals of the host tools. */
#include "guest.h"
#include "statistics.h"
#include "text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static bool near(double a, double b)
{
	return fabs(a - b) < 5e-4;
}

Test(common, wilson)
{
	/* Figures from Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29. */
	struct rate r = wilson(81, 263);
	cr_expect(near(r.low, 0.2553) && near(r.high, 0.3662), "%f %f", r.low, r.high);
	r = wilson(15, 148);
	cr_expect(near(r.low, 0.0624) && near(r.high, 0.1605), "%f %f", r.low, r.high);
	r = wilson(0, 20);
	cr_expect(r.low == 0 && near(r.high, 0.1611), "%f %f", r.low, r.high);
	r = wilson(1, 29);
	cr_expect(near(r.low, 0.0061) && near(r.high, 0.1718), "%f %f", r.low, r.high);
	r = wilson(29, 29);
	cr_expect(r.high == 1 && r.rate == 1);
	r = wilson(0, 0);
	cr_expect(r.low == 0 && r.high == 0);
}

Test(common, random)
{
	uint64_t state = 0;
	/* First output of splitmix64 from seed 0, as published with the generator. */
	cr_expect_eq(random_next(&state), 0xe220a8397b1dcdafu);
	unsigned seen[7] = {0};
	for (int i = 0; i < 7000; i++) {
		uint64_t x = random_below(&state, 7);
		cr_assert_lt(x, 7);
		seen[x]++;
	}
	for (int i = 0; i < 7; i++)
		cr_expect(seen[i] > 800 && seen[i] < 1200, "%d: %u", i, seen[i]);
	cr_expect_eq(random_below(&state, 1), 0);
}

Test(common, command_line)
{
	struct text line = {0};
	text_format(&line, "policy=chain");
	guest_add_words(&line, "probe", (char *const[]){"a b", "c", NULL});
	guest_add_program(&line, (char *const[]){"sh", "-c", "echo \"%d\"\n\377", "", NULL});
	cr_expect_str_eq(line.bytes, "policy=chain probe=a%20b%20c -- sh -c echo%20\"%25d\"%0A%FF %00");
	text_free(&line);
}

Test(common, growth)
{
	struct text t = {0};
	for (int i = 0; i < 10000; i++)
		text_format(&t, "%d,", i);
	text_add(&t, "\0x", 2);
	cr_expect_eq(t.length, 48892);
	cr_expect_eq(t.bytes[t.length], 0);
	cr_expect(!strncmp(t.bytes + 48880, "9998,9999,", 10));
	text_clear(&t);
	cr_expect_eq(t.length, 0);
	text_free(&t);
}

Test(common, detectors)
{
	static const char *const lists[] = {
	    "all", "none", "checks", "checks, heartbeat",
	    "checks, invariants, heap, limit, heartbeat, confirm, confirm-all"};
	for (unsigned i = 0; i < sizeof lists / sizeof *lists; i++) {
		char given[80];
		unsigned length = 0;
		for (const char *from = lists[i]; *from; from++)
			if (*from != ' ')
				given[length++] = *from;
		given[length] = 0;
		struct text named = {0};
		name_detectors(&named, parse_detectors("--detect", given));
		cr_expect_str_eq(named.bytes, lists[i]);
		text_free(&named);
	}
	struct text named = {0};
	name_detectors(&named, 1u << 31);
	cr_expect_str_eq(named.bytes, "unknown (80000000)");
	text_free(&named);
}
