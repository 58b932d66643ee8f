/* The figures of a campaign, from its database. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const report_outcomes[REPORT_OUTCOMES] = {
    "transparent", "error", "client_lost", "service_lost", "shutdown", "hang", "crash", "silent", "inactive"};

static void refuse(sqlite3 *db)
{
	die("campaign database: %s", sqlite3_errmsg(db));
}

sqlite3_stmt *query(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		refuse(db);
	return statement;
}

bool next_row(sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		return true;
	if (result != SQLITE_DONE)
		refuse(sqlite3_db_handle(statement));
	sqlite3_finalize(statement);
	return false;
}

const char *column_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	return text ? text : "";
}

static void read_setting(sqlite3 *db, const char *key, char *into, size_t size)
{
	sqlite3_stmt *s = query(db, "SELECT value FROM setting WHERE key = ?");
	sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	while (next_row(s))
		snprintf(into, size, "%s", column_text(s, 0));
}

static int outcome_index(const char *name)
{
	for (int i = 0; i < REPORT_OUTCOMES; i++)
		if (!strcmp(name, report_outcomes[i]))
			return i;
	die("campaign database: unknown outcome '%s'", name);
}

static struct figures *service_named(struct policy_figures *p, const char *name)
{
	for (unsigned i = 0; i < p->services; i++)
		if (!strcmp(p->service[i].name, name))
			return &p->service[i];
	return NULL;
}

static void finish(struct figures *f)
{
	f->active = f->experiments - f->outcome[REPORT_OUTCOMES - 1];
	unsigned survived = f->outcome[0] + f->outcome[1];
	f->survival = wilson(survived, f->active);
	f->service_kept = wilson(survived + f->outcome[2], f->active);
}

static void add_outcomes(struct figures *f, int outcome, unsigned n)
{
	f->outcome[outcome] += n;
	f->experiments += n;
}

static struct figures *class_named(struct policy_figures *p, const char *name)
{
	for (unsigned i = 0; i < p->classes; i++)
		if (!strcmp(p->fault_class[i].name, name))
			return &p->fault_class[i];
	if (p->classes == CLASSES_MAX || strlen(name) >= CLASS_NAME_MAX)
		die("campaign database: class of faults '%s' is one too many, or too long", name);
	struct figures *f = &p->fault_class[p->classes++];
	snprintf(f->name, sizeof f->name, "%s", name);
	return f;
}

static void read_sites(struct policy_figures *p, sqlite3 *db)
{
	sqlite3_stmt *s =
	    query(db, "SELECT service, class, count(*) FROM site GROUP BY service, class ORDER BY class");
	while (next_row(s)) {
		struct figures *f = service_named(p, column_text(s, 0));
		unsigned n = (unsigned)sqlite3_column_int64(s, 2);
		class_named(p, column_text(s, 1))->sites += n;
		p->all.sites += n;
		if (f)
			f->sites += n;
	}
}

static void read_outcomes(struct policy_figures *p, sqlite3 *db)
{
	sqlite3_stmt *s =
	    query(db, "SELECT e.service, class, outcome, count(*) FROM experiment e LEFT JOIN site s"
		      " ON s.service = e.service AND s.number = e.site"
		      " WHERE policy = ? AND outcome IS NOT NULL GROUP BY 1, 2, 3");
	sqlite3_bind_text(s, 1, p->policy, -1, SQLITE_STATIC);
	while (next_row(s)) {
		struct figures *f = service_named(p, column_text(s, 0));
		int outcome = outcome_index(column_text(s, 2));
		unsigned n = (unsigned)sqlite3_column_int64(s, 3);
		add_outcomes(&p->all, outcome, n);
		add_outcomes(class_named(p, column_text(s, 1)), outcome, n);
		if (f)
			add_outcomes(f, outcome, n);
	}
	finish(&p->all);
	for (unsigned i = 0; i < p->services; i++)
		finish(&p->service[i]);
	for (unsigned i = 0; i < p->classes; i++)
		finish(&p->fault_class[i]);
}

static double distance(const struct figures *f, const struct figures *all)
{
	return fabs((double)f->active / all->active - (double)f->sites / all->sites);
}

double load_distortion(const struct figures *f, const struct figures *all)
{
	return distance(f, all) * all->sites / f->sites;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double load_class_distortion(const struct policy_figures *p)
{
	double list[CLASSES_MAX];
	unsigned count = 0;
	for (unsigned i = 0; i < p->classes; i++)
		if (p->fault_class[i].sites && p->all.active)
			list[count++] = load_distortion(&p->fault_class[i], &p->all);
	if (!count)
		return 0;
	qsort(list, count, sizeof *list, compare_doubles);
	return (list[(count - 1) / 2] + list[count / 2]) / 2;
}

double load_server_distortion(const struct policy_figures *p)
{
	double sum = 0;
	for (unsigned i = 0; i < p->services; i++)
		if (p->all.active && p->all.sites)
			sum += distance(&p->service[i], &p->all) / 2;
	return sum;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Latencies of the recoveries of one service; or, of all, of those that crash on purpose or of the others. */
