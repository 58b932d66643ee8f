/* A new instance of pm, out of its processes' regions (docs/regions.md). Everything that pm keeps besides is
 * made anew: lists, counts, timers. What cannot be made is let go: the information that came with pending
 * signals (the signals stay), the host's name.
 *
 * A region of which something cannot be right costs its process alone: that is ended. */
#include "pm.h"

#include <protocols/kernel.h>

static bool used(uint16_t slot)
{
	return slot < PROCESSES_MAX && processes[slot].state != PROCESS_FREE;
}

/* Whether the process can go on as its region says, without a look at others. */
static bool sound(const struct process *p)
{
	struct djed_audit audit = {0};

	if (p->state == PROCESS_FREE || p->state > PROCESS_ZOMBIE)
		return false;
	process_check(&audit, p);
	identity_check(&audit, p);
	masks_check(&audit, p);
	return !audit.violations && !p->damaged &&
	       (p->state == PROCESS_ZOMBIE ? !p->thread : kernel_thread_alive(p->thread) == 0);
}

/* Of a damaged region no more is believed than is needed to end the process. If even its number is lost, it
 * is ended with its next call, as nobody's. */
static void condemn(struct process *p)
{
	const struct process before = {
	    .pid = p->pid, .role = p->role, .parent = p->parent, .thread = p->thread};

	process_clear(p);
	if (before.pid == 0 || before.pid >= PID_MAX ||
	    djed_region_of(before.pid, PROCESSES_MAX) != slot_of(p))
		return;
	pm.damaged = true;
	p->pid = p->group = p->session = before.pid;
	p->state = PROCESS_ALIVE;
	p->role = before.role <= ROLE_PROBE ? before.role : ROLE_NONE;
	p->damaged = true;
	p->parent = before.parent;
	p->thread = before.thread;
}

static void repair(struct process *p)
{
	p->signals.first_info = p->signals.last_info = NONE;
	if (sound(p))
		return;
	djed_log("region %u (process %u) is damaged", slot_of(p), p->pid);
	condemn(p);
}

/* Whether a chain of parents leads to init. */
static bool descends(const struct process *p)
{
	uint16_t at = p->parent;

	for (unsigned steps = 0; at != 0 && steps < PROCESSES_MAX; steps++) {
		if (!used(at))
			return false;
		at = processes[at].parent;
	}
	return at == 0;
}

static void join(struct process *p)
{
	struct process *parent;

	if (!descends(p))
		p->parent = 0;
	parent = &processes[p->parent];
	/* Who waits for a damaged child's exec or end shall get on with that end. */
	if (p->damaged)
		p->holds_parent = parent->wait == WAIT_VFORK;
	p->holds_parent = p->holds_parent && parent->wait == WAIT_VFORK;
	process_link(parent, p);
	pm.zombies += p->state == PROCESS_ZOMBIE;
	if (p->pid > pm.last_pid)
		pm.last_pid = p->pid;
	for (unsigned kind = 0; kind < TIMER_KINDS; kind++)
		if (p->deadline[kind])
			timer_set(p, kind, p->deadline[kind]);
	if (p->state == PROCESS_ZOMBIE)
		return;
	if (p->role == ROLE_FIRST_PROGRAM)
		pm.first_program = p->pid;
	if (p->role == ROLE_PROBE)
		pm.probe_program = p->pid;
}

void table_rebuild(void)
{
	lists_reset();
	for (uint16_t i = 1; i < PROCESSES_MAX; i++) {
		if (!processes[i].pid && processes[i].state == PROCESS_FREE)
			continue;
		process_write(&processes[i]);
		repair(&processes[i]);
	}
	for (uint16_t i = 1; i < PROCESSES_MAX; i++) {
		if (used(i))
			join(&processes[i]);
		if (processes[i].left && djed_region_of(processes[i].gone, PROCESSES_MAX) == i)
			tombstone_add(processes[i].gone, processes[i].left);
	}
	pm.forks = pm.last_pid;
	pm.probe_wanted = pm.used > 1 && !pm.first_program && !pm.probe_program && probe_named();
	deadline_update();
	djed_log("rebuilt: %u processes", pm.used - 1);
}
