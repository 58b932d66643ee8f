/* The report's figures, from a small campaign whose figures can be worked out by hand; and its pages. */
#include "report.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two servers with dormant faults, one without. "<&" must not get into a page as it is. */
static const char campaign[] =
    "CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE golden(policy TEXT PRIMARY KEY, exit_status INT, instructions INT, calls INT, seconds "
    "REAL, output BLOB);"
    "CREATE TABLE service(policy TEXT, number INT, name TEXT, time INT, time_window INT, blocks INT, "
    "executed INT, apart INT);"
    "CREATE TABLE site(service TEXT, number INT, block INT, count INT, function TEXT, location TEXT, class "
    "TEXT);"
    "CREATE TABLE function(policy TEXT, service TEXT, name TEXT, instructions INT, in_window INT);"
    "CREATE TABLE effect(policy TEXT, service TEXT, number INT, function TEXT, location TEXT, operation "
    "TEXT, class INT, count INT);"
    "CREATE TABLE experiment(policy TEXT, id INT, service TEXT, site INT, skip INT, outcome TEXT, detail "
    "TEXT, hits INT,"
    " exit_status INT, state INT, violations INT, recoveries INT, seconds REAL);"
    "CREATE TABLE recovery(policy TEXT, experiment INT, number INT, service INT, cause INT, rung INT, error "
    "INT, latency INT,"
    " label INT, attempt INT, instruction INT, address INT);"
    "CREATE TABLE flagged(policy TEXT, experiment INT, service INT, times INT);"
    "INSERT INTO flagged VALUES('chain', 2, 1, 3), ('chain', 5, 1, 1), ('chain', 5, 2, 1), ('none', 1, 1, 1);"
    "INSERT INTO setting VALUES('policy', 'chain'), ('model', 'fail-stop'), ('faults', 'once'), ('seed', "
    "'7'),"
    " ('servers', 'all'), ('workload_path', '/some/where/work.sh');"
    "INSERT INTO golden VALUES('chain', 0, 2000000, 300, 1, ''), ('none', 0, 2000000, 300, 1, '');"
    "INSERT INTO service VALUES('chain', 0, 'rs', 900, 900, 0, 0, 0), ('chain', 1, 'pm', 300, 300, 40, 20, "
    "5),"
    " ('chain', 2, 'vfs', 100, 50, 60, 50, 7), ('none', 0, 'rs', 900, 0, 0, 0, 0), ('none', 1, 'pm', 300, 0, "
    "40, 20, 5),"
    " ('none', 2, 'vfs', 100, 0, 60, 50, 7);"
    "INSERT INTO site VALUES('pm', 1, 1, 9, 'f<&', 'a.c:1', 'stop'), ('pm', 2, 2, 9, 'f', 'a.c:2', 'flip'),"
    " ('vfs', 1, 1, 9, 'g', 'b.c:1', 'stop'), ('vfs', 2, 2, 9, 'g', 'b.c:2', 'stop');"
    "INSERT INTO function VALUES('chain', 'pm', 'f<&', 1000, 1000), ('chain', 'vfs', 'g', 4321, 1234),"
    " ('osiris', 'vfs', 'h', 9999, 1);"
    "INSERT INTO effect VALUES('chain', 'pm', 1, 'f<&', 'a.c:7', 'store_write', 1, 500),"
    " ('chain', 'pm', 2, 'f<&', 'a.c:7', 'store_write', 1, 1), ('chain', 'vfs', 3, 'g', 'b.c:8', "
    "'port_write', 5, 42);"
    "INSERT INTO experiment VALUES"
    " ('chain', 1, 'pm', 1, 0, 'transparent', '', 1, 0, 3, 0, 1, 0.1), ('chain', 2, 'pm', 2, 0, 'error', '', "
    "1, 0, 3, 0, 1, 0.1),"
    " ('chain', 3, 'pm', 1, 0, 'silent', 'byte <1>', 1, 0, 3, 0, 0, 0.1), ('chain', 4, 'vfs', 1, 0, "
    "'inactive', '', 0, 0, 3, 0, 0, 0.1),"
    " ('chain', 5, 'vfs', 2, 0, 'client_lost', '', 1, 0, 3, 0, 2, 0.1), ('chain', 6, 'vfs', 2, 0, NULL, '', "
    "0, 0, 0, 0, 0, 0),"
    " ('none', 1, 'pm', 1, 0, 'hang', '', 1, 0, 3, 0, 0, 0.1);"
    "INSERT INTO recovery VALUES('chain', 1, 0, 1, 1, 1, 0, 2000, 0, 0, 0, 0), ('chain', 2, 0, 1, 1, 2, 5, "
    "4000, 0, 0, 0, 0),"
    " ('chain', 5, 0, 2, 1, 1, 0, 6000, 0, 0, 0, 0), ('chain', 5, 1, 2, 1, 6, 0, 90000, 0, 0, 0, 0);";

