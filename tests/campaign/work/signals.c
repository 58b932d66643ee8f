/* Actions, masks, waiting for signals. */
#include "work.h"

#include <signal.h>
#include <sys/wait.h>

struct action {
	void (*handler)(int);
	unsigned long flags;
	const void *restorer;
	unsigned long mask;
};
enum { RESTORER = 0x04000000 };
#define BIT(number) (1ul << ((number) - 1))

extern const char restore[];
static volatile int caught, code;
static char other_stack[8192] __attribute__((aligned(16)));

static void on_signal(int number)
{
	caught = caught * 10 + number % 10;
}

static void on_fault(int number, siginfo_t *information, void *context)
{
	code = information->si_code;
	caught = number;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 */
}

static void set(int number, void (*handler)(int), unsigned long flags)
{
	struct action action = {handler, flags | RESTORER, restore, 0};

	DO(rt_sigaction, number, &action, 0, 8);
}

static int stops_itself(void)
{
	RUN(kill, RUN(getpid), SIGTSTP);
	return 1;
}

static void actions(void)
{
	struct action action, old;
	stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
	long self = RUN(getpid);

	set(SIGUSR1, on_signal, 0);
	set(SIGUSR2, on_signal, SA_RESTART | SA_NODEFER);
	DO(kill, self, SIGUSR1);
	DO(tkill, self, SIGUSR2);
	DO(tgkill, self, self, SIGUSR1);
	note(caught);
	DO(rt_sigaction, SIGUSR1, 0, &old, 8);
	holds(old.handler == on_signal);
	DO(rt_sigaction, SIGKILL, &old, 0, 8);
	DO(rt_sigaction, 99, &old, 0, 8);
	DO(rt_sigaction, SIGUSR1, NOWHERE, 0, 8);
	DO(rt_sigaction, SIGUSR1, 0, NOWHERE, 8);
	DO(rt_sigaction, SIGUSR1, &old, 0, 4);
	DO(sigaltstack, &stack, 0);
	DO(sigaltstack, 0, &stack);
	stack.ss_size = 5;
	stack.ss_flags = 0;
	DO(sigaltstack, &stack, 0);
	stack.ss_flags = 99;
	DO(sigaltstack, &stack, 0);
	DO(sigaltstack, NOWHERE, 0);
	action = (struct action){(void (*)(int))(uintptr_t)on_fault,
				 RESTORER | SA_SIGINFO | SA_ONSTACK | SA_RESETHAND, restore, 0};
	DO(rt_sigaction, SIGILL, &action, 0, 8);
	__asm__ volatile("ud2");
	note(caught);
	note(code);
	stack.ss_flags = 2;
	DO(sigaltstack, &stack, 0);
	set(SIGUSR1, (void (*)(int))1, 0);
	DO(kill, self, SIGUSR1);
	DO(kill, self, 0);
	DO(kill, self, 99);
	DO(kill, 4000, SIGUSR1);
	DO(kill, -4000, SIGUSR1);
	DO(tkill, 4000, 0);
	DO(tkill, -1, 0);
	DO(tgkill, self, 4000, 0);
	DO(kill, self, SIGCHLD);
	DO(kill, self, SIGCONT);
}

