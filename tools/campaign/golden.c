/* The fault-free run that all others are compared with. */
#include "campaign.h"

#include <string.h>

enum { FAULT_FREE_SECONDS = 120 /* of QEMU's processor time */ };

static void require_good_end(struct machine *m, const struct settings *settings,
			     const struct observation *seen)
{
	if (seen->timed_out) {
		machine_stop(m);
		die("without a fault the workload waits for ever, or takes more than %d s of processor time",
		    FAULT_FREE_SECONDS);
	}
	const char *wrong = NULL;
	if (seen->machine_gone || !seen->lab_valid || seen->lab.state != DJED_LAB_ENDED)
		wrong = "the workload does not end in good order without a fault";
	else if (seen->lab.exit_status == LIMIT_STATUS << 8)
		wrong = "without a fault the workload waits for ever, or takes longer than --limit";
	else if (seen->lab.violations)
		wrong = "the final audit finds violations without a fault";
	else if (seen->lab.recoveries && !settings->crashings)
		wrong = "a server crashes in the fault-free run";
	else if (seen->lab.services > DJED_SERVICES_MAX)
		wrong = "the guest shows too many services";
	if (!wrong)
		return;
	machine_stop(m);
	die("%s (state %u, %u violations)", wrong, seen->lab.state, seen->lab.violations);
}

static void note(struct golden *golden, const struct observation *seen)
{
	golden->output = seen->output;
	golden->exit_status = seen->lab.exit_status;
	golden->instructions = seen->lab.ended_at - seen->lab.ready_at;
	golden->calls = seen->lab.linux_calls;
	golden->seconds = seen->seconds;
	golden->services = seen->lab.services;
	for (unsigned i = 0; i < golden->services; i++) {
		memcpy(golden->service[i], seen->lab.service[i].name, DJED_NAME_MAX);
		golden->service[i][DJED_NAME_MAX - 1] = 0;
		golden->time[i] = seen->lab.service[i].time;
		golden->time_window[i] = seen->lab.service[i].time_window;
	}
}

static bool same_output(const struct observation *seen, const struct golden *golden)
{
	return seen->lab_valid && seen->lab.exit_status == golden->exit_status &&
	       seen->output.length == golden->output.length &&
	       !memcmp(seen->output.bytes, golden->output.bytes, golden->output.length);
}

static bool same_counts(const struct counts *one, const struct counts *other)
{
	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++) {
		if (one->blocks[i] != other->blocks[i])
			return false;
		if (one->blocks[i] && memcmp(one->list[i], other->list[i], one->blocks[i] * sizeof(uint64_t)))
			return false;
	}
	return true;
}

/* The run must repeat exactly, or outcomes mean nothing. */
static bool repeats(struct machine *m, const struct settings *settings, const struct golden *golden)
{
	struct observation again = {0};
	experiment_run(m, settings, "start", NULL, 0, FAULT_FREE_SECONDS, &again, NULL);
	bool same =
	    same_output(&again, golden) && again.lab.ended_at - again.lab.ready_at == golden->instructions;
	text_free(&again.output);
	return same;
}

/* So must one that goes on from a snapshot in the middle. */
static bool repeats_from_snapshot(struct machine *m, const struct settings *settings,
				  const struct golden *golden, const struct counts *counts)
{
	static struct snapshots snapshots;
	struct observation again = {0};
	struct counts after = {0};
	if (!machine_restore(m, "start"))
		return false;
	snapshots_take(&snapshots, m, golden);
	const struct snapshot *from = &snapshots.at[snapshots.count / 2];
	text_add(&again.output, from->output.bytes, from->output.length);
	experiment_run(m, settings, from->name, NULL, 0, FAULT_FREE_SECONDS, &again, &after);
	bool same = same_output(&again, golden) && same_counts(&after, counts);
	text_free(&again.output);
	counts_free(&after);
	snapshots_free(&snapshots);
	return same;
}

/* Experiments run with one function awake: that is faster, and must make no other difference. */
static bool repeats_asleep(struct machine *m, const struct settings *settings, const struct golden *golden,
			   const struct site *fault)
{
	struct observation again = {0};
	experiment_run(m, settings, "start", fault, UINT64_MAX, FAULT_FREE_SECONDS, &again, NULL);
	bool same = same_output(&again, golden);
	text_free(&again.output);
	return same;
}

struct machine *golden_run(struct golden *golden, const struct settings *settings, const char *policy,
			   const char *archive, struct sites *sites)
{
	struct machine *m = experiment_boot(settings, policy, archive, NULL);
	struct observation seen = {0};
	counts_read(&golden->before, m);
	experiment_run(m, settings, "start", NULL, 0, FAULT_FREE_SECONDS, &seen, &golden->counts);
	require_good_end(m, settings, &seen);
	note(golden, &seen);
	sites_read(sites, &golden->before, &golden->counts, golden, settings);
	return m;
}

void golden_check(struct golden *golden, const struct settings *settings, struct machine *m,
		  const struct sites *sites)
{
	bool same = repeats(m, settings, golden) &&
		    repeats_from_snapshot(m, settings, golden, &golden->counts) &&
		    repeats_asleep(m, settings, golden, sites->list);
	machine_stop(m);
	counts_free(&golden->before);
	counts_free(&golden->counts);
	if (!same)
		die("two fault-free runs differ: the workload is not deterministic");
}
