/* djed storm: what crashes at regular intervals cost (as MINIX 3's authors measured for a network driver,
 * with SIGKILL). */
#include "campaign.h"
#include "guest.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: djed storm [OPTIONS] --out DIR\n"
    "\n"
    "Runs a workload while one server crashes again and again, at several intervals of guest time, and "
    "without\n"
    "crashes. Writes DIR/storm.json and prints a table: guest time, and the throughput that was lost.\n"
    "\n"
    "  --server NAME        that crashes (default: vfs)\n"
    "  --function NAME      at whose first memory access it crashes (default: linux_on_read)\n"
    "  --intervals LIST     milliseconds, separated by commas (default: 4000,2000,1000,500,250,100)\n"
    "  --workload FILE      shell script of at most 1 KB (default: a file is hashed again and again)\n"
    "  --out DIR            folder for results\n";

static const char default_workload[] =
    "dd if=/dev/zero of=/tmp/f bs=64k count=64 2>/dev/null\n"
    "i=0; while [ $i -lt 64 ]; do md5sum /tmp/f; i=$((i + 1)); done | uniq -c\n";

enum { INTERVALS_MAX = 16, BOOT_SECONDS = 60, RUN_SECONDS = 1800, SCRIPT_MAX = 1024 };

struct settings_of_storm {
	const char *server, *function, *directory;
	struct text script;
	unsigned interval[INTERVALS_MAX]; /* ms; the first is 0: no crashes */
	unsigned intervals;
};

struct run {
	uint64_t time; /* guest ns from the workload's start to its end */
	uint64_t crashes;
	uint32_t violations, exit_status;
	struct text output;
};

static unsigned number_of(struct machine *m, const char *server)
{
	const struct djed_lab *lab = machine_lab(m);
	for (unsigned i = 0; lab && i < lab->services && i < DJED_SERVICES_MAX; i++)
		if (!strncmp(lab->service[i].name, server, DJED_NAME_MAX))
			return i;
	machine_stop(m);
	die("the guest runs no service '%s'", server);
}

static struct run run(const struct settings_of_storm *s, const struct table_row *site, unsigned interval)
{
	struct text line = {0};
	struct run r = {0};
	text_format(&line, "policy=chain monitor=broker console=raw");
	guest_add_program(&line, (char *const[]){"/bin/sh", "-c", s->script.bytes, NULL});
	guest_check_line(&line);
	struct machine_options options = {
	    .variant = "campaign", .command_line = line.bytes, .memory = 256ull << 20, .icount = true};
	struct machine *m = machine_start(&options);
	if (machine_wait_pause(m, BOOT_SECONDS) != MACHINE_PAUSED || !machine_lab(m) ||
	    machine_lab(m)->state != DJED_LAB_READY) {
		machine_stop(m);
		die("the campaign build does not boot (try: djed run --build campaign -- true)");
	}
	unsigned number = number_of(m, s->server);
	struct djed_fault_slot *slot = machine_fault_slot(m, number);
	/* Without crashes the same code runs, and asks the same question. */
	slot->awake[site->twin] = 1;
	slot->always = 1;
	slot->countdown = interval ? 0 : UINT64_MAX;
	slot->interval = interval * 1000000ull;
	slot->site = site->site;
	bool good = machine_continue(m) && machine_run(m, RUN_SECONDS, &r.output);
	if (good) {
		const struct djed_lab *lab = machine_lab(m);
		r.time = lab->ended_at - lab->ready_at;
		r.crashes = lab->service[number].crashes;
		r.violations = lab->violations;
		r.exit_status = lab->exit_status;
	}
	machine_stop(m);
	text_free(&line);
	if (!good)
		die("the workload did not run to its end with a crash every %u ms", interval);
	return r;
}

static void parse_intervals(struct settings_of_storm *s, const char *list)
{
	char *copy = format_string("%s", list);
	s->intervals = 1;
	for (char *word = strtok(copy, ","); word; word = strtok(NULL, ",")) {
		if (s->intervals == INTERVALS_MAX)
			die("--intervals: at most %d", INTERVALS_MAX - 1);
		s->interval[s->intervals++] = (unsigned)parse_number(word, "--intervals", 1, 3600000);
	}
	free(copy);
}

