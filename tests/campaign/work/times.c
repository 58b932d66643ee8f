/* Clocks, sleeping, priorities. */
#include "work.h"

#include <signal.h>

static void on_alarm(int number)
{
	(void)number;
}

__asm__(".globl restore\nrestore:\n\tmov $15, %eax\n\tsyscall\n");
extern const char restore[];

/* A child that sleeps. */
static long sleeper(long nanoseconds)
{
	struct span time = {0, nanoseconds};
	long pid = must_fork();

	if (pid == 0)
		RUN(exit_group, RUN(nanosleep, &time) == 0 ? 5 : 6);
	return pid;
}

/* Several at once, who wake in another order than they have gone to sleep; one is stopped meanwhile, one is
 * killed. They sleep so long that all is done in time even if each call is recovered first. */
static void sleepers(void)
{
	long sleeping[] = {sleeper(32000000), sleeper(27200000), sleeper(28800000), sleeper(25600000),
			   sleeper(30400000)};
	long first = sleeping[0], stopped = sleeping[3], killed = sleeping[4];
	int status;

	RUN(nanosleep, &soon);
	DO(setpriority, 0, (int)first, 7);
	DO(getpriority, 0, (int)first);
	RUN(kill, killed, SIGKILL);
	RUN(kill, stopped, SIGSTOP);
	RUN(nanosleep, &soon);
	RUN(kill, stopped, SIGCONT);
	for (int i = 0; i < 5; i++) {
		holds(RUN(wait4, sleeping[i], &status) == sleeping[i]);
		note(status);
	}
}

void times(void)
{
	struct span short_time = {0, 50000}, wrong = {-1, 5}, long_time = {5, 0}, left, now;
	struct {
		long interval_s, interval_us, value_s, value_us;
	} timer = {0, 0, 0, 4000}, old;
	struct {
		void (*handler)(int);
		unsigned long flags;
		const void *restorer;
		unsigned long mask;
	} action = {on_alarm, 0x04000000, restore, 0};

	for (int clock = 0; clock < 13; clock++) {
		TRY(clock_gettime, clock, &now);
		TRY(clock_getres, clock, &now);
	}
	DO(restart_syscall); /* nothing was interrupted */
	DO(clock_gettime, 1, NOWHERE);
	TRY(clock_gettime, -2, &now);
	DO(clock_getres, 0, 0);
	DO(gettimeofday, &now, 0);
	DO(gettimeofday, &now, buffer);
	DO(gettimeofday, NOWHERE, 0);
	TRY(time, 0);
	TRY(time, &now);
	TRY(time, NOWHERE);
	DO(nanosleep, &short_time, &left);
	DO(nanosleep, &wrong, 0);
	DO(nanosleep, NOWHERE, 0);
	DO(clock_nanosleep, 1, 0, &short_time, 0);
	DO(clock_nanosleep, 9, 0, &short_time, 0);
	DO(clock_nanosleep, 1, 0, &wrong, 0);
	RUN(clock_gettime, 1, &now);
	now.nanoseconds += 100000;
	if (now.nanoseconds >= 1000000000)
		now = (struct span){now.seconds + 1, now.nanoseconds - 1000000000};
	DO(clock_nanosleep, 1, 1, &now, 0);
	now.seconds -= 1;
	DO(clock_nanosleep, 1, 1, &now, 0);
	DO(clock_nanosleep, 0, 1, &now, 0);
	DO(clock_nanosleep, 2, 0, &short_time, 0);
	DO(clock_nanosleep, 1, 0, NOWHERE, 0);
	DO(rt_sigaction, SIGALRM, &action, 0, 8);
	DO(setitimer, 0, &timer, &old);
	DO(nanosleep, &long_time, &left);
	holds(left.seconds == 4);
	DO(setitimer, 0, &timer, 0);
	DO(nanosleep, &long_time, NOWHERE);
	DO(setitimer, 0, &timer, 0);
	RUN(clock_gettime, 1, &now);
	now.seconds += 5;
	DO(clock_nanosleep, 1, 1, &now, 0);
	DO(setitimer, 1, &timer, 0);
	DO(setitimer, 9, &timer, 0);
	DO(setitimer, 0, NOWHERE, 0);
	timer.value_us = 5000000;
	DO(setitimer, 0, &timer, 0);
	DO(getitimer, 0, &old);
	DO(getitimer, 1, &old);
	DO(getitimer, 8, &old);
	DO(getitimer, 0, NOWHERE);
	DO(alarm, 100);
	DO(alarm, 0);
	DO(sched_yield);
	DO(getpriority, 0, 0);
	DO(setpriority, 0, 0, 5);
	DO(getpriority, 0, 0);
	DO(setpriority, 0, 0, -99);
	DO(setpriority, 0, 0, 99);
	DO(setpriority, 1, 0, 0);
	DO(setpriority, 2, 0, 0);
	DO(setpriority, 0, 0, 0);
	DO(setpriority, 9, 0, 0);
	DO(setpriority, 0, 4000, 0);
	DO(getpriority, 1, 0);
	DO(getpriority, 2, 0);
	DO(getpriority, 0, 4000);
	DO(getpriority, 7, 0);
	DO(sched_getaffinity, 0, 128, buffer);
	DO(sched_getaffinity, 0, 3, buffer);
	DO(sched_getaffinity, 0, 128, NOWHERE);
	DO(sched_getaffinity, 4000, 128, buffer);
	sleepers();
	for (volatile int i = 0; i < 950000;
	     i++) /* longer than a quantum of 5 ms, at an instruction a nanosecond */
		;
}
