/* pm's invariants. Nothing here follows a link before it has checked that it stays in its table, and every
 * walk is bounded.
 *
 * To the cross audit: the processes that the other servers know too (neither init nor zombies); resource[0]:
 * zombies, [1]: queued signals, [2]: parked requests, [3]: armed timers. */
#include "pm.h"

#include <protocols/kernel.h>

static bool slot_valid(uint16_t slot)
{
	return slot == NONE || slot < PROCESSES_MAX;
}

static bool used(uint16_t slot)
{
	return slot < PROCESSES_MAX && processes[slot].state != PROCESS_FREE;
}

/* ---- the table ------------------------------------------------------------------------------------ */

static void audit_slots(struct djed_audit *a)
{
	unsigned in_use = 0, zombies = 0, chained = 1;
	uint16_t at, before = 0;

	for (unsigned i = 0; i < PROCESSES_MAX; i++) {
		djed_check(a, processes[i].state <= PROCESS_ZOMBIE, "slot %u has state %u", i,
			   processes[i].state);
		in_use += processes[i].state != PROCESS_FREE;
		zombies += processes[i].state == PROCESS_ZOMBIE;
	}
	djed_check(a, in_use == pm.used, "%u slots are used, not %u", in_use, pm.used);
	djed_check(a, zombies == pm.zombies, "%u zombies, not %u", zombies, pm.zombies);
	for (at = pm.kin[0].next; at < PROCESSES_MAX && chained <= PROCESSES_MAX; at = pm.kin[at].next) {
		djed_check(a, pm.kin[at].previous == before && used(at), "chain is broken at slot %u", at);
		before = at;
		chained++;
	}
	djed_check(a, at == NONE && chained == in_use, "chain has %u of %u processes", chained, in_use);
	djed_check(a, pm.kin[0].previous == (before ? before : NONE), "chain's end is lost");
}

/* ---- families --------------------------------------------------------------------------------------- */

static unsigned audit_children(struct djed_audit *a, const struct process *p)
{
	uint16_t self = slot_of(p), at, before = NONE;
	unsigned count = 0;

	for (at = kin_of(p)->first_child; at < PROCESSES_MAX && count <= PROCESSES_MAX;
	     at = pm.kin[at].next_sibling) {
		djed_check(a, used(at) && processes[at].parent == self, "process %u is not a child of %u",
			   processes[at].pid, p->pid);
		djed_check(a, pm.kin[at].previous_sibling == before, "siblings are broken at process %u",
			   processes[at].pid);
		before = at;
		count++;
	}
	djed_check(a, at == NONE && kin_of(p)->last_child == before, "process %u: children end elsewhere",
		   p->pid);
	djed_check(a, p->state != PROCESS_ZOMBIE || count == 0, "zombie %u has children", p->pid);
	return count;
}

/* Every process descends from init: a cycle of parents would be reaped by nobody. */
static void audit_descent(struct djed_audit *a, const struct process *p)
{
	unsigned steps = 0;
	uint16_t at = p->parent;

	while (at != 0 && used(at) && steps++ < PROCESSES_MAX)
		at = processes[at].parent;
	djed_check(a, at == 0, "process %u does not descend from init", p->pid);
}

static void audit_groups(struct djed_audit *a, const struct process *p)
{
	for (unsigned i = 0; i < PROCESSES_MAX; i++) {
		const struct process *other = &processes[i];

		djed_check(a,
			   other->state == PROCESS_FREE || other->group != p->group ||
			       other->session == p->session,
			   "group %u spans sessions %u and %u", p->group, p->session, other->session);
	}
}

/* ---- signals ----------------------------------------------------------------------------------------- */

static const signal_set fixed = (signal_set)1 << (LINUX_SIGKILL - 1) | (signal_set)1 << (LINUX_SIGSTOP - 1);

void masks_check(struct djed_audit *a, const struct process *p)
{
	const struct signals *s = &p->signals;

	djed_check(a, !((s->blocked | s->known) & fixed), "process %u blocks or handles SIGKILL or SIGSTOP",
		   p->pid);
	djed_check(a, !s->suspended || !(s->saved & fixed), "process %u goes back to a mask with SIGKILL",
		   p->pid);
	djed_check(a, !s->stack.size || s->stack.base + s->stack.size >= s->stack.base,
		   "process %u: signal stack wraps", p->pid);
}

