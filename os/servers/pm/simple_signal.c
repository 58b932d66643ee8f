/* Signals in the simplest way: for what is delivered again, because some server crashed in the usual way.
 * Nothing here is shared with signal_send, deliver or cancel, as far as that is possible: one of them may be
 * what crashes. A request is answered as in the usual way, or goes that way. */
#include "pm.h"

#include <protocols/console_client.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>

static const signal_set stops = (signal_set)1 << (LINUX_SIGSTOP - 1) | (signal_set)1 << (LINUX_SIGTSTP - 1) |
				(signal_set)1 << (LINUX_SIGTTIN - 1) | (signal_set)1 << (LINUX_SIGTTOU - 1);

static void wake_simply(struct process *p)
{
	process_write(p);
	p->wait = WAIT_NOTHING;
	djed_wake(p->parked);
	p->parked = 0;
}

static void make_pending(struct process *p, const struct signal_info *information)
{
	struct signals *s = &p->signals;
	struct signal_info *entry;
	uint16_t at = pm.first_free_info;

	if (information->signal < SIGNALS_REALTIME && s->pending & signal_bit(information->signal))
		return;
	s->pending |= signal_bit(information->signal);
	if (at == NONE)
		return; /* only the information is lost */
	entry = &pm.info[at];
	pm.first_free_info = entry->next;
	pm.infos_used++;
	*entry = *information;
	entry->next = NONE;
	if (s->first_info == NONE)
		s->first_info = at;
	else
		pm.info[s->last_info].next = at;
	s->last_info = at;
}

/* A stopped process goes on: its thread waits in a signal event. */
static void continue_simply(struct process *p, unsigned signal)
{
	struct process *parent = process_at(p->parent);
	struct signal_info told = {
	    .signal = LINUX_SIGCHLD, .code = LINUX_CLD_CONTINUED, .pid = p->pid, .value = LINUX_SIGCONT};
	uint64_t user, system;

	if (p->state != PROCESS_STOPPED)
		return;
	p->state = PROCESS_ALIVE;
	wake_simply(p);
	if (signal != LINUX_SIGCONT || p->signals.pending & signal_bit(LINUX_SIGKILL))
		return;
	p->report = REPORT_CONTINUE;
	if (parent->wait == WAIT_CHILD)
		wake_simply(parent);
	if (action_of(parent, LINUX_SIGCHLD)->flags & LINUX_SA_NOCLDSTOP)
		return;
	process_times(p, &user, &system);
	told.uid = p->credentials.user;
	told.user_ticks = (int64_t)(user / (1000000000 / LINUX_TICKS));
	told.system_ticks = (int64_t)(system / (1000000000 / LINUX_TICKS));
	signal_post_simply(parent, &told);
}

void signal_post_simply(struct process *p, const struct signal_info *information)
{
	unsigned signal = information->signal;
	signal_set bit = signal_bit(signal), cancelled = signal == LINUX_SIGCONT ? stops
							 : bit & stops		 ? signal_bit(LINUX_SIGCONT)
										 : 0;

	if (p->pid == INIT_PID || (p->state != PROCESS_ALIVE && p->state != PROCESS_STOPPED) || !p->thread)
		return;
	process_write(p);
	if (p->signals.pending & cancelled)
		signals_flush(p, cancelled);
	if (signal == LINUX_SIGCONT || signal == LINUX_SIGKILL)
		continue_simply(p, signal);
	if (p->wait == WAIT_SIGNAL_SET && p->signals.wait_set & bit) {
		make_pending(p, information);
		p->signals.wait_set = 0;
		wake_simply(p);
		return;
	}
	if (!(p->signals.blocked & bit) && signal_ignored(p, signal))
		return;
	make_pending(p, information);
	if (!(p->signals.blocked & bit) && p->state == PROCESS_ALIVE)
		(void)kernel_thread_signal(p->thread);
}

bool kill_simply(struct process *p, int32_t pid, uint32_t signal)
{
	const uint64_t zero = 0;
	const struct signal_info information = {
	    .signal = (uint8_t)signal, .code = LINUX_SI_USER, .pid = p->pid, .uid = p->credentials.user};
	uint32_t group = pid == 0 ? p->group : pid < -1 ? 0u - (uint32_t)pid : 0;
	unsigned found = 0;

	if (pid == -1 || signal == 0 || signal > SIGNALS)
		return false;
	for_each_process(target)
	{
		if (group ? target->group != group : target->pid != (uint32_t)pid)
			continue;
		if (signal_permitted(p, target, signal))
			return false;
		found++;
	}
	if (!found)
		return false;
	for_each_process(target)
	{
		if (group ? target->group == group : target->pid == (uint32_t)pid)
			signal_post_simply(target, &information);
	}
	djed_reply_words(0, &zero, 1);
	return true;
}

/* What the terminal has for the processes. */
void terminal_signals_simply(void)
{
	uint32_t group, signal;

	while (console_take_signal(to.console, &group, &signal) == 0 && group) {
		if (signal < 1 || signal > SIGNALS)
			continue;
		for_each_process(p)
		{
			if (p->group == group)
				signal_post_simply(p, &(struct signal_info){.signal = (uint8_t)signal,
									    .code = LINUX_SI_KERNEL});
		}
	}
}

