/* djed repro DIR ID: one experiment of a campaign again, with the kernel's log and the difference to the
 * fault-free run. */
#include "campaign.h"
#include "crashes.h"
#include "guest.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: djed repro DIR ID [--policy POLICY] [--gdb]\n"
    "\n"
    "Runs one experiment of the campaign in DIR again and shows log, output and outcome.\n"
    "  --policy POLICY   as under this control (default: the campaign's policy)\n"
    "  --gdb             wait for gdb before the machine runs, and say how to connect\n";

static struct text setting(sqlite3 *db, const char *key)
{
	struct text value = {0};
	sqlite3_stmt *s = store_prepare(db, "SELECT value FROM setting WHERE key = ?");
	sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW)
		text_format(&value, "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	if (!value.length)
		die("the campaign has no %s", key);
	return value;
}

static void read_golden(struct golden *golden, sqlite3 *db, const char *policy)
{
	sqlite3_stmt *s =
	    store_prepare(db, "SELECT exit_status, seconds, output, calls FROM golden WHERE policy = ?");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	if (sqlite3_step(s) != SQLITE_ROW)
		die("the campaign did not run under policy %s", policy);
	golden->exit_status = (uint32_t)sqlite3_column_int64(s, 0);
	golden->seconds = sqlite3_column_double(s, 1);
	text_add(&golden->output, sqlite3_column_blob(s, 2), (size_t)sqlite3_column_bytes(s, 2));
	golden->calls = (uint64_t)sqlite3_column_int64(s, 3);
	sqlite3_finalize(s);
	s = store_prepare(db, "SELECT count(*) FROM service WHERE policy = ?");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW)
		golden->services = (unsigned)sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
}