enum { THE_OTHERS = -1, THOSE_ON_PURPOSE = -2 };
static void read_latencies(struct figures *f, sqlite3 *db, const char *policy, int service)
{
	sqlite3_stmt *s = query(
	    db, "SELECT latency, rung FROM recovery r WHERE policy = ?1 AND (service = ?2 OR (?2 < 0 AND "
		"(?2 = ?3) = " MADE_MEANWHILE("r.policy", "r.service") "))");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 2, service);
	sqlite3_bind_int(s, 3, THOSE_ON_PURPOSE);
	int64_t *latency = malloc(LATENCIES_MAX * sizeof *latency);
	if (!latency)
		die("out of memory");
	while (next_row(s)) {
		unsigned rung = (unsigned)sqlite3_column_int(s, 1);
		if (rung < DJED_RUNGS)
			f->rungs[rung]++;
		if (f->recoveries == LATENCIES_MAX)
			continue;
		int64_t ns = sqlite3_column_int64(s, 0);
		latency[f->recoveries++] = ns;
		unsigned bin = 0;
		while (bin + 1 < HISTOGRAM_BINS && ns >= 100ll << bin)
			bin++;
		f->histogram[bin]++;
	}
	qsort(latency, f->recoveries, sizeof *latency, compare);
	if (f->recoveries) {
		/* Nearest-rank percentiles. */
		f->p50_us = (double)latency[(f->recoveries - 1) / 2] / 1000;
		f->p99_us = (double)latency[(f->recoveries * 99ull + 99) / 100 - 1] / 1000;
	}
	free(latency);
}

/* The same for experiments with a service that was flagged. */
static void read_flagged(struct figures *f, sqlite3 *db, const char *policy, int service)
{
	sqlite3_stmt *s = query(db, "SELECT 1 FROM sqlite_master WHERE name = 'flagged'");
	bool known = next_row(s);

	while (known && next_row(s))
		;
	if (!known) /* a campaign from before there were flags */
		return;
	s = query(db, "SELECT COUNT(DISTINCT experiment) FROM flagged WHERE policy = ?1 AND (?2 < 0 OR "
		      "service = ?2)");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 2, service);
	while (next_row(s))
		f->flagged = (unsigned)sqlite3_column_int64(s, 0);
}

