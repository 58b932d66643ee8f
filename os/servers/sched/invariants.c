/* What is checked of a request's changes before its answer leaves (lib/invariants.h). */
#include "main.h"

#include <lib/invariants.h>
#include <stddef.h>

enum law { LAW_USED = 1, LAW_SUNKEN, LAW_SLEEPERS, LAW_SLEEPS };
static const char *const law_names[] = {
    [LAW_USED] = "threads counted in",
    [LAW_SUNKEN] = "threads counted below level",
    [LAW_SLEEPERS] = "sleepers counted in",
    [LAW_SLEEPS] = "links of sleepers to slot",
};

/* As index of an account, 0 being none. */
static uint32_t link(uint16_t slot)
{
	return slot == NONE ? 0 : slot + 1u;
}

static void balance_thread(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct thread *old = before, *new = now;

	book_count(book, LAW_USED, 0, (new->pid != 0) - (old->pid != 0));
	book_count(book, LAW_SUNKEN, 0, (new->pid &&new->level) - (old->pid && old->level));
	book_count(book, LAW_SLEEPERS, 0, (new->sleeping != 0) - (old->sleeping != 0));
	book_count(book, LAW_SLEEPS, index + 1, (old->sleeping != 0) - (new->sleeping != 0));
}

static void balance_sleeper(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct sleeper *old = before, *new = now;

	(void)index;
	book_move(book, LAW_SLEEPS, link(old->next), link(new->next));
}

/* The part of struct sched behind its tables. */
struct counts {
	uint16_t used, sunken, first_sleeper, sleepers;
	uint64_t lift_at;
};
_Static_assert(offsetof(struct sched, lift_at) - offsetof(struct sched, used) ==
		       offsetof(struct counts, lift_at) &&
		   offsetof(struct sched, sleepers) - offsetof(struct sched, used) ==
		       offsetof(struct counts, sleepers),
	       "struct counts is the end of struct sched");

static void balance_counts(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct counts *old = before, *new = now;

	(void)index;
	book_count(book, LAW_USED, 0, old->used - new->used);
	book_count(book, LAW_SUNKEN, 0, old->sunken - new->sunken);
	book_count(book, LAW_SLEEPERS, 0, old->sleepers - new->sleepers);
	book_move(book, LAW_SLEEPS, link(old->first_sleeper), link(new->first_sleeper));
}

static void check_thread(struct djed_audit *audit, uint32_t index)
{
	const struct thread *t = &threads[index];
	uint16_t next = sched.sleeper[index].next, previous = sched.sleeper[index].previous;

	if (!t->pid)
		return;
	thread_check(audit, t);
	djed_check(audit, thread_find(t->pid) == t, "process %u cannot be found", t->pid);
	if (!t->sleeping)
		return;
	djed_check(audit,
		   previous == NONE ? sched.first_sleeper == index
				    : previous < THREADS_MAX && sched.sleeper[previous].next == index &&
					  threads[previous].wake_at <= t->wake_at,
		   "process %u sleeps out of order", t->pid);
	djed_check(audit,
		   next == NONE || (next < THREADS_MAX && sched.sleeper[next].previous == index &&
				    t->wake_at <= threads[next].wake_at),
		   "process %u sleeps out of order", t->pid);
}

static void check_deadline(struct djed_audit *audit, uint32_t index)
{
	(void)index;
	deadline_check(audit);
}

static struct invariant_table tables[] = {
    {"thread", threads, sizeof(struct thread), THREADS_MAX, 0, offsetof(struct thread, resume_at),
     check_thread, balance_thread, NULL},
    {"sleeper", sched.sleeper, sizeof(struct sleeper), THREADS_MAX, 0, sizeof(struct sleeper), check_thread,
     balance_sleeper, NULL},
    {"count", &sched.used, sizeof(struct counts), 1, 0, sizeof(struct counts), check_deadline, balance_counts,
     NULL},
    {"deadline", &djed_deadline, sizeof(djed_deadline), 1, 0, sizeof(djed_deadline), check_deadline, NULL,
     NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void sched_invariants_start(void)
{
	invariants_start(&invariants);
}

void sched_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
