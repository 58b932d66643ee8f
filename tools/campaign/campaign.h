/* A campaign: one golden run, a plan of faults, one experiment for each, their outcomes in a database.
 *
 *   main.c        options, the phases
 *   table.c       a line of a site table (pure; unit-tested)
 *   sites.c       the dormant faults of the campaign build, and how often the golden run executed each
 *   plan.c        which fault, at which execution
 *   golden.c      the fault-free run that all others are compared with
 *   crashing.c    servers that crash again and again meanwhile
 *   snapshots.c   moments of the fault-free run from which experiments start
 *   experiment.c  one run of the machine from a snapshot
 *   outcome.c     what happened, in one word (pure; unit-tested)
 *   store.c       the database
 *   workers.c     many experiments at once
 */
#ifndef DJED_CAMPAIGN_H
#define DJED_CAMPAIGN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi/lab.h"
#include "machine.h"
#include "text.h"

/* ---- the plan --------------------------------------------------------------------------------------- */

struct site {
	unsigned service; /* number in the golden run */
	uint32_t number;  /* in its service, from 1 */
	uint32_t block;	  /* index of its execution count */
	uint32_t twin;	  /* its function's number: index in djed_fault_slot.awake */
	uint64_t count;	  /* executions in the golden run */
	char *function, *location, *fault_class;
};

/* One line of a site table. */
struct table_row {
	enum { TABLE_SITE, TABLE_BLOCK, TABLE_APART, TABLE_EFFECT } kind;
	uint32_t site, block, twin; /* site and twin: of a site */
	uint32_t instructions;	    /* of a block */
	uint32_t effect;	    /* enum djed_effect, and by what: of a side effect */
	char function[256], location[256], fault_class[32], operation[64];
};
/* Parses a line, which ends at a newline or NUL, of the table of a service with so many blocks. False: it is
 * none. */
bool table_parse(const char *line, uint64_t blocks, struct table_row *row);

/* Where a service spent the golden run, in instructions of LLVM's intermediate code. */
struct site_function {
	unsigned service;
	char *name;
	uint64_t instructions, in_window;
};

/* A place from which a server changes something outside of itself, and how often. */
struct site_effect {
	unsigned service;
	uint32_t effect; /* enum djed_effect; not DJED_READS */
	char *function, *location, *operation;
	uint64_t count;
};

struct sites {
	struct site *list; /* those of one block follow each other */
	unsigned count;
	struct site_function *function; /* those that ran */
	unsigned functions;
	struct site_effect *effect; /* those that ran */
	unsigned effects;
	/* Of each service: the blocks that a request can reach, how many of these the golden run executed,
	 * and those apart, which only start-up, audit and panic can run. */
	unsigned blocks[DJED_SERVICES_MAX], executed[DJED_SERVICES_MAX], apart[DJED_SERVICES_MAX];
};

/* A server that crashes at every `every`-th execution of a function's first memory access, in all runs of a
 * campaign, the fault-free one included: so code that only runs when servers crash runs, too, and the faults
 * of the plan come while others are being dealt with. */
struct crashing {
	char server[DJED_NAME_MAX], function[64];
	unsigned every;
	uint32_t site, twin;
};
enum { CRASHING_MAX = 4 };

struct settings {
	const char *directory;
	const char *model; /* "fail-stop": sites of the class null-pointer; "mix": of all classes */
	const char *policy;
	const char *workload;  /* path on the host */
	const char *servers;   /* comma-separated, or NULL: all */
	const char *meanwhile; /* as given: "SERVER.FUNCTION:N,...", or NULL; taken apart: */
	struct crashing crashing[CRASHING_MAX];
	unsigned crashings;
	uint32_t detect; /* enum djed_detector bits */
	bool always;
	bool controls;
	unsigned limit; /* milliseconds of guest time after which the workload is ended */
	unsigned experiments;
	unsigned jobs;
	uint64_t seed;
};
/* The workload's exit status if it was. */
enum { LIMIT_STATUS = 124 };
/* Of the guest: snapshots hold all of it. */
enum { CAMPAIGN_MEMORY_MIB = 160 };

