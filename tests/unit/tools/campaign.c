/* Classification and planning: what the campaign's figures stand on. */
#include "campaign.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
	o.lab.clients_ended = 1;
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
	/* The workload had to be ended, after which the probe ran. */
	o = ended("one\nthree\n");
	o.lab.exit_status = LIMIT_STATUS << 8;
	expect("waits for no known reason", HANG, o, &g);
	o = ended("one\nthree\n");
	o.lab.exit_status = LIMIT_STATUS << 8;
	o.lab.recoveries = 1;
	o.lab.errors = 1;
	o.lab.first_error = 4;
	expect("waits after an error answer", ERROR_SEEN, o, &g);
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
		list[i] = (struct site){.service = i % 3, .number = i + 1, .block = i, .count = i + 1};
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
	/* Plans with one site a block are drawn as they always were: campaigns can be compared across
	 * versions. */
	static const unsigned number[] = {38, 8, 11, 29, 26}, skip[] = {14, 3, 7, 25, 9};
	for (unsigned i = 0; i < 5; i++)
		cr_expect(first[i].site->number == number[i] && first[i].skip == skip[i]);
	/* A longer plan begins like a shorter one, so that results can be compared. */
	plan_draw(again, 10, &sites, 7);
	cr_expect(same_plan(first, again, 10));
}

/* Where blocks run more or less often the plan strikes at the same part of their executions. */
Test(campaign, plan_of_another_policy)
{
	struct site list[] = {{.service = 1, .number = 1, .block = 0, .count = 10},
			      {.service = 1, .number = 2, .block = 2, .count = 1000000},
			      {.service = 2, .number = 1, .block = 0, .count = 5}};
	struct planned plan[] = {{.site = &list[0], .drawn = 9, .skip = 9},
				 {.site = &list[1], .drawn = 500000, .skip = 1},
				 {.site = &list[2], .drawn = 4, .skip = 4}};
	uint64_t start[] = {3, 0, 1}, end[] = {8, 0, UINT64_C(4) << 44};
	struct counts before = {.list[1] = start, .blocks[1] = 3}, after = {.list[1] = end, .blocks[1] = 3};
	plan_fit(plan, 3, &before, &after);
	cr_expect_eq(plan[0].skip, 4, "the last of 10 is the last of 5");
	cr_expect_eq(plan[1].skip, ((UINT64_C(4) << 44) - 1) / 2, "no overflow");
	cr_expect_eq(plan[2].skip, 0, "a service without counts");
	cr_expect_eq(plan[0].drawn, 9, "what was drawn stays");
}

/* Blocks are drawn, then one of their sites, however many they have. */
Test(campaign, plan_of_classes)
{
	enum { BLOCKS = 20, DRAWN = 4000 };
	struct site list[BLOCKS * (BLOCKS + 1) / 2];
	struct sites sites = {.list = list};
	for (unsigned block = 0; block < BLOCKS; block++)
		for (unsigned i = 0; i <= block; i++) {
			/* Two services have blocks of the same number. */
			list[sites.count] = (struct site){
			    .service = block % 2, .number = sites.count + 1, .block = block / 2, .count = 10};
			sites.count++;
		}
	static struct planned plan[DRAWN];
	plan_draw(plan, DRAWN, &sites, 3);
	unsigned of_block[BLOCKS] = {0}, of_site[BLOCKS * (BLOCKS + 1) / 2] = {0};
	for (unsigned i = 0; i < DRAWN; i++) {
		unsigned block = 2 * plan[i].site->block + plan[i].site->service;
		of_block[block]++;
		of_site[plan[i].site - list]++;
		cr_expect_eq(of_block[block], i / BLOCKS + 1, "a block is drawn again before all were");
	}
	/* Each of a block's sites, 200 times over their number; five standard deviations are below 5 *
	 * sqrt(200). */
	for (unsigned i = 0; i < sites.count; i++) {
		unsigned block = 2 * list[i].block + list[i].service;
		double wanted = 200.0 / (block + 1);
		cr_expect(of_site[i] > wanted - 71 && of_site[i] < wanted + 71 && of_site[i] > 0,
			  "site %u of block %u: %u times", i, block, of_site[i]);
	}
}

