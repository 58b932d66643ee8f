/* Linux calls: signals and interval timers. */
#include "pm.h"

#include <lib/client.h>
#include <protocols/kernel.h>
#include <protocols/linux_pm_server.h>
#include <protocols/pm_server.h>

static bool valid(int32_t signal)
{
	return signal >= 1 && signal <= SIGNALS;
}

int64_t linux_on_rt_sigaction(int32_t signal, uint64_t action, uint64_t old_action, uint64_t mask_size)
{
	struct process *p = caller();
	struct signal_action now, before;

	if (mask_size != sizeof(signal_set))
		return -EINVAL;
	if (action && client_read(&now, action, sizeof(now)))
		return -EFAULT;
	if (!valid(signal) || (action && (signal == LINUX_SIGKILL || signal == LINUX_SIGSTOP)))
		return -EINVAL;
	before = *action_of(p, (unsigned)signal);
	if (action) {
		now.mask &= ~(signal_bit(LINUX_SIGKILL) | signal_bit(LINUX_SIGSTOP));
		action_set(p, (unsigned)signal, &now);
		/* POSIX: what is pending and now ignored goes. */
		if (signal_ignored(p, (unsigned)signal))
			signals_flush(p, signal_bit((unsigned)signal));
	}
	return old_action && client_replace(old_action, &before, sizeof(before), action) ? -EFAULT : 0;
}