int main(int count, char **words)
{
	tool_name = "djed repro";
	enum { POLICY = 256, GDB };
	static const struct option options[] = {
	    {"policy", 1, NULL, POLICY}, {"gdb", 0, NULL, GDB}, {"help", 0, NULL, 'h'}, {0}};
	const char *policy = NULL;
	bool gdb = false;
	opterr = 0;
	for (int option; (option = getopt_long(count, words, "h", options, NULL)) != -1;) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (option == POLICY)
			require_choice("--policy", policy = optarg, policy_names);
		else if (option == GDB)
			gdb = true;
		else
			die("unknown option or missing value: '%s' (see: djed repro --help)",
			    words[optind - 1]);
	}
	if (count - optind != 2)
		die("a folder and the number of an experiment are expected (see: djed repro --help)");
	const char *directory = words[optind];
	unsigned id = (unsigned)parse_number(words[optind + 1], "ID", 1, 1000000);
	char *path = format_string("%s/campaign.db", directory);
	sqlite3 *db;
	if (access(path, R_OK) < 0)
		die("no campaign in %s", directory);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		die("%s: %s", path, sqlite3_errmsg(db));
	if (!policy)
		policy = setting(db, "policy").bytes;
	struct text faults = setting(db, "faults");
	sqlite3_stmt *s = store_prepare(
	    db,
	    "SELECT e.service, e.site, e.skip, f.number, t.function, t.location, e.outcome, t.class, t.twin,"
	    " t.block"
	    " FROM experiment e JOIN service f ON f.name = e.service AND f.policy = e.policy"
	    " JOIN site t ON t.service = e.service AND t.number = e.site"
	    " WHERE e.policy = ? AND e.id = ?");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, id);
	if (sqlite3_step(s) != SQLITE_ROW)
		die("there is no experiment %u under policy %s", id, policy);
	struct site site = {.number = (uint32_t)sqlite3_column_int64(s, 1),
			    .service = (unsigned)sqlite3_column_int(s, 3),
			    .twin = (uint32_t)sqlite3_column_int64(s, 8),
			    .block = (uint32_t)sqlite3_column_int64(s, 9)};
	if (site.twin >= DJED_FAULT_FUNCTIONS)
		die("campaign database: experiment %u has its fault in function %u", id, site.twin);
	struct planned fault = {.id = id, .site = &site, .skip = (uint64_t)sqlite3_column_int64(s, 2)};
	printf("experiment %u: %s %s in %s, %s at %s, after %llu executions\n", id, faults.bytes,
	       (const char *)sqlite3_column_text(s, 7), (const char *)sqlite3_column_text(s, 0),
	       (const char *)sqlite3_column_text(s, 4), (const char *)sqlite3_column_text(s, 5),
	       (unsigned long long)fault.skip);
	if (sqlite3_column_text(s, 6))
		printf("recorded outcome: %s\n", (const char *)sqlite3_column_text(s, 6));
	sqlite3_finalize(s);
	struct golden golden = {0};
	read_golden(&golden, db, policy);

	struct text workload = setting(db, "workload_path");
	struct text detect = setting(db, "detect");
	struct text meanwhile = setting(db, "meanwhile");
	struct text limit = setting(db, "limit");
	struct settings settings = {.directory = directory,
				    .workload = workload.bytes,
				    .always = !strcmp(faults.bytes, "always"),
				    .meanwhile = meanwhile.bytes,
				    .limit = (unsigned)strtoul(limit.bytes, NULL, 10),
				    .detect = (uint32_t)strtoul(detect.bytes, NULL, 16)};
	if (strcmp(meanwhile.bytes, "nothing"))
		crashing_read(&settings);
	char *archive = experiment_archive(&settings);
	char *log = format_string("%s/repro-%u.log", directory, id);
	struct machine *m = experiment_boot(&settings, policy, archive, log);
	/* The way a worker takes, so that it is the same run: functions that are awake take longer. */
	static struct snapshots snapshots;
	uint64_t skip;
	snapshots_take(&snapshots, m, &golden);
	const struct snapshot *from = snapshots_before(&snapshots, &fault, &skip);
	struct text lines = read_file(log);
	size_t before = lines.length;
	text_free(&lines);
	if (gdb) {
		char *socket = format_string("%s/gdb.sock", directory);
		if (!machine_serve_gdb(m, socket))
			die("QEMU does not open %s for gdb", socket);
		printf("gdb %s -ex 'target remote %s'\nthen press return here\n",
		       variant_path("campaign", "kernel"), socket);
		fflush(stdout);
		getchar();
	}
	struct observation seen = {0};
	text_add(&seen.output, from->output.bytes, from->output.length);
	experiment_run(m, &settings, from->name, fault.site, skip, gdb ? 86400 : 2 + 5 * golden.seconds,
		       &seen, NULL);
	struct verdict verdict = classify(&seen, &golden);
	char *crashes = format_string("%s/crashes-%u", directory, id);
	bool kept = crashes_save(m, "campaign", crashes);
	machine_stop(m);
	fputs("---- output\n", stdout);
	fwrite(seen.output.bytes, 1, seen.output.length, stdout);
	fputs("---- log\n", stdout);
	lines = read_file(log);
	fwrite(lines.bytes + before, 1, lines.length - before, stdout);
	for (uint64_t i = 0; seen.lab_valid && i < seen.lab.recoveries && i < DJED_LAB_RECOVERIES; i++) {
		const struct djed_recovery_record *r = &seen.lab.recovery[i];
		printf("---- recovery: service %u, rung %u, error %u, %llu ns, crashed at 0x%llx\n",
		       r->service, r->rung, r->error, (unsigned long long)(r->done_at - r->crashed_at),
		       (unsigned long long)r->instruction);
	}
	printf("---- outcome: %s%s%s\nthe log is kept in %s%s%s\n", outcome_names[verdict.outcome],
	       *verdict.detail ? ": " : "", verdict.detail, log, kept ? ", the crash records in " : "",
	       kept ? crashes : "");
	return 0;
}