Test(campaign, table_lines)
{
	struct table_row row;
	char *line =
	    format_string("7 3 handle a.c:12 no-load %u\n8 3 next", (unsigned)DJED_FAULT_FUNCTIONS - 1);
	cr_assert(table_parse(line, 4, &row));
	free(line);
	cr_expect_eq(row.kind, TABLE_SITE);
	cr_expect(row.site == 7 && row.block == 3 && row.twin == DJED_FAULT_FUNCTIONS - 1);
	cr_expect_str_eq(row.function, "handle");
	cr_expect_str_eq(row.location, "a.c:12");
	cr_expect_str_eq(row.fault_class, "no-load");
	cr_assert(table_parse("# block 3 handle 17", 4, &row));
	cr_expect(row.kind == TABLE_BLOCK && row.block == 3 && row.instructions == 17);
	cr_assert(table_parse("# effect 2 send a.c:7 3 store_write\n", 4, &row));
	cr_expect(row.kind == TABLE_EFFECT && row.block == 2 && row.effect == 3);
	cr_expect_str_eq(row.function, "send");
	cr_expect_str_eq(row.location, "a.c:7");
	cr_expect_str_eq(row.operation, "store_write");
	cr_expect(!table_parse("# effect 4 send a.c:7 3 store_write", 4, &row), "no such block");
	cr_expect(!table_parse("# effect 2 send a.c:7 6 store_write", 4, &row), "no such class");
	cr_expect(!table_parse("# effect 2 send a.c:7 0 store_write", 4, &row), "reads is no side effect");
	cr_expect(!table_parse("# effect 2 send a.c:7 3", 4, &row), "a word is missing");
	cr_assert(table_parse("# apart 0 init\n", 4, &row));
	cr_expect(row.kind == TABLE_APART && row.block == 0);

	static const char *const wrong[] = {
	    "",
	    "\n",
	    "0 3 handle a.c:12 no-load 0",
	    "7 4 handle a.c:12 no-load 0",
	    "7 3 handle a.c:12 no-load",
	    "7 3 handle a.c:12 no-load 0 more",
	    "7 3 handle a.c:12 no-load -1",
	    "7 3 handle a.c:12 no-load 4294967296",
	    "7 3 handle a.c:12 no-load 99999999999999999999",
	    "7  3 handle a.c:12 no-load 0",
	    "+7 3 handle a.c:12 no-load 0",
	    "7x 3 handle a.c:12 no-load 0",
	    "7 3 handle a.c:12 a-class-whose-name-is-longer-than-any 0",
	    "# block 4 handle 17",
	    "# block 3 handle",
	    "# apart 4 init",
	    "# apart",
	    "# note",
	};
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect(!table_parse(wrong[i], 4, &row), "taken: '%s'", wrong[i]);
	line = format_string("7 3 handle a.c:12 no-load %u", (unsigned)DJED_FAULT_FUNCTIONS);
	cr_expect(!table_parse(line, 4, &row), "a function that the fault slot has no byte for is taken");
	free(line);
	line = format_string("7 3 %0300d a.c:12 no-load 0", 1);
	cr_expect(!table_parse(line, 4, &row), "a name that does not fit is taken");
	free(line);
}

/* Reads this table of a service with two blocks, of which the second ran. */
static struct sites read_table(const char *table, const char *model)
{
	char directory[] = "/tmp/djed-campaign.XXXXXX";
	cr_assert(mkdtemp(directory));
	setenv("DJED_BUILD_DIR", directory, 1);
	char *folder = format_string("%s/campaign/services", directory);
	make_directories(folder);
	char *path = format_string("%s/vfs.sites", folder);
	write_file(path, table, strlen(table));
	static uint64_t zeros[4], ones[4] = {0, 1, 0, 0};
	struct counts before = {.list = {zeros}, .in_window = {zeros + 2}, .blocks = {2}};
	struct counts after = {.list = {ones}, .in_window = {ones + 2}, .blocks = {2}};
	struct golden golden = {.services = 1, .service = {"vfs"}};
	struct settings settings = {.model = model};
	struct sites sites = {0};
	sites_read(&sites, &before, &after, &golden, &settings);
	return sites;
}

static const char good_table[] = "1 0 f a.c:1 null-pointer 0\n# block 0 f 1\n2 1 f a.c:1 no-load 0\n"
				 "3 1 f a.c:1 null-pointer 0\n# block 1 f 1\n";

Test(campaign, table)
{
	struct sites mix = read_table(good_table, "mix"), stop = read_table(good_table, "fail-stop");
	cr_assert_eq(mix.count, 2);
	cr_expect(mix.list[0].number == 2 && mix.list[1].number == 3);
	cr_assert_eq(stop.count, 1);
	cr_expect(stop.list[0].number == 3 && stop.list[0].block == 1 && stop.list[0].count == 1);
	cr_expect_eq(mix.executed[0], 1);
}

/* A folder that looks like a campaign build; its path. */
static char *make_build(void)
{
	char *directory = format_string("/tmp/djed-campaign.XXXXXX");
	cr_assert(mkdtemp(directory));
	char *folder = format_string("%s/campaign", directory);
	make_directories(folder);
	static const char *const names[] = {"kernel", "boot.tar", "work.sh"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = format_string("%s/%s", folder, names[i]);
		write_file(path, names[i], strlen(names[i]));
		free(path);
	}
	setenv("DJED_BUILD_DIR", directory, 1);
	free(folder);
	return directory;
}