/* The execution counts of all services at one moment: start-up is not part of a campaign, so they are taken
 * at the snapshot and at the end. */
struct counts {
	uint64_t *list[DJED_SERVICES_MAX];	/* NULL: no dormant faults in it */
	uint64_t *in_window[DJED_SERVICES_MAX]; /* of these */
	uint64_t blocks[DJED_SERVICES_MAX];
};

void counts_read(struct counts *counts, struct machine *m);
/* Of a site's block; 0 if there are none. */
uint64_t counts_of(const struct counts *counts, const struct site *site);
void counts_free(struct counts *counts);

/* What the fault-free run did under a policy; everything else is compared with it. */
struct golden {
	struct text output;
	uint32_t exit_status;
	uint64_t instructions; /* from READY to the end */
	uint64_t calls;
	double seconds; /* processor time of QEMU */
	unsigned services;
	char service[DJED_SERVICES_MAX][DJED_NAME_MAX];
	uint64_t time[DJED_SERVICES_MAX], time_window[DJED_SERVICES_MAX];
	struct counts before, counts; /* at its start and its end, until golden_check */
};

/* Reads the site tables of the services that the guest has; executions are those from `before` to `after`.
 * Sites are listed for the servers chosen and the classes of the model only. Dies on a table that does not
 * fit, with file and line. */
void sites_read(struct sites *sites, const struct counts *before, const struct counts *after,
		const struct golden *golden, const struct settings *settings);

/* Dies if a name in the comma-separated list is not that of a service with dormant faults. */
void sites_check_servers(const char *list);
/* The first fail-stop site of a function. Dies if there is none; `option` is named then. */
struct table_row sites_find(const char *option, const char *server, const char *function);

/* Fills `crashing` from `meanwhile`. Dies if that is malformed or names what is not there. */
void crashing_read(struct settings *settings);
/* In a machine that stands still: begins with them; wakes their functions, after all others were put to
 * sleep; ends with them. */
void crashing_start(const struct settings *settings, struct machine *m);
void crashing_keep_awake(const struct settings *settings, struct machine *m);
void crashing_end(const struct settings *settings, struct machine *m);
/* Whether the service is one of them: then no fault of the plan is in it. */
bool crashing_uses(const struct settings *settings, const char *server);

struct planned {
	unsigned id; /* from 1 */
	const struct site *site;
	uint64_t drawn; /* executions of its block before it strikes, as drawn */
	uint64_t skip;	/* the same under the policy that is run */
};
/* Draws `count` faults: a block, without replacement as long as there are any, then again from all; one of
 * its sites; and the occurrence; each uniformly. */
void plan_draw(struct planned *plan, unsigned count, const struct sites *sites, uint64_t seed);
/* The same plan where blocks run more or less often than in the run for which it was drawn: each fault at the
 * same part of its block's executions, of which there are `after` less `before`. */
void plan_fit(struct planned *plan, unsigned count, const struct counts *before, const struct counts *after);

/* ---- one experiment ----------------------------------------------------------------------------------- */

enum outcome {
	TRANSPARENT,
	ERROR_SEEN,
	CLIENT_LOST,
	SERVICE_LOST,
	SHUTDOWN,
	HANG,
	CRASH,
	SILENT,
	INACTIVE,
	OUTCOMES
};
extern const char *const outcome_names[OUTCOMES];

struct observation {
	bool timed_out, machine_gone;
	uint64_t output_before; /* bytes that the serial line's port had taken before the first of `output` */
	bool lab_valid;
	struct djed_lab lab; /* copy */
	struct text output;
	uint64_t hits;
	double seconds; /* processor time of QEMU */
};

struct verdict {
	enum outcome outcome;
	char detail[160]; /* one line: what was different */
};

/* Classifies by the definitions of docs/campaigns.md. */
struct verdict classify(const struct observation *seen, const struct golden *golden);

/* Boots the campaign build to READY, where it is paused, wakes all functions of all services, so that
 * everything is counted, and takes the snapshot "start". */
struct machine *experiment_boot(const struct settings *settings, const char *policy, const char *archive,
				const char *log);

