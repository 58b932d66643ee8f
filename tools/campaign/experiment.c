/* One run of the machine from a snapshot. */
#include "campaign.h"
#include "guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BOOT_SECONDS = 60, IDLE_SECONDS = 2 };
#define POLL_SECONDS 0.2

char *experiment_archive(const struct settings *settings)
{
	char *folder = format_string("%s/rootfs", settings->directory);
	char *inner = format_string("%s/campaign", folder);
	make_directories(inner);
	struct text script = read_file(settings->workload);
	char *to = format_string("%s/workload.sh", inner);
	write_file(to, script.bytes, script.length);
	free(to);
	text_free(&script);
	char *source = variant_path("campaign", "boot.tar");
	char *archive = format_string("%s/boot.tar", settings->directory);
	guest_overlay(source, archive, &folder, 1);
	free(source);
	free(inner);
	free(folder);
	return archive;
}

enum machine_wait experiment_wait(struct machine *m, double seconds, struct text *output)
{
	double start = machine_processor_seconds(m), last = -1, moved = seconds_now();
	for (;;) {
		enum machine_wait what = machine_wait_pause(m, POLL_SECONDS);
		machine_drain_serial(m, output);
		if (what != MACHINE_TIMEOUT)
			return what;
		double used = machine_processor_seconds(m);
		if (used != last || machine_is_busy(m)) {
			last = used;
			moved = seconds_now();
		}
		if (used - start > seconds || seconds_now() - moved > IDLE_SECONDS)
			return MACHINE_TIMEOUT;
	}
}

struct machine *experiment_boot(const struct settings *settings, const char *policy, const char *archive,
				const char *log)
{
	struct text line = {0};
	text_format(&line, "policy=%s monitor=broker detect=%x console=terminal", policy, settings->detect);
	char *const probe[] = {"/bin/campaign-work", "-t", NULL};
	guest_add_words(&line, "probe", probe);
	char *limit = format_string("%u", settings->limit);
	char *const program[] = {"/bin/campaign-work", "-l", limit, "/bin/sh", "/campaign/workload.sh", NULL};
	guest_add_program(&line, program);
	free(limit);
	guest_check_line(&line);
	struct machine_options options = {.variant = "campaign",
					  .archive = archive,
					  .command_line = line.bytes,
					  .log = log,
					  .memory = (uint64_t)CAMPAIGN_MEMORY_MIB << 20,
					  .icount = true,
					  .snapshots = true};
	struct machine *m = machine_start(&options);
	text_free(&line);
	struct text output = {0};
	enum machine_wait what = experiment_wait(m, BOOT_SECONDS, &output);
	const struct djed_lab *lab = machine_lab(m);
	if (what != MACHINE_PAUSED || !lab || lab->state != DJED_LAB_READY) {
		machine_stop(m);
		die("the campaign build does not boot (try: djed run --build campaign -- true)");
	}
	text_free(&output);
	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++)
		memset(machine_fault_slot(m, i)->awake, 1, DJED_FAULT_FUNCTIONS);
	crashing_start(settings, m);
	if (!machine_save(m, "start")) {
		machine_stop(m);
		die("QEMU could not take the snapshot");
	}
	return m;
}

/* `fault` is the only one that can strike, and its function the only one that is awake. */
static struct djed_fault_slot *wake(struct machine *m, const struct settings *settings,
				    const struct site *fault, uint64_t skip)
{
	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++)
		memset(machine_fault_slot(m, i)->awake, 0, DJED_FAULT_FUNCTIONS);
	crashing_keep_awake(settings, m);
	struct djed_fault_slot *slot = machine_fault_slot(m, fault->service);
	slot->countdown = skip;
	slot->always = settings->always;
	slot->site = fault->number;
	slot->awake[fault->twin] = 1;
	return slot;
}

void experiment_run(struct machine *m, const struct settings *settings, const char *snapshot,
		    const struct site *fault, uint64_t skip, double limit_seconds, struct observation *seen,
		    struct counts *counts)
{
	double start = machine_processor_seconds(m);
	if (!machine_restore(m, snapshot)) {
		seen->machine_gone = true;
		return;
	}
	struct djed_fault_slot *slot = fault ? wake(m, settings, fault, skip) : NULL;
	const struct djed_lab *lab = machine_lab(m);
	seen->output_before = lab ? lab->output_bytes - seen->output.length : 0;
	enum machine_wait what =
	    machine_continue(m) ? experiment_wait(m, limit_seconds, &seen->output) : MACHINE_GONE;
	if (what == MACHINE_PAUSED && lab && lab->state == DJED_LAB_AUDITING) {
		if (slot)
			slot->site = 0;
		crashing_end(settings, m);
		if (counts)
			counts_read(counts, m);
		what = machine_continue(m) ? experiment_wait(m, limit_seconds, &seen->output) : MACHINE_GONE;
	}
	if (what == MACHINE_TIMEOUT) {
		seen->timed_out = true;
		machine_pause(m);
	}
	seen->machine_gone = what == MACHINE_GONE;
	lab = machine_lab(m);
	seen->lab_valid = lab != NULL;
	if (lab)
		seen->lab = *lab;
	if (slot)
		seen->hits = slot->hits;
	seen->seconds = machine_processor_seconds(m) - start;
}
