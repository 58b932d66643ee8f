/* Pending and blocked signals. */
#include "pm.h"

#include <protocols/kernel.h>

static const signal_set unblockable = (signal_set)1 << (LINUX_SIGKILL - 1) | (signal_set)1
										 << (LINUX_SIGSTOP - 1);
static const signal_set stop_signals =
    (signal_set)1 << (LINUX_SIGSTOP - 1) | (signal_set)1 << (LINUX_SIGTSTP - 1) |
    (signal_set)1 << (LINUX_SIGTTIN - 1) | (signal_set)1 << (LINUX_SIGTTOU - 1);
static const struct signal_action default_entry;

const struct signal_action *action_of(const struct process *p, unsigned signal)
{
	return p->signals.known & signal_bit(signal) ? &p->signals.action[signal - 1] : &default_entry;
}

void action_set(struct process *p, unsigned signal, const struct signal_action *action)
{
	p->signals.action[signal - 1] = *action;
	p->signals.known |= signal_bit(signal);
}

void actions_reset(struct process *p)
{
	for (signal_set left = p->signals.known; left; left &= left - 1) {
		unsigned signal = (unsigned)__builtin_ctzll(left) + 1;

		if (action_of(p, signal)->handler == LINUX_SIG_IGN)
			action_set(p, signal, &(struct signal_action){.handler = LINUX_SIG_IGN});
		else
			p->signals.known &= ~signal_bit(signal);
	}
}

enum default_action default_action(unsigned signal)
{
	if (stop_signals & signal_bit(signal))
		return DEFAULT_STOP;
	switch (signal) {
	case LINUX_SIGCONT:
		return DEFAULT_CONTINUE;
	case LINUX_SIGCHLD:
	case LINUX_SIGURG:
	case LINUX_SIGWINCH:
		return DEFAULT_IGNORE;
	default:
		return DEFAULT_TERMINATE;
	}
}

bool signal_ignored(const struct process *p, unsigned signal)
{
	uint64_t handler = action_of(p, signal)->handler;

	if (signal_bit(signal) & unblockable)
		return false;
	if (handler == LINUX_SIG_DFL)
		return default_action(signal) == DEFAULT_IGNORE || default_action(signal) == DEFAULT_CONTINUE;
	return handler == LINUX_SIG_IGN;
}

bool signal_deliverable(const struct process *p)
{
	return (p->signals.pending & ~p->signals.blocked) != 0;
}

bool signal_fatal(const struct process *p)
{
	for (signal_set left = p->signals.pending & ~p->signals.blocked; left; left &= left - 1) {
		unsigned signal = (unsigned)__builtin_ctzll(left) + 1;

		if (action_of(p, signal)->handler == LINUX_SIG_DFL &&
		    default_action(signal) == DEFAULT_TERMINATE)
			return true;
	}
	return false;
}

/* ---- the pool of informations ----------------------------------------------------------------- */

void info_release_all(void)
{
	for (unsigned i = 0; i < INFOS_MAX; i++)
		pm.info[i] = (struct signal_info){.next = i + 1 < INFOS_MAX ? i + 1 : NONE};
	pm.first_free_info = 0;
	pm.infos_used = 0;
}

static void info_release(uint16_t at)
{
	pm.info[at].signal = 0;
	pm.info[at].next = pm.first_free_info;
	pm.first_free_info = at;
	pm.infos_used--;
}

/* An exhausted pool costs only the information: the signal stays pending, as in Linux. Returns whether it was
 * kept. */
static bool info_append(struct signals *s, const struct signal_info *info)
{
	uint16_t at = pm.first_free_info;

	if (at == NONE)
		return false;
	pm.first_free_info = pm.info[at].next;
	pm.infos_used++;
	pm.info[at] = *info;
	pm.info[at].next = NONE;
	if (s->last_info == NONE)
		s->first_info = at;
	else
		pm.info[s->last_info].next = at;
	s->last_info = at;
	return true;
}

/* Takes the first information about `signal` out of the queue. Returns whether more of the same signal
 * follow. */
static bool info_take(struct signals *s, unsigned signal, struct signal_info *info)
{
	uint16_t before = NONE, at = s->first_info;

	while (at != NONE && pm.info[at].signal != signal) {
		before = at;
		at = pm.info[at].next;
	}
	*info = (struct signal_info){.signal = (uint8_t)signal, .code = LINUX_SI_USER};
	if (at == NONE)
		return false;
	*info = pm.info[at];
	if (before == NONE)
		s->first_info = info->next;
	else
		pm.info[before].next = info->next;
	if (s->last_info == at)
		s->last_info = before;
	info_release(at);
	for (at = info->next; at != NONE; at = pm.info[at].next)
		if (pm.info[at].signal == signal)
			return true;
	return false;
}