static sqlite3 *open_campaign(void)
{
	sqlite3 *db;
	cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, campaign, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	return db;
}

static struct summary summary;

Test(report, figures)
{
	summary_read(&summary, open_campaign());
	cr_assert_eq(summary.policies, 2);
	const struct policy_figures *p = &summary.figures[0];
	cr_expect_str_eq(p->policy, "chain");
	cr_expect_eq(p->all.experiments, 5, "those that have not run do not count");
	cr_expect_eq(p->all.active, 4);
	cr_expect_float_eq(p->all.survival.rate, 0.5, 1e-9);
	cr_expect_float_eq(p->all.service_kept.rate, 0.75, 1e-9);
	cr_expect_float_eq(p->all.survival.low, 0.150, 0.001);
	cr_expect_float_eq(p->all.survival.high, 0.850, 0.001);

	const struct figures *pm = &p->service[1], *vfs = &p->service[2];
	cr_expect_eq(pm->active, 3);
	cr_expect_eq(pm->outcome[7], 1);
	cr_expect_eq(vfs->experiments, 2);
	cr_expect_eq(vfs->active, 1);
	cr_expect_eq(vfs->executed, 50);
	cr_expect_eq(vfs->apart, 7);
	cr_expect_eq(p->all.apart, 12);
	cr_expect_eq(p->all.time, 400, "reliable computing base does not count");
	cr_expect_eq(p->all.time_window, 350);

	cr_assert_eq(p->classes, 2);
	cr_expect_str_eq(p->fault_class[0].name, "flip");
	cr_expect_eq(p->fault_class[0].active, 1);
	cr_expect_eq(p->fault_class[0].outcome[1], 1);
	cr_expect_eq(p->fault_class[1].experiments, 4);
	cr_expect_eq(p->fault_class[1].active, 3);

	cr_expect_eq(p->all.recoveries, 4);
	cr_expect_float_eq(p->all.p50_us, 4, 1e-9);
	cr_expect_float_eq(p->all.p99_us, 90, 1e-9);
	cr_expect_eq(p->all.rungs[1], 2);
	cr_expect_eq(p->all.rungs[6], 1);
	cr_expect(p->all.flagged == 2 && vfs->flagged == 1 && summary.figures[1].all.flagged == 1);
	cr_expect_float_eq(vfs->p50_us, 6, 1e-9);

	/* Sites: flip 1 of 4, stop 3 of 4; active: 1 and 3 of 4. Sites in pm: 2 of 4; active: 3 of 4. */
	cr_expect_float_eq(load_class_distortion(p), 0, 1e-9);
	cr_expect_float_eq(load_server_distortion(p), 0.25, 1e-9);
	cr_expect_float_eq(load_distortion(pm, &p->all), 0.5, 1e-9);
	cr_expect_eq(summary.figures[1].all.survival.rate, 0);
}