/* Plans so many experiments in the folder, in a process of its own; its exit status. */
static int planned_there(const char *folder, unsigned count, uint64_t seed, const char *policy, bool controls)
{
	enum { SITES = 20, DRAWN = 100 };
	pid_t child = fork();
	if (child == 0) {
		static struct site list[SITES];
		static struct planned plan[DRAWN];
		static struct golden golden = {.services = 1, .service = {"vfs"}};
		for (unsigned i = 0; i < SITES; i++)
			list[i] = (struct site){.number = i + 1, .block = i, .count = 10};
		struct sites sites = {.list = list, .count = SITES};
		char *out = format_string("%s/out", folder),
		     *work = format_string("%s/campaign/work.sh", folder);
		struct settings settings = {.directory = out,
					    .workload = work,
					    .model = "mix",
					    .policy = "chain",
					    .controls = controls,
					    .experiments = count,
					    .seed = 1};
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		sqlite3 *db = store_open(&settings);
		plan_draw(plan, count, &sites, seed);
		store_golden(db, policy, &golden);
		store_plan(db, policy, plan, count, &golden);
		sqlite3_close(db);
		_exit(0);
	}
	int status;
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static unsigned stored(const char *folder, const char *sql)
{
	char *path = format_string("%s/out/campaign.db", folder);
	sqlite3 *db;
	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_stmt *find = store_prepare(db, sql);
	cr_assert_eq(sqlite3_step(find), SQLITE_ROW);
	unsigned value = (unsigned)sqlite3_column_int64(find, 0);
	sqlite3_finalize(find);
	sqlite3_close(db);
	free(path);
	return value;
}

/* A campaign becomes larger, not smaller; what it has is of the same plan, or it stays as it is. */
Test(campaign, larger)
{
	static const char rows[] = "SELECT count(*) FROM experiment",
			  size[] = "SELECT value FROM setting WHERE key = 'experiments'",
			  faults[] = "SELECT sum(id * site * (skip + 1)) FROM experiment WHERE id <= 30";
	char *folder = make_build();
	cr_expect_eq(planned_there(folder, 30, 7, "chain", false), 0);
	unsigned before = stored(folder, faults);
	cr_expect_eq(planned_there(folder, 29, 7, "chain", false), EXIT_DJED, "smaller");
	cr_expect_eq(planned_there(folder, 50, 8, "chain", false), EXIT_DJED, "another plan");
	cr_expect(stored(folder, rows) == 30 && stored(folder, size) == 30);
	cr_expect_eq(planned_there(folder, 50, 7, "chain", false), 0);
	cr_expect(stored(folder, rows) == 50 && stored(folder, size) == 50);
	cr_expect_eq(stored(folder, faults), before);
	cr_expect_eq(planned_there(folder, 50, 7, "chain", false), 0, "the same again");
	/* With a control the one cannot become larger without the other. */
	cr_expect_eq(planned_there(folder, 50, 7, "none", true), 0);
	cr_expect_eq(planned_there(folder, 60, 7, "chain", false), EXIT_DJED, "without the controls");
	cr_expect_eq(planned_there(folder, 60, 7, "chain", true), 0);
	cr_expect_eq(stored(folder, rows), 110);
	char *clean = format_string("rm -r %s", folder);
	cr_expect_eq(system(clean), 0);
	free(clean);
	free(folder);
}

/* The line that such a table is refused with, in a process of its own. */
static void expect_refused(const char *table, const char *line)
{
	char path[] = "/tmp/djed-campaign.XXXXXX";
	cr_assert(mkstemp(path) >= 0);
	pid_t child = fork();
	if (child == 0) {
		if (!freopen(path, "w", stderr))
			_exit(1);
		read_table(table, "mix");
		_exit(0);
	}
	int status;
	cr_assert_eq(waitpid(child, &status, 0), child);
	struct text said = read_file(path);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 125, "status %x", status);
	cr_expect_not_null(strstr(said.bytes, line), "'%s' for '%s'", said.bytes, line);
	text_free(&said);
	unlink(path);
}

/* A table that is taken as it is would have a byte of its choice written outside of the fault slot. */
Test(campaign, hostile_tables)
{
	expect_refused("1 0 f a.c:1 null-pointer 0\n2 1 f a.c:1 null-pointer 4096\n",
		       "/campaign/services/vfs.sites:2: does not fit the running system\n");
	expect_refused("# block 0 f 1\n\n", "vfs.sites:2: does not fit");
	expect_refused("1 0 f a.c:1 null-pointer 0\n3 1 f a.c:1 null-pointer 0\n",
		       "vfs.sites:2: site 3 where 2 is expected\n");
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
