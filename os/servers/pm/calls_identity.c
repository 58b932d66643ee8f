/* Linux calls: who a process is. */
#include "pm.h"

#include <lib/client.h>
#include <protocols/linux_pm_server.h>

static const uint32_t unchanged = ~0u; /* -1 in setreuid and its kin */

int64_t linux_on_getpid(void)
{
	return caller()->pid;
}

int64_t linux_on_gettid(void)
{
	return caller()->pid;
}

int64_t linux_on_getppid(void)
{
	return process_at(caller()->parent)->pid;
}

int64_t linux_on_getpgrp(void)
{
	return caller()->group;
}

int64_t linux_on_getpgid(int32_t pid)
{
	struct process *p = pid ? process_find((uint32_t)pid) : caller();

	return p ? (int64_t)p->group : -ESRCH;
}

int64_t linux_on_getsid(int32_t pid)
{
	struct process *p = pid ? process_find((uint32_t)pid) : caller();

	return p ? (int64_t)p->session : -ESRCH;
}

int64_t linux_on_setpgid(int32_t pid, int32_t group)
{
	return group_set(caller(), (uint32_t)pid, (uint32_t)group);
}

int64_t linux_on_setsid(void)
{
	return session_create(caller());
}

/* ---- users and groups: the same rules for both ------------------------------------------------------- */

struct ids {
	uint32_t *real, *effective, *saved, *file;
};

static struct ids user_ids(struct process *p)
{
	struct credentials *c = &p->credentials;

	return (struct ids){&c->user, &c->effective_user, &c->saved_user, &c->file_user};
}

static struct ids group_ids(struct process *p)
{
	struct credentials *c = &p->credentials;

	return (struct ids){&c->group, &c->effective_group, &c->saved_group, &c->file_group};
}

static bool one_of(struct ids ids, uint32_t id, bool saved_too)
{
	return id == unchanged || id == *ids.real || id == *ids.effective || (saved_too && id == *ids.saved);
}

static int64_t commit(struct process *p, struct ids ids, uint32_t real, uint32_t effective, uint32_t saved)
{
	*ids.real = real;
	*ids.effective = *ids.file = effective;
	*ids.saved = saved;
	identity_publish(p);
	return 0;
}

static int64_t set_one(struct process *p, struct ids ids, uint32_t id)
{
	if (id == unchanged)
		return -EINVAL;
	if (p->credentials.effective_user == 0)
		return commit(p, ids, id, id, id);
	if (id != *ids.real && id != *ids.saved)
		return -EPERM;
	return commit(p, ids, *ids.real, id, *ids.saved);
}

static int64_t set_two(struct process *p, struct ids ids, uint32_t real, uint32_t effective)
{
	bool root = p->credentials.effective_user == 0;
	uint32_t new_real = real == unchanged ? *ids.real : real;
	uint32_t new_effective = effective == unchanged ? *ids.effective : effective;
	bool saved = real != unchanged || (effective != unchanged && effective != *ids.real);

	if (!root && (!one_of(ids, real, false) || !one_of(ids, effective, true)))
		return -EPERM;
	return commit(p, ids, new_real, new_effective, saved ? new_effective : *ids.saved);
}

static int64_t set_three(struct process *p, struct ids ids, uint32_t real, uint32_t effective, uint32_t saved)
{
	if (p->credentials.effective_user != 0 &&
	    (!one_of(ids, real, true) || !one_of(ids, effective, true) || !one_of(ids, saved, true)))
		return -EPERM;
	return commit(p, ids, real == unchanged ? *ids.real : real,
		      effective == unchanged ? *ids.effective : effective,
		      saved == unchanged ? *ids.saved : saved);
}

static int64_t get_three(struct ids ids, uint64_t real, uint64_t effective, uint64_t saved)
{
	if (client_write(real, ids.real, 4) || client_write(effective, ids.effective, 4) ||
	    client_write(saved, ids.saved, 4))
		return -EFAULT;
	return 0;
}

int64_t linux_on_getuid(void)
{
	return caller()->credentials.user;
}

int64_t linux_on_geteuid(void)
{
	return caller()->credentials.effective_user;
}

int64_t linux_on_getgid(void)
{
	return caller()->credentials.group;
}

int64_t linux_on_getegid(void)
{
	return caller()->credentials.effective_group;
}

int64_t linux_on_setuid(uint32_t user)
{
	return set_one(caller(), user_ids(caller()), user);
}

int64_t linux_on_setgid(uint32_t group)
{
	return set_one(caller(), group_ids(caller()), group);
}

int64_t linux_on_setreuid(uint32_t real, uint32_t effective)
{
	return set_two(caller(), user_ids(caller()), real, effective);
}

int64_t linux_on_setregid(uint32_t real, uint32_t effective)
{
	return set_two(caller(), group_ids(caller()), real, effective);
}

int64_t linux_on_setresuid(uint32_t real, uint32_t effective, uint32_t saved)
{
	return set_three(caller(), user_ids(caller()), real, effective, saved);
}

int64_t linux_on_setresgid(uint32_t real, uint32_t effective, uint32_t saved)
{
	return set_three(caller(), group_ids(caller()), real, effective, saved);
}

int64_t linux_on_getresuid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return get_three(user_ids(caller()), real, effective, saved);
}

int64_t linux_on_getresgid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return get_three(group_ids(caller()), real, effective, saved);
}

int64_t linux_on_getgroups(int32_t count, uint64_t groups)
{
	const struct credentials *c = &caller()->credentials;

	if (count < 0 || (count && (uint32_t)count < c->groups))
		return -EINVAL;
	if (count && client_write(groups, c->supplementary, c->groups * sizeof(c->supplementary[0])))
		return -EFAULT;
	return c->groups;
}

int64_t linux_on_setgroups(int32_t count, uint64_t groups)
{
	struct credentials *c = &caller()->credentials;
	uint32_t list[GROUPS_MAX];

	if (c->effective_user != 0)
		return -EPERM;
	if (count < 0 || count > GROUPS_MAX)
		return -EINVAL;
	if (client_read(list, groups, (uint64_t)count * sizeof(list[0])))
		return -EFAULT;
	memcpy(c->supplementary, list, (size_t)count * sizeof(list[0]));
	c->groups = (uint32_t)count;
	return 0;
}
