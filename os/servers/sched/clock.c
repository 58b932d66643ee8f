#include "sched.h"

#include <protocols/kernel.h>

#include "linux_clocks.h"

int64_t timespec_ns(const struct linux_timespec *time)
{
	if (time->seconds < 0 || time->nanoseconds < 0 || time->nanoseconds >= NS_PER_SECOND)
		return -EINVAL;
	if (time->seconds >= INT64_MAX / NS_PER_SECOND - 1)
		return INT64_MAX;
	return time->seconds * NS_PER_SECOND + time->nanoseconds;
}

struct linux_timespec timespec(uint64_t ns)
{
	return (struct linux_timespec){(int64_t)(ns / NS_PER_SECOND), (int64_t)(ns % NS_PER_SECOND)};
}

static uint64_t wall_at_boot(void)
{
	return djed_wall_seconds() * NS_PER_SECOND;
}

djed_status clock_read(int32_t clock, const struct thread *t, uint64_t *ns)
{
	uint64_t user, system;

	switch (clock) {
	case LINUX_CLOCK_REALTIME:
	case LINUX_CLOCK_REALTIME_COARSE:
	case LINUX_CLOCK_REALTIME_ALARM:
	case LINUX_CLOCK_TAI:
		*ns = wall_at_boot() + djed_now();
		return 0;
	case LINUX_CLOCK_MONOTONIC:
	case LINUX_CLOCK_MONOTONIC_RAW:
	case LINUX_CLOCK_MONOTONIC_COARSE:
	case LINUX_CLOCK_BOOTTIME:
	case LINUX_CLOCK_BOOTTIME_ALARM:
		*ns = djed_now();
		return 0;
	case LINUX_CLOCK_PROCESS_CPUTIME:
	case LINUX_CLOCK_THREAD_CPUTIME:
		if (!t || kernel_thread_times(t->thread, &user, &system))
			return -EINVAL;
		*ns = user + system;
		return 0;
	default:
		return -EINVAL;
	}
}

djed_status clock_to_boot(int32_t clock, uint64_t ns, uint64_t *boot)
{
	switch (clock) {
	case LINUX_CLOCK_REALTIME:
	case LINUX_CLOCK_TAI:
		*boot = ns > wall_at_boot() ? ns - wall_at_boot() : 0;
		return 0;
	case LINUX_CLOCK_MONOTONIC:
	case LINUX_CLOCK_BOOTTIME:
		*boot = ns;
		return 0;
	case LINUX_CLOCK_THREAD_CPUTIME:
		return -EINVAL;
	default:
		return clock >= 0 && clock <= LINUX_CLOCK_TAI ? -EOPNOTSUPP : -EINVAL;
	}
}