static unsigned audit_signals(struct djed_audit *a, const struct process *p)
{
	const struct signals *s = &p->signals;
	signal_set seen = 0;
	unsigned count = 0;
	uint16_t at, last = NONE;

	masks_check(a, p);
	for (at = s->first_info; at < INFOS_MAX && count <= INFOS_MAX; at = pm.info[at].next) {
		unsigned signal = pm.info[at].signal;

		count++;
		last = at;
		if (signal < 1 || signal > SIGNALS) {
			djed_violation(a, "process %u: queued signal %u", p->pid, signal);
			continue;
		}
		djed_check(a, s->pending & signal_bit(signal),
			   "process %u: signal %u is queued but not pending", p->pid, signal);
		djed_check(a, signal >= SIGNALS_REALTIME || !(seen & signal_bit(signal)),
			   "process %u: signal %u is queued twice", p->pid, signal);
		seen |= signal_bit(signal);
	}
	djed_check(a, at == NONE && s->last_info == last, "process %u: signal queue ends elsewhere", p->pid);
	for (unsigned i = 1; i <= SIGNALS; i++)
		djed_check(a, !(s->known & signal_bit(i)) || !(s->action[i - 1].mask & fixed),
			   "process %u: action of signal %u blocks SIGKILL or SIGSTOP", p->pid, i);
	return count;
}

static void audit_infos(struct djed_audit *a, unsigned queued)
{
	unsigned free_infos = 0;
	uint16_t at;

	for (at = pm.first_free_info; at < INFOS_MAX && free_infos <= INFOS_MAX; at = pm.info[at].next) {
		djed_check(a, pm.info[at].signal == 0, "information %u is free and of signal %u", at,
			   pm.info[at].signal);
		free_infos++;
	}
	djed_check(a, at == NONE && free_infos + queued == INFOS_MAX, "%u informations are queued, %u free",
		   queued, free_infos);
	djed_check(a, queued == pm.infos_used, "%u informations are queued, not %u", queued, pm.infos_used);
}

/* ---- one process --------------------------------------------------------------------------------------- */

static void check_wait(struct djed_audit *a, const struct process *p)
{
	djed_check(a, p->wait <= WAIT_SIGNAL_SET, "process %u waits for %u", p->pid, p->wait);
	djed_check(a, (p->wait != WAIT_NOTHING) == (p->parked != 0),
		   "process %u: wait %u, parked request %llx", p->pid, p->wait,
		   (unsigned long long)p->parked);
	djed_check(a, (p->state == PROCESS_STOPPED) == (p->wait == WAIT_STOPPED),
		   "process %u: state %u, wait %u", p->pid, p->state, p->wait);
	djed_check(a, p->wait == WAIT_SIGNAL_SET || !p->signals.wait_set,
		   "process %u: wait %u for signals %llx", p->pid, p->wait,
		   (unsigned long long)p->signals.wait_set);
}

static void audit_wait(struct djed_audit *a, const struct process *p)
{
	unsigned holders = 0;

	check_wait(a, p);
	for (unsigned i = 0; i < PROCESSES_MAX; i++)
		if (processes[i].state != PROCESS_FREE && processes[i].parent == slot_of(p))
			holders += processes[i].holds_parent;
	djed_check(a, p->wait == WAIT_VFORK ? holders == 1 : p == processes || holders == 0,
		   "process %u: wait %u, held by %u children", p->pid, p->wait, holders);
}

static void check_values(struct djed_audit *a, const struct process *p)
{
	djed_check(a, p->pid > 0 && p->pid < PID_MAX && djed_region_of(p->pid, PROCESSES_MAX) == slot_of(p),
		   "slot %u has pid %u", slot_of(p), p->pid);
	djed_check(a, p->role <= ROLE_PROBE, "process %u has role %u", p->pid, p->role);
	djed_check(a, p->exit_signal <= SIGNALS && p->death_signal <= SIGNALS && p->stop_signal <= SIGNALS,
		   "process %u: signals %u, %u, %u", p->pid, p->exit_signal, p->death_signal, p->stop_signal);
	djed_check(a, p->report <= REPORT_CONTINUE, "process %u reports %u", p->pid, p->report);
	djed_check(a, p->session != p->pid || p->group == p->pid, "session leader %u is in group %u", p->pid,
		   p->group);
	djed_check(a, p->group > 0 && p->group < PID_MAX && p->session > 0 && p->session < PID_MAX,
		   "process %u: group %u, session %u", p->pid, p->group, p->session);
}

void process_check(struct djed_audit *a, const struct process *p)
{
	check_values(a, p);
	check_wait(a, p);
}

void identity_check(struct djed_audit *a, const struct process *p)
{
	djed_check(a, memchr(p->name, 0, sizeof(p->name)), "process %u: name without end", p->pid);
	djed_check(a, p->credentials.groups <= GROUPS_MAX, "process %u is in %u groups", p->pid,
		   p->credentials.groups);
	for (unsigned i = 0; i < LINUX_RLIMITS; i++)
		djed_check(a, p->limit[i].soft <= p->limit[i].hard, "process %u: limit %u", p->pid, i);
}

