/* djed campaign: golden run, plan, experiments, controls, report. */
#include "abi/detect.h"
#include "campaign.h"
#include "guest.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXPERIMENTS_MAX = 1000000, JOBS_LIMIT = 64, LIMIT_MAX = 3600000 };

static const char usage_text[] =
    "usage: djed campaign [OPTIONS] --out DIR\n"
    "\n"
    "Wakes one dormant fault per run of the workload, reports what was recovered: DIR/report/index.html and\n"
    "DIR/summary.json. An interrupted campaign goes on when the same command is given again; with more\n"
    "--experiments one becomes larger.\n"
    "\n"
    "  --model MODEL        fail-stop (default): a null pointer; mix: 16 classes of programmers' mistakes\n"
    "  --faults WHEN        once (transient, default) or always (persistent)\n"
    "  --servers LIST       only these, separated by commas (default: all)\n"
    "  --meanwhile LIST     SERVER.FUNCTION:N, separated by commas: this server crashes at every N-th "
    "execution\n"
    "                       of the function, in all runs; for faults in the recovery itself\n"
    "  --workload FILE      shell script to run (default: tests/campaign/default.sh)\n"
    "  --limit MS           guest time after which the workload is ended, in milliseconds (default 300)\n"
    "  --policy POLICY      chain (default), osiris, restart, none\n"
    "  --detect LIST        detectors at work: all (default), none, or some of checks, invariants, heap, "
    "limit,\n"
    "                       heartbeat, confirm, confirm-all, separated by commas\n"
    "  --controls           the same plan under the other policies, too\n"
    "  --experiments N      default 100\n"
    "  --seed S             default 1\n"
    "  --jobs J             machines at once (default: one per core)\n"
    "  --out DIR            folder for results\n";

static void parse(struct settings *settings, int count, char **words)
{
	enum {
		MODEL = 256,
		FAULTS,
		SERVERS,
		MEANWHILE,
		WORKLOAD,
		LIMIT,
		POLICY,
		DETECT,
		CONTROLS,
		EXPERIMENTS,
		SEED,
		JOBS,
		OUT
	};
	static const struct option options[] = {{"model", 1, NULL, MODEL},
						{"faults", 1, NULL, FAULTS},
						{"servers", 1, NULL, SERVERS},
						{"meanwhile", 1, NULL, MEANWHILE},
						{"workload", 1, NULL, WORKLOAD},
						{"limit", 1, NULL, LIMIT},
						{"policy", 1, NULL, POLICY},
						{"detect", 1, NULL, DETECT},
						{"controls", 0, NULL, CONTROLS},
						{"seed", 1, NULL, SEED},
						{"jobs", 1, NULL, JOBS},
						{"out", 1, NULL, OUT},
						{"help", 0, NULL, 'h'},
						{"experiments", 1, NULL, EXPERIMENTS},
						{0}};
	static const char *const models[] = {"fail-stop", "mix", NULL}, *const faults[] = {"once", "always",
											   NULL};
	opterr = 0;
	for (int option; (option = getopt_long(count, words, "h", options, NULL)) != -1;) {
		switch (option) {
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		case MODEL:
			require_choice("--model", settings->model = optarg, models);
			break;
		case FAULTS:
			require_choice("--faults", optarg, faults);
			settings->always = !strcmp(optarg, "always");
			break;
		case SERVERS:
			settings->servers = optarg;
			break;
		case MEANWHILE:
			settings->meanwhile = optarg;
			break;
		case WORKLOAD:
			settings->workload = optarg;
			break;
		case LIMIT:
			settings->limit = (unsigned)parse_number(optarg, "--limit", 10, LIMIT_MAX);
			break;
		case POLICY:
			require_choice("--policy", settings->policy = optarg, policy_names);
			break;
		case DETECT:
			settings->detect = parse_detectors("--detect", optarg);
			break;
		case CONTROLS:
			settings->controls = true;
			break;
		case EXPERIMENTS:
			settings->experiments =
			    (unsigned)parse_number(optarg, "--experiments", 1, EXPERIMENTS_MAX);
			break;
		case SEED:
			settings->seed = parse_number(optarg, "--seed", 0, ~0ull);
			break;
		case JOBS:
			settings->jobs = (unsigned)parse_number(optarg, "--jobs", 1, JOBS_LIMIT);
			break;
		case OUT:
			settings->directory = optarg;
			break;
		default:
			die("unknown option or missing value: '%s' (see: djed campaign --help)",
			    words[optind - 1]);
		}
	}
	if (optind < count)
		die("unexpected word '%s'", words[optind]);
	if (!settings->directory)
		die("--out DIR is missing");
}

