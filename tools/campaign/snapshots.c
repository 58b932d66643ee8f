/* Moments of the fault-free run from which experiments start. */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENT_SECONDS = 120 /* of QEMU's processor time */ };

static struct snapshot *add(struct snapshots *all, struct machine *m)
{
	struct snapshot *at = &all->at[all->count++];
	counts_read(&at->counts, m);
	return at;
}

void snapshots_take(struct snapshots *all, struct machine *m, const struct golden *golden)
{
	struct text output = {0};
	memset(all, 0, sizeof *all);
	snprintf(add(all, m)->name, sizeof all->at->name, "start");
	for (unsigned i = 1; i < SNAPSHOTS; i++) {
		/* Closer together where the run begins, at first half as far as on average: most code runs
		 * early, and a block that runs only once does so at its first use. */
		m->lab->pause_at = golden->calls * i * (SNAPSHOTS + i) / (2 * SNAPSHOTS * SNAPSHOTS);
		if (m->lab->pause_at <= m->lab->linux_calls)
			continue; /* a short run, or the last pause had to wait */
		enum machine_wait what =
		    machine_continue(m) ? experiment_wait(m, SEGMENT_SECONDS, &output) : MACHINE_GONE;
		if (what == MACHINE_PAUSED && machine_lab(m) && m->lab->state == DJED_LAB_AUDITING)
			break; /* to the end there was no such moment */
		struct snapshot *at = add(all, m);
		snprintf(at->name, sizeof at->name, "call%llu", (unsigned long long)m->lab->linux_calls);
		text_add(&at->output, output.bytes, output.length);
		if (what != MACHINE_PAUSED || m->lab->state != DJED_LAB_PAUSED ||
		    !machine_save(m, at->name)) {
			machine_stop(m);
			die("QEMU could not take snapshot %u of the fault-free run", i + 1);
		}
	}
	text_free(&output);
}

void snapshots_free(struct snapshots *all)
{
	for (unsigned i = 0; i < all->count; i++) {
		text_free(&all->at[i].output);
		counts_free(&all->at[i].counts);
	}
	all->count = 0;
}

const struct snapshot *snapshots_before(const struct snapshots *all, const struct planned *fault,
					uint64_t *skip)
{
	uint64_t start = counts_of(&all->at[0].counts, fault->site);
	unsigned last = 0;
	while (last + 1 < all->count &&
	       counts_of(&all->at[last + 1].counts, fault->site) - start <= fault->skip)
		last++;
	*skip = fault->skip - (counts_of(&all->at[last].counts, fault->site) - start);
	return &all->at[last];
}
