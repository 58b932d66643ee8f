/* What a campaign runs its workload under: a program that waits for ever, since a call that somebody else
 * depends on has failed, is ended, so that a fresh process can still show that the system works. It ends all
 * processes of the machine, and so works as the first program only. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { LIMIT_STATUS = 124 /* as of timeout(1) */, NOT_STARTED_STATUS = 127 };

static unsigned long number_of(const char *digits)
{
	unsigned long number = 0;
	while (*digits >= '0' && *digits <= '9')
		number = number * 10 + (unsigned long)(*digits++ - '0');
	return number;
}

int limited(const char *milliseconds, char **words, char **environment)
{
	const unsigned long mask = 1ul << (SIGCHLD - 1) | 1ul << (SIGALRM - 1), none = 0;
	unsigned long limit = number_of(milliseconds);
	struct itimerval timer = {.it_value = {(long)(limit / 1000), (long)(limit % 1000) * 1000}};

	if (RUN(getppid) > 1) /* a child of somebody who is to live on */
		return NOT_STARTED_STATUS;
	RUN(rt_sigprocmask, SIG_BLOCK, &mask, 0, 8);
	RUN(setitimer, ITIMER_REAL, &timer, 0);
	long pid = RUN(fork);
	if (pid == 0) {
		RUN(rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
		RUN(execve, words[0], words, environment);
		RUN(exit_group, NOT_STARTED_STATUS);
	}
	while (pid > 0) {
		int status;
		long signal = RUN(rt_sigtimedwait, &mask, 0, 0, 8);
		if (signal == SIGCHLD && RUN(wait4, pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (signal != SIGCHLD && signal != -EINTR)
			break;
	}
	RUN(kill, -1, SIGKILL);
	return LIMIT_STATUS;
}
