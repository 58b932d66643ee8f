/* The process table. */
#include "pm.h"

struct pm pm;
DJED_REGIONS struct process processes[PROCESSES_MAX];
struct pm_slots to;

struct process *process_at(uint16_t slot)
{
	return slot == NONE ? NULL : &processes[slot];
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

void lists_reset(void)
{
	struct process *init = &processes[0];

	memset(&pm, 0, sizeof(pm));
	pm.first_timer = NONE;
	info_release_all();
	process_write(init);
	*init = (struct process){
	    .pid = INIT_PID,
	    .state = PROCESS_ALIVE,
	    .parent = NONE,
	    .group = INIT_PID,
	    .session = INIT_PID,
	    .name = "init",
	    .signals = {.first_info = NONE, .last_info = NONE},
	};
	pm.kin[0] = (struct kin){NONE, NONE, NONE, NONE, NONE, NONE};
	limits_default(init->limit);
	pm.used = 1;
	pm.last_pid = INIT_PID;
	strlcpy(pm.host_name, "djed", sizeof(pm.host_name));
}

void process_clear(struct process *p)
{
	if (p->pid || p->state != PROCESS_FREE || p->left)
		memset(p, 0, sizeof(*p));
	p->signals.first_info = p->signals.last_info = NONE;
}

void table_reset(void)
{
	for (unsigned i = 1; i < PROCESSES_MAX; i++) {
		process_write(&processes[i]);
		process_clear(&processes[i]);
	}
	lists_reset();
}

struct process *process_find(uint32_t pid)
{
	struct process *p = &processes[djed_region_of(pid, PROCESSES_MAX)];

	return p->pid == pid && p->state != PROCESS_FREE ? p : NULL;
}

/* Whether the number names a process, a group or a session, or its slot is not free: in all servers, and some
 * may still know an ended process. */
static bool pid_taken(uint32_t pid)
{
	uint32_t slot = djed_region_of(pid, PROCESSES_MAX);

	if (processes[slot].state != PROCESS_FREE)
		return true;
	for (unsigned i = 0; i < pm.tombstones; i++)
		if (djed_region_of(pm.tombstone[i].pid, PROCESSES_MAX) == slot)
			return true;
	for_each_process(p) if (p->group == pid || p->session == pid) return true;
	return false;
}

/* 0: there is none. */
static uint32_t pid_next(void)
{
	uint32_t pid = pm.last_pid, tries = 0;

	do
		pid = pid + 1 < PID_MAX ? pid + 1 : INIT_PID + 1;
	while (pid_taken(pid) && ++tries < PID_MAX);
	return tries < PID_MAX ? pid : 0;
}

static void child_append(struct process *parent, struct process *child)
{
	uint16_t last = kin_of(parent)->last_child;

	child->parent = slot_of(parent);
	kin_of(child)->next_sibling = NONE;
	kin_of(child)->previous_sibling = last;
	if (last == NONE)
		kin_of(parent)->first_child = slot_of(child);
	else
		pm.kin[last].next_sibling = slot_of(child);
	kin_of(parent)->last_child = slot_of(child);
}

static void child_remove(struct process *child)
{
	struct kin *parent = &pm.kin[child->parent], *own = kin_of(child);

	if (own->previous_sibling == NONE)
		parent->first_child = own->next_sibling;
	else
		pm.kin[own->previous_sibling].next_sibling = own->next_sibling;
	if (own->next_sibling == NONE)
		parent->last_child = own->previous_sibling;
	else
		pm.kin[own->next_sibling].previous_sibling = own->previous_sibling;
}

void process_adopt(struct process *parent, struct process *child)
{
	process_write(child);
	child_remove(child);
	child_append(parent, child);
}

/* The list of all processes is a chain that begins and, as `previous` of slot 0, ends at slot 0. */
static void chain_append(struct process *p)
{
	uint16_t last = pm.kin[0].previous == NONE ? 0 : pm.kin[0].previous;

	kin_of(p)->previous = last;
	kin_of(p)->next = NONE;
	pm.kin[last].next = slot_of(p);
	pm.kin[0].previous = slot_of(p);
}

static void chain_remove(struct process *p)
{
	uint16_t next = kin_of(p)->next, previous = kin_of(p)->previous;

	pm.kin[previous].next = next;
	if (next != NONE)
		pm.kin[next].previous = previous;
	else
		pm.kin[0].previous = previous == 0 ? NONE : previous;
}

void process_link(struct process *parent, struct process *p)
{
	kin_of(p)->first_child = kin_of(p)->last_child = NONE;
	child_append(parent, p);
	chain_append(p);
	pm.used++;
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
	uint32_t pid = pm.used < PROCESSES_MAX ? pid_next() : 0;
	struct process *p = &processes[djed_region_of(pid, PROCESSES_MAX)];

	if (!pid)
		return NULL;
	process_write(p);
	pm.last_pid = pid;
	/* Everything but the signal actions, which are copied one by one. */
	memset(p, 0, offsetof(struct process, signals));
	p->pid = pid;
	p->state = PROCESS_ALIVE;
	p->exit_signal = LINUX_SIGCHLD;
	p->group = parent->group;
	p->session = parent->session;
	p->started = djed_now();
	p->no_new_privileges = parent->no_new_privileges;
	memcpy(p->name, parent->name, sizeof(p->name));
	p->credentials = parent->credentials;
	memcpy(p->limit, parent->limit, sizeof(p->limit));
	signals_inherit(&p->signals, &parent->signals);
	process_link(parent, p);
	return p;
}

void process_free(struct process *p)
{
	djed_assert(p != processes && p->state != PROCESS_FREE && kin_of(p)->first_child == NONE);
	process_write(p);
	child_remove(p);
	chain_remove(p);
	if (p->state == PROCESS_ZOMBIE)
		pm.zombies--;
	p->state = PROCESS_FREE;
	p->pid = 0;
	p->thread = 0;
	pm.used--;
}
