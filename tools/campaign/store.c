/* The database: DIR/campaign.db. Written only by the parent process, one transaction per experiment, so that
 * an interrupted campaign goes on where it stopped. */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS setting(key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE IF NOT EXISTS golden(policy TEXT PRIMARY KEY, exit_status INT, instructions INT, calls INT,"
    "  seconds REAL, output BLOB);"
    "CREATE TABLE IF NOT EXISTS service(policy TEXT, number INT, name TEXT, time INT, time_window INT, "
    "blocks INT,"
    "  executed INT, apart INT, PRIMARY KEY(policy, number));"
    "CREATE TABLE IF NOT EXISTS site(service TEXT, number INT, block INT, count INT, function TEXT, location "
    "TEXT,"
    "  class TEXT, twin INT, PRIMARY KEY(service, number));"
    "CREATE TABLE IF NOT EXISTS function(policy TEXT, service TEXT, name TEXT, instructions INT, in_window "
    "INT,"
    "  PRIMARY KEY(policy, service, name));"
    "CREATE TABLE IF NOT EXISTS effect(policy TEXT, service TEXT, number INT, function TEXT, location TEXT,"
    "  operation TEXT, class INT, count INT, PRIMARY KEY(policy, service, number));"
    "CREATE TABLE IF NOT EXISTS experiment(policy TEXT, id INT, service TEXT, site INT, skip INT, outcome "
    "TEXT,"
    "  detail TEXT, hits INT, exit_status INT, state INT, violations INT, recoveries INT, seconds REAL, "
    "confirmed INT, disagreed INT,"
    "  PRIMARY KEY(policy, id));"
    "CREATE TABLE IF NOT EXISTS recovery(policy TEXT, experiment INT, number INT, service INT, cause INT, "
    "rung INT,"
    "  error INT, latency INT, label INT, attempt INT, instruction INT, address INT,"
    "  PRIMARY KEY(policy, experiment, number));"
    "CREATE TABLE IF NOT EXISTS flagged(policy TEXT, experiment INT, service INT, times INT,"
    "  PRIMARY KEY(policy, experiment, service));";

static void refuse(sqlite3 *db)
{
	die("campaign database: %s", sqlite3_errmsg(db));
}

void store_run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		refuse(db);
}

sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		refuse(db);
	return statement;
}

void store_step(sqlite3 *db, sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE)
		refuse(db);
	sqlite3_finalize(statement);
}