static void masks(void)
{
	unsigned long mask = BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGCHLD) | BIT(40), old, pending, none = 0;
	struct span zero = {0, 0};
	char information[128];
	long self = RUN(getpid), pid;
	int status;

	set(SIGUSR1, on_signal, SA_RESTART);
	set(40, on_signal, 0);
	caught = 0;
	DO(rt_sigprocmask, SIG_BLOCK, &mask, &old, 8);
	DO(rt_sigprocmask, 9, &mask, 0, 8);
	DO(rt_sigprocmask, SIG_BLOCK, NOWHERE, 0, 8);
	DO(rt_sigprocmask, SIG_BLOCK, 0, &old, 8);
	DO(rt_sigprocmask, SIG_BLOCK, &mask, 0, 4);
	DO(kill, self, SIGUSR1);
	DO(kill, self, SIGUSR2);
	DO(tkill, self, 40);
	DO(tkill, self, 40);
	DO(rt_sigpending, &pending, 8);
	note((long)pending);
	DO(rt_sigpending, NOWHERE, 8);
	DO(rt_sigpending, &pending, 99);
	DO(rt_sigtimedwait, &mask, information, &zero, 8);
	DO(rt_sigtimedwait, &mask, 0, &zero, 8);
	DO(rt_sigtimedwait, &mask, information, 0, 8);
	DO(rt_sigtimedwait, &mask, information, &soon, 8);
	DO(rt_sigtimedwait, &mask, information, &soon, 8);
	DO(rt_sigtimedwait, NOWHERE, information, &soon, 8);
	DO(rt_sigtimedwait, &mask, information, NOWHERE, 8);
	DO(rt_sigtimedwait, &mask, information, &soon, 5);
	pid = must_fork();
	if (pid == 0) {
		RUN(nanosleep, &soon);
		RUN(kill, self, SIGUSR1);
		RUN(exit_group, 0);
	}
	DO(rt_sigsuspend, &none, 8);
	DO(rt_sigsuspend, NOWHERE, 8);
	DO(rt_sigsuspend, &none, 3);
	note(caught);
	RUN(wait4, pid, &status);
	pid = must_fork();
	if (pid == 0) {
		RUN(nanosleep, &soon);
		RUN(kill, self, SIGUSR1);
		RUN(exit_group, 0);
	}
	holds(RUN(rt_sigtimedwait, &mask, information, 0, 8) > 0);
	RUN(wait4, pid, &status);
	DO(rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

/* A handler while a call waits: interrupted, or begun again. */
static void interruptions(unsigned long flags)
{
	int ends[2], status;
	long self = RUN(getpid), pid;

	set(SIGUSR1, on_signal, flags);
	RUN(pipe, ends);
	pid = must_fork();
	if (pid == 0) {
		RUN(nanosleep, &soon);
		RUN(kill, self, SIGUSR1);
		RUN(nanosleep, &soon);
		RUN(write, ends[1], "late", 4);
		RUN(exit_group, 0);
	}
	DO(read, ends[0], buffer, 4);
	RUN(wait4, pid, &status);
	DO(close, ends[0]);
	DO(close, ends[1]);
}

static void stopping(void)
{
	struct action ignore = {(void (*)(int))1, RESTORER | SA_NOCLDWAIT, restore, 0};
	long pid = must_fork();
	int status = 0;

	if (pid == 0)
		RUN(exit_group, stops_itself());
	RUN(wait4, pid, &status, WUNTRACED);
	note(status);
	DO(kill, pid, SIGCONT);
	RUN(wait4, pid, &status);
	note(status);
	/* Children that nobody waits for. */
	DO(rt_sigaction, SIGCHLD, &ignore, 0, 8);
	pid = must_fork();
	if (pid == 0)
		RUN(exit_group, 0);
	DO(wait4, pid, &status);
	set(SIGCHLD, (void (*)(int))0, 0);
	pid = must_fork();
	if (pid == 0) {
		RUN(rt_sigaction, SIGSEGV, &ignore, 0, 8);
		RUN(exit_group, *(volatile char *)NOWHERE);
	}
	RUN(wait4, pid, &status);
	note(status);
	pid = must_fork();
	if (pid == 0) /* a frame that cannot be returned from */
		RUN(rt_sigreturn);
	RUN(wait4, pid, &status);
	note(status);
}

void signals(void)
{
	actions();
	masks();
	interruptions(0);
	interruptions(SA_RESTART);
	stopping();
	set(SIGUSR1, (void (*)(int))0, 0);
	set(SIGUSR2, (void (*)(int))0, 0);
}
