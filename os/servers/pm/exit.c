/* The end of processes. */
#include "pm.h"

#include <protocols/kernel.h>
#include <protocols/mm_client.h>
#include <protocols/sched_client.h>
#include <protocols/vfs_client.h>

/* A group is orphaned if no member has a parent in the same session but outside the group (POSIX). `except`
 * is looked upon as gone. */
bool group_orphaned(uint32_t group, const struct process *except)
{
	for_each_process(p)
	{
		const struct process *parent = process_at(p->parent);

		if (p == except || p->group != group || p->state == PROCESS_ZOMBIE || parent->pid == INIT_PID)
			continue;
		if (parent->group != group && parent->session == p->session)
			return false;
	}
	return true;
}

static bool group_has_stopped(uint32_t group)
{
	for_each_process(p) if (p->group == group && p->state == PROCESS_STOPPED) return true;
	return false;
}

/* A group that just became orphaned and has stopped members: nobody would continue them. */
static void hang_up_if_orphaned(uint32_t group, const struct process *ending)
{
	if (!group_has_stopped(group) || !group_orphaned(group, ending))
		return;
	signal_group(NULL, group, &(struct signal_info){.signal = LINUX_SIGHUP, .code = LINUX_SI_KERNEL});
	signal_group(NULL, group, &(struct signal_info){.signal = LINUX_SIGCONT, .code = LINUX_SI_KERNEL});
}

void process_reap(struct process *child)
{
	djed_assert(child->state == PROCESS_ZOMBIE);
	process_free(child);
}

static void children_leave(struct process *p)
{
	struct process *init = &pm.process[0];

	while (p->first_child != NONE) {
		struct process *child = &pm.process[p->first_child];

		process_adopt(init, child);
		if (child->state == PROCESS_ZOMBIE) {
			process_reap(child);
			continue;
		}
		if (child->death_signal)
			signal_send(child, &(struct signal_info){.signal = child->death_signal,
								 .pid = p->pid,
								 .uid = p->credentials.user});
		if (child->group != p->group && child->session == p->session)
			hang_up_if_orphaned(child->group, NULL);
		identity_publish(child);
	}
}

/* Tells the parent; if nobody will ever wait for the process, it goes at once. */
static void become_zombie(struct process *p, int32_t status)
{
	struct process *parent = process_at(p->parent);
	const struct signal_action *action = action_of(parent, LINUX_SIGCHLD);
	bool forgotten = parent->pid == INIT_PID;

	p->state = PROCESS_ZOMBIE;
	p->exit_status = status;
	p->report = 0;
	pm.zombies++;
	if (!forgotten && p->exit_signal) {
		bool killed = status & 0x7f;

		if (p->exit_signal == LINUX_SIGCHLD)
			forgotten = action->handler == LINUX_SIG_IGN || action->flags & LINUX_SA_NOCLDWAIT;
		signal_send(parent,
			    &(struct signal_info){
				.signal = p->exit_signal,
				.code = killed ? LINUX_CLD_KILLED : LINUX_CLD_EXITED,
				.pid = p->pid,
				.uid = p->credentials.user,
				.value = (uint32_t)(killed ? status & 0x7f : status >> 8 & 0xff),
				.user_ticks = (int64_t)(p->user_time / (1000000000 / LINUX_TICKS)),
				.system_ticks = (int64_t)(p->system_time / (1000000000 / LINUX_TICKS)),
			    });
	}
	process_wake(parent, WAIT_CHILD);
	if (forgotten)
		process_reap(p);
}

/* What pm alone has to do, without asking anybody. */
static void leave_family(struct process *p, int32_t status)
{
	vfork_release(p);
	timer_set(p, TIMER_ALARM, 0);
	timer_set(p, TIMER_WAIT, 0);
	signals_flush(p, ~(signal_set)0);
	p->parked = 0;
	p->wait = WAIT_NOTHING;
	p->signals.suspended = false;
	p->thread = 0;
	children_leave(p);
	if (process_at(p->parent)->group != p->group)
		hang_up_if_orphaned(p->group, p);
	if (p->pid == pm.first_program || p->pid == pm.probe_program) {
		p->exit_status = status;
		run_ended(p);
	}
	become_zombie(p, status);
}

static void report_failure(uint32_t pid, const char *server, djed_status status)
{
	if (status)
		djed_log("process %u: %s did not know it at its end (%lld)", pid, server, (long long)status);
}

static void leave_servers(uint32_t pid)
{
	report_failure(pid, "vfs", vfs_exit(to.vfs, pid));
	report_failure(pid, "sched", sched_remove(to.sched, pid));
	report_failure(pid, "mm", mm_exit(to.mm, pid));
}

void process_exit(struct process *p, int32_t status)
{
	djed_handle thread = p->thread;

	(void)kernel_thread_times(thread, &p->user_time, &p->system_time);
	leave_servers(p->pid);
	leave_family(p, status);
	(void)kernel_thread_destroy(thread);
}

/* Clearing a tombstone takes two transactions: the first is pm's own work and lets the parent go on; the
 * second asks the other servers, one of which may be the reason why the process could not end. */
void tombstones_find(void)
{
	uint16_t next;

	for (uint16_t at = pm.process[0].next; at != NONE && pm.tombstones < TOMBSTONES_MAX; at = next) {
		struct process *p = &pm.process[at];

		next = p->next;
		if (p->state == PROCESS_ZOMBIE || !p->thread || kernel_thread_alive(p->thread) == 0)
			continue;
		djed_log("process %u: ended by the kernel", p->pid);
		pm.tombstone[pm.tombstones++] = p->pid;
		leave_family(p, LINUX_SIGKILL);
	}
	deadline_update();
}

bool tombstone_clear(void)
{
	uint32_t pid;

	if (!pm.tombstones)
		return false;
	pid = pm.tombstone[--pm.tombstones];
	/* Delivered again: a server crashed over this very process. Asking once more would not end. */
	if (djed_current()->attempt > 1)
		djed_log("process %u: its tombstone stays", pid);
	else
		leave_servers(pid);
	deadline_update();
	return true;
}
