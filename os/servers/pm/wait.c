/* Waiting for children, and parking in general. */
#include "pm.h"

static bool selected(const struct process *child, const struct wait_selection *s)
{
	bool clone_child = child->exit_signal != LINUX_SIGCHLD;

	if (s->by == SELECT_PID && child->pid != s->id)
		return false;
	if (s->by == SELECT_GROUP && child->group != s->id)
		return false;
	return s->options & LINUX_WALL || clone_child == !!(s->options & LINUX_WCLONE);
}

static void result_of(const struct process *child, int32_t code, int32_t status, struct wait_result *result)
{
	*result = (struct wait_result){child->pid, child->credentials.user, status, code, 0, 0};
	process_times(child, &result->user_time, &result->system_time);
	result->user_time += child->children_user_time;
	result->system_time += child->children_system_time;
}

/* What `child` has to tell, if it is asked for. */
static bool look_at(struct process *p, struct process *child, const struct wait_selection *s,
		    struct wait_result *result)
{
	bool take = !(s->options & LINUX_WNOWAIT);

	if (child->state == PROCESS_ZOMBIE) {
		if (!(s->options & LINUX_WEXITED))
			return false;
		result_of(child, child->exit_status & 0x7f ? LINUX_CLD_KILLED : LINUX_CLD_EXITED,
			  child->exit_status, result);
		if (take) {
			p->children_user_time += result->user_time;
			p->children_system_time += result->system_time;
			process_reap(child);
		}
		return true;
	}
	if (child->report == REPORT_STOP && s->options & LINUX_WUNTRACED) {
		result_of(child, LINUX_CLD_STOPPED, child->stop_signal << 8 | 0x7f, result);
	} else if (child->report == REPORT_CONTINUE && s->options & LINUX_WCONTINUED) {
		result_of(child, LINUX_CLD_CONTINUED, 0xffff, result);
	} else {
		return false;
	}
	if (take) {
		process_write(child);
		child->report = 0;
	}
	return true;
}

int wait_look(struct process *p, const struct wait_selection *selection, struct wait_result *result)
{
	bool any = false;

	for_each_child(child, p)
	{
		if (!selected(child, selection))
			continue;
		any = true;
		if (look_at(p, child, selection, result))
			return 1;
	}
	return any ? 0 : -ECHILD;
}

void process_park(struct process *p, enum process_wait wait)
{
	p->parked = djed_current()->request;
	p->wait = wait;
	djed_park(-EIO);
}

void process_wake(struct process *p, enum process_wait wait)
{
	if (p->wait != wait)
		return;
	process_write(p);
	djed_wake(p->parked);
	p->parked = 0;
	p->wait = WAIT_NOTHING;
	if (wait == WAIT_SIGNAL_SET)
		p->signals.wait_set = 0;
}
