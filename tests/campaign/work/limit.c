/* What a campaign runs its workload under: a program that waits for ever, since a call that somebody else
 * depends on has failed, is ended, so that a fresh process can still show that the system works. It ends all
 * processes of the machine, and so works as the first program only. */
#include "work.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

enum { LIMIT_STATUS = 124 /* as of timeout(1) */, NOT_STARTED_STATUS = 127, STEP_MILLISECONDS = 100 };

static unsigned long number_of(const char *digits)
{
	unsigned long number = 0;
	while (*digits >= '0' && *digits <= '9')
		number = number * 10 + (unsigned long)(*digits++ - '0');
	return number;
}

/* By sleeping, which fewer parts of the system have a hand in than in timers and signals; again and again, so
 * that the time in which a server hangs, and no program runs, is not the workload's. But seldom: how often it
 * has been by the end depends on the time, which is not the same behind a snapshot that was taken in an idle
 * moment. */
static long sleeper(const char *milliseconds)
{
	unsigned long left = number_of(milliseconds), step;
	long pid = RUN(fork);

	if (pid != 0)
		return pid;
	for (; left > 0; left -= step) {
		step = left < STEP_MILLISECONDS ? left : STEP_MILLISECONDS;
		RUN(nanosleep, (&(struct span){0, (long)step * 1000000}), 0);
	}
	for (;;)
		RUN(exit_group, 0);
}

static long runner(char **words, char **environment)
{
	long pid = RUN(fork);

	if (pid == 0)
		for (RUN(execve, words[0], words, environment);;)
			RUN(exit_group, NOT_STARTED_STATUS);
	return pid;
}

int limited(const char *milliseconds, char **words, char **environment)
{
	int status = LIMIT_STATUS, how;

	if (RUN(getppid) > 1) /* a child of somebody who is to live on */
		return NOT_STARTED_STATUS;
	long limit = sleeper(milliseconds), program = runner(words, environment), first;
	do
		first = RUN(wait4, -1, &how);
	while (first == -EINTR);
	if (first == program && program > 0)
		status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
	RUN(kill, status == LIMIT_STATUS ? -1 : limit, SIGKILL);
	return status;
}
