/* Linux calls. */
#include "sched.h"

#include <abi/restart.h>
#include <lib/client.h>
#include <protocols/kernel.h>
#include <protocols/linux_sched_server.h>

#include "linux_clocks.h"
#include "main.h"

int64_t linux_on_sched_yield(void)
{
	return 0; /* the answer alone puts the thread behind those of its priority */
}

int64_t linux_on_sched_getaffinity(int32_t pid, uint32_t length, uint64_t mask)
{
	uint64_t one = 1;

	if (length < sizeof(one) || length % sizeof(one))
		return -EINVAL;
	if (pid < 0 || (pid && !thread_find((uint32_t)pid)))
		return -ESRCH;
	return client_write(mask, &one, sizeof(one)) ? -EFAULT : (int64_t)sizeof(one);
}

/* The process that getpriority and setpriority name. Groups and users are known to pm, not here: only the
 * caller's own are served, as the caller alone. */
static djed_status priority_of(uint32_t which, int32_t who, struct thread **t)
{
	if (which > LINUX_PRIO_USER)
		return -EINVAL;
	*t = who == 0 ? caller() : which == LINUX_PRIO_PROCESS && who > 0 ? thread_find((uint32_t)who) : NULL;
	return *t ? 0 : -ESRCH;
}

int64_t linux_on_getpriority(uint32_t which, int32_t who)
{
	struct thread *t;
	djed_status status = priority_of(which, who, &t);

	return status ? status : 20 - t->nice; /* 1..40, so that no answer looks like an error */
}

int64_t linux_on_setpriority(uint32_t which, int32_t who, int32_t nice)
{
	struct thread *t;
	djed_status status = priority_of(which, who, &t);

	if (!status)
		thread_set_nice(t, nice);
	return status;
}

/* ---- clocks ------------------------------------------------------------------------------------------ */

int64_t linux_on_clock_gettime(int32_t clock, uint64_t time)
{
	struct linux_timespec now;
	uint64_t ns;

	if (clock_read(clock, caller(), &ns))
		return -EINVAL;
	now = timespec(ns);
	return client_write(time, &now, sizeof(now));
}

int64_t linux_on_clock_getres(int32_t clock, uint64_t resolution)
{
	struct linux_timespec one = {0, 1};
	uint64_t ns;

	if (clock_read(clock, caller(), &ns))
		return -EINVAL;
	return resolution ? client_write(resolution, &one, sizeof(one)) : 0;
}

int64_t linux_on_gettimeofday(uint64_t time, uint64_t zone)
{
	struct linux_timespec now;
	uint64_t ns, utc = 0;

	(void)clock_read(LINUX_CLOCK_REALTIME, NULL, &ns);
	now = timespec(ns);
	now.nanoseconds /= 1000;
	if (time && client_write(time, &now, sizeof(now)))
		return -EFAULT;
	return zone ? client_write(zone, &utc, sizeof(utc)) : 0;
}

int64_t linux_on_time(uint64_t time)
{
	uint64_t ns;
	int64_t seconds;

	(void)clock_read(LINUX_CLOCK_REALTIME, NULL, &ns);
	seconds = (int64_t)(ns / NS_PER_SECOND);
	return time && client_write(time, &seconds, sizeof(seconds)) ? -EFAULT : seconds;
}

/* ---- sleeping ------------------------------------------------------------------------------------------ */

/* Parks the held request until that time. */
static int64_t sleep_until(uint64_t wake_at)
{
	struct thread *t = caller();

	if (t->sleeping) /* a sleep that recovery has ended */
		sleep_remove(t);
	if (wake_at <= djed_now())
		return 0;
	sleep_add(t, djed_current()->request, wake_at);
	djed_park(-EIO);
	return 0;
}

static uint64_t after(int64_t ns)
{
	uint64_t now = djed_now();

	return (uint64_t)ns < UINT64_MAX / 2 - now ? now + (uint64_t)ns : UINT64_MAX / 2;
}

int64_t linux_on_clock_nanosleep(int32_t clock, uint32_t flags, uint64_t duration, uint64_t remaining)
{
	struct linux_timespec time;
	uint64_t boot;
	int64_t ns;
	djed_status status = clock_to_boot(clock, 0, &boot);

	if (status)
		return status;
	if (client_read(&time, duration, sizeof(time)))
		return -EFAULT;
	ns = timespec_ns(&time);
	if (ns < 0)
		return -EINVAL;
	if (flags & LINUX_TIMER_ABSTIME) {
		(void)clock_to_boot(clock, (uint64_t)ns, &boot);
		return sleep_until(boot);
	}
	caller()->remaining = remaining;
	return sleep_until(after(ns));
}

int64_t linux_on_nanosleep(uint64_t duration, uint64_t remaining)
{
	return linux_on_clock_nanosleep(LINUX_CLOCK_MONOTONIC, 0, duration, remaining);
}

int64_t linux_on_restart_syscall(void)
{
	uint64_t resume_at = caller()->resume_at;

	caller()->resume_at = 0;
	return resume_at ? sleep_until(resume_at) : -EINTR;
}

/* A signal ends the sleep of the held request: what is left of it goes to the application. */
void sleep_cancel(struct thread *t, const struct djed_delivery *d)
{
	uint64_t wake_at = t->wake_at, now = djed_now();
	bool absolute = d->message.label == DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_CLOCK_NANOSLEEP) &&
			d->message.word[1] & LINUX_TIMER_ABSTIME;
	struct linux_timespec left;

	sleep_remove(t);
	if (wake_at <= now) {
		djed_reply(0);
		return;
	}
	if (absolute) {
		djed_reply(-DJED_ERESTARTNOHAND);
		return;
	}
	left = timespec(wake_at - now);
	t->resume_at = wake_at;
	if (t->remaining && client_write(t->remaining, &left, sizeof(left)))
		djed_reply(-EFAULT);
	else
		djed_reply(-DJED_ERESTART_BLOCK);
}