static void set(sqlite3 *db, const char *key, const char *value)
{
	sqlite3_stmt *add = store_prepare(db, "INSERT OR REPLACE INTO setting VALUES(?, ?)");
	sqlite3_bind_text(add, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(add, 2, value, -1, SQLITE_STATIC);
	store_step(db, add);
}

/* Remembers a setting, or checks that it is still the same. */
static void keep_setting(sqlite3 *db, const char *key, const char *value)
{
	sqlite3_stmt *find = store_prepare(db, "SELECT value FROM setting WHERE key = ?");
	sqlite3_bind_text(find, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(find) == SQLITE_ROW) {
		const char *old = (const char *)sqlite3_column_text(find, 0);
		if (!old || strcmp(old, value))
			die("the folder holds a campaign with another %s (%s, not %s): choose another --out",
			    key, old ? old : "none", value);
		sqlite3_finalize(find);
		return;
	}
	sqlite3_finalize(find);
	set(db, key, value);
}

static unsigned count_of(sqlite3 *db, const char *sql, const char *policy)
{
	sqlite3_stmt *find = store_prepare(db, sql);
	sqlite3_bind_text(find, 1, policy, -1, SQLITE_STATIC);
	unsigned count = sqlite3_step(find) == SQLITE_ROW ? (unsigned)sqlite3_column_int64(find, 0) : 0;
	sqlite3_finalize(find);
	return count;
}

/* A plan may become longer, as it begins like the shorter one (plan_draw), but under all policies. */
static void check_size(sqlite3 *db, const struct settings *settings)
{
	unsigned planned = count_of(db, "SELECT value FROM setting WHERE key = 'experiments'", NULL);
	if (settings->experiments < planned)
		die("the folder holds a campaign of %u experiments: --experiments may be larger, not %u",
		    planned, settings->experiments);
	if (!planned || settings->experiments == planned)
		return;
	if (!settings->controls &&
	    count_of(db, "SELECT count(*) FROM golden WHERE policy <> ?", settings->policy))
		die("the folder holds a campaign with controls: with --controls it becomes larger, too");
	fprintf(stderr, "the campaign of %u experiments becomes one of %u\n", planned, settings->experiments);
}

sqlite3 *store_open(const struct settings *settings)
{
	make_directories(settings->directory);
	char *path = format_string("%s/campaign.db", settings->directory);
	sqlite3 *db;
	if (sqlite3_open(path, &db) != SQLITE_OK)
		refuse(db);
	sqlite3_busy_timeout(db, 10000);
	store_run(db, "PRAGMA journal_mode = WAL");
	store_run(db, "PRAGMA synchronous = NORMAL");
	store_run(db, schema);
	char *build = format_string("%016llx", (unsigned long long)variant_digest("campaign"));
	char *workload = format_string("%016llx", (unsigned long long)digest_file(settings->workload));
	char *detect = format_string("%x", settings->detect);
	char *seed = format_string("%llu", (unsigned long long)settings->seed);
	char *limit = format_string("%u", settings->limit);
	char *memory = format_string("%u", CAMPAIGN_MEMORY_MIB);
	store_run(db, "BEGIN");
	keep_setting(db, "model", settings->model);
	keep_setting(db, "faults", settings->always ? "always" : "once");
	keep_setting(db, "policy", settings->policy);
	keep_setting(db, "detect", detect);
	keep_setting(db, "meanwhile", settings->meanwhile ? settings->meanwhile : "nothing");
	keep_setting(db, "servers", settings->servers ? settings->servers : "all");
	keep_setting(db, "seed", seed);
	keep_setting(db, "limit", limit);
	keep_setting(db, "memory", memory);
	keep_setting(db, "workload", workload);
	keep_setting(db, "workload_path", settings->workload);
	keep_setting(db, "build", build);
	check_size(db, settings);
	store_run(db, "COMMIT");
	free(memory);
	free(limit);
	free(seed);
	free(detect);
	free(workload);
	free(build);
	free(path);
	return db;
}

void store_golden(sqlite3 *db, const char *policy, const struct golden *golden)
{
	sqlite3_stmt *add = store_prepare(db, "INSERT OR REPLACE INTO golden VALUES(?, ?, ?, ?, ?, ?)");
	sqlite3_bind_text(add, 1, policy, -1, SQLITE_STATIC);
	sqlite3_bind_int64(add, 2, golden->exit_status);
	sqlite3_bind_int64(add, 3, (sqlite3_int64)golden->instructions);
	sqlite3_bind_int64(add, 4, (sqlite3_int64)golden->calls);
	sqlite3_bind_double(add, 5, golden->seconds);
	sqlite3_bind_blob(add, 6, golden->output.bytes, (int)golden->output.length, SQLITE_STATIC);
	store_step(db, add);
	for (unsigned i = 0; i < golden->services; i++) {
		add = store_prepare(db, "INSERT OR IGNORE INTO service VALUES(?, ?, ?, ?, ?, 0, 0, 0)");
		sqlite3_bind_text(add, 1, policy, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 2, i);
		sqlite3_bind_text(add, 3, golden->service[i], -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 4, (sqlite3_int64)golden->time[i]);
		sqlite3_bind_int64(add, 5, (sqlite3_int64)golden->time_window[i]);
		store_step(db, add);
	}
}

void store_sites(sqlite3 *db, const struct sites *sites, const struct golden *golden)
{
	store_run(db, "BEGIN");
	for (unsigned i = 0; i < sites->count; i++) {
		const struct site *site = &sites->list[i];
		sqlite3_stmt *add =
		    store_prepare(db, "INSERT OR IGNORE INTO site VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
		sqlite3_bind_text(add, 1, golden->service[site->service], -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 2, site->number);
		sqlite3_bind_int64(add, 3, site->block);
		sqlite3_bind_int64(add, 4, (sqlite3_int64)site->count);
		sqlite3_bind_text(add, 5, site->function, -1, SQLITE_STATIC);
		sqlite3_bind_text(add, 6, site->location, -1, SQLITE_STATIC);
		sqlite3_bind_text(add, 7, site->fault_class, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 8, site->twin);
		store_step(db, add);
	}
	store_run(db, "COMMIT");
}

void store_execution(sqlite3 *db, const char *policy, const struct sites *sites, const struct golden *golden)
{
	store_run(db, "BEGIN");
	for (unsigned i = 0; i < sites->functions; i++) {
		const struct site_function *f = &sites->function[i];
		sqlite3_stmt *add = store_prepare(db, "INSERT OR IGNORE INTO function VALUES(?, ?, ?, ?, ?)");
		sqlite3_bind_text(add, 1, policy, -1, SQLITE_STATIC);
		sqlite3_bind_text(add, 2, golden->service[f->service], -1, SQLITE_STATIC);
		sqlite3_bind_text(add, 3, f->name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 4, (sqlite3_int64)f->instructions);
		sqlite3_bind_int64(add, 5, (sqlite3_int64)f->in_window);
		store_step(db, add);
	}
	for (unsigned i = 0; i < sites->effects; i++) {
		const struct site_effect *e = &sites->effect[i];
		sqlite3_stmt *add =
		    store_prepare(db, "INSERT OR IGNORE INTO effect VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
		sqlite3_bind_text(add, 1, policy, -1, SQLITE_STATIC);
		sqlite3_bind_text(add, 2, golden->service[e->service], -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 3, i);
		sqlite3_bind_text(add, 4, e->function, -1, SQLITE_STATIC);
		sqlite3_bind_text(add, 5, e->location, -1, SQLITE_STATIC);
		sqlite3_bind_text(add, 6, e->operation, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 7, e->effect);
		sqlite3_bind_int64(add, 8, (sqlite3_int64)e->count);
		store_step(db, add);
	}
	for (unsigned i = 0; i < golden->services; i++) {
		sqlite3_stmt *add = store_prepare(
		    db,
		    "UPDATE service SET blocks = ?, executed = ?, apart = ? WHERE policy = ? AND number = ?");
		sqlite3_bind_int64(add, 1, sites->blocks[i]);
		sqlite3_bind_int64(add, 2, sites->executed[i]);
		sqlite3_bind_int64(add, 3, sites->apart[i]);
		sqlite3_bind_text(add, 4, policy, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 5, i);
		store_step(db, add);
	}
	store_run(db, "COMMIT");
}

/* A statement about an experiment of the plan. */
static sqlite3_stmt *prepare_planned(sqlite3 *db, const char *sql, const char *policy,
				     const struct planned *fault, const struct golden *golden)
{
	sqlite3_stmt *statement = store_prepare(db, sql);
	sqlite3_bind_text(statement, 1, policy, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, fault->id);
	sqlite3_bind_text(statement, 3, golden->service[fault->site->service], -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, fault->site->number);
	sqlite3_bind_int64(statement, 5, (sqlite3_int64)fault->skip);
	return statement;
}

void store_plan(sqlite3 *db, const char *policy, const struct planned *plan, unsigned count,
		const struct golden *golden)
{
	store_run(db, "BEGIN");
	for (unsigned i = 0; i < count; i++) {
		store_step(
		    db, prepare_planned(db,
					"INSERT OR IGNORE INTO experiment(policy, id, service, site, skip) "
					"VALUES(?, ?, ?, ?, ?)",
					policy, &plan[i], golden));
		if (sqlite3_changes(db))
			continue;
		sqlite3_stmt *same =
		    prepare_planned(db,
				    "SELECT 1 FROM experiment WHERE policy = ? AND id = ? AND "
				    "service = ? AND site = ? AND skip = ?",
				    policy, &plan[i], golden);
		if (sqlite3_step(same) != SQLITE_ROW)
			die("the folder's experiment %u under %s has another fault than is drawn now: choose "
			    "another "
			    "--out",
			    plan[i].id, policy);
		sqlite3_finalize(same);
	}
	char *experiments = format_string("%u", count);
	set(db, "experiments", experiments);
	free(experiments);
	store_run(db, "COMMIT");
}

bool store_is_done(sqlite3 *db, const char *policy, unsigned id)
{
	sqlite3_stmt *find =
	    store_prepare(db, "SELECT 1 FROM experiment WHERE policy = ? AND id = ? AND outcome IS NOT NULL");
	sqlite3_bind_text(find, 1, policy, -1, SQLITE_STATIC);
	sqlite3_bind_int64(find, 2, id);
	bool done = sqlite3_step(find) == SQLITE_ROW;
	sqlite3_finalize(find);
	return done;
}

static void store_recoveries(sqlite3 *db, const char *policy, unsigned id, const struct djed_lab *lab)
{
	for (uint64_t i = 0; i < lab->recoveries && i < DJED_LAB_RECOVERIES; i++) {
		const struct djed_recovery_record *r = &lab->recovery[i];
		sqlite3_stmt *add = store_prepare(
		    db, "INSERT OR REPLACE INTO recovery VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
		sqlite3_bind_text(add, 1, policy, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 2, id);
		sqlite3_bind_int64(add, 3, (sqlite3_int64)i);
		sqlite3_bind_int64(add, 4, r->service);
		sqlite3_bind_int64(add, 5, r->cause);
		sqlite3_bind_int64(add, 6, r->rung);
		sqlite3_bind_int64(add, 7, r->error);
		sqlite3_bind_int64(add, 8, (sqlite3_int64)(r->done_at - r->crashed_at));
		sqlite3_bind_int64(add, 9, r->label);
		sqlite3_bind_int64(add, 10, r->attempt);
		sqlite3_bind_int64(add, 11, (sqlite3_int64)r->instruction);
		sqlite3_bind_int64(add, 12, (sqlite3_int64)r->address);
		store_step(db, add);
	}
}

/* Services that crashed so often that somebody should look. */
static void store_flagged(sqlite3 *db, const char *policy, unsigned id, const struct djed_lab *lab)
{
	for (unsigned i = 0; i < lab->services && i < DJED_SERVICES_MAX; i++) {
		if (!lab->service[i].flagged)
			continue;
		sqlite3_stmt *add = store_prepare(db, "INSERT OR REPLACE INTO flagged VALUES(?, ?, ?, ?)");
		sqlite3_bind_text(add, 1, policy, -1, SQLITE_STATIC);
		sqlite3_bind_int64(add, 2, id);
		sqlite3_bind_int64(add, 3, i);
		sqlite3_bind_int64(add, 4, lab->service[i].flagged);
		store_step(db, add);
	}
}

void store_outcome(sqlite3 *db, const char *policy, unsigned id, const struct observation *seen,
		   const struct verdict *verdict)
{
	store_run(db, "BEGIN");
	sqlite3_stmt *set =
	    store_prepare(db, "UPDATE experiment SET outcome = ?, detail = ?, hits = ?, exit_status = ?,"
			      " state = ?, violations = ?, recoveries = ?, seconds = ?, confirmed = ?,"
			      " disagreed = ? WHERE policy = ? AND id = ?");
	sqlite3_bind_text(set, 1, outcome_names[verdict->outcome], -1, SQLITE_STATIC);
	sqlite3_bind_text(set, 2, verdict->detail, -1, SQLITE_STATIC);
	sqlite3_bind_int64(set, 3, (sqlite3_int64)seen->hits);
	sqlite3_bind_int64(set, 4, seen->lab.exit_status);
	sqlite3_bind_int64(set, 5, seen->lab.state);
	sqlite3_bind_int64(set, 6, seen->lab.violations);
	sqlite3_bind_int64(set, 7, (sqlite3_int64)seen->lab.recoveries);
	sqlite3_bind_double(set, 8, seen->seconds);
	sqlite3_bind_int64(set, 9, (sqlite3_int64)seen->lab.confirmed);
	sqlite3_bind_int64(set, 10, seen->lab.disagreed);
	sqlite3_bind_text(set, 11, policy, -1, SQLITE_STATIC);
	sqlite3_bind_int64(set, 12, id);
	store_step(db, set);
	if (seen->lab_valid) {
		store_recoveries(db, policy, id, &seen->lab);
		store_flagged(db, policy, id, &seen->lab);
	}
	store_run(db, "COMMIT");
}