int64_t linux_on_rt_sigprocmask(int32_t how, uint64_t mask, uint64_t old_mask, uint64_t size)
{
	struct process *p = caller();
	signal_set before = p->signals.blocked, set;

	if (size != sizeof(set))
		return -EINVAL;
	if (mask) {
		if (client_read(&set, mask, sizeof(set)))
			return -EFAULT;
		switch (how) {
		case LINUX_SIG_BLOCK:
			set |= before;
			break;
		case LINUX_SIG_UNBLOCK:
			set = before & ~set;
			break;
		case LINUX_SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_block(p, set);
	}
	return old_mask && client_replace(old_mask, &before, sizeof(before), mask) ? -EFAULT : 0;
}

int64_t linux_on_rt_sigpending(uint64_t mask, uint64_t size)
{
	const struct signals *s = &caller()->signals;
	signal_set set = s->pending & s->blocked;

	if (size > sizeof(set))
		return -EINVAL;
	return client_write(mask, &set, size);
}

int64_t linux_on_rt_sigreturn(void)
{
	return restore_frame(caller());
}

/* Waits for a signal that has a handler or ends the process. */
static int64_t suspend(struct process *p)
{
	if (signal_deliverable(p))
		return -DJED_ERESTARTNOHAND; /* deliver() comes before the application sees it */
	process_park(p, WAIT_SIGNAL);
	return 0;
}

int64_t linux_on_pause(void)
{
	return suspend(caller());
}

int64_t linux_on_rt_sigsuspend(uint64_t mask, uint64_t size)
{
	struct process *p = caller();
	signal_set set;

	if (size != sizeof(set))
		return -EINVAL;
	if (client_read(&set, mask, sizeof(set)))
		return -EFAULT;
	p->signals.saved = p->signals.blocked;
	p->signals.suspended = true;
	signal_block(p, set);
	return suspend(p);
}

/* ns of a timespec; -EINVAL if it is none. Saturates. */
static int64_t duration_of(const struct linux_timespec *t)
{
	if (t->seconds < 0 || t->nanoseconds < 0 || t->nanoseconds >= 1000000000)
		return -EINVAL;
	if (t->seconds >= INT64_MAX / 1000000000 - 1)
		return INT64_MAX;
	return t->seconds * 1000000000 + t->nanoseconds;
}

/* End of rt_sigtimedwait, with or without a signal. */
static void wait_ends(struct process *p)
{
	timer_set(p, TIMER_WAIT, 0);
	p->signals.wait_set = 0;
}

int64_t linux_on_rt_sigtimedwait(uint64_t set, uint64_t information, uint64_t timeout, uint64_t size)
{
	struct process *p = caller();
	bool resumed = djed_current()->flags & DJED_DELIVERY_RESUMED;
	struct linux_siginfo to_client;
	struct linux_timespec time;
	struct signal_info info;
	signal_set wanted;
	int64_t duration = INT64_MAX;
	unsigned signal;

	if (size != sizeof(wanted))
		return -EINVAL;
	if (client_read(&wanted, set, sizeof(wanted)) ||
	    (timeout && client_read(&time, timeout, sizeof(time)))) {
		wait_ends(p);
		return -EFAULT;
	}
	if (timeout && (duration = duration_of(&time)) < 0) {
		wait_ends(p);
		return -EINVAL;
	}
	signal = signal_take(p, wanted & ~(signal_bit(LINUX_SIGKILL) | signal_bit(LINUX_SIGSTOP)), &info);
	if (!signal) {
		/* Woken without a signal: the time is over. */
		if (duration == 0 || (resumed && timeout && !timer_deadline(p, TIMER_WAIT))) {
			wait_ends(p);
			return -EAGAIN;
		}
		p->signals.wait_set = wanted;
		if (timeout && !timer_deadline(p, TIMER_WAIT))
			timer_set(p, TIMER_WAIT, djed_now() + (uint64_t)duration);
		process_park(p, WAIT_SIGNAL_SET);
		return 0;
	}
	wait_ends(p);
	siginfo_write(&to_client, &info);
	if (information && client_write(information, &to_client, sizeof(to_client)))
		return -EFAULT;
	return signal;
}

int64_t linux_on_sigaltstack(uint64_t stack, uint64_t old_stack)
{
	struct process *p = caller();
	struct signal_stack *s = &p->signals.stack;
	struct linux_stack now, before = {.base = s->base, .size = s->size};
	struct djed_context context;
	bool used;

	if (stack && client_read(&now, stack, sizeof(now)))
		return -EFAULT;
	if (s->size && kernel_thread_get_context(djed_current()->thread, (uint64_t)&context))
		return -EFAULT;
	used = s->size && signal_stack_used(p, context.rsp);
	before.flags = (!s->size ? LINUX_SS_DISABLE : used ? LINUX_SS_ONSTACK : 0) | s->flags;
	if (stack) {
		uint32_t mode = now.flags & ~LINUX_SS_AUTODISARM;

		if (used)
			return -EPERM;
		if (mode != 0 && mode != LINUX_SS_DISABLE && mode != LINUX_SS_ONSTACK)
			return -EINVAL;
		if (mode == LINUX_SS_DISABLE)
			*s = (struct signal_stack){0};
		else if (now.size < LINUX_MINSIGSTKSZ)
			return -ENOMEM;
		else
			*s = (struct signal_stack){now.base, now.size, now.flags & LINUX_SS_AUTODISARM};
	}
	return old_stack && client_replace(old_stack, &before, sizeof(before), stack) ? -EFAULT : 0;
}

/* ---- sending ------------------------------------------------------------------------------------ */

static struct signal_info from_user(const struct process *p, int32_t signal, int32_t code)
{
	return (struct signal_info){
	    .signal = (uint8_t)signal, .code = code, .pid = p->pid, .uid = p->credentials.user};
}

static int64_t send_to(struct process *from, struct process *target, const struct signal_info *info)
{
	djed_status status;

	if (!target)
		return -ESRCH;
	status = signal_permitted(from, target, info->signal);
	if (!status && info->signal)
		signal_send(target, info);
	return status;
}

/* kill(-1): all but init and the caller. */
static int64_t send_to_all(struct process *from, const struct signal_info *info)
{
	int64_t status = -ESRCH;

	for_each_process(p)
	{
		int64_t one = p == from ? -ESRCH : send_to(from, p, info);

		if (one == 0 || status == -ESRCH)
			status = one;
	}
	return status;
}

int64_t linux_on_kill(int32_t pid, int32_t signal)
{
	struct process *p = caller();
	struct signal_info info = from_user(p, signal, LINUX_SI_USER);

	if (signal != 0 && !valid(signal))
		return -EINVAL;
	if (pid > 0)
		return send_to(p, process_find((uint32_t)pid), &info);
	if (pid == -1)
		return send_to_all(p, &info);
	if (pid == INT32_MIN)
		return -ESRCH;
	return signal_group(p, pid ? (uint32_t)-pid : p->group, &info);
}

static int64_t thread_kill(uint32_t thread, int32_t signal)
{
	struct process *p = caller(), *target = process_find(thread);
	struct signal_info info = from_user(p, signal, LINUX_SI_TKILL);

	if (signal != 0 && !valid(signal))
		return -EINVAL;
	if (!target || target->state == PROCESS_ZOMBIE)
		return -ESRCH;
	return send_to(p, target, &info);
}

int64_t linux_on_tkill(int32_t thread, int32_t signal)
{
	return thread <= 0 ? -EINVAL : thread_kill((uint32_t)thread, signal);
}

int64_t linux_on_tgkill(int32_t process, int32_t thread, int32_t signal)
{
	if (process <= 0 || thread <= 0)
		return -EINVAL;
	return process != thread ? -ESRCH : thread_kill((uint32_t)thread, signal);
}

/* A server below hands a call on that also raises a signal. */
djed_status pm_on_signal_and_answer(uint32_t signal, int64_t result, int64_t *answer)
{
	struct signal_info info = from_user(caller(), (int32_t)signal, LINUX_SI_USER);

	signal_send(caller(), &info);
	*answer = result;
	return 0;
}

/* ---- interval timers ------------------------------------------------------------------------------ */

struct interval {
	struct linux_timeval period, value;
};

static struct linux_timeval timeval(uint64_t ns)
{
	return (struct linux_timeval){(int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000 / 1000)};
}

/* An armed timer never shows as 0. */
static uint64_t remaining(const struct process *p)
{
	uint64_t deadline = timer_deadline(p, TIMER_ALARM), now = djed_now();

	return !deadline ? 0 : deadline > now + 1000 ? deadline - now : 1000;
}

static int64_t microseconds_of(const struct linux_timeval *t)
{
	if (t->microseconds < 0 || t->microseconds >= 1000000)
		return -EINVAL;
	return duration_of(&(struct linux_timespec){t->seconds, t->microseconds * 1000});
}

int64_t linux_on_alarm(uint32_t seconds)
{
	struct process *p = caller();
	uint64_t left = remaining(p);

	p->alarm_interval = 0;
	timer_set(p, TIMER_ALARM, seconds ? djed_now() + seconds * 1000000000ull : 0);
	/* To the nearest second, but not to 0. */
	return left && left < 500000000 ? 1 : (int64_t)((left + 500000000) / 1000000000);
}

int64_t linux_on_getitimer(uint32_t which, uint64_t value)
{
	struct process *p = caller();
	struct interval now = {timeval(p->alarm_interval), timeval(remaining(p))};

	if (which > LINUX_ITIMER_PROF)
		return -EINVAL;
	if (which != LINUX_ITIMER_REAL)
		now = (struct interval){0};
	return client_write(value, &now, sizeof(now));
}

int64_t linux_on_setitimer(uint32_t which, uint64_t value, uint64_t old_value)
{
	struct process *p = caller();
	struct interval now = {0}, before = {timeval(p->alarm_interval), timeval(remaining(p))};
	int64_t delay, period;

	if (value && client_read(&now, value, sizeof(now)))
		return -EFAULT;
	delay = microseconds_of(&now.value);
	period = microseconds_of(&now.period);
	if (which != LINUX_ITIMER_REAL || delay < 0 || period < 0)
		return -EINVAL;
	p->alarm_interval = delay ? (uint64_t)period : 0;
	timer_set(p, TIMER_ALARM, delay ? djed_now() + (uint64_t)delay : 0);
	return old_value && client_replace(old_value, &before, sizeof(before), value) ? -EFAULT : 0;
}
