/* The report of a campaign: a folder of static pages that work offline, and summary.json.
 *
 *   summary.c   the figures, from the database
 *   json.c      summary.json
 *   page.c      index.html, functions.html and experiments.html
 *   tables.c    their tables
 *   noticed.c   who noticed the faults
 *   retry.c     where retry is lost
 *   chart.c     their pictures (SVG)
 *   published.c what other systems have reached
 */
#ifndef DJED_REPORT_H
#define DJED_REPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi/lab.h"
#include "statistics.h"
#include "text.h"

enum {
	REPORT_OUTCOMES = 9,
	CLASSES_MAX = 32,
	CLASS_NAME_MAX = 32,
	LATENCIES_MAX = 1 << 20,
	HISTOGRAM_BINS = 24
};
extern const char *const report_outcomes[REPORT_OUTCOMES]; /* the eight, then inactive */

/* Figures of a set of experiments: all of a policy, one server's, or those with faults of one class. */
struct figures {
	char name[CLASS_NAME_MAX];
	bool meanwhile; /* a server that crashed on purpose, in all runs (--meanwhile) */
	unsigned experiments, active;
	unsigned outcome[REPORT_OUTCOMES];
	struct rate survival, service_kept;
	double p50_us, p99_us; /* latency of recoveries, guest time */
	unsigned recoveries;
	unsigned histogram[HISTOGRAM_BINS]; /* bin i: latency below 2^i * 100 ns, not in an earlier one */
	uint64_t rungs[DJED_RUNGS];
	unsigned flagged; /* experiments in which a service crashed so often that somebody should look */
	uint64_t time, time_window;
	unsigned blocks, executed,
	    apart;	/* that a request can reach; of these, run without a fault; others */
	unsigned sites; /* fault sites in blocks that ran without a fault: what was drawn from */
};

struct policy_figures {
	char policy[16];
	struct figures all;	  /* its recoveries: without those of the crashes made on purpose, */
	struct figures meanwhile; /* which are here; nothing else is */
	struct figures service[DJED_SERVICES_MAX];
	unsigned services;
	struct figures fault_class[CLASSES_MAX]; /* outcomes and sites only */
	unsigned classes;
	uint64_t instructions, calls;
};

enum { POLICIES_MAX = 4 };
struct summary {
	/* How it was drawn; "" where a campaign from before there was such a setting does not say. */
	char model[32], faults[16], policy[16], servers[256], workload[256], workload_digest[32];
	char meanwhile[512], detect[16], limit_ms[16], memory_mib[16], build[32], planned[16];
	uint64_t seed;
	struct policy_figures figures[POLICIES_MAX]; /* [0]: the campaign's own policy; then the controls */
	unsigned policies;
};

/* SQL: whether the service numbered N in the runs of a policy is one that crashes on purpose. */
#define MADE_MEANWHILE(policy, number)                                                                   \
	"EXISTS(SELECT 1 FROM setting, service named WHERE key = 'meanwhile' AND named.policy = " policy \
	" AND named.number = " number " AND instr(',' || value, ',' || named.name || '.'))"

void summary_read(struct summary *summary, sqlite3 *db);
void summary_write_json(const struct summary *summary, const char *directory);
void report_write_pages(const struct summary *summary, sqlite3 *db, const char *directory);

/* Statements; they die with the reason on a damaged database. */
sqlite3_stmt *query(sqlite3 *db, const char *sql);
bool next_row(sqlite3_stmt *statement);			      /* finalizes it at the end */
const char *column_text(sqlite3_stmt *statement, int column); /* never NULL */

/* |p_ran - p_could| / p_could of a part of the load, a class or a server's: its shares of the active faults,
 * and of the sites in blocks that ran without a fault. Neither `all->active` nor `f->sites` may be 0. */
double load_distortion(const struct figures *f, const struct figures *all);
/* How far the load that ran is from the load that could have run: for classes the median over them of |p_ran
 * - p_could| / p_could, for servers half the sum of |p_ran - p_could| (0: the same distribution, 1:
 * disjoint). */
double load_class_distortion(const struct policy_figures *figures);
double load_server_distortion(const struct policy_figures *figures);

/* Survival that publications report, each for its own faults and workloads. */
struct published {
	const char *name;
	double rate;
	bool about; /* the publication gives no exact figure of this kind */
	const char *what;
};
extern const struct published published[];
extern const unsigned published_count;

/* Pictures, appended as inline SVG. */
void chart_outcomes(struct text *page, const struct policy_figures *figures);
void chart_controls(struct text *page, const struct summary *summary);
void chart_latency(struct text *page, const struct figures *figures, const char *title);
void chart_window(struct text *page, const struct policy_figures *figures);
extern const char *const outcome_colours[REPORT_OUTCOMES];

/* Parts of tables, appended. */
void open_table(struct text *page);
void close_table(struct text *page);
void head(struct text *page, const char *name);
void head_left(struct text *page, const char *name);
void number(struct text *page, uint64_t n); /* noughts are there, but do not catch the eye */
double percent(uint64_t part, uint64_t whole);
void outcome_heads(struct text *page, unsigned count);
void outcome_numbers(struct text *page, const struct figures *figures, unsigned count);
/* The rate as a percentage; "-" where nothing was counted, of which there is no rate. */
void add_rate(struct text *page, struct rate rate, unsigned counted);

/* Tables, appended. */
void table_drawn(struct text *page, const struct summary *summary);
void table_outcomes(struct text *page, const struct policy_figures *figures);
void table_classes(struct text *page, const struct policy_figures *figures);
/* Active experiments of a policy by what noticed the fault first. */
void table_noticed(struct text *page, sqlite3 *db, const char *policy);
void table_reach(struct text *page, const struct policy_figures *figures);
void table_policies(struct text *page, const struct summary *summary);
void table_published(struct text *page);
void table_recoveries(struct text *page, const struct policy_figures *figures);
void table_rungs(struct text *page, const struct policy_figures *figures);
void table_load(struct text *page, const struct policy_figures *figures);
/* Functions of servers by the instructions that ran outside of windows under a policy, or all (limit < 0), by
 * server. */
void table_functions(struct text *page, sqlite3 *db, const char *policy, int limit);
/* Where servers change something outside of themselves, after which the request that they work for can no
 * longer be undone and tried again: for each policy that rolls back, the places, and how much execution lies
 * beyond. */
void add_retry_lost(struct text *page, sqlite3 *db, const struct summary *summary);
/* Rows of experiments; `where` ends the statement: conditions, order, limit. */
void table_experiments(struct text *page, sqlite3 *db, const char *directory, const char *where);

/* Appends text with HTML's special characters escaped. */
void add_html(struct text *page, const char *words);

#endif
