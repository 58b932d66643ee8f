/* Parked requests, one per process, in one list. Whoever may let them go on wakes them, and they look again.
 */
#include "vfs.h"

uint16_t vfs_waiting;

static void unlink_waiting(struct process *process)
{
	struct wait *wait = wait_of(process);

	*(wait->previous ? &vfs_wait[wait->previous].next : &vfs_waiting) = wait->next;
	if (wait->next)
		vfs_wait[wait->next].previous = wait->previous;
	wait->request = 0;
}

void wait_set_deadline(void)
{
	uint64_t first = limbo_deadline();

	for (uint16_t i = vfs_waiting; i; i = vfs_wait[i].next) {
		uint64_t deadline = vfs_wait[i].deadline;

		if (deadline && (!first || deadline < first))
			first = deadline;
	}
	if (djed_deadline != first)
		djed_deadline = first;
}

void wait_park(struct process *process, uint16_t kind, uint32_t what, uint64_t progress, uint64_t deadline)
{
	struct wait *wait = wait_of(process);

	wait_forget(process); /* recovery may have answered an earlier one */
	wait->request = djed_current()->request;
	wait->kind = kind;
	wait->pipe = kind == WAIT_LOCK ? 0 : what;
	wait->inode = kind == WAIT_LOCK ? what : 0;
	wait->progress = progress;
	wait->deadline = deadline;
	wait->previous = 0;
	wait->next = vfs_waiting;
	if (vfs_waiting)
		vfs_wait[vfs_waiting].previous = (uint16_t)(wait - vfs_wait);
	vfs_waiting = (uint16_t)(wait - vfs_wait);
	if (deadline)
		wait_set_deadline();
	djed_park(progress ? (djed_status)progress : -EIO);
}

void wait_forget(struct process *process)
{
	bool timed = wait_of(process)->deadline != 0;

	if (wait_of(process)->request == 0)
		return;
	unlink_waiting(process);
	if (timed)
		wait_set_deadline();
}

void wait_wake(struct process *process)
{
	djed_handle request = wait_of(process)->request;

	wait_forget(process);
	djed_wake(request);
}

/* Wakes all for which `matches` holds. */
static void wake_where(bool (*matches)(const struct wait *wait, uint64_t what), uint64_t what)
{
	for (uint16_t i = vfs_waiting, next; i; i = next) {
		next = vfs_wait[i].next;
		if (matches(&vfs_wait[i], what))
			wait_wake(&vfs_process[i - 1]);
	}
}

static bool waits_for_pipe(const struct wait *wait, uint64_t pipe)
{
	if (wait->kind == WAIT_POLL)
		return wait->pipes >> pipe % 64 & 1;
	return (wait->kind == WAIT_READ || wait->kind == WAIT_WRITE || wait->kind == WAIT_OPEN) &&
	       wait->pipe == pipe;
}

void wait_wake_pipe(uint32_t pipe)
{
	if (vfs_waiting)
		wake_where(waits_for_pipe, pipe);
}

static bool waits_for_console(const struct wait *wait, uint64_t what)
{
	(void)what;
	return wait->kind == WAIT_POLL && wait->console;
}

void wait_wake_console(void)
{
	wake_where(waits_for_console, 0);
}

static bool waits_for_lock(const struct wait *wait, uint64_t inode)
{
	return wait->kind == WAIT_LOCK && wait->inode == inode;
}

void wait_wake_lock(uint32_t inode)
{
	if (vfs_waiting)
		wake_where(waits_for_lock, inode);
}

static bool is_late(const struct wait *wait, uint64_t now)
{
	return wait->deadline && wait->deadline <= now;
}

void wait_wake_late(uint64_t now)
{
	wake_where(is_late, now);
	wait_set_deadline();
}

void wait_fail_late(uint64_t now)
{
	for (uint16_t i = vfs_waiting, next; i; i = next) {
		struct process *process = &vfs_process[i - 1];

		next = wait_of(process)->next;
		if (!is_late(wait_of(process), now))
			continue;
		djed_answer_parked(wait_of(process)->request, wait_of(process)->progress ? 0 : -EIO,
				   wait_of(process)->progress);
		unlink_waiting(process);
	}
	wait_set_deadline();
}

bool wait_resumed(void)
{
	return djed_current()->flags & DJED_DELIVERY_RESUMED;
}

uint64_t wait_progress(const struct process *process)
{
	return wait_resumed() ? wait_of(process)->progress : 0;
}

void wait_step(struct process *process, uint64_t progress)
{
	/* The deadline is already past: the next notification wakes it. */
	wait_park(process, WAIT_STEP, 0, progress, 1);
}
