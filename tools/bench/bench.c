/* djed bench: guest instructions per operation, plain against instrumented. */
#include "abi/detect.h"
#include "guest.h"
#include "machine.h"
#include "text.h"

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BENCHMARKS_MAX = 32, RUN_SECONDS = 120, WALL_RUNS = 3 };

static const char usage_text[] = "usage: djed bench [--detect LIST] --out DIR\n"
				 "\n"
				 "Runs the benchmark program in the plain build, in the instrumented one "
				 "without detectors (recovery) and with them\n"
				 "(detection), each once counting instructions (-icount), and the first and "
				 "the last three times on the clock,\n"
				 "alternating. Writes DIR/bench.json and prints a table.\n"
				 "\n"
				 "  --detect LIST        as of djed run\n";

struct series {
	char name[32];
	/* Guest instructions per operation: without recovery; with it; with all detectors too. */
	double plain, recovery, instrumented;
	double wall_plain, wall_instrumented; /* best time of the runs, ticks */
};

struct results {
	struct series list[BENCHMARKS_MAX];
	unsigned count;
	uint64_t servers; /* of the last run: ticks that servers spent in user mode, over all operations */
};

/* Output of the benchmark program in a build variant; dies if it does not end with status 0. */
static struct text run(struct results *r, const char *variant, uint32_t detect, bool icount)
{
	struct text line = {0}, output = {0};
	text_format(&line, "policy=chain monitor=broker detect=%x console=raw", detect);
	guest_add_program(&line, (char *const[]){"/bin/bench", NULL});
	struct machine_options options = {
	    .variant = variant, .command_line = line.bytes, .memory = 256ull << 20, .icount = icount};
	struct machine *m = machine_start(&options);
	bool good = machine_run(m, RUN_SECONDS, &output) && machine_lab(m)->exit_status == 0;
	r->servers = 0;
	for (unsigned i = 0; good && i < DJED_SERVICES_MAX; i++)
		r->servers += machine_lab(m)->service[i].time;
	machine_stop(m);
	text_free(&line);
	if (!good)
		die("the benchmark did not run to its end in the %s build; its output: %s", variant,
		    output.length ? output.bytes : "none");
	return output;
}

static struct series *find(struct results *r, const char *name)
{
	for (unsigned i = 0; i < r->count; i++)
		if (!strcmp(r->list[i].name, name))
			return &r->list[i];
	if (r->count == BENCHMARKS_MAX || strlen(name) >= sizeof r->list[0].name)
		die("the benchmark program prints too much");
	struct series *s = &r->list[r->count++];
	strcpy(s->name, name);
	return s;
}

static void measure(struct results *r, const char *variant, uint32_t detect, bool icount, size_t field)
{
	struct text output = run(r, variant, detect, icount);
	for (char *line = strtok(output.bytes, "\n"); line; line = strtok(NULL, "\n")) {
		char name[64];
		double value;
		if (sscanf(line, "%63s %lf", name, &value) != 2 || value <= 0)
			die("the benchmark program printed '%s'", line);
		double *slot = (double *)((char *)find(r, name) + field);
		if (!*slot || value < *slot)
			*slot = value;
	}
	text_free(&output);
}

int main(int count, char **words)
{
	tool_name = "djed bench";
	static const struct option options[] = {
	    {"out", 1, NULL, 'o'}, {"detect", 1, NULL, 'd'}, {"help", 0, NULL, 'h'}, {0}};
	const char *directory = NULL;
	uint32_t detect = DJED_DETECT_ALL;
	opterr = 0;
	for (int option; (option = getopt_long(count, words, "ho:", options, NULL)) != -1;) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (option == 'd') {
			detect = parse_detectors("--detect", optarg);
			continue;
		}
		if (option != 'o')
			die("unknown option or missing value: '%s' (see: djed bench --help)",
			    words[optind - 1]);
		directory = optarg;
	}
	if (optind < count || !directory)
		die("--out DIR is expected, and nothing else (see: djed bench --help)");
	make_directories(directory);
	struct results r = {0};
	fprintf(stderr, "counting instructions\n");
	measure(&r, "plain", 0, true, offsetof(struct series, plain));
	double servers = (double)r.servers;
	measure(&r, "instrumented", 0, true, offsetof(struct series, recovery));
	double servers_recovery = (double)r.servers / servers;
	measure(&r, "instrumented", detect, true, offsetof(struct series, instrumented));
	double servers_all = (double)r.servers / servers;
	for (unsigned i = 0; i < WALL_RUNS; i++) {
		fprintf(stderr, "timing, run %u of %u\n", i + 1, WALL_RUNS);
		measure(&r, "plain", 0, false, offsetof(struct series, wall_plain));
		measure(&r, "instrumented", detect, false, offsetof(struct series, wall_instrumented));
	}
	json_t *list = json_object();
	double log_ratio = 0, log_recovery = 0, log_wall = 0;
	printf("%-18s %10s %10s %10s %9s %7s %7s\n", "operation", "plain", "recovery", "detection",
	       "recovery", "ratio", "wall");
	for (unsigned i = 0; i < r.count; i++) {
		const struct series *s = &r.list[i];
		double ratio = s->instrumented / s->plain, wall = s->wall_instrumented / s->wall_plain;
		double recovery = s->recovery / s->plain;
		log_ratio += log(ratio);
		log_recovery += log(recovery);
		log_wall += log(wall);
		printf("%-18s %10.0f %10.0f %10.0f %9.3f %7.3f %7.3f\n", s->name, s->plain, s->recovery,
		       s->instrumented, recovery, ratio, wall);
		json_object_set_new(list, s->name,
				    json_pack("{s:f, s:f, s:f, s:f, s:f}", "plain", s->plain, "recovery",
					      s->recovery, "instrumented", s->instrumented, "ratio", ratio,
					      "wall_ratio", wall));
	}
	double all = exp(log_ratio / r.count), recovery = exp(log_recovery / r.count),
	       wall = exp(log_wall / r.count);
	printf("%-18s %10s %10s %10s %9.3f %7.3f %7.3f\n", "geometric mean", "", "", "", recovery, all, wall);
	printf("%-18s %10s %10s %10s %9.3f %7.3f\n", "server code alone", "", "", "", servers_recovery,
	       servers_all);
	json_t *top = json_pack("{s:o, s:{s:f, s:f, s:f}, s:{s:f, s:f}}", "benchmarks", list, "geomean",
				"instrumented", all, "recovery", recovery, "wall_instrumented", wall,
				"servers", "instrumented", servers_all, "recovery", servers_recovery);
	char *text = json_dumps(top, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	char *path = format_string("%s/bench.json", directory);
	write_file(path, text, strlen(text));
	printf("%s\n", path);
	return 0;
}