/* If one of them ends the process, the others do not matter. */
static bool end_by_signal(struct process *p)
{
	signal_set left = p->signals.pending & ~p->signals.blocked;

	if (left & signal_bit(LINUX_SIGKILL))
		left = signal_bit(LINUX_SIGKILL);
	for (; left && !(left & -left & stops); left &= left - 1) {
		unsigned signal = (unsigned)__builtin_ctzll(left) + 1;

		if (signal != LINUX_SIGKILL && (action_of(p, signal)->handler != LINUX_SIG_DFL ||
						default_action(signal) != DEFAULT_TERMINATE))
			continue;
		process_exit(p, (int32_t)signal);
		return true;
	}
	return false;
}

/* Takes one signal of that number off the process. */
static struct signal_info take_simply(struct signals *s, unsigned signal)
{
	struct signal_info taken = {.signal = (uint8_t)signal, .code = LINUX_SI_USER};
	uint16_t found = NONE, before = NONE, last = NONE;
	bool more = false;

	for (uint16_t at = s->first_info; at != NONE; last = at, at = pm.info[at].next) {
		if (pm.info[at].signal != signal)
			continue;
		if (found != NONE) {
			more = true;
			continue;
		}
		found = at;
		before = last;
	}
	if (!more)
		s->pending &= ~signal_bit(signal);
	if (found == NONE)
		return taken;
	taken = pm.info[found];
	if (before == NONE)
		s->first_info = taken.next;
	else
		pm.info[before].next = taken.next;
	if (s->last_info == found)
		s->last_info = before;
	pm.info[found] = (struct signal_info){.next = pm.first_free_info};
	pm.first_free_info = found;
	pm.infos_used--;
	return taken;
}

void signals_drop_simply(struct process *p)
{
	while (p->signals.pending)
		(void)take_simply(&p->signals, (unsigned)__builtin_ctzll(p->signals.pending) + 1);
}

/* What becomes of the call that a handler interrupts. */
static void settle_simply(struct djed_context *c, bool restarts)
{
	enum { SYSCALL_INSTRUCTION = 2 /* bytes */ };
	int64_t error = -(int64_t)c->rax;

	if (c->call_number == ~(uint64_t)0 || (error != DJED_ERESTARTSYS && error != DJED_ERESTARTNOINTR &&
					       error != DJED_ERESTARTNOHAND && error != DJED_ERESTART_BLOCK))
		return;
	if (error == DJED_ERESTARTNOINTR || (error == DJED_ERESTARTSYS && restarts)) {
		c->rax = c->call_number;
		c->rip -= SYSCALL_INSTRUCTION;
	} else {
		c->rax = (uint64_t)-EINTR;
	}
	c->call_number = ~(uint64_t)0;
}

/* Runs the handler of the next signal; those behind it come when the thread returns again. False: there is
 * none. */
static bool handle_simply(struct process *p)
{
	signal_set left = p->signals.pending & ~p->signals.blocked;
	unsigned signal = left ? (unsigned)__builtin_ctzll(left) + 1 : 0;
	struct djed_context context;
	struct signal_info information;

	if (!signal || p->set_tid || action_of(p, signal)->handler <= LINUX_SIG_IGN ||
	    kernel_thread_get_context(djed_current()->thread, (uint64_t)&context))
		return false;
	information = take_simply(&p->signals, signal);
	if (action_of(p, signal)->flags & LINUX_SA_RESTORER)
		settle_simply(&context, action_of(p, signal)->flags & LINUX_SA_RESTART);
	if (!signal_handle(p, &information, action_of(p, signal), NULL, &context)) {
		process_exit(p, LINUX_SIGSEGV);
		return true;
	}
	(void)kernel_thread_set_context(djed_current()->thread, (uint64_t)&context);
	if (p->signals.pending & ~p->signals.blocked)
		(void)kernel_thread_signal(p->thread);
	return true;
}

void deliver_simply(struct process *p)
{
	if (!end_by_signal(p) && !handle_simply(p))
		deliver(p, NULL);
	djed_result(0, NULL, 0);
}

bool cancel_simply(struct process *p, uint32_t label)
{
	bool suspended = p->signals.suspended || label == DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_PAUSE);
	uint8_t wait = p->wait;

	switch (wait) {
	case WAIT_CHILD:
		for_each_child(c, p)
		{
			if (c->state == PROCESS_ZOMBIE || c->report)
				return false;
		}
		break;
	case WAIT_SIGNAL:
		break;
	case WAIT_SIGNAL_SET:
		if (p->signals.pending & p->signals.wait_set)
			return false;
		p->signals.wait_set = 0;
		if (timer_deadline(p, TIMER_WAIT))
			timer_set(p, TIMER_WAIT, 0);
		break;
	default:
		return false;
	}
	p->wait = WAIT_NOTHING;
	p->parked = 0;
	djed_reply(wait == WAIT_CHILD ? -DJED_ERESTARTSYS : suspended ? -DJED_ERESTARTNOHAND : -EINTR);
	return true;
}
