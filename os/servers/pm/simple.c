/* Calls that shells repeat for ever when they fail, or without which they wait for ever, in the simplest way:
 * for a request that is delivered again, because some server crashed in the usual way. What is asked for
 * beyond the usual goes the usual way again. */
#include "pm.h"

#include <lib/client.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>

static bool suspend_simply(struct process *p, const uint64_t *word)
{
	const signal_set unblockable = signal_bit(LINUX_SIGKILL) | signal_bit(LINUX_SIGSTOP);
	signal_set set;

	if (word[1] != sizeof(set) || client_read(&set, word[0], sizeof(set)))
		return false;
	p->signals.saved = p->signals.blocked;
	p->signals.suspended = true;
	p->signals.blocked = set & ~unblockable;
	p->parked = djed_current()->request;
	p->wait = WAIT_SIGNAL;
	djed_park(-EIO);
	if (p->signals.pending & ~p->signals.blocked)
		(void)kernel_thread_signal(p->thread);
	return true;
}

/* Linux cannot fail it for a good mask, and no program expects that. */
static bool mask_simply(struct process *p, const uint64_t *word)
{
	const signal_set unblockable = signal_bit(LINUX_SIGKILL) | signal_bit(LINUX_SIGSTOP);
	const uint64_t zero = 0;
	signal_set set, before = p->signals.blocked;

	if (word[3] != sizeof(set) || (word[1] && client_read(&set, word[1], sizeof(set))))
		return false;
	if (word[1]) {
		switch ((uint32_t)word[0]) {
		case LINUX_SIG_BLOCK:
			set |= before;
			break;
		case LINUX_SIG_UNBLOCK:
			set = before & ~set;
			break;
		case LINUX_SIG_SETMASK:
			break;
		default:
			return false;
		}
		p->signals.blocked = set & ~unblockable;
		if (p->signals.pending & ~p->signals.blocked)
			(void)kernel_thread_signal(p->thread);
	}
	if (word[2] && client_write(word[2], &before, sizeof(before)))
		djed_reply(-EFAULT);
	else
		djed_reply_words(0, &zero, 1);
	return true;
}

/* Ended children only. */
static bool wait_simply(struct process *p, const uint64_t *word)
{
	int32_t wanted = (int32_t)word[0];
	uint32_t options = (uint32_t)word[2];
	struct process *ended = NULL;
	bool any = false;

	if ((wanted <= 0 && wanted != -1) || options & ~(uint32_t)(LINUX_WNOHANG | LINUX_WUNTRACED) ||
	    word[3])
		return false;
	for_each_child(child, p)
	{
		if (wanted > 0 && child->pid != (uint32_t)wanted)
			continue;
		if (child->exit_signal != LINUX_SIGCHLD || child->report)
			return false;
		any = true;
		if (child->state == PROCESS_ZOMBIE && !ended)
			ended = child;
	}
	if (!any) {
		djed_reply(-ECHILD);
	} else if (ended) {
		uint64_t pid = ended->pid;

		if (word[1] && client_write(word[1], &ended->exit_status, sizeof(ended->exit_status)))
			return false;
		p->children_user_time += ended->user_time + ended->children_user_time;
		p->children_system_time += ended->system_time + ended->children_system_time;
		process_reap_later(ended);
		djed_reply_words(0, &pid, 1);
	} else if (options & LINUX_WNOHANG) {
		djed_reply(0);
	} else {
		p->parked = djed_current()->request;
		p->wait = WAIT_CHILD;
		djed_park(-EIO);
	}
	return true;
}

bool simple_dispatch(struct process *p, const struct djed_delivery *d)
{
	const uint64_t *word = d->message.word;

	if (d->kind == DJED_DELIVERY_CANCEL)
		return cancel_simply(p, d->message.label);
	switch (d->message.label) {
	case DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_RT_SIGSUSPEND):
		return suspend_simply(p, word);
	case DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_RT_SIGPROCMASK):
		return mask_simply(p, word);
	case DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_KILL):
		return kill_simply(p, (int32_t)word[0], (uint32_t)word[1]);
	case DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_WAIT4):
		return wait_simply(p, word);
	case DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_SIGNAL):
		deliver_simply(p);
		return true;
	default:
		return false;
	}
}
