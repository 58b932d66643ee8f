/* Classification and planning: what the campaign's figures stand on. */
#include "campaign.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct golden golden_of(const char *output)
{
	struct golden g = {.services = 2, .exit_status = 0};
	text_format(&g.output, "%s", output);
	return g;
}

static struct observation ended(const char *output)
{
	struct observation o = {.lab_valid = true, .hits = 1};
	text_format(&o.output, "%s", output);
	o.lab.state = DJED_LAB_ENDED;
	o.lab.service[0].alive = o.lab.service[1].alive = 1;
	return o;
}

static void expect(const char *what, enum outcome wanted, struct observation o, const struct golden *g)
{
	struct verdict v = classify(&o, g);
	cr_expect_eq(v.outcome, wanted, "%s: %s for %s", what, outcome_names[v.outcome],
		     outcome_names[wanted]);
	text_free(&o.output);
}

Test(campaign, outcomes)
{
	struct golden g = golden_of("one\ntwo\nthree\n");
	struct observation o = ended("one\ntwo\nthree\n");
	expect("same", TRANSPARENT, o, &g);

	o = ended("one\ntwo\nthree\n");
	o.hits = 0;
	expect("never ran", INACTIVE, o, &g);

	/* The first difference is at byte 4; an error answer recorded before it explains it, one after it
	 * does not. */
	o = ended("one\nbad\nthree\n");
	o.lab.recoveries = 1;
	o.lab.errors = 1;
	o.lab.first_error = 4;
	expect("explained", ERROR_SEEN, o, &g);
	o = ended("one\nbad\nthree\n");
	o.lab.recoveries = 1;
	o.lab.errors = 1;
	o.lab.first_error = 5;
	expect("too late", SILENT, o, &g);
	o = ended("one\nbad\nthree\n");
	o.lab.recoveries = 1;
	o.lab.first_error = 0;
	expect("a recovery without error answer explains nothing", SILENT, o, &g);
	o = ended("one\nbad\nthree\n");
	o.output_before = 1000;
	o.lab.recoveries = 1;
	o.lab.errors = 1;
	o.lab.first_error = 1004;
	expect("output of start-up does not count", ERROR_SEEN, o, &g);
	expect("nothing recorded", SILENT, ended("one\n"), &g);
	expect("longer", SILENT, ended("one\ntwo\nthree\nfour\n"), &g);
	o = ended("one\ntwo\nthree\n");
	o.lab.exit_status = 256;
	expect("other status", SILENT, o, &g);
	o = ended("one\ntwo\nthree\n");
	o.lab.exit_status = 256;
	o.lab.recoveries = 1;
	o.lab.errors = 1;
	o.lab.first_error = 14;
	expect("other status after an error answer", ERROR_SEEN, o, &g);

	/* The worst that applies. */
	o = ended("one\ntwo\nthree\n");
	o.lab.rung_uses[3] = 1;
	expect("client ended", CLIENT_LOST, o, &g);
	o.output = (struct text){0};
	text_format(&o.output, "one\ntwo\nthree\n");
	o.lab.service[1].alive = 0;
	expect("service dead beats client", SERVICE_LOST, o, &g);
	o = ended("one\ntwo\nthree\n");
	o.lab.service[1].alive = 0;
	o.lab.violations = 3;
	expect("failed audit beats all", SILENT, o, &g);
	o = ended("one\ntwo\nthree\n");
	o.lab.violations = ~0u;
	expect("an audit that never ran has failed", SILENT, o, &g);
	o = ended("one\n");
	o.lab.state = DJED_LAB_SHUTDOWN;
	o.lab.violations = ~0u;
	expect("shutdown", SHUTDOWN, o, &g);
	o = ended("one\n");
	o.lab.state = DJED_LAB_RUNNING;
	o.timed_out = true;
	expect("hang", HANG, o, &g);
	o = ended("one\n");
	o.lab.state = DJED_LAB_PANIC;
	expect("kernel stopped", CRASH, o, &g);
	o = ended("one\n");
	o.machine_gone = true;
	o.lab.state = DJED_LAB_RUNNING;
	expect("machine gone", CRASH, o, &g);
	o = ended("one\n");
	o.lab_valid = false;
	expect("lab page destroyed", CRASH, o, &g);
	o = ended("one\n");
	o.hits = 0;
	o.lab.state = DJED_LAB_RUNNING;
	o.timed_out = true;
	expect("a hang is never inactive", HANG, o, &g);
	text_free(&g.output);
}

static bool same_plan(const struct planned *a, const struct planned *b, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (a[i].id != b[i].id || a[i].site != b[i].site || a[i].skip != b[i].skip)
			return false;
	return true;
}

Test(campaign, plan)
{
	enum { SITES = 50, DRAWN = 120 };
	struct site list[SITES];
	for (unsigned i = 0; i < SITES; i++)
		list[i] = (struct site){.service = i % 3, .number = i + 1, .count = i + 1};
	struct sites sites = {.list = list, .count = SITES};
	struct planned first[DRAWN], again[DRAWN], other[DRAWN];
	plan_draw(first, DRAWN, &sites, 7);
	plan_draw(again, DRAWN, &sites, 7);
	plan_draw(other, DRAWN, &sites, 8);
	cr_expect(same_plan(first, again, DRAWN), "the same seed gives the same plan");
	cr_expect(!same_plan(first, other, DRAWN), "another seed gives another plan");
	unsigned drawn[SITES] = {0};
	for (unsigned i = 0; i < DRAWN; i++) {
		cr_expect_eq(first[i].id, i + 1);
		cr_expect_lt(first[i].skip, first[i].site->count);
		drawn[first[i].site - list]++;
		/* No site a second time before each had its first. */
		cr_expect_eq(drawn[first[i].site - list], i / SITES + 1);
	}
	/* A longer plan begins like a shorter one, so that results can be compared. */
	plan_draw(again, 10, &sites, 7);
	cr_expect(same_plan(first, again, 10));
}

Test(campaign, snapshots)
{
	/* Before the start block 3 had run 5 times; then it runs 4, 0 and 6 times between snapshots. */
	static const uint64_t ran[] = {5, 9, 9, 15};
	uint64_t list[4][4] = {0};
	struct snapshots all = {.count = 4};
	struct site site = {.service = 2, .block = 3, .count = 12};
	for (unsigned i = 0; i < all.count; i++) {
		list[i][3] = ran[i];
		all.at[i].counts.list[2] = list[i];
		all.at[i].counts.blocks[2] = 4;
	}
	static const unsigned from[] = {0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 3, 3};
	static const unsigned left[] = {0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 0, 1};
	for (unsigned i = 0; i < site.count; i++) {
		struct planned fault = {.site = &site, .skip = i};
		uint64_t skip = ~0ull;
		const struct snapshot *at = snapshots_before(&all, &fault, &skip);
		cr_expect_eq(at - all.at, from[i], "execution %u: from snapshot %ld", i, (long)(at - all.at));
		cr_expect_eq(skip, left[i], "execution %u: skips %llu", i, (unsigned long long)skip);
	}
}
