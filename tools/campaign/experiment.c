/* One run of the machine from its snapshot. */
#include "campaign.h"
#include "guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BOOT_SECONDS = 60, IDLE_SECONDS = 2, FAULT_FREE_SECONDS = 120 /* of QEMU's processor time */ };
#define POLL_SECONDS 0.2

char *experiment_archive(const struct settings *settings)
{
	const char *home = getenv("DJED_HOME");
	if (!home)
		die("DJED_HOME is not set: start the tools through ./djed");
	char *folder = format_string("%s/rootfs", settings->directory);
	char *inner = format_string("%s/campaign", folder);
	make_directories(inner);
	char *probe = format_string("%s/tests/campaign/probe.sh", home);
	const char *from[] = {settings->workload, probe};
	static const char *const names[] = {"workload.sh", "probe.sh"};
	for (unsigned i = 0; i < 2; i++) {
		struct text script = read_file(from[i]);
		char *to = format_string("%s/%s", inner, names[i]);
		write_file(to, script.bytes, script.length);
		free(to);
		text_free(&script);
	}
	char *source = variant_path("campaign", "boot.tar");
	char *archive = format_string("%s/boot.tar", settings->directory);
	guest_overlay(source, archive, &folder, 1);
	free(source);
	free(probe);
	free(inner);
	free(folder);
	return archive;
}

/* Waits for the doorbell, then takes the output. A run has timed out when QEMU has used
 * `seconds` of processor time, or has not even wanted any for a while: the guest waits, and under icount time
 * would jump to its next timer. */
static enum machine_wait wait_doorbell(struct machine *m, double seconds, struct text *output)
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
	(void)settings;
	struct text line = {0};
	text_format(&line, "policy=%s monitor=broker console=terminal", policy);
	char *const probe[] = {"/bin/sh", "/campaign/probe.sh", NULL};
	guest_add_words(&line, "probe", probe);
	char *const program[] = {"/bin/sh", "/campaign/workload.sh", NULL};
	guest_add_program(&line, program);
	guest_check_line(&line);
	struct machine_options options = {.variant = "campaign",
					  .archive = archive,
					  .command_line = line.bytes,
					  .log = log,
					  .memory = 128ull << 20,
					  .icount = true,
					  .snapshots = true};
	struct machine *m = machine_start(&options);
	text_free(&line);
	struct text output = {0};
	enum machine_wait what = wait_doorbell(m, BOOT_SECONDS, &output);
	const struct djed_lab *lab = machine_lab(m);
	if (what != MACHINE_PAUSED || !lab || lab->state != DJED_LAB_READY) {
		machine_stop(m);
		die("the campaign build does not boot (try: djed run --build campaign -- true)");
	}
	text_free(&output);
	if (!machine_save(m)) {
		machine_stop(m);
		die("QEMU could not take the snapshot");
	}
	return m;
}

void experiment_run(struct machine *m, const struct planned *fault, bool always, double limit_seconds,
		    struct observation *seen, struct counts *counts)
{
	double start = machine_processor_seconds(m);
	if (!machine_restore(m)) {
		seen->machine_gone = true;
		return;
	}
	struct djed_fault_slot *slot = NULL;
	if (fault) {
		slot = machine_fault_slot(m, fault->site->service);
		slot->countdown = fault->skip;
		slot->always = always;
		slot->hits = 0;
		slot->site = fault->site->number;
	}
	const struct djed_lab *lab = machine_lab(m);
	seen->output_before = lab ? lab->output_bytes : 0;
	enum machine_wait what =
	    machine_continue(m) ? wait_doorbell(m, limit_seconds, &seen->output) : MACHINE_GONE;
	if (what == MACHINE_PAUSED && lab && lab->state == DJED_LAB_AUDITING) {
		if (slot)
			slot->site = 0;
		if (counts)
			counts_read(counts, m);
		what = machine_continue(m) ? wait_doorbell(m, limit_seconds, &seen->output) : MACHINE_GONE;
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

void golden_run(struct golden *golden, const struct settings *settings, const char *policy,
		const char *archive, struct sites *sites)
{
	struct machine *m = experiment_boot(settings, policy, archive, NULL);
	struct observation seen = {0};
	struct counts before = {0}, after = {0};
	counts_read(&before, m);
	experiment_run(m, NULL, false, FAULT_FREE_SECONDS, &seen, &after);
	if (seen.timed_out) {
		machine_stop(m);
		die("without a fault the workload waits for ever, or takes more than %d s of processor time",
		    FAULT_FREE_SECONDS);
	}
	if (seen.machine_gone || !seen.lab_valid || seen.lab.state != DJED_LAB_ENDED) {
		machine_stop(m);
		die("the workload does not end in good order without a fault (state %u)", seen.lab.state);
	}
	if (seen.lab.violations) {
		machine_stop(m);
		die("the final audit finds %u violations without a fault", seen.lab.violations);
	}
	if (seen.lab.recoveries) {
		machine_stop(m);
		die("a server crashes in the fault-free run");
	}
	if (seen.lab.services > DJED_SERVICES_MAX) {
		machine_stop(m);
		die("the guest shows %u services", seen.lab.services);
	}
	golden->output = seen.output;
	golden->exit_status = seen.lab.exit_status;
	golden->instructions = seen.lab.ended_at - seen.lab.ready_at;
	golden->calls = seen.lab.linux_calls;
	golden->seconds = seen.seconds;
	golden->services = seen.lab.services;
	for (unsigned i = 0; i < golden->services; i++) {
		memcpy(golden->service[i], seen.lab.service[i].name, DJED_NAME_MAX);
		golden->service[i][DJED_NAME_MAX - 1] = 0;
		golden->time[i] = seen.lab.service[i].time;
		golden->time_window[i] = seen.lab.service[i].time_window;
	}
	if (sites)
		sites_read(sites, &before, &after, golden, settings);
	/* The run must repeat exactly, or outcomes mean nothing. */
	struct observation again = {0};
	experiment_run(m, NULL, false, FAULT_FREE_SECONDS, &again, NULL);
	bool same = again.lab_valid && again.output.length == golden->output.length &&
		    !memcmp(again.output.bytes, golden->output.bytes, golden->output.length) &&
		    again.lab.ended_at == seen.lab.ended_at;
	text_free(&again.output);
	machine_stop(m);
	if (!same)
		die("two fault-free runs differ: the workload is not deterministic");
}