static void run_policy(sqlite3 *db, const struct settings *settings, const char *policy, const char *archive,
		       struct planned **plan)
{
	struct sites *sites =
	    calloc(1, sizeof *sites); /* stays: the plan points into that of the first policy */
	if (!sites)
		die("out of memory");
	struct golden golden = {0};
	bool first = !*plan;
	fprintf(stderr, "policy %s: fault-free run\n", policy);
	struct machine *m = golden_run(&golden, settings, policy, archive, sites);
	store_golden(db, policy, &golden);
	fprintf(stderr, "policy %s: %.1f ms of guest time, %llu calls, %.2f s\n", policy,
		(double)golden.instructions / 1e6, (unsigned long long)golden.calls, golden.seconds);
	if (golden.exit_status)
		fprintf(stderr, "policy %s: even so the workload fails: its exit status is %u\n", policy,
			golden.exit_status > 255 ? golden.exit_status >> 8 : 128 + golden.exit_status);
	if (first) {
		*plan = calloc(settings->experiments, sizeof **plan);
		if (!*plan)
			die("out of memory");
		plan_draw(*plan, settings->experiments, sites, settings->seed);
	}
	plan_fit(*plan, settings->experiments, &golden.before, &golden.counts);
	if (first)
		store_sites(db, sites, &golden);
	store_execution(db, policy, sites, &golden);
	store_plan(db, policy, *plan, settings->experiments, &golden);
	/* They get ready while the golden run is checked. */
	struct workers *workers =
	    workers_start(db, settings, policy, archive, *plan, settings->experiments, &golden);
	golden_check(&golden, settings, m, sites);
	workers_run(workers, db, policy);
}

int main(int count, char **words)
{
	tool_name = "djed campaign";
	const char *home = getenv("DJED_HOME");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct settings settings = {.model = "fail-stop",
				    .policy = "chain",
				    .detect = DJED_DETECT_ALL,
				    .limit = 300,
				    .experiments = 100,
				    .seed = 1,
				    .jobs = cores < 1		 ? 1
					    : cores > JOBS_LIMIT ? JOBS_LIMIT
								 : (unsigned)cores};
	parse(&settings, count, words);
	if (!settings.workload)
		settings.workload = format_string("%s/tests/campaign/default.sh", home ? home : ".");
	if (access(settings.workload, R_OK) < 0)
		die("cannot read the workload %s", settings.workload);
	if (settings.servers)
		sites_check_servers(settings.servers);
	if (settings.meanwhile)
		crashing_read(&settings);
	sqlite3 *db = store_open(&settings);
	char *archive = experiment_archive(&settings);
	struct planned *plan = NULL;
	run_policy(db, &settings, settings.policy, archive, &plan);
	if (settings.controls)
		for (unsigned i = 0; policy_names[i]; i++)
			if (strcmp(policy_names[i], settings.policy))
				run_policy(db, &settings, policy_names[i], archive, &plan);
	if (sqlite3_close(db) != SQLITE_OK)
		die("cannot close the database");
	char *report = variant_path("bin", "djed-report");
	execl(report, report, settings.directory, (char *)NULL);
	die("cannot start %s", report);
}
