/* The end of processes. */
#include "pm.h"

#include <abi/lab.h>
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
	struct process *init = &processes[0];

	while (kin_of(p)->first_child != NONE) {
		struct process *child = &processes[kin_of(p)->first_child];

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
	signals_flush(p, ~(signal_set)0); /* also the hang-up that its own end has just sent to its group */
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
	process_write(p);
	vfork_release(p);
	timer_set(p, TIMER_ALARM, 0);
	timer_set(p, TIMER_WAIT, 0);
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

/* ---- what other servers hold of ended processes ------------------------------------------------ */

/* In the order in which they are left. */
enum { LEAVE_VFS = 1, LEAVE_SCHED = 2, LEAVE_MM = 4, LEAVE_INIT = 8, LEAVE_ALL = 7 };

static void init_reaps(void)
{
	for (uint16_t at = pm.kin[0].first_child, next; at != NONE; at = next) {
		next = pm.kin[at].next_sibling;
		if (processes[at].state == PROCESS_ZOMBIE)
			process_reap(&processes[at]);
	}
}

static void leave(uint32_t pid, unsigned servers)
{
	static const char *const name[] = {"vfs", "sched", "mm"};
	djed_status status[3] = {0};

	if (servers & LEAVE_VFS)
		status[0] = vfs_exit(to.vfs, pid);
	if (servers & LEAVE_SCHED)
		status[1] = sched_remove(to.sched, pid);
	if (servers & LEAVE_MM)
		status[2] = mm_exit(to.mm, pid);
	if (servers & LEAVE_INIT)
		init_reaps();
	for (unsigned i = 0; i < 3; i++)
		if (status[i])
			djed_log("process %u: %s did not know it at its end (%lld)", pid, name[i],
				 (long long)status[i]);
}

static void tombstone_keep(const struct tombstone *t)
{
	struct process *p = &processes[djed_region_of(t->pid, PROCESSES_MAX)];

	process_write(p);
	p->gone = t->pid;
	p->left = t->left;
}

void tombstone_add(uint32_t pid, uint8_t left)
{
	if (pm.tombstones == TOMBSTONES_MAX) {
		djed_log("process %u: no room for its tombstone", pid);
		return;
	}
	pm.tombstone[pm.tombstones] = (struct tombstone){.pid = pid, .left = left};
	tombstone_keep(&pm.tombstone[pm.tombstones++]);
	deadline_update();
}

void process_reap_later(struct process *child)
{
	process_adopt(&processes[0], child);
	tombstone_add(child->pid, LEAVE_INIT);
}

bool tombstone_waits(const struct tombstone *t)
{
	return t->left == t->failed;
}

/* The first that no server has failed at yet; else, when it is time, the first that is to be tried again. */
static struct tombstone *tombstone_next(uint64_t now)
{
	for (unsigned i = 0; i < pm.tombstones; i++)
		if (!tombstone_waits(&pm.tombstone[i]))
			return &pm.tombstone[i];
	return pm.tombstones && now >= pm.tombstones_retry ? &pm.tombstone[0] : NULL;
}

static unsigned step_of(const struct tombstone *t)
{
	unsigned open = tombstone_waits(t) ? t->left : t->left & ~t->failed;

	return open & -open;
}

bool tombstone_clear(void)
{
	struct tombstone *t = tombstone_next(djed_now());
	unsigned step;

	if (!t)
		return false;
	step = step_of(t);
	leave(t->pid, step);
	/* The server works again: what it failed at before is worth another try at once. */
	for (unsigned i = 0; t->failed & step && i < pm.tombstones; i++)
		pm.tombstone[i].failed &= (uint8_t)~step;
	t->left &= (uint8_t)~step;
	tombstone_keep(t);
	if (!t->left)
		*t = pm.tombstone[--pm.tombstones];
	deadline_update();
	return true;
}

bool tombstone_clear_simply(void)
{
	struct tombstone *t = tombstone_next(djed_now());
	unsigned step = t ? step_of(t) : 0;

	switch (step) {
	case 0:
		return false;
	case LEAVE_VFS:
		(void)vfs_exit(to.vfs, t->pid);
		break;
	case LEAVE_SCHED:
		(void)sched_remove(to.sched, t->pid);
		break;
	case LEAVE_MM:
		(void)mm_exit(to.mm, t->pid);
		break;
	default:
		for (unsigned i = 1; i < PROCESSES_MAX; i++)
			if (processes[i].state == PROCESS_ZOMBIE && processes[i].parent == 0)
				process_free(&processes[i]);
	}
	t->left &= (uint8_t)~step;
	tombstone_keep(t);
	if (!t->left)
		*t = pm.tombstone[--pm.tombstones];
	deadline_update();
	return true;
}

bool tombstone_postpone(void)
{
	struct tombstone *t = tombstone_next(djed_now()), last;

	if (!t)
		return false;
	t->failed |= (uint8_t)step_of(t);
	last = *t;
	for (; t + 1 < pm.tombstone + pm.tombstones; t++)
		*t = t[1];
	*t = last;
	pm.tombstones_retry = djed_now() + TOMBSTONE_RETRY_NS;
	deadline_update();
	return true;
}

/* ---- exit -------------------------------------------------------------------------------------- */

void process_exit(struct process *p, int32_t status)
{
	djed_handle thread = p->thread;

	(void)kernel_thread_times(thread, &p->user_time, &p->system_time);
	/* Delivered again: some server crashed over it. The process ends all the same, and each server is
	 * left in a transaction of its own, so that one that cannot let go of it does not hold up the rest
	 * (rule 16). */
	if (djed_current()->attempt)
		tombstone_add(p->pid, LEAVE_ALL);
	else
		leave(p->pid, LEAVE_ALL);
	leave_family(p, status);
	(void)kernel_thread_destroy(thread);
}

/* By the kernel; or it has to be, because its region is damaged. */
static bool is_ended(const struct process *p)
{
	return p->state != PROCESS_ZOMBIE &&
	       (p->damaged || (p->thread && kernel_thread_alive(p->thread) != 0));
}

static void end_thread(struct process *p)
{
	if (!p->damaged)
		return;
	if (kernel_thread_alive(p->thread) == 0)
		(void)kernel_thread_destroy(p->thread);
	process_write(p);
	p->damaged = false;
}

/* First pm's own work, which lets the parent go on; the other servers, one of which may be the reason why the
 * process could not end, come later. */
void tombstones_find(void)
{
	uint16_t next;

	pm.damaged = false;
	deadline_update();
	for (uint16_t at = pm.kin[0].next; at != NONE; at = next) {
		struct process *p = &processes[at];

		next = kin_of(p)->next;
		if (!is_ended(p))
			continue;
		djed_log("process %u: ended by the kernel", p->pid);
		tombstone_add(p->pid, LEAVE_ALL);
		end_thread(p);
		leave_family(p, LINUX_SIGKILL);
	}
}

/* Without the probe, which could not start either. */
static void run_ended_simply(const struct process *p)
{
	if (p->pid == pm.first_program)
		(void)kernel_lab_update(DJED_LAB_EXIT_STATUS, 0, (uint64_t)p->exit_status);
	pm.first_program = pm.probe_program = 0;
	djed_notify(to.auditor, RUN_ENDED);
}

/* All at once, and without process_adopt, which may be what crashed. */
static void children_leave_simply(struct process *p)
{
	struct kin *own = kin_of(p), *init = &pm.kin[0];
	uint16_t first = own->first_child;

	if (first == NONE)
		return;
	for (uint16_t at = first; at != NONE; at = pm.kin[at].next_sibling) {
		process_write(&processes[at]);
		processes[at].parent = 0;
	}
	pm.kin[first].previous_sibling = init->last_child;
	*(init->last_child == NONE ? &init->first_child : &pm.kin[init->last_child].next_sibling) = first;
	init->last_child = own->last_child;
	own->first_child = own->last_child = NONE;
}

/* The same with nothing but what its relatives need: whatever it was in leave_family that crashed is left out
 * where it can be. */
static void end_simply(struct process *p)
{
	struct process *parent = process_at(p->parent);

	process_write(p);
	process_write(parent);
	children_leave_simply(p);
	if (p->holds_parent && parent->wait == WAIT_VFORK)
		djed_answer_parked(parent->parked, 0, p->pid);
	else if (parent->wait == WAIT_CHILD)
		djed_wake(parent->parked);
	if (p->holds_parent ? parent->wait == WAIT_VFORK : parent->wait == WAIT_CHILD) {
		parent->wait = WAIT_NOTHING;
		parent->parked = 0;
	}
	if (parent->pid != INIT_PID && p->exit_signal) {
		parent->signals.pending |= signal_bit(p->exit_signal);
		if (parent->thread && parent->state == PROCESS_ALIVE)
			(void)kernel_thread_signal(parent->thread);
	}
	timers_drop_simply(p);
	signals_drop_simply(p);
	p->holds_parent = p->signals.suspended = false;
	p->wait = WAIT_NOTHING;
	p->parked = p->thread = 0;
	p->state = PROCESS_ZOMBIE;
	p->exit_status = LINUX_SIGKILL;
	p->report = 0;
	pm.zombies++;
	if (p->pid == pm.first_program || p->pid == pm.probe_program)
		run_ended_simply(p);
}

void tombstones_find_simply(void)
{
	uint16_t next;

	pm.damaged = false;
	deadline_update();
	for (uint16_t at = pm.kin[0].next; at != NONE; at = next) {
		struct process *p = &processes[at];

		next = kin_of(p)->next;
		if (!is_ended(p))
			continue;
		tombstone_add(p->pid, LEAVE_ALL | LEAVE_INIT);
		end_thread(p);
		end_simply(p);
	}
}
