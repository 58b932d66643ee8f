/* Groups, sessions, users. */
#include "pm.h"

#include <protocols/kernel.h>
#include <protocols/vfs_client.h>

void identity_publish(const struct process *p)
{
	const struct credentials *c = &p->credentials;
	djed_status status = vfs_set_identity(to.vfs, p->pid, process_at(p->parent)->pid, c->file_user,
					      c->file_group, p->group, p->session);

	/* vfs shows it in /proc and checks permissions with it; it can only fail to know the process. */
	if (status)
		djed_log("process %u: vfs: set_identity: %lld", p->pid, (long long)status);
}

static bool group_in_session(uint32_t group, uint32_t session)
{
	for_each_process(p) if (p->group == group && p->session == session) return true;
	return false;
}

int64_t group_set(struct process *p, uint32_t pid, uint32_t group)
{
	struct process *target = pid ? process_find(pid) : p;

	if ((int32_t)group < 0)
		return -EINVAL;
	if (!target || target->pid == INIT_PID || (target != p && process_at(target->parent) != p))
		return -ESRCH;
	if (target != p && target->session != p->session)
		return -EPERM;
	if (target != p && target->executed)
		return -EACCES;
	if (target->session == target->pid)
		return -EPERM;
	if (!group)
		group = target->pid;
	if (group != target->pid && !group_in_session(group, p->session))
		return -EPERM;
	if (target->group == group)
		return 0;
	process_write(target);
	target->group = group;
	if (target->state != PROCESS_ZOMBIE)
		identity_publish(target);
	return 0;
}

int64_t session_create(struct process *p)
{
	for_each_process(other) if (other->group == p->pid) return -EPERM;
	p->group = p->session = p->pid;
	identity_publish(p);
	return p->pid;
}

void process_times(const struct process *p, uint64_t *user, uint64_t *system)
{
	*user = p->user_time;
	*system = p->system_time;
	if (p->thread)
		(void)kernel_thread_times(p->thread, user, system);
}
