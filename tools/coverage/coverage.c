/* djed coverage: runs workloads in the coverage build, makes llvm-cov's pages of the servers and the kernel.
 */
#include "guest.h"
#include "machine.h"
#include "profile.h"
#include "temporary.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKLOADS_MAX = 16, RUN_SECONDS = 600, OBJECTS_MAX = DJED_SERVICES_MAX + 1, WORDS_MAX = 256 };

static const char usage_text[] = "usage: djed coverage [--workload FILE]... --out DIR\n"
				 "\n"
				 "Runs shell scripts in the coverage build (default: the campaigns' workload "
				 "and the tests' script), writes\n"
				 "DIR/index.html (source coverage of servers and kernel), "
				 "DIR/coverage.profdata; prints the table of files.\n";

struct objects {
	char *elf[OBJECTS_MAX];
	unsigned count;
};

static void run_command(char **words)
{
	pid_t child = fork();
	if (child == 0) {
		execvp(words[0], words);
		_exit(127);
	}
	int status = -1;
	if (child < 0 || waitpid(child, &status, 0) < 0 || status)
		die("%s failed", words[0]);
}

/* Runs one workload to its end. */
static struct machine *run_workload(const char *workload, const char *directory)
{
	char *folder = format_string("%s/rootfs", directory);
	make_directories(folder);
	temporary_add(folder);
	struct text script = read_file(workload);
	char *inside = format_string("%s/workload.sh", folder);
	temporary_add(inside);
	write_file(inside, script.bytes, script.length);
	char *archive = format_string("%s/boot.tar", directory);
	temporary_add(archive);
	guest_overlay(variant_path("coverage", "boot.tar"), archive, &folder, 1);
	struct text line = {0};
	text_format(&line, "policy=chain monitor=broker console=raw");
	guest_add_program(&line, (char *const[]){"sh", "/workload.sh", NULL});
	struct machine_options options = {
	    .variant = "coverage", .archive = archive, .command_line = line.bytes, .memory = 256ull << 20};
	struct machine *m = machine_start(&options);
	struct text output = {0};
	if (!machine_run(m, RUN_SECONDS, &output)) {
		machine_stop(m);
		die("%s does not run to its end in the coverage build", workload);
	}
	temporary_remove(archive);
	temporary_remove(inside);
	temporary_remove(folder);
	text_free(&output);
	text_free(&line);
	free(archive);
	free(inside);
	free(folder);
	text_free(&script);
	return m;
}

static void add_object(struct objects *objects, char *elf)
{
	for (unsigned i = 0; i < objects->count; i++)
		if (!strcmp(objects->elf[i], elf))
			return;
	if (objects->count < OBJECTS_MAX)
		objects->elf[objects->count++] = elf;
}

/* Writes a raw profile for each region of counters; adds their names to the list of llvm-profdata's inputs.
 */
static void take_profiles(struct machine *m, const char *directory, unsigned run, struct objects *objects,
			  struct text *inputs)
{
	const struct djed_lab *lab = machine_lab(m);
	for (unsigned i = 0; lab && i < lab->regions && i < DJED_LAB_REGIONS; i++) {
		const struct djed_lab_region *region = &lab->region[i];
		bool kernel = region->kind == DJED_REGION_KERNEL_PROFILE;
		if (!kernel && region->kind != DJED_REGION_PROFILE_COUNTS)
			continue;
		const void *counters = machine_region(m, region);
		if (!counters || (!kernel && region->service >= DJED_SERVICES_MAX))
			die("the guest shows counters outside its memory");
		char name[DJED_NAME_MAX + 16] = "kernel";
		if (!kernel)
			snprintf(name, sizeof name, "services/%.*s.elf", DJED_NAME_MAX - 1,
				 lab->service[region->service].name);
		char *elf = variant_path("coverage", name);
		char *raw = format_string("%s/%u-%u.profraw", directory, run, i);
		profile_write(raw, elf, counters, region->length);
		add_object(objects, elf);
		text_format(inputs, "%s\n", raw);
		free(raw);
	}
}

int main(int count, char **words)
{
	tool_name = "djed coverage";
	static const struct option options[] = {
	    {"out", 1, NULL, 'o'}, {"workload", 1, NULL, 'w'}, {"help", 0, NULL, 'h'}, {0}};
	const char *directory = NULL, *home = getenv("DJED_HOME");
	char *workload[WORKLOADS_MAX];
	unsigned workloads = 0;
	opterr = 0;
	for (int option; (option = getopt_long(count, words, "ho:", options, NULL)) != -1;) {
		switch (option) {
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'o':
			directory = optarg;
			break;
		case 'w':
			if (workloads == WORKLOADS_MAX)
				die("at most %d workloads", WORKLOADS_MAX);
			workload[workloads++] = optarg;
			break;
		default:
			die("unknown option or missing value: '%s' (see: djed coverage --help)",
			    words[optind - 1]);
		}
	}
	if (optind < count || !directory)
		die("--out DIR is expected (see: djed coverage --help)");
	if (!workloads) {
		workload[workloads++] = format_string("%s/tests/campaign/default.sh", home ? home : ".");
		workload[workloads++] = format_string("%s/tests/os/script.sh", home ? home : ".");
	}
	make_directories(directory);
	static struct objects objects;
	struct text inputs = {0};
	for (unsigned i = 0; i < workloads; i++) {
		fprintf(stderr, "running %s\n", workload[i]);
		struct machine *m = run_workload(workload[i], directory);
		take_profiles(m, directory, i, &objects, &inputs);
		machine_stop(m);
	}
	if (!objects.count)
		die("the guest shows no coverage counters");
	char *list = format_string("%s/inputs", directory),
	     *merged = format_string("%s/coverage.profdata", directory);
	write_file(list, inputs.bytes, inputs.length);
	run_command((char *[]){"llvm-profdata-19", "merge", "-sparse", "-f", list, "-o", merged, NULL});
	char *show[WORDS_MAX] = {"llvm-cov-19",
				 "show",
				 "-format=html",
				 "-show-line-counts-or-regions",
				 "-show-directory-coverage",
				 "-project-title=Djed"};
	unsigned n = 6;
	show[n++] = format_string("-output-dir=%s", directory);
	show[n++] = format_string("-instr-profile=%s", merged);
	show[n++] = objects.elf[0];
	for (unsigned i = 1; i < objects.count; i++)
		show[n++] = format_string("-object=%s", objects.elf[i]);
	run_command(show);
	show[1] = "report";
	memmove(show + 2, show + 7, (WORDS_MAX - 7) * sizeof *show);
	run_command(show);
	for (char *line = strtok(inputs.bytes, "\n"); line; line = strtok(NULL, "\n"))
		unlink(line);
	unlink(list);
	printf("%s/index.html\n", directory);
	return 0;
}