/* One of the servers crashes on purpose: what it takes to recover from that is no figure of the faults. */
Test(report, crashes_on_purpose)
{
	sqlite3 *db = open_campaign();
	cr_assert_eq(sqlite3_exec(db, "INSERT INTO setting VALUES('meanwhile', 'xpm.f:3,vfs.handle:50')",
				  NULL, NULL, NULL),
		     SQLITE_OK);
	summary_read(&summary, db);
	const struct policy_figures *p = &summary.figures[0];
	cr_expect(!p->service[1].meanwhile && p->service[2].meanwhile);
	cr_expect_eq(p->all.recoveries, 2);
	cr_expect_float_eq(p->all.p99_us, 4, 1e-9);
	cr_expect_eq(p->all.rungs[6], 0);
	cr_expect_eq(p->meanwhile.recoveries, 2);
	cr_expect_float_eq(p->meanwhile.p50_us, 6, 1e-9);
	cr_expect_eq(p->meanwhile.rungs[6], 1);
	cr_expect_eq(p->service[2].recoveries, 2);

	/* Nor have they noticed a fault in another server: this one is in pm, the recovery of vfs. */
	cr_assert_eq(sqlite3_exec(db,
				  "INSERT INTO recovery VALUES('chain', 3, 0, 2, 1, 1, 0, 2000, 0, 0, 0, 0)",
				  NULL, NULL, NULL),
		     SQLITE_OK);
	struct text noticed = {0};
	table_noticed(&noticed, db, "chain");
	cr_expect_null(strstr(noticed.bytes, "a crash of another server"), "%s", noticed.bytes);
	sqlite3_exec(db, "DELETE FROM setting WHERE key = 'meanwhile'", NULL, NULL, NULL);
	text_clear(&noticed);
	table_noticed(&noticed, db, "chain");
	cr_expect_not_null(strstr(noticed.bytes, "a crash of another server"), "%s", noticed.bytes);
	text_free(&noticed);
}

static bool has(const struct text *page, const char *words)
{
	bool found = strstr(page->bytes, words) != NULL;
	cr_expect(found, "the page has no '%s'", words);
	return found;
}

Test(report, pages)
{
	char directory[] = "/tmp/djed-report.XXXXXX";
	cr_assert(mkdtemp(directory));
	sqlite3 *db = open_campaign();
	summary_read(&summary, db);
	report_write_pages(&summary, db, directory);
	summary_write_json(&summary, directory);
	char *path = format_string("%s/report/index.html", directory),
	     *all = format_string("%s/report/experiments.html", directory);
	char *json = format_string("%s/summary.json", directory),
	     *folder = format_string("%s/report", directory);
	char *windows = format_string("%s/report/functions.html", directory);
	struct text page = read_file(path), experiments = read_file(all), figures = read_file(json);
	/* Every part that a report must have, with a figure of it. */
	const char *const parts[] = {"50.0%",
				     "<td>15.0 to 85.0</td>",
				     ">flip<",
				     "TxIPC 2021",
				     "latency of recoveries",
				     "&lt;6.4 us",
				     "87.5%",
				     "<td>12</td>",
				     "0.250",
				     "-25.0</td><td>0.50</td>",
				     "djed coverage --out",
				     "djed repro",
				     "byte &lt;1&gt;",
				     "indirect calls</td><td>3</td><td>1</td><td>1</td><td>1</td><td class",
				     "or not seen</td><td>1</td>",
				     "f&lt;&amp;"};
	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
		has(&page, parts[i]);
	has(&experiments, "--policy none");
	has(&experiments, "pm</td><td class=\"l\">flip</td><td class=\"l\">f</td>");
	char *points = format_string("%s/report/retry.html", directory);
	struct text retry = read_file(points);
	has(&retry,
	    "2 places with a side effect ran, 543 times; retry is lost after 1 of them, 42 times. 12.5%");
	has(&retry, "f&lt;&amp;</td><td class=\"l\">a.c:7</td><td "
		    "class=\"l\">store_write</td><td>undoable</td><td>501</td>"
		    "<td>kept</td><td class=\"l\">the callee undoes it");
	has(&retry, "port_write</td><td>final</td><td>42</td><td>lost</td>");
	has(&retry, "<td>3087</td><td>28.6%</td>");
	cr_expect_null(strstr(retry.bytes, "9999"), "a function of another policy");
	text_free(&retry);
	struct text functions = read_file(windows);
	has(&functions, "f&lt;&amp;</td><td>1000</td>");
	has(&functions, "28.6%");
	has(&figures, "\"blocks_apart\": 7");
	has(&figures, "\"server_distortion\": 0.25");
	has(&figures, "\"per_class\"");
	cr_expect_null(strstr(page.bytes, "f<&"), "text from outside is not escaped");
	cr_expect_null(strstr(page.bytes, "http"), "the page needs the network");

	/* Source coverage is linked once it is there. */
	char *coverage = format_string("%s/coverage", directory),
	     *index = format_string("%s/index.html", coverage);
	make_directories(coverage);
	write_file(index, "x", 1);
	report_write_pages(&summary, db, directory);
	text_free(&page);
	page = read_file(path);
	has(&page, "href=\"../coverage/index.html\"");
	unlink(index);
	unlink(path);
	unlink(all);
	unlink(windows);
	unlink(points);
	unlink(json);
	rmdir(coverage);
	rmdir(folder);
	rmdir(directory);
}

