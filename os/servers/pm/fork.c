/* New processes. */
#include "pm.h"

#include <lib/client.h>
#include <protocols/ds_client.h>
#include <protocols/kernel.h>
#include <protocols/mm_client.h>
#include <protocols/sched_client.h>
#include <protocols/vfs_client.h>

enum { SIGNAL_BITS = 0xff };
static const uint64_t flags_served = SIGNAL_BITS | LINUX_CLONE_VM | LINUX_CLONE_VFORK | LINUX_CLONE_SETTLS |
				     LINUX_CLONE_PARENT_SETTID | LINUX_CLONE_CHILD_CLEARTID |
				     LINUX_CLONE_DETACHED | LINUX_CLONE_CHILD_SETTID;

static djed_status check(const struct clone_request *r)
{
	if ((r->flags & SIGNAL_BITS) > SIGNALS)
		return -EINVAL;
	/* Threads, and sharing of anything but memory up to exec, are not there. */
	if (r->flags & ~flags_served || (r->flags & LINUX_CLONE_VM && !(r->flags & LINUX_CLONE_VFORK)))
		return -ENOSYS;
	if (r->flags & LINUX_CLONE_SETTLS && r->tls >= LINUX_TASK_END)
		return -EPERM;
	return 0;
}

static bool too_many(const struct process *parent)
{
	uint64_t count = 0;

	if (parent->credentials.effective_user == 0)
		return false;
	for_each_process(p) count += p->credentials.user == parent->credentials.user;
	return count >= parent->limit[LINUX_RLIMIT_NPROC].soft;
}

/* The child's registers: the parent's, at the same instruction, with result 0. */
static djed_status child_context(const struct clone_request *r, djed_handle thread)
{
	struct djed_context context;
	djed_status status = kernel_thread_get_context(djed_current()->thread, (uint64_t)&context);

	if (status)
		return status;
	context.rax = 0;
	context.call_number = ~(uint64_t)0;
	if (r->stack)
		context.rsp = r->stack;
	if (r->flags & LINUX_CLONE_SETTLS)
		context.fs_base = r->tls;
	return kernel_thread_set_context(thread, (uint64_t)&context);
}

/* Makes the child known to the other servers, with a thread. On failure nobody knows it. */
static djed_status populate(struct process *parent, struct process *child, const struct clone_request *r)
{
	uint64_t space;
	djed_status status = vfs_fork(to.vfs, parent->pid, child->pid);

	if (status)
		return status;
	status = mm_fork(to.mm, parent->pid, child->pid, !!(r->flags & LINUX_CLONE_VM), &space);
	if (status)
		goto leave_vfs;
	status = kernel_thread_create(space, (uint64_t)child->pid << 32 | child->pid, 1, &child->thread);
	if (status)
		goto leave_mm;
	status = child_context(r, child->thread);
	if (!status)
		status = sched_add(to.sched, child->pid, parent->pid, child->thread);
	if (!status)
		status = kernel_thread_start(child->thread);
	if (!status)
		return 0;
	(void)kernel_thread_destroy(child->thread);
	child->thread = 0;
leave_mm:
	(void)mm_exit(to.mm, child->pid);
leave_vfs:
	(void)vfs_exit(to.vfs, child->pid);
	return status;
}

/* No fork shall fail for this: after a crash it is left out, and the next fork tells the new number. */
static void publish_forks(void)
{
	pm.forks++;
	if (!djed_current()->attempt)
		(void)ds_publish(to.ds, "pm.forks", pm.forks);
}

int64_t process_fork(struct process *parent, const struct clone_request *r)
{
	djed_status status = check(r);
	struct process *child;

	if (status)
		return status;
	if (too_many(parent))
		return -EAGAIN;
	child = process_create(parent);
	if (!child)
		return -EAGAIN;
	child->exit_signal = r->flags & SIGNAL_BITS;
	if (r->flags & LINUX_CLONE_CHILD_CLEARTID)
		child->clear_tid = r->child_tid;
	if (r->flags & LINUX_CLONE_CHILD_SETTID)
		child->set_tid = r->child_tid;
	/* As Linux: a signal stack is not shared with the parent. */
	if (r->flags & LINUX_CLONE_VM && !(r->flags & LINUX_CLONE_VFORK))
		child->signals.stack = (struct signal_stack){0};
	status = populate(parent, child, r);
	if (status) {
		child->thread = 0;
		process_free(child);
		return status == -ENOSPC ? -EAGAIN : status;
	}
	publish_forks();
	if (child->set_tid)
		(void)kernel_thread_signal(
		    child->thread); /* deliver() then writes it into the child's own memory */
	if (r->flags & LINUX_CLONE_PARENT_SETTID &&
	    client_write(r->parent_tid, &child->pid, sizeof(child->pid)))
		djed_log("process %u: no memory for the child's id", parent->pid); /* Linux ignores it, too */
	if (r->flags & LINUX_CLONE_VFORK) {
		child->holds_parent = true;
		process_park(parent, WAIT_VFORK);
	}
	return child->pid;
}

void vfork_release(struct process *child)
{
	struct process *parent = process_at(child->parent);

	if (!child->holds_parent)
		return;
	child->holds_parent = false;
	if (parent->wait != WAIT_VFORK)
		return;
	process_write(parent);
	djed_answer_parked(parent->parked, 0, child->pid);
	parent->parked = 0;
	parent->wait = WAIT_NOTHING;
}
