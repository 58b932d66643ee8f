/* The process table. */
#include "pm.h"

struct pm pm;
struct pm_slots to;

struct process *process_at(uint16_t slot)
{
	return slot == NONE ? NULL : &pm.process[slot];
}

uint16_t slot_of(const struct process *p)
{
	return (uint16_t)(p - pm.process);
}

static uint16_t *bucket_of(uint32_t pid)
{
	return &pm.bucket[pid % PID_BUCKETS];
}

void limits_default(struct limit limit[LINUX_RLIMITS])
{
	for (unsigned i = 0; i < LINUX_RLIMITS; i++)
		limit[i] = (struct limit){LINUX_RLIM_INFINITY, LINUX_RLIM_INFINITY};
	limit[LINUX_RLIMIT_STACK].soft = 8u << 20;
	limit[LINUX_RLIMIT_CORE].soft = 0;
	limit[LINUX_RLIMIT_NPROC] = (struct limit){PROCESSES_MAX - 1, PROCESSES_MAX - 1};
	limit[LINUX_RLIMIT_NOFILE] = (struct limit){1024, 4096};
}

void table_reset(void)
{
	struct process *init = &pm.process[0];

	memset(&pm, 0, sizeof(pm));
	for (unsigned i = 0; i < PID_BUCKETS; i++)
		pm.bucket[i] = NONE;
	for (unsigned i = 1; i < PROCESSES_MAX; i++) {
		pm.process[i].next_in_bucket = i + 1 < PROCESSES_MAX ? i + 1 : NONE;
		pm.process[i].signals.first_info = pm.process[i].signals.last_info = NONE;
	}
	pm.first_free = 1;
	pm.first_timer = NONE;
	info_release_all();
	*init = (struct process){
	    .pid = INIT_PID,
	    .state = PROCESS_ALIVE,
	    .parent = NONE,
	    .first_child = NONE,
	    .last_child = NONE,
	    .next_sibling = NONE,
	    .previous_sibling = NONE,
	    .next_in_bucket = NONE,
	    .next = NONE,
	    .previous = NONE,
	    .group = INIT_PID,
	    .session = INIT_PID,
	    .name = "init",
	    .signals = {.first_info = NONE, .last_info = NONE},
	};
	limits_default(init->limit);
	*bucket_of(INIT_PID) = 0;
	pm.used = 1;
	pm.last_pid = INIT_PID;
	strlcpy(pm.host_name, "djed", sizeof(pm.host_name));
}

struct process *process_find(uint32_t pid)
{
	for (struct process *p = process_at(*bucket_of(pid)); p; p = process_at(p->next_in_bucket))
		if (p->pid == pid)
			return p;
	return NULL;
}

/* A number that names neither a process nor a group nor a session. There are fewer slots than numbers / 3, so
 * that one is always found. */
_Static_assert(PROCESSES_MAX * 3 < PID_MAX - 2, "a free pid exists");
static uint32_t pid_next(void)
{
	uint32_t pid = pm.last_pid;
	bool taken;

	do {
		pid = pid + 1 < PID_MAX ? pid + 1 : INIT_PID + 1;
		taken = process_find(pid) != NULL;
		for_each_process(p) taken = taken || p->group == pid || p->session == pid;
	} while (taken);
	return pid;
}

static void child_append(struct process *parent, struct process *child)
{
	child->parent = slot_of(parent);
	child->next_sibling = NONE;
	child->previous_sibling = parent->last_child;
	if (parent->last_child == NONE)
		parent->first_child = slot_of(child);
	else
		pm.process[parent->last_child].next_sibling = slot_of(child);
	parent->last_child = slot_of(child);
}

static void child_remove(struct process *child)
{
	struct process *parent = &pm.process[child->parent];

	if (child->previous_sibling == NONE)
		parent->first_child = child->next_sibling;
	else
		pm.process[child->previous_sibling].next_sibling = child->next_sibling;
	if (child->next_sibling == NONE)
		parent->last_child = child->previous_sibling;
	else
		pm.process[child->next_sibling].previous_sibling = child->previous_sibling;
}

void process_adopt(struct process *parent, struct process *child)
{
	child_remove(child);
	child_append(parent, child);
}

/* The list of all processes is a chain that begins and, as `previous` of slot 0, ends at slot 0. */
static void chain_append(struct process *p)
{
	struct process *init = &pm.process[0];
	uint16_t last = init->previous == NONE ? 0 : init->previous;

	p->previous = last;
	p->next = NONE;
	pm.process[last].next = slot_of(p);
	init->previous = slot_of(p);
}

static void chain_remove(struct process *p)
{
	struct process *init = &pm.process[0];

	pm.process[p->previous].next = p->next;
	if (p->next != NONE)
		pm.process[p->next].previous = p->previous;
	else
		init->previous = p->previous == 0 ? NONE : p->previous;
}

static void signals_inherit(struct signals *to_signals, const struct signals *from)
{
	to_signals->blocked = from->blocked;
	to_signals->pending = 0;
	to_signals->saved = 0;
	to_signals->wait_set = 0;
	to_signals->known = from->known;
	to_signals->stack = from->stack;
	to_signals->first_info = to_signals->last_info = NONE;
	to_signals->suspended = false;
	for (signal_set left = from->known; left; left &= left - 1) {
		unsigned at = __builtin_ctzll(left);

		to_signals->action[at] = from->action[at];
	}
}

struct process *process_create(struct process *parent)
{
	struct process *p = process_at(pm.first_free);

	if (!p)
		return NULL;
	pm.first_free = p->next_in_bucket;
	pm.used++;
	pm.last_pid = pid_next();
	/* Everything but the signal actions, which are copied one by one. */
	memset(p, 0, offsetof(struct process, signals));
	p->pid = pm.last_pid;
	p->state = PROCESS_ALIVE;
	p->exit_signal = LINUX_SIGCHLD;
	p->first_child = p->last_child = NONE;
	p->group = parent->group;
	p->session = parent->session;
	p->started = djed_now();
	p->no_new_privileges = parent->no_new_privileges;
	memcpy(p->name, parent->name, sizeof(p->name));
	p->credentials = parent->credentials;
	memcpy(p->limit, parent->limit, sizeof(p->limit));
	signals_inherit(&p->signals, &parent->signals);
	p->next_in_bucket = *bucket_of(p->pid);
	*bucket_of(p->pid) = slot_of(p);
	child_append(parent, p);
	chain_append(p);
	return p;
}

void process_free(struct process *p)
{
	uint16_t *at = bucket_of(p->pid);

	djed_assert(p != pm.process && p->state != PROCESS_FREE && p->first_child == NONE);
	while (*at != slot_of(p)) {
		djed_assert(*at != NONE);
		at = &pm.process[*at].next_in_bucket;
	}
	*at = p->next_in_bucket;
	child_remove(p);
	chain_remove(p);
	if (p->state == PROCESS_ZOMBIE)
		pm.zombies--;
	p->state = PROCESS_FREE;
	p->pid = 0;
	p->thread = 0;
	p->next_in_bucket = pm.first_free;
	pm.first_free = slot_of(p);
	pm.used--;
}
