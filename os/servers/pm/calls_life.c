/* Linux calls: lives of processes. */
#include "pm.h"

#include <lib/client.h>
#include <protocols/kernel.h>
#include <protocols/linux_pm_server.h>

int64_t linux_on_clone(uint32_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid, uint64_t tls)
{
	return process_fork(caller(), &(struct clone_request){flags, stack, parent_tid, child_tid, tls});
}

int64_t linux_on_fork(void)
{
	return process_fork(caller(), &(struct clone_request){.flags = LINUX_SIGCHLD});
}

int64_t linux_on_vfork(void)
{
	return process_fork(
	    caller(), &(struct clone_request){.flags = LINUX_CLONE_VM | LINUX_CLONE_VFORK | LINUX_SIGCHLD});
}

int64_t linux_on_execve(uint64_t path, uint64_t arguments, uint64_t environment)
{
	return process_execute(caller(), path, arguments, environment);
}

int64_t linux_on_exit(int32_t status)
{
	process_exit(caller(), (status & 0xff) << 8);
	return 0;
}

int64_t linux_on_exit_group(int32_t status)
{
	return linux_on_exit(status);
}

static struct linux_timeval timeval(uint64_t ns)
{
	return (struct linux_timeval){(int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000 / 1000)};
}

static djed_status write_usage(uint64_t address, uint64_t user, uint64_t system)
{
	struct linux_rusage usage = {timeval(user), timeval(system), {0}};

	return address ? client_write(address, &usage, sizeof(usage)) : 0;
}

/* Waits as selected: 1 and *result, 0 (nothing yet, WNOHANG), a negated errno; parks otherwise, and *parked
 * is set. */
static int wait_or_park(const struct wait_selection *selection, struct wait_result *result, bool *parked)
{
	struct process *p = caller();
	int found = wait_look(p, selection, result);

	*parked = found == 0 && !(selection->options & LINUX_WNOHANG);
	if (*parked)
		process_park(p, WAIT_CHILD);
	return found;
}

int64_t linux_on_wait4(int32_t pid, uint64_t status, uint32_t options, uint64_t usage)
{
	const uint32_t known =
	    LINUX_WNOHANG | LINUX_WUNTRACED | LINUX_WCONTINUED | LINUX_WNOTHREAD | LINUX_WALL | LINUX_WCLONE;
	struct wait_selection selection = {.options = options | LINUX_WEXITED};
	struct wait_result result;
	bool parked;
	int found;

	if (options & ~known)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid > 0) {
		selection.by = SELECT_PID;
		selection.id = (uint32_t)pid;
	} else if (pid != -1) {
		selection.by = SELECT_GROUP;
		selection.id = pid ? (uint32_t)-pid : caller()->group;
	}
	found = wait_or_park(&selection, &result, &parked);
	if (found <= 0)
		return found;
	/* The child is gone even if the application cannot take its status, as in Linux. */
	if (status && client_write(status, &result.status, sizeof(result.status)))
		return -EFAULT;
	if (write_usage(usage, result.user_time, result.system_time))
		return -EFAULT;
	return result.pid;
}

int64_t linux_on_waitid(uint32_t kind, int32_t id, uint64_t information, uint32_t options, uint64_t usage)
{
	const uint32_t events = LINUX_WEXITED | LINUX_WUNTRACED | LINUX_WCONTINUED;
	const uint32_t known =
	    events | LINUX_WNOHANG | LINUX_WNOWAIT | LINUX_WNOTHREAD | LINUX_WALL | LINUX_WCLONE;
	struct wait_selection selection = {.id = (uint32_t)id, .options = options};
	struct wait_result result = {0};
	struct linux_siginfo info = {0};
	bool parked;
	int found;

	if (options & ~known || !(options & events))
		return -EINVAL;
	switch (kind) {
	case LINUX_P_ALL:
		break;
	case LINUX_P_PID:
		if (id <= 0)
			return -EINVAL;
		selection.by = SELECT_PID;
		break;
	case LINUX_P_PGID:
		if (id < 0)
			return -EINVAL;
		selection.by = SELECT_GROUP;
		if (id == 0)
			selection.id = caller()->group;
		break;
	default:
		return -EINVAL;
	}
	found = wait_or_park(&selection, &result, &parked);
	if (found < 0 || parked)
		return found;
	if (found > 0) {
		info.signal = LINUX_SIGCHLD;
		info.code = result.code;
		info.pid = (int32_t)result.pid;
		info.uid = result.uid;
		info.value = result.code == LINUX_CLD_EXITED	  ? (uint32_t)result.status >> 8
			     : result.code == LINUX_CLD_STOPPED	  ? (uint32_t)result.status >> 8
			     : result.code == LINUX_CLD_CONTINUED ? LINUX_SIGCONT
								  : (uint32_t)result.status & 0x7f;
		if (write_usage(usage, result.user_time, result.system_time))
			return -EFAULT;
	}
	return information && client_write(information, &info, sizeof(info)) ? -EFAULT : 0;
}

int64_t linux_on_getrusage(uint32_t who, uint64_t usage)
{
	struct process *p = caller();
	uint64_t user = p->children_user_time, system = p->children_system_time;

	if (who == LINUX_RUSAGE_SELF || who == LINUX_RUSAGE_THREAD)
		process_times(p, &user, &system);
	else if (who != LINUX_RUSAGE_CHILDREN)
		return -EINVAL;
	return usage ? write_usage(usage, user, system) : -EFAULT;
}

int64_t linux_on_times(uint64_t times)
{
	const uint64_t tick = 1000000000 / LINUX_TICKS;
	struct process *p = caller();
	uint64_t value[4];

	process_times(p, &value[0], &value[1]);
	value[2] = p->children_user_time;
	value[3] = p->children_system_time;
	for (unsigned i = 0; i < 4; i++)
		value[i] /= tick;
	if (times && client_write(times, value, sizeof(value)))
		return -EFAULT;
	return (int64_t)(djed_now() / tick);
}