static void parse(struct settings_of_storm *s, int count, char **words)
{
	enum { SERVER = 256, FUNCTION, INTERVALS, WORKLOAD, OUT };
	static const struct option options[] = {{"server", 1, NULL, SERVER},
						{"function", 1, NULL, FUNCTION},
						{"intervals", 1, NULL, INTERVALS},
						{"workload", 1, NULL, WORKLOAD},
						{"out", 1, NULL, OUT},
						{"help", 0, NULL, 'h'},
						{0}};
	opterr = 0;
	for (int option; (option = getopt_long(count, words, "h", options, NULL)) != -1;) {
		switch (option) {
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		case SERVER:
			s->server = optarg;
			break;
		case FUNCTION:
			s->function = optarg;
			break;
		case INTERVALS:
			parse_intervals(s, optarg);
			break;
		case WORKLOAD:
			text_free(&s->script);
			s->script = read_file(optarg);
			break;
		case OUT:
			s->directory = optarg;
			break;
		default:
			die("unknown option or missing value: '%s' (see: djed storm --help)",
			    words[optind - 1]);
		}
	}
	if (optind < count)
		die("unexpected word '%s'", words[optind]);
	if (!s->directory)
		die("--out DIR is missing");
	if (!s->script.length || s->script.length > SCRIPT_MAX || strlen(s->script.bytes) != s->script.length)
		die("--workload: a text of 1 to %d bytes is expected", SCRIPT_MAX);
}

int main(int count, char **words)
{
	tool_name = "djed storm";
	struct settings_of_storm s = {.server = "vfs", .function = "linux_on_read"};
	text_add(&s.script, default_workload, sizeof default_workload - 1);
	parse_intervals(&s, "4000,2000,1000,500,250,100");
	parse(&s, count, words);
	make_directories(s.directory);
	struct table_row site = sites_find("--server", s.server, s.function);
	json_t *curve = json_array();
	struct run calm = {0};
	unsigned wrong = 0;
	printf("%12s %9s %14s %9s\n", "interval ms", "crashes", "guest time s", "lost");
	for (unsigned i = 0; i < s.intervals; i++) {
		struct run r = run(&s, &site, s.interval[i]);
		if (i == 0)
			calm = r;
		else if (!r.crashes) /* the first crash waits for nothing but the function's execution */
			die("%s did not crash once in %.3f s of guest time, so nothing was measured: the "
			    "workload does "
			    "not execute the first memory access of %s, at %s",
			    s.server, (double)r.time / 1e9, s.function, site.location);
		double lost = 100 * (1 - (double)calm.time / (double)r.time);
		bool same = r.exit_status == calm.exit_status && r.output.length == calm.output.length &&
			    !memcmp(r.output.bytes, calm.output.bytes, r.output.length) && !r.violations;
		wrong += !same;
		printf("%12u %9" PRIu64 " %14.6f %8.3f%%%s\n", s.interval[i], r.crashes, (double)r.time / 1e9,
		       lost, same ? "" : "  wrong output, or the final audit found violations");
		fflush(stdout);
		json_array_append_new(curve,
				      json_pack("{s:i, s:I, s:f, s:f, s:b, s:I}", "interval_ms",
						(int)s.interval[i], "crashes", (json_int_t)r.crashes,
						"guest_seconds", (double)r.time / 1e9, "lost_percent", lost,
						"same_output", same, "violations", (json_int_t)r.violations));
		if (i)
			text_free(&r.output);
	}
	json_t *top = json_pack("{s:s, s:s, s:s, s:o}", "server", s.server, "function", s.function,
				"location", site.location, "curve", curve);
	char *text = json_dumps(top, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	char *path = format_string("%s/storm.json", s.directory);
	write_file(path, text, strlen(text));
	printf("%s\n", path);
	return wrong ? 1 : 0;
}
