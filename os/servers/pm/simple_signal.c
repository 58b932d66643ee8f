/* Signals in the simplest way: for what is delivered again, because some server crashed in the usual way. Nothing here
 * is shared with signal_send, deliver or cancel, as far as that is possible: one of them may be what crashes. What is
 * given up: who sent the signal and why (siginfo), its number of times, reports of stops to the parent. */
#include "pm.h"

#include <protocols/console_client.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>

/* A stopped process goes on: its thread waits in a signal event. */
static void continue_simply(struct process *p)
{
	if (p->state != PROCESS_STOPPED)
		return;
	p->state = PROCESS_ALIVE;
	p->report = 0;
	p->wait = WAIT_NOTHING;
	djed_wake(p->parked);
	p->parked = 0;
}

void signal_post_simply(struct process *p, unsigned signal)
{
	signal_set bit = signal_bit(signal);

	if (p->pid == INIT_PID || (p->state != PROCESS_ALIVE && p->state != PROCESS_STOPPED) || !p->thread)
		return;
	if (signal == LINUX_SIGCONT || signal == LINUX_SIGKILL)
		continue_simply(p);
	if (p->wait == WAIT_SIGNAL_SET && p->signals.wait_set & bit) {
		p->signals.pending |= bit;
		p->signals.wait_set = 0;
		p->wait = WAIT_NOTHING;
		djed_wake(p->parked);
		p->parked = 0;
		return;
	}
	if (!(p->signals.blocked & bit) && signal_ignored(p, signal))
		return;
	p->signals.pending |= bit;
	if (!(p->signals.blocked & bit) && p->state == PROCESS_ALIVE)
		(void)kernel_thread_signal(p->thread);
}

bool kill_simply(struct process *p, int32_t pid, uint32_t signal)
{
	uint32_t group = pid == 0 ? p->group : pid < -1 ? (uint32_t)-pid : 0;
	djed_status status = -ESRCH;

	if (pid == -1 || signal == 0 || signal > SIGNALS)
		return false;
	for_each_process(target)
	{
		if (group ? target->group != group : target->pid != (uint32_t)pid)
			continue;
		if (signal_permitted(p, target, signal)) {
			status = status == -ESRCH ? -EPERM : status;
			continue;
		}
		status = 0;
		signal_post_simply(target, signal);
	}
	djed_reply(status);
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
				signal_post_simply(p, signal);
		}
	}
}

/* If one of them ends the process, the others do not matter. */
static bool end_by_signal(struct process *p)
{
	for (signal_set left = p->signals.pending & ~p->signals.blocked; left; left &= left - 1) {
		unsigned signal = (unsigned)__builtin_ctzll(left) + 1;

		if (signal != LINUX_SIGKILL &&
		    (action_of(p, signal)->handler != LINUX_SIG_DFL || default_action(signal) != DEFAULT_TERMINATE))
			continue;
		process_exit(p, (int32_t)signal);
		return true;
	}
	return false;
}

void deliver_simply(struct process *p)
{
	if (!end_by_signal(p))
		deliver(p, NULL);
	djed_result(0, NULL, 0);
}

bool cancel_simply(struct process *p, uint32_t label)
{
	bool suspended = p->signals.suspended || label == DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_PAUSE);
	uint8_t wait = p->wait;

	switch (wait) {
	case WAIT_CHILD:
	case WAIT_SIGNAL:
	case WAIT_SIGNAL_SET:
		break;
	default:
		return false;
	}
	p->wait = WAIT_NOTHING;
	p->parked = 0;
	if (wait == WAIT_SIGNAL_SET) {
		p->signals.wait_set = 0;
		if (timer_deadline(p, TIMER_WAIT))
			timer_set(p, TIMER_WAIT, 0);
	}
	djed_reply(wait == WAIT_CHILD ? -DJED_ERESTARTSYS : suspended ? -DJED_ERESTARTNOHAND : -EINTR);
	return true;
}