/* The page of a campaign whose settings are all recorded, and of which nothing was active under `chain`. */
Test(report, settings_and_no_rates)
{
	static const char changes[] =
	    "INSERT INTO setting VALUES('meanwhile', 'vfs.handle:50'), ('detect', '41'), ('limit', '300'),"
	    " ('memory', '160'), ('build', '00c0ffee'), ('experiments', '6'), ('workload', 'd19e57');"
	    "UPDATE experiment SET outcome = 'inactive' WHERE policy = 'chain' AND outcome IS NOT NULL";
	char directory[] = "/tmp/djed-report.XXXXXX";
	cr_assert(mkdtemp(directory));
	sqlite3 *db = open_campaign();
	cr_assert_eq(sqlite3_exec(db, changes, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	summary_read(&summary, db);
	report_write_pages(&summary, db, directory);
	summary_write_json(&summary, directory);
	char *path = format_string("%s/report/index.html", directory),
	     *json = format_string("%s/summary.json", directory);
	struct text page = read_file(path), figures = read_file(json);
	const char *const parts[] = {
	    "servers with faults</td><td class=\"l\">all<",
	    "in all runs</td><td class=\"l\">vfs.handle:50<",
	    "model</td><td class=\"l\">fail-stop<",
	    "faults</td><td class=\"l\">once<",
	    "of each policy</td><td class=\"l\">6<",
	    "seed</td><td class=\"l\">7<",
	    "policy</td><td class=\"l\">chain<",
	    "detectors</td><td class=\"l\">checks, heartbeat<",
	    "limit of the workload</td><td class=\"l\">300 ms",
	    "memory of the guest</td><td class=\"l\">160 MiB",
	    "digest of the build</td><td class=\"l\">00c0ffee<",
	    "digest of the workload</td><td class=\"l\">d19e57<",
	    "<b>-</b>survival",
	    "<td class=\"no\">-</td><td></td>",
	    "latency of recoveries from crashes made on purpose",
	    "made on purpose, not part of all</td><td>2</td><td>6.0</td><td>90.0</td>",
	    "<td>vfs*</td>"};
	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
		has(&page, parts[i]);
	/* The slowest of the fault under test is of experiment 2, 4 us; not that of experiment 5. */
	char *slowest = strstr(page.bytes, "Slowest experiments"), *first = strstr(slowest, "<tr><td><i");
	cr_expect(strstr(first, "4.0") < strchr(first, '\n'), "%.300s", first);
	const char *const fields[] = {"\"meanwhile\": \"vfs.handle:50\"",
				      "\"detect\": \"checks, heartbeat\"",
				      "\"limit_ms\": 300",
				      "\"memory_mib\": 160",
				      "\"build\": \"00c0ffee\"",
				      "\"planned\": 6",
				      "\"rate\": null",
				      "\"meanwhile_recoveries\""};
	for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
		has(&figures, fields[i]);
	static const char *const names[] = {"report/index.html",
					    "report/experiments.html",
					    "report/functions.html",
					    "report/retry.html",
					    "summary.json",
					    "report",
					    ""};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		char *name = format_string("%s/%s", directory, names[i]);
		cr_expect_eq(remove(name), 0, "%s", name);
		free(name);
	}
}
