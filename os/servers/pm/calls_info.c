/* Linux calls: what a process asks about itself and the system. */
#include "pm.h"

#include <lib/client.h>
#include <protocols/kernel.h>
#include <protocols/linux_pm_server.h>
#include <protocols/mm_client.h>
#include <stdio.h>

int64_t linux_on_uname(uint64_t name)
{
	struct {
		char system[65], node[65], release[65], version[65], machine[65], domain[65];
	} names = {"Linux", "", "6.1.0-djed", "#1 Djed", "x86_64", "(none)"};

	_Static_assert(sizeof(names) == 390, "struct new_utsname");
	memcpy(names.node, pm.host_name, sizeof(names.node));
	return client_write(name, &names, sizeof(names));
}

int64_t linux_on_sethostname(uint64_t name, int32_t length)
{
	char text[65] = {0};

	if (caller()->credentials.effective_user != 0)
		return -EPERM;
	if (length < 0 || length >= (int32_t)sizeof(text))
		return -EINVAL;
	if (client_read(text, name, (uint64_t)length))
		return -EFAULT;
	memcpy(pm.host_name, text, sizeof(text));
	return 0;
}

int64_t linux_on_sysinfo(uint64_t information)
{
	struct {
		int64_t uptime;
		uint64_t loads[3], total_ram, free_ram, shared_ram, buffer_ram, total_swap, free_swap;
		uint16_t processes, pad;
		uint64_t total_high, free_high;
		uint32_t unit;
	} info = {.uptime = (int64_t)(djed_now() / 1000000000), .unit = DJED_PAGE_SIZE};

	_Static_assert(sizeof(info) == 112, "struct sysinfo");
	if (mm_statistics(to.mm, &info.total_ram, &info.free_ram))
		return -EFAULT;
	info.processes = pm.used - 1;
	return client_write(information, &info, sizeof(info));
}

int64_t linux_on_getrandom(uint64_t buffer, uint64_t count, uint32_t flags)
{
	/* Linux gives at least 256 bytes whole and may cut longer requests short. */
	uint8_t bytes[256];
	uint64_t done = 0, most = 4096;

	if (flags & ~(LINUX_GRND_NONBLOCK | LINUX_GRND_RANDOM | LINUX_GRND_INSECURE) ||
	    (flags & LINUX_GRND_RANDOM && flags & LINUX_GRND_INSECURE))
		return -EINVAL;
	count = count < most ? count : most;
	while (done < count) {
		uint64_t part = count - done < sizeof(bytes) ? count - done : sizeof(bytes), written;

		random_bytes(bytes, part);
		written = client_write_some(buffer + done, bytes, part);
		done += written;
		if (written < part)
			return done ? (int64_t)done : -EFAULT;
	}
	return (int64_t)done;
}

/* ---- limits --------------------------------------------------------------------------------------- */

static int64_t limit_set(struct process *p, uint32_t resource, const struct limit *now)
{
	struct limit *limit = &p->limit[resource];

	if (now->soft > now->hard)
		return -EINVAL;
	if (now->hard > limit->hard && p->credentials.effective_user != 0)
		return -EPERM;
	process_write(p);
	*limit = *now;
	return 0;
}

int64_t linux_on_prlimit64(int32_t pid, uint32_t resource, uint64_t new_limit, uint64_t old_limit)
{
	struct process *own = caller(), *p = pid ? process_find((uint32_t)pid) : own;
	struct limit now, before;

	if (resource >= LINUX_RLIMITS)
		return -EINVAL;
	if (new_limit && client_read(&now, new_limit, sizeof(now)))
		return -EFAULT;
	if (!p || p->state == PROCESS_ZOMBIE)
		return -ESRCH;
	if (p != own && own->credentials.effective_user != 0 &&
	    (own->credentials.user != p->credentials.user || own->credentials.group != p->credentials.group))
		return -EPERM;
	before = p->limit[resource];
	if (new_limit) {
		int64_t status = limit_set(p, resource, &now);

		if (status)
			return status;
	}
	return old_limit && client_replace(old_limit, &before, sizeof(before), new_limit) ? -EFAULT : 0;
}

int64_t linux_on_getrlimit(uint32_t resource, uint64_t limit)
{
	return limit ? linux_on_prlimit64(0, resource, 0, limit) : -EFAULT;
}

int64_t linux_on_setrlimit(uint32_t resource, uint64_t limit)
{
	return limit ? linux_on_prlimit64(0, resource, limit, 0) : -EFAULT;
}

/* ---- attributes of the process and its thread ------------------------------------------------------- */

int64_t linux_on_prctl(uint32_t option, uint64_t argument2, uint64_t argument3, uint64_t argument4,
		       uint64_t argument5)
{
	struct process *p = caller();
	char name[sizeof(p->name)] = {0};
	int32_t signal = p->death_signal;
	djed_status length;

	switch (option) {
	case LINUX_PR_SET_NAME:
		length = client_string(name, argument2, sizeof(name));
		if (length == -EFAULT)
			return length;
		name[sizeof(name) - 1] = 0;
		memcpy(p->name, name, sizeof(name));
		return 0;
	case LINUX_PR_GET_NAME:
		return client_write(argument2, p->name, sizeof(p->name));
	case LINUX_PR_SET_PDEATHSIG:
		if (argument2 > SIGNALS)
			return -EINVAL;
		p->death_signal = (uint8_t)argument2;
		return 0;
	case LINUX_PR_GET_PDEATHSIG:
		return client_write(argument2, &signal, sizeof(signal));
	case LINUX_PR_GET_DUMPABLE:
		return 0;
	case LINUX_PR_SET_DUMPABLE:
		return argument2 <= 1 ? 0 : -EINVAL; /* there are no core dumps */
	case LINUX_PR_SET_NO_NEW_PRIVS:
		if (argument2 != 1 || argument3 || argument4 || argument5)
			return -EINVAL;
		p->no_new_privileges = true;
		return 0;
	case LINUX_PR_GET_NO_NEW_PRIVS:
		return argument2 || argument3 || argument4 || argument5 ? -EINVAL : p->no_new_privileges;
	default:
		return -EINVAL;
	}
}

int64_t linux_on_arch_prctl(uint32_t option, uint64_t address)
{
	djed_handle thread = djed_current()->thread;
	struct djed_context context;
	bool fs = option == LINUX_ARCH_SET_FS || option == LINUX_ARCH_GET_FS;
	bool set = option == LINUX_ARCH_SET_FS || option == LINUX_ARCH_SET_GS;

	if (!set && option != LINUX_ARCH_GET_FS && option != LINUX_ARCH_GET_GS)
		return -EINVAL;
	if (kernel_thread_get_context(thread, (uint64_t)&context))
		return -EFAULT;
	if (!set)
		return client_write(address, fs ? &context.fs_base : &context.gs_base, sizeof(uint64_t));
	if (address >= LINUX_TASK_END)
		return -EPERM;
	if (fs)
		context.fs_base = address;
	else
		context.gs_base = address;
	context.rax = 0; /* new registers, so the answer's result does not go there */
	return kernel_thread_set_context(thread, (uint64_t)&context);
}

int64_t linux_on_set_tid_address(uint64_t address)
{
	caller()->clear_tid = address;
	return caller()->pid;
}

int64_t linux_on_set_robust_list(uint64_t list, uint64_t size)
{
	enum { HEAD_SIZE = 24 };

	/* Without threads nobody waits for a lock that a dead thread holds. */
	(void)list;
	return size == HEAD_SIZE ? 0 : -EINVAL;
}
