/* fork, exec, wait, and what they refuse. */
#include "work.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static char *const environment[] = {"A=b", NULL};
static int status;

static int leaves(void)
{
	return 42;
}
static int killed(void)
{
	return (int)RUN(kill, RUN(getpid), SIGKILL);
}
static int becomes_true(void)
{
	char *const words[] = {"true", NULL};

	return (int)-RUN(execve, "/bin/true", words, environment);
}
static int becomes_script(void)
{
	char *const words[] = {"script", "word", NULL};

	return (int)-RUN(execve, "./script", words, environment);
}
static int loops(void)
{
	char *const words[] = {"loop", NULL};

	return (int)-RUN(execve, "./loop", words, environment);
}
static int sleeps(void)
{
	RUN(pause);
	return 1;
}

static void write_file(const char *name, const char *text, size_t length)
{
	long fd = RUN(open, name, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	RUN(write, fd, text, length);
	RUN(close, fd);
}

static void executing(void)
{
	char *const words[] = {"x", NULL};
	static const char script[] = "#!/bin/sh -e\nexit 6\n", loop[] = "#!./loop\n",
			  broken[] = "\177ELF\2\1\1";

	write_file("script", script, sizeof(script) - 1);
	write_file("loop", loop, sizeof(loop) - 1);
	write_file("broken", broken, sizeof(broken));
	write_file("empty", "", 0);
	write_file("text", "hello\n", 6);
	child(becomes_true);
	child(becomes_script);
	child(loops);
	DO(execve, "none", words, environment);
	DO(execve, ".", words, environment);
	DO(execve, "broken", words, environment);
	DO(execve, "empty", words, environment);
	DO(execve, "text", words, environment);
	DO(execve, NOWHERE, words, environment);
	DO(execve, "/bin/true", NOWHERE, environment);
	DO(execve, "/bin/true", words, NOWHERE);
	DO(execve, "/bin/true", ((char *[]){NOWHERE, NULL}), environment);
	DO(chmod, "text", 0644);
	DO(execve, "text", words, environment);
	DO(unlink, "script");
	DO(unlink, "loop");
	DO(unlink, "broken");
	DO(unlink, "empty");
	DO(unlink, "text");
}

static void waiting(void)
{
	char information[128], usage[144];
	long pid = must_fork();

	if (pid == 0)
		RUN(exit_group, sleeps());
	DO(wait4, -1, &status, WNOHANG);
	DO(wait4, pid, &status, WNOHANG, usage);
	DO(wait4, -1, &status, 0x4000);
	DO(wait4, 4000, &status);
	DO(wait4, -4000, &status);
	DO(setpgid, pid, pid);
	DO(setpgid, pid, 4000);
	DO(setpgid, 4000, 0);
	DO(setpgid, pid, -1);
	holds(RUN(getpgid, pid) == pid);
	DO(kill, pid, SIGSTOP);
	holds(RUN(wait4, pid, &status, WUNTRACED) == pid);
	note(status);
	DO(waitid, P_PID, pid, information, WSTOPPED | WNOHANG);
	DO(kill, -pid, SIGCONT);
	holds(RUN(wait4, -pid, &status, WCONTINUED) == pid);
	note(status);
	DO(waitid, P_PGID, pid, information, WEXITED | WNOHANG);
	DO(kill, pid, SIGTERM);
	DO(waitid, P_PID, pid, information, WEXITED | WNOWAIT);
	DO(waitid, P_ALL, 0, information, WEXITED, usage);
	DO(waitid, P_ALL, 0, information, WEXITED);
	DO(waitid, P_ALL, 0, information, 0);
	DO(waitid, 9, 0, information, WEXITED);
	DO(wait4, -1, &status);
	pid = must_fork();
	if (pid == 0)
		RUN(exit_group, 1);
	holds(RUN(wait4, 0, NOWHERE) == -14);
	DO(wait4, -1, &status);
}

static int own_session(void)
{
	long pid = RUN(getpid);

	if (RUN(setsid) != pid || RUN(getsid, 0) != pid || RUN(setsid) >= 0)
		return 1;
	if (must_fork() == 0) /* an orphan */
		RUN(exit_group, 0);
	return 2;
}

static int dies_with_parent(void)
{
	RUN(prctl, 1, SIGKILL);
	if (must_fork() == 0) {
		RUN(prctl, 1, SIGUSR1);
		RUN(pause);
	}
	return 3;
}

void processes(void)
{
	long result;

	child(leaves);
	child(killed);
	executing();
	waiting();
	child(own_session);
	child(dies_with_parent);
	result = RUN(vfork);
	if (result == 0)
		RUN(exit_group, 9);
	note_sign(result);
	note(RUN(wait4, -1, &status) == result ? status : -1);
	result = RUN(clone, SIGCHLD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, 0,
		     &status, &status);
	if (result == 0)
		RUN(exit, 8);
	note(RUN(wait4, result, &status) == result ? status : -1);
	DO(clone, CLONE_VM | SIGCHLD);
	DO(clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM);
	DO(clone, CLONE_NEWNS | SIGCHLD);
	DO(clone, CLONE_SIGHAND | SIGCHLD);
	DO(clone3, buffer, 64);
	DO(futex, buffer, 1);
	DO(socket, 1, 1, 0);
	DO(set_tid_address, 0) > 0 ? (void)0 : (void)note(0);
	DO(set_robust_list, buffer, 24);
	DO(set_robust_list, buffer, 1);
	DO(rseq, buffer, 32, 0, 0);
	for (long number = 250; number < 258; number += 6)
		note(system_call(number, 0, 0, 0, 0, 0, 0));
	note(system_call(5000, 0, 0, 0, 0, 0, 0));
	note(system_call(99999, 0, 0, 0, 0, 0, 0));
	note(system_call(-1, 0, 0, 0, 0, 0, 0));
}