static void audit_life(struct djed_audit *a, const struct process *p)
{
	if (p->state == PROCESS_ZOMBIE) {
		djed_check(a,
			   !p->thread && !p->parked && !p->signals.pending && p->signals.first_info == NONE,
			   "zombie %u has not let go of everything", p->pid);
		djed_check(a, !timer_deadline(p, TIMER_ALARM) && !timer_deadline(p, TIMER_WAIT),
			   "zombie %u has a timer", p->pid);
		djed_check(a, !p->holds_parent, "zombie %u holds its parent", p->pid);
		return;
	}
	djed_check(a, p->thread && kernel_thread_alive(p->thread) == 0, "process %u has no thread", p->pid);
	djed_check(a, !p->exit_status, "process %u lives and has exit status %x", p->pid,
		   (unsigned)p->exit_status);
	/* One that was woken has it until it runs again. */
	djed_check(a, !timer_deadline(p, TIMER_WAIT) || p->wait == WAIT_SIGNAL_SET || p->wait == WAIT_NOTHING,
		   "process %u: timer for no wait", p->pid);
	a->processes++;
	a->process_xor ^= djed_mix(p->pid);
	a->resource[2] += p->parked != 0;
}

/* ---- the rest --------------------------------------------------------------------------------------------
 */

void deadline_check(struct djed_audit *a)
{
	djed_check(a,
		   pm.first_timer >= TIMERS_MAX || pm.tombstones > TOMBSTONES_MAX ||
		       djed_deadline == deadline_first(),
		   "deadline is %llu", (unsigned long long)djed_deadline);
}

void timer_check(struct djed_audit *a, uint32_t number)
{
	const struct process *p = &processes[number % PROCESSES_MAX];

	djed_check(a,
		   pm.timer[number].deadline ==
		       (p->state == PROCESS_FREE ? 0 : p->deadline[number / PROCESSES_MAX]),
		   "timer %u is not that of its process", number);
}

static void audit_timers(struct djed_audit *a)
{
	unsigned count = 0, armed = 0;
	uint16_t at, before = NONE;
	uint64_t last = 0;

	for (unsigned i = 0; i < TIMERS_MAX; i++) {
		armed += pm.timer[i].deadline != 0;
		timer_check(a, i);
		djed_check(a, !pm.timer[i].deadline || (used(i % PROCESSES_MAX) && i % PROCESSES_MAX),
			   "timer %u is armed for nobody", i);
	}
	for (at = pm.first_timer; at < TIMERS_MAX && count <= TIMERS_MAX; at = pm.timer[at].next) {
		djed_check(a, pm.timer[at].deadline >= last && pm.timer[at].deadline,
			   "timer %u is out of order", at);
		djed_check(a, pm.timer[at].previous == before, "timers are broken at %u", at);
		last = pm.timer[at].deadline;
		before = at;
		count++;
	}
	djed_check(a, at == NONE && count == armed && armed == pm.timers_armed,
		   "%u timers in the list, %u armed, %u counted", count, armed, pm.timers_armed);
	deadline_check(a);
}

static void audit_run(struct djed_audit *a)
{
	const uint32_t pid[] = {pm.first_program, pm.probe_program};

	for (unsigned i = 0; i < 2; i++) {
		bool found = false;

		for (unsigned k = 1; k < PROCESSES_MAX && pid[i]; k++)
			found = found || (processes[k].pid == pid[i] && processes[k].state != PROCESS_FREE &&
					  processes[k].state != PROCESS_ZOMBIE);
		djed_check(a, !pid[i] || found, "the run's program %u is not there", pid[i]);
	}
	djed_check(a, pm.last_pid >= INIT_PID && pm.last_pid < PID_MAX, "last pid is %u", pm.last_pid);
	djed_check(a, pm.tombstones <= TOMBSTONES_MAX, "%u tombstones", pm.tombstones);
	djed_check(a, memchr(pm.host_name, 0, sizeof(pm.host_name)), "host name without end");
}

void pm_audit(struct djed_audit *audit)
{
	const struct process *init = &processes[0];
	unsigned children = 0, queued = 0;

	djed_check(audit,
		   init->pid == INIT_PID && init->state == PROCESS_ALIVE && init->parent == NONE &&
		       !init->thread,
		   "slot 0 is not init");
	audit_slots(audit);
	for (unsigned i = 0; i < PROCESSES_MAX; i++) {
		const struct process *p = &processes[i];

		if (p->state == PROCESS_FREE)
			continue;
		check_values(audit, p);
		identity_check(audit, p);
		audit_wait(audit, p);
		audit_groups(audit, p);
		queued += audit_signals(audit, p);
		children += audit_children(audit, p);
		if (i == 0)
			continue;
		djed_check(audit, slot_valid(p->parent) && used(p->parent), "process %u has no parent",
			   p->pid);
		audit_descent(audit, p);
		audit_life(audit, p);
	}
	djed_check(audit, children + 1 == pm.used, "%u children of %u processes", children, pm.used);
	audit_infos(audit, queued);
	audit_timers(audit);
	audit_run(audit);
	audit->resource[0] = pm.zombies;
	audit->resource[1] = pm.infos_used;
	audit->resource[3] = pm.timers_armed;
}
