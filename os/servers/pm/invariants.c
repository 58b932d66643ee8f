/* What is checked of a request's changes before its answer leaves (lib/invariants.h). */
#include "pm.h"

#include <lib/invariants.h>
#include <stddef.h>

enum law { LAW_USED = 1, LAW_ZOMBIES, LAW_INFOS, LAW_INFO_CHAIN, LAW_TIMERS, LAW_TIMER_LINK };
static const char *const law_names[] = {
    [LAW_USED] = "processes counted in",     [LAW_ZOMBIES] = "zombies counted in",
    [LAW_INFOS] = "informations counted in", [LAW_INFO_CHAIN] = "links to information",
    [LAW_TIMERS] = "timers counted in",	     [LAW_TIMER_LINK] = "links to timer",
};

/* As index of an account, 0 being none. */
static uint32_t link(uint16_t at)
{
	return at == NONE ? 0 : at + 1u;
}

static bool in_use(uint16_t slot)
{
	return slot < PROCESSES_MAX && processes[slot].state != PROCESS_FREE;
}

/* ---- processes ---------------------------------------------------------------------------------------- */

static void balance_process(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct process *old = before, *new = now;

	(void)index;
	book_count(book, LAW_USED, 0, (new->state != PROCESS_FREE) - (old->state != PROCESS_FREE));
	book_count(book, LAW_ZOMBIES, 0, (new->state == PROCESS_ZOMBIE) - (old->state == PROCESS_ZOMBIE));
}

/* All processes are in one chain, which begins and, as `previous` of slot 0, ends at slot 0. */
static bool in_chain(uint16_t slot)
{
	uint16_t next = pm.kin[slot].next, previous = pm.kin[slot].previous, last = pm.kin[0].previous;

	if (next == NONE ? last != (slot ? slot : NONE) : !in_use(next) || pm.kin[next].previous != slot)
		return false;
	return slot == 0 || (in_use(previous) && pm.kin[previous].next == slot);
}

static bool in_family(uint16_t slot)
{
	uint16_t parent = processes[slot].parent, next = pm.kin[slot].next_sibling,
		 previous = pm.kin[slot].previous_sibling;

	if (!in_use(parent))
		return false;
	if (next == NONE
		? pm.kin[parent].last_child != slot
		: !in_use(next) || pm.kin[next].previous_sibling != slot || processes[next].parent != parent)
		return false;
	return previous == NONE ? pm.kin[parent].first_child == slot
				: in_use(previous) && pm.kin[previous].next_sibling == slot &&
				      processes[previous].parent == parent;
}

static bool children_end(uint16_t slot)
{
	uint16_t first = pm.kin[slot].first_child, last = pm.kin[slot].last_child;

	if (first == NONE || last == NONE)
		return first == last;
	return in_use(first) && processes[first].parent == slot && pm.kin[first].previous_sibling == NONE &&
	       in_use(last) && processes[last].parent == slot && pm.kin[last].next_sibling == NONE;
}

static void check_process(struct djed_audit *audit, uint32_t index)
{
	const struct process *p = &processes[index];
	uint16_t slot = (uint16_t)index;

	djed_check(audit, p->state <= PROCESS_ZOMBIE, "slot %u has state %u", slot, p->state);
	if (p->state == PROCESS_FREE)
		return;
	process_check(audit, p);
	djed_check(audit, process_find(p->pid) == p, "process %u cannot be found", p->pid);
	djed_check(audit, in_chain(slot), "chain is broken at slot %u", slot);
	djed_check(audit, slot == 0 || in_family(slot), "siblings are broken at process %u", p->pid);
	djed_check(audit, children_end(slot), "process %u: children end elsewhere", p->pid);
	djed_check(audit, slot == 0 || p->state == PROCESS_ZOMBIE || p->thread, "process %u has no thread",
		   p->pid);
	djed_check(audit,
		   p->state != PROCESS_ZOMBIE || (!p->thread && !p->parked && kin_of(p)->first_child == NONE),
		   "zombie %u has not let go of everything", p->pid);
}

/* ---- signals and timers ------------------------------------------------------------------------------- */

static void balance_signals(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct process *old = before, *new = now;

	(void)index;
	book_move(book, LAW_INFO_CHAIN, link(old->signals.first_info), link(new->signals.first_info));
}

static bool pending(const struct process *p, uint16_t info)
{
	return info < INFOS_MAX && pm.info[info].signal >= 1 && pm.info[info].signal <= SIGNALS &&
	       p->signals.pending & signal_bit(pm.info[info].signal);
}

static void check_signals(struct djed_audit *audit, uint32_t index)
{
	const struct process *p = &processes[index];
	uint16_t last = p->signals.last_info;

	if (p->state == PROCESS_FREE)
		return;
	process_check(audit, p);
	masks_check(audit, p);
	djed_check(audit,
		   (p->signals.first_info == NONE) == (last == NONE) &&
		       (last == NONE || (pending(p, p->signals.first_info) && pending(p, last) &&
					 pm.info[last].next == NONE)),
		   "process %u: signal queue is not what is pending", p->pid);
}

static void check_identity(struct djed_audit *audit, uint32_t index)
{
	if (processes[index].state != PROCESS_FREE)
		identity_check(audit, &processes[index]);
}

static void balance_info(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct signal_info *old = before, *new = now;

	(void)index;
	book_count(book, LAW_INFOS, 0, (new->signal != 0) - (old->signal != 0));
	book_move(book, LAW_INFO_CHAIN, link(old->next), link(new->next));
}