/* A moment of the fault-free run between two calls at which no server works. Until its fault strikes an
 * experiment does what that run does: so it may start from the last moment before. */
struct snapshot {
	char name[16];	      /* in QEMU */
	struct text output;   /* printed before */
	struct counts counts; /* at it */
};
enum { SNAPSHOTS = 12 }; /* each takes some 30 MB of memory, or of the disk */
struct snapshots {
	unsigned count;
	struct snapshot at[SNAPSHOTS]; /* [0]: "start" */
};
/* Of a machine as experiment_boot leaves it, after ever larger numbers of calls; the machine is paused
 * afterwards. Dies if QEMU cannot take one. */
void snapshots_take(struct snapshots *snapshots, struct machine *m, const struct golden *golden);
void snapshots_free(struct snapshots *snapshots);
/* The last one before `fault` can strike; *skip: executions of its block from there until it does. */
const struct snapshot *snapshots_before(const struct snapshots *snapshots, const struct planned *fault,
					uint64_t *skip);

/* Waits for the doorbell, then takes the output. A run has timed out when QEMU has used
 * `seconds` of processor time, or has not even wanted any for a while: the guest waits, and under icount time
 * would jump to its next timer. */
enum machine_wait experiment_wait(struct machine *m, double seconds, struct text *output);

/* Runs from a snapshot with one fault, of whose function alone the faults and counters are awake, that
 * strikes after `skip` executions of its block; NULL: none, and all functions are awake. The fault sleeps
 * again when the final audit begins: that is the laboratory's instrument, not part of what is tested.
 * `counts` (or NULL) gets the execution counts at that time. Frees nothing of `seen`; seen->output holds what
 * was printed before the snapshot, and is appended to. */
void experiment_run(struct machine *m, const struct settings *settings, const char *snapshot,
		    const struct site *fault, uint64_t skip, double limit_seconds, struct observation *seen,
		    struct counts *counts);
/* The boot archive with the workload in it, in the campaign's folder; malloc'ed path. */
char *experiment_archive(const struct settings *settings);
/* The run itself; `sites` gets what it reached. The machine stays, for golden_check, which stops
 * it: the run must repeat, in all ways in which experiments run, or this dies. */
struct machine *golden_run(struct golden *golden, const struct settings *settings, const char *policy,
			   const char *archive, struct sites *sites);
void golden_check(struct golden *golden, const struct settings *settings, struct machine *m,
		  const struct sites *sites);

/* ---- the database ----------------------------------------------------------------------------------------
 */

/* Opens or makes DIR/campaign.db. An existing one must be of the same settings and build, or this dies saying
 * which differs; it may have fewer experiments. */
sqlite3 *store_open(const struct settings *settings);
void store_golden(sqlite3 *db, const char *policy, const struct golden *golden);
void store_sites(sqlite3 *db, const struct sites *sites, const struct golden *golden);
/* What the fault-free run under a policy executed: blocks, functions, side effects. */
void store_execution(sqlite3 *db, const char *policy, const struct sites *sites, const struct golden *golden);
/* Adds what is not there yet. Dies if an experiment that is there has another fault. */
void store_plan(sqlite3 *db, const char *policy, const struct planned *plan, unsigned count,
		const struct golden *golden);
bool store_is_done(sqlite3 *db, const char *policy, unsigned id);
void store_outcome(sqlite3 *db, const char *policy, unsigned id, const struct observation *seen,
		   const struct verdict *verdict);
/* For all who use the database: runs SQL, dies with the reason (full disk, not a database). */
void store_run(sqlite3 *db, const char *sql);
sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql);
void store_step(sqlite3 *db, sqlite3_stmt *statement);

/* ---- many at once ---------------------------------------------------------------------------- */

/* Starts them for all experiments of the plan that are not done; each makes its machine ready, and waits. */
struct workers;
struct workers *workers_start(sqlite3 *db, const struct settings *settings, const char *policy,
			      const char *archive, const struct planned *plan, unsigned count,
			      const struct golden *golden);
/* Lets them run, and returns when all is done. */
void workers_run(struct workers *workers, sqlite3 *db, const char *policy);

#endif