void signals_flush(struct process *p, signal_set set)
{
	struct signal_info info;

	if (!(p->signals.pending & set))
		return;
	process_write(p);
	for (signal_set left = p->signals.pending & set; left; left &= left - 1)
		while (info_take(&p->signals, (unsigned)__builtin_ctzll(left) + 1, &info))
			;
	p->signals.pending &= ~set;
}

unsigned signal_take(struct process *p, signal_set set, struct signal_info *info)
{
	signal_set left = p->signals.pending & set;
	unsigned signal;

	if (!left)
		return 0;
	signal = left & signal_bit(LINUX_SIGKILL) ? LINUX_SIGKILL : (unsigned)__builtin_ctzll(left) + 1;
	if (!info_take(&p->signals, signal, info))
		p->signals.pending &= ~signal_bit(signal);
	return signal;
}

/* ---- sending ------------------------------------------------------------------------------------ */

/* Marks the thread. A stopped one stays where it is; what is pending then is seen when it is continued. */
static void mark(struct process *p)
{
	if (p->state == PROCESS_ALIVE && p->thread)
		(void)kernel_thread_signal(p->thread);
}

/* What SIGCONT and stop signals do the moment they are sent, blocked or not. */
static void before_sending(struct process *p, unsigned signal)
{
	if (signal == LINUX_SIGCONT) {
		signals_flush(p, stop_signals);
		process_continue(p);
	} else if (stop_signals & signal_bit(signal)) {
		signals_flush(p, signal_bit(LINUX_SIGCONT));
	}
}

static void make_pending(struct process *p, const struct signal_info *info)
{
	signal_set bit = signal_bit(info->signal);

	if (info->signal < SIGNALS_REALTIME && p->signals.pending & bit)
		return;
	process_write(p);
	info_append(&p->signals, info);
	p->signals.pending |= bit;
}

void signal_send(struct process *p, const struct signal_info *info)
{
	signal_set bit = signal_bit(info->signal);

	if (p->state == PROCESS_ZOMBIE || p->state == PROCESS_FREE || p->pid == INIT_PID)
		return;
	before_sending(p, info->signal);
	if (p->wait == WAIT_SIGNAL_SET && p->signals.wait_set & bit) {
		make_pending(p, info);
		process_wake(p, WAIT_SIGNAL_SET);
		return;
	}
	if (!(p->signals.blocked & bit) && signal_ignored(p, info->signal))
		return;
	make_pending(p, info);
	if (info->signal == LINUX_SIGKILL)
		process_continue(p);
	if (!(p->signals.blocked & bit))
		mark(p);
}

void signal_force(struct process *p, const struct signal_info *info)
{
	signal_set bit = signal_bit(info->signal);

	if (p->signals.blocked & bit || action_of(p, info->signal)->handler == LINUX_SIG_IGN) {
		action_set(p, info->signal, &default_entry);
		p->signals.blocked &= ~bit;
	}
	make_pending(p, info);
}

void signal_block(struct process *p, signal_set blocked)
{
	blocked &= ~unblockable;
	if (p->signals.blocked == blocked)
		return;
	p->signals.blocked = blocked;
	if (signal_deliverable(p))
		mark(p);
}

djed_status signal_permitted(const struct process *from, const struct process *target, unsigned signal)
{
	const struct credentials *own = &from->credentials, *other = &target->credentials;

	if (own->effective_user == 0 || own->effective_user == other->user ||
	    own->effective_user == other->saved_user || own->user == other->user ||
	    own->user == other->saved_user)
		return 0;
	return signal == LINUX_SIGCONT && from->session == target->session ? 0 : -EPERM;
}

djed_status signal_group(const struct process *from, uint32_t group, const struct signal_info *info)
{
	djed_status status = -ESRCH;

	for_each_process(p)
	{
		if (p->group != group)
			continue;
		if (from && signal_permitted(from, p, info->signal)) {
			status = status == -ESRCH ? -EPERM : status;
			continue;
		}
		status = 0;
		if (info->signal)
			signal_send(p, info);
	}
	return status;
}