/* An armed timer is in the list. `next` of one that is not armed means nothing. */
static void balance_timer(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct timer *old = before, *new = now;

	book_count(book, LAW_TIMERS, 0, (new->deadline != 0) - (old->deadline != 0));
	book_count(book, LAW_TIMER_LINK, index + 1, (old->deadline != 0) - (new->deadline != 0));
	book_move(book, LAW_TIMER_LINK, old->deadline ? link(old->next) : 0,
		  new->deadline ? link(new->next) : 0);
}

static void check_timer(struct djed_audit *audit, uint32_t index)
{
	const struct timer *t = &pm.timer[index];
	uint16_t slot = (uint16_t)(index % PROCESSES_MAX), at = (uint16_t)index;

	timer_check(audit, index);
	if (!t->deadline)
		return;
	djed_check(audit, slot && in_use(slot) && processes[slot].state != PROCESS_ZOMBIE,
		   "timer %u is armed for nobody", index);
	djed_check(audit,
		   (t->previous == NONE ? pm.first_timer == at
					: t->previous < TIMERS_MAX && pm.timer[t->previous].next == at &&
					      pm.timer[t->previous].deadline <= t->deadline) &&
		       (t->next == NONE || (t->next < TIMERS_MAX && pm.timer[t->next].previous == at &&
					    t->deadline <= pm.timer[t->next].deadline)),
		   "timer %u is out of order", index);
}

/* ---- heads and counts --------------------------------------------------------------------------------- */

static void balance_link(struct book *book, const void *before, const void *now, uint32_t law)
{
	book_move(book, law, link(*(const uint16_t *)before), link(*(const uint16_t *)now));
}

static void balance_counts(struct book *book, const void *before, const void *now, uint32_t index)
{
	const uint16_t *old = before, *new = now; /* used, zombies */

	(void)index;
	book_count(book, LAW_USED, 0, old[0] - new[0]);
	book_count(book, LAW_ZOMBIES, 0, old[1] - new[1]);
}
_Static_assert(offsetof(struct pm, zombies) == offsetof(struct pm, used) + 2, "as balance_counts reads them");

static void balance_free_info(struct book *book, const void *before, const void *now, uint32_t index)
{
	const uint16_t *old = before, *new = now; /* first_free_info, infos_used */

	(void)index;
	balance_link(book, before, now, LAW_INFO_CHAIN);
	book_count(book, LAW_INFOS, 0, old[1] - new[1]);
}
_Static_assert(offsetof(struct pm, infos_used) == offsetof(struct pm, first_free_info) + 2,
	       "as balance_free_info reads them");

static void balance_timers(struct book *book, const void *before, const void *now, uint32_t index)
{
	const uint16_t *old = before, *new = now; /* first_timer, timers_armed */

	(void)index;
	balance_link(book, before, now, LAW_TIMER_LINK);
	book_count(book, LAW_TIMERS, 0, old[1] - new[1]);
}
_Static_assert(offsetof(struct pm, timers_armed) == offsetof(struct pm, first_timer) + 2,
	       "as balance_timers reads them");

static void check_run(struct djed_audit *audit, uint32_t index)
{
	const uint32_t pid[] = {pm.first_program, pm.probe_program};

	(void)index;
	for (unsigned i = 0; i < 2; i++)
		djed_check(audit, !pid[i] || process_find(pid[i]), "the run's program %u is not there",
			   pid[i]);
}

static void check_deadline(struct djed_audit *audit, uint32_t index)
{
	(void)index;
	deadline_check(audit);
}

/* ---- the tables ------------------------------------------------------------------------------------------
 */

static struct invariant_table identity = {"identity of process",
					  processes,
					  sizeof(struct process),
					  PROCESSES_MAX,
					  offsetof(struct process, name),
					  offsetof(struct process, signals),
					  check_identity,
					  NULL,
					  NULL};
static struct invariant_table signals = {"signals of process",
					 processes,
					 sizeof(struct process),
					 PROCESSES_MAX,
					 offsetof(struct process, signals),
					 offsetof(struct process, signals.action),
					 check_signals,
					 balance_signals,
					 &identity};

static struct invariant_table tables[] = {
    {"process", processes, sizeof(struct process), PROCESSES_MAX, 0, offsetof(struct process, user_time),
     check_process, balance_process, &signals},
    {"links of process", pm.kin, sizeof(struct kin), PROCESSES_MAX, 0, sizeof(struct kin), check_process,
     NULL, NULL},
    {"processes", &pm.used, 2 * sizeof(uint16_t), 1, 0, 2 * sizeof(uint16_t), NULL, balance_counts, NULL},
    {"information", pm.info, sizeof(struct signal_info), INFOS_MAX, 0, sizeof(struct signal_info), NULL,
     balance_info, NULL},
    {"free informations", &pm.first_free_info, 2 * sizeof(uint16_t), 1, 0, 2 * sizeof(uint16_t), NULL,
     balance_free_info, NULL},
    {"timer", pm.timer, sizeof(struct timer), TIMERS_MAX, 0, sizeof(struct timer), check_timer, balance_timer,
     NULL},
    {"timers", &pm.first_timer, 2 * sizeof(uint16_t), 1, 0, 2 * sizeof(uint16_t), check_deadline,
     balance_timers, NULL},
    {"run", &pm.first_program, 2 * sizeof(uint32_t), 1, 0, 2 * sizeof(uint32_t), check_run, NULL, NULL},
    {"deadline", &djed_deadline, sizeof(djed_deadline), 1, 0, sizeof(djed_deadline), check_deadline, NULL,
     NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void pm_invariants_start(void)
{
	invariants_start(&invariants);
}

void pm_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
