/* sched's invariants. Nothing here follows a link before it has checked that it stays in the table; every
 * walk is bounded. To the cross audit: its processes; resource[0]: sleepers, [1]: threads below level 0. */
#include "main.h"

static void audit_table(struct djed_audit *a)
{
	unsigned used = 0, sunken = 0;

	for (unsigned i = 0; i < THREADS_MAX; i++) {
		used += threads[i].pid != 0;
		sunken += threads[i].pid != 0 && threads[i].level != 0;
	}
	djed_check(a, used == sched.used, "%u threads, not %u", used, sched.used);
	djed_check(a, sunken == sched.sunken, "%u threads are below level 0, not %u", sunken, sched.sunken);
}

void thread_check(struct djed_audit *a, const struct thread *t)
{
	djed_check(a, djed_region_of(t->pid, THREADS_MAX) == t - threads,
		   "process %u is in the slot of others", t->pid);
	djed_check(a, t->nice >= NICE_MIN && t->nice <= NICE_MAX, "process %u has nice %d", t->pid, t->nice);
	djed_check(a, t->level < LEVELS, "process %u is at level %u", t->pid, t->level);
	djed_check(a, t->thread, "process %u has no thread", t->pid);
	djed_check(a, (t->sleeping != 0) == (t->wake_at != 0), "process %u: request %llx, time %llu", t->pid,
		   (unsigned long long)t->sleeping, (unsigned long long)t->wake_at);
}

static void audit_thread(struct djed_audit *a, const struct thread *t)
{
	thread_check(a, t);
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		const struct thread *other = &threads[i];

		djed_check(a,
			   other == t || !other->pid || (other->pid != t->pid && other->thread != t->thread),
			   "process %u and its thread are there twice", t->pid);
	}
	a->processes++;
	a->process_xor ^= djed_mix(t->pid);
	a->resource[0] += t->sleeping != 0;
}

void deadline_check(struct djed_audit *a)
{
	uint64_t first = sched.first_sleeper < THREADS_MAX ? threads[sched.first_sleeper].wake_at : 0;

	djed_check(a, !sched.sunken || sched.lift_at, "nobody will lift %u threads", sched.sunken);
	if (sched.lift_at && (!first || sched.lift_at < first))
		first = sched.lift_at;
	djed_check(a, djed_deadline == first, "deadline is %llu, not %llu", (unsigned long long)djed_deadline,
		   (unsigned long long)first);
}

static void audit_sleepers(struct djed_audit *a)
{
	unsigned count = 0, sleeping = 0;
	uint16_t at, before = NONE;
	uint64_t last = 0;

	for (unsigned i = 0; i < THREADS_MAX; i++)
		sleeping += threads[i].pid && threads[i].sleeping;
	for (at = sched.first_sleeper; at < THREADS_MAX && count <= THREADS_MAX;
	     at = sched.sleeper[at].next) {
		const struct thread *t = &threads[at];

		djed_check(a, t->pid && t->sleeping, "slot %u is among the sleepers and does not sleep", at);
		djed_check(a, t->wake_at >= last, "process %u sleeps out of order", t->pid);
		djed_check(a, sched.sleeper[at].previous == before, "sleepers are broken at process %u",
			   t->pid);
		last = t->wake_at;
		before = at;
		count++;
	}
	djed_check(a, at == NONE && count == sleeping && sleeping == sched.sleepers,
		   "%u sleepers in the list, %u sleep, %u counted", count, sleeping, sched.sleepers);
	deadline_check(a);
}

void sched_audit(struct djed_audit *audit)
{
	audit_table(audit);
	for (unsigned i = 0; i < THREADS_MAX; i++)
		if (threads[i].pid)
			audit_thread(audit, &threads[i]);
	audit_sleepers(audit);
	audit->resource[1] = sched.sunken;
}