static void read_policy(struct policy_figures *p, sqlite3 *db)
{
	snprintf(p->all.name, sizeof p->all.name, "all");
	sqlite3_stmt *s =
	    query(db, "SELECT number, name, time, time_window, blocks, executed, apart, " MADE_MEANWHILE(
			  "s.policy", "s.number") " FROM service s WHERE policy = ? ORDER BY number");
	sqlite3_bind_text(s, 1, p->policy, -1, SQLITE_STATIC);
	while (next_row(s)) {
		unsigned number = (unsigned)sqlite3_column_int64(s, 0);
		if (number != p->services || number >= DJED_SERVICES_MAX)
			die("campaign database: services are not numbered in order");
		struct figures *f = &p->service[p->services++];
		snprintf(f->name, sizeof f->name, "%s", column_text(s, 1));
		f->time = (uint64_t)sqlite3_column_int64(s, 2);
		f->time_window = (uint64_t)sqlite3_column_int64(s, 3);
		f->blocks = (unsigned)sqlite3_column_int64(s, 4);
		f->executed = (unsigned)sqlite3_column_int64(s, 5);
		f->apart = (unsigned)sqlite3_column_int64(s, 6);
		f->meanwhile = sqlite3_column_int(s, 7);
		/* Of root and rs nothing is ever rolled back; the auditor, without dormant faults, is not
		 * tested. */
		if ((!f->blocks && !f->apart) || !strcmp(f->name, "root") || !strcmp(f->name, "rs"))
			f->time = f->time_window = 0;
		p->all.time += f->time;
		p->all.time_window += f->time_window;
		p->all.blocks += f->blocks;
		p->all.executed += f->executed;
		p->all.apart += f->apart;
	}
	s = query(db, "SELECT instructions, calls FROM golden WHERE policy = ?");
	sqlite3_bind_text(s, 1, p->policy, -1, SQLITE_STATIC);
	while (next_row(s)) {
		p->instructions = (uint64_t)sqlite3_column_int64(s, 0);
		p->calls = (uint64_t)sqlite3_column_int64(s, 1);
	}
	read_sites(p, db);
	read_outcomes(p, db);
	read_latencies(&p->all, db, p->policy, THE_OTHERS);
	read_latencies(&p->meanwhile, db, p->policy, THOSE_ON_PURPOSE);
	read_flagged(&p->all, db, p->policy, -1);
	for (unsigned i = 0; i < p->services; i++) {
		read_latencies(&p->service[i], db, p->policy, (int)i);
		read_flagged(&p->service[i], db, p->policy, (int)i);
	}
}

void summary_read(struct summary *summary, sqlite3 *db)
{
	char seed[32] = "0";
	read_setting(db, "model", summary->model, sizeof summary->model);
	read_setting(db, "faults", summary->faults, sizeof summary->faults);
	read_setting(db, "policy", summary->policy, sizeof summary->policy);
	read_setting(db, "servers", summary->servers, sizeof summary->servers);
	read_setting(db, "workload_path", summary->workload, sizeof summary->workload);
	read_setting(db, "workload", summary->workload_digest, sizeof summary->workload_digest);
	read_setting(db, "meanwhile", summary->meanwhile, sizeof summary->meanwhile);
	read_setting(db, "detect", summary->detect, sizeof summary->detect);
	read_setting(db, "limit", summary->limit_ms, sizeof summary->limit_ms);
	read_setting(db, "memory", summary->memory_mib, sizeof summary->memory_mib);
	read_setting(db, "build", summary->build, sizeof summary->build);
	read_setting(db, "experiments", summary->planned, sizeof summary->planned);
	read_setting(db, "seed", seed, sizeof seed);
	summary->seed = strtoull(seed, NULL, 10);
	if (!*summary->policy)
		die("this folder holds no campaign");
	sqlite3_stmt *s = query(db, "SELECT policy FROM golden ORDER BY policy <> ?, policy");
	sqlite3_bind_text(s, 1, summary->policy, -1, SQLITE_STATIC);
	while (next_row(s)) {
		if (summary->policies == POLICIES_MAX)
			die("campaign database: more than %d policies", POLICIES_MAX);
		struct policy_figures *p = &summary->figures[summary->policies++];
		snprintf(p->policy, sizeof p->policy, "%s", column_text(s, 0));
	}
	if (!summary->policies)
		die("this campaign has not run yet");
	for (unsigned i = 0; i < summary->policies; i++)
		read_policy(&summary->figures[i], db);
}
