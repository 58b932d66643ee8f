/* Signals: frames, handlers, masks, stopping, timers. */
#include "world.h"

#include <criterion/criterion.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>

/* Each test runs twice: as it is usual, and with every request delivered again, as after a crash. The simple
 * way in which some are served then must not make a difference. */
static unsigned attempt;

static void start(void)
{
	world_start("-- sh");
	host_attempt(attempt);
}

/* Of the timers: after a crash, what ended processes leave behind is waiting, too. */
static uint64_t deadline(void)
{
	if (!attempt)
		return host_deadline("pm");
	return pm.first_timer == NONE ? 0 : pm.timer[pm.first_timer].deadline;
}

#define BOTH_WAYS(name)             \
	static void name(void);     \
	Test(signals, name)         \
	{                           \
		name();             \
	}                           \
	Test(signals, name##_again) \
	{                           \
		attempt = 1;        \
		name();             \
	}                           \
	static void name(void)

enum { HANDLER = 0x500000, RESTORER = 0x500100 };

static void handle(uint32_t pid, int signal, uint64_t flags, signal_set mask)
{
	struct signal_action action = {HANDLER, flags | LINUX_SA_RESTORER, RESTORER, mask};

	put(0, &action, sizeof(action));
	cr_assert_eq(world_call(pid, LINUX_RT_SIGACTION, signal, at(0), 0, 8), 0);
}

static uint64_t word(uint64_t address)
{
	uint64_t value;

	cr_assert(address >= WORLD_BASE && address + 8 <= WORLD_STACK);
	memcpy(&value, world_memory + (address - WORLD_BASE), sizeof(value));
	return value;
}

/* The handler returns: its `ret` takes the return address, the restorer calls rt_sigreturn. */
static void handler_returns(uint32_t pid)
{
	struct djed_context *c = &world_thread[pid].context;

	cr_assert_eq(word(c->rsp), RESTORER);
	c->rsp += 8;
	c->rip = RESTORER + 9;
	world_call(pid, LINUX_RT_SIGRETURN);
}

BOTH_WAYS(frame)
{
	struct djed_context *c, before;
	uint64_t sp, info;

	start();
	c = &world_thread[2].context;
	handle(2, LINUX_SIGUSR1, 0, signal_bit(LINUX_SIGUSR2));
	for (unsigned i = 0; i < 16; i++)
		(&c->rax)[i] = 0x1000 + i;
	for (unsigned i = 0; i < 512; i++)
		c->fpu[i] = (uint8_t)i;
	memset(c->fpu + 26, 0, 2); /* no bits that MXCSR does not have */
	c->rsp = WORLD_STACK - 101;
	c->rflags = 0x646;
	cr_assert_eq(world_call(2, LINUX_GETPID), 2);
	before = *c;
	cr_assert_eq(world_call(2, LINUX_KILL, 2, LINUX_SIGUSR1), 0);
	/* In the handler, with the frame as Linux lays it out. */
	sp = c->rsp;
	cr_assert_eq(c->rip, HANDLER);
	cr_assert_eq(c->rdi, LINUX_SIGUSR1);
	cr_assert_eq(c->rsi, sp + 312);
	cr_assert_eq(c->rdx, sp + 8);
	cr_assert_eq(sp % 16, 8);
	cr_assert_leq(sp + 440, WORLD_STACK - 101 - 128 - 512);
	cr_assert_eq(c->rflags, 0x246, "direction flag is clear");
	cr_assert_eq(word(sp), RESTORER);
	cr_assert_eq(word(sp + 8 + 40), 0x1008, "r8");
	cr_assert_eq(word(sp + 8 + 40 + 8 * 15), WORLD_STACK - 101, "rsp");
	cr_assert_eq(word(sp + 8 + 40 + 8 * 16), 0x401002, "rip");
	cr_assert_eq(word(sp + 8 + 40 + 8 * 17), 0x646, "rflags");
	cr_assert_eq(word(sp + 8 + 40 + 8 * 18), 0x002b000000000033, "cs, ss");
	cr_assert_eq(word(sp + 8 + 296), 0, "mask to go back to");
	cr_assert_eq(word(sp + 8 + 40 + 8 * 23) % 64, 0, "fpu");
	cr_assert_eq(memcmp(world_memory + (word(sp + 8 + 40 + 8 * 23) - WORLD_BASE), before.fpu, 512), 0);
	info = sp + 312;
	cr_assert_eq(word(info) & 0xffffffff, LINUX_SIGUSR1);
	cr_assert_eq(word(info + 16), 2, "pid 2, uid 0");
	cr_assert_eq(process_find(2)->signals.blocked, signal_bit(LINUX_SIGUSR1) | signal_bit(LINUX_SIGUSR2));
	/* Blocked in the handler, taken after it. */
	cr_assert_eq(world_call(2, LINUX_TGKILL, 2, 2, LINUX_SIGUSR1), 0);
	cr_assert_eq(c->rsp, sp);
	cr_assert_eq(world_call(2, LINUX_RT_SIGPENDING, at(0), 8), 0);
	cr_assert_eq(word(at(0)), signal_bit(LINUX_SIGUSR1));
	world_check("in the handler");
	handler_returns(2);
	cr_assert_eq(c->rip, HANDLER, "the second one");
	cr_assert_eq(word(c->rsi + 8) & 0xffffffff, (uint32_t)LINUX_SI_TKILL);
	handler_returns(2);
	cr_assert_eq(process_find(2)->signals.blocked, 0);
	before.rax = 0; /* kill's result */
	before.call_number = ~0ull;
	cr_assert_eq(memcmp(c, &before, sizeof(before)), 0, "everything is as it was");
	world_check("after it");

	/* A frame that has been tampered with. */
	cr_assert_eq(world_call(2, LINUX_KILL, 2, LINUX_SIGUSR1), 0);
	put((unsigned)(c->rsp - WORLD_BASE) + 8 + 40 + 8 * 17, &(uint64_t){~0ull}, 8);
	handler_returns(2);
	cr_assert_eq(c->rflags, 0x254fd7, "no privileged flag");
	cr_assert_eq(world_call(2, LINUX_KILL, 2, LINUX_SIGUSR1), 0);
	put((unsigned)(c->rsp - WORLD_BASE) + 8 + 40 + 8 * 16, &(uint64_t){1ull << 63}, 8);
	handler_returns(2);
	cr_assert(!process_find(2), "ended by SIGSEGV");
	world_check("ended");
}

BOTH_WAYS(masks_and_actions)
{
	struct host_effect e;

	start();
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	cr_assert_eq(world_call(2, LINUX_RT_SIGACTION, LINUX_SIGKILL, at(0), 0, 8), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_RT_SIGACTION, LINUX_SIGKILL, 0, at(0), 8), 0);
	cr_assert_eq(world_call(2, LINUX_RT_SIGACTION, 65, 0, 0, 8), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_RT_SIGACTION, 1, 0, 0, 4), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_RT_SIGACTION, 1, 1, 0, 8), -EFAULT);
	put(0, &(signal_set){~0ull}, 8);
	cr_assert_eq(world_call(3, LINUX_RT_SIGPROCMASK, LINUX_SIG_SETMASK, at(0), 0, 8), 0);
	cr_assert_eq(process_find(3)->signals.blocked,
		     ~(signal_bit(LINUX_SIGKILL) | signal_bit(LINUX_SIGSTOP)));
	cr_assert_eq(world_call(3, LINUX_RT_SIGPROCMASK, 7, at(0), 0, 8), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_KILL, 3, LINUX_SIGTERM), 0);
	cr_assert_eq(world_call(2, LINUX_KILL, 3, 0), 0);
	cr_assert_eq(world_call(2, LINUX_KILL, 3, 65), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_KILL, 99, 1), -ESRCH);
	cr_assert_eq(world_call(2, LINUX_KILL, INT32_MIN, 1), -ESRCH);
	cr_assert_eq(world_call(2, LINUX_TGKILL, 2, 3, 1), -ESRCH);
	cr_assert_eq(world_call(2, LINUX_TKILL, 0, 1), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_KILL, 1, LINUX_SIGKILL), 0, "init hears nothing");
	world_check("pending");
	/* Sets with handlers are inherited, pending ones are not; exec keeps what is ignored. */
	handle(3, LINUX_SIGHUP, 0, 0);
	put(0, &(struct signal_action){.handler = LINUX_SIG_IGN}, 32);
	cr_assert_eq(world_call(3, LINUX_RT_SIGACTION, LINUX_SIGINT, at(0), 0, 8), 0);
	cr_assert_eq(world_call(3, LINUX_FORK), 4);
	cr_assert_eq(process_find(4)->signals.pending, 0);
	cr_assert_eq(action_of(process_find(4), LINUX_SIGHUP)->handler, HANDLER);
	put(100, "/x", 3);
	cr_assert_eq(world_call(4, LINUX_EXECVE, at(100), 0, 0), 0);
	cr_assert_eq(action_of(process_find(4), LINUX_SIGHUP)->handler, LINUX_SIG_DFL);
	cr_assert_eq(action_of(process_find(4), LINUX_SIGINT)->handler, LINUX_SIG_IGN);
	put(0, &(signal_set){signal_bit(LINUX_SIGTERM)}, 8);
	cr_assert_eq(world_call(3, LINUX_RT_SIGPROCMASK, LINUX_SIG_UNBLOCK, at(0), 0, 8), 0);
	cr_assert_eq(process_find(3)->exit_status, LINUX_SIGTERM);
	world_check("ended by it");
	cr_assert_eq(world_call(2, LINUX_WAIT4, 3, 0, 0, 0), 3);
	/* Realtime signals queue, the others do not. */
	cr_assert_eq(world_call(2, LINUX_FORK), 5);
	put(0, &(signal_set){~0ull}, 8);
	cr_assert_eq(world_call(5, LINUX_RT_SIGPROCMASK, LINUX_SIG_SETMASK, at(0), 0, 8), 0);
	for (unsigned i = 0; i < 5; i++) {
		world_call(2, LINUX_KILL, 5, 40);
		world_call(2, LINUX_KILL, 5, LINUX_SIGUSR1);
	}
	cr_assert_eq(pm.infos_used, 6);
	put(0, &(signal_set){signal_bit(40) | signal_bit(LINUX_SIGUSR1)}, 8);
	put(8, &(struct linux_timespec){0, 0}, 16);
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(world_call(5, LINUX_RT_SIGTIMEDWAIT, at(0), at(64), at(8), 8),
			     i == 0 ? LINUX_SIGUSR1 : 40);
	cr_assert_eq(world_call(5, LINUX_RT_SIGTIMEDWAIT, at(0), at(64), at(8), 8), -EAGAIN);
	/* With a time limit, and woken by a signal. */
	put(8, &(struct linux_timespec){1, 0}, 16);
	world_call(5, LINUX_RT_SIGTIMEDWAIT, at(0), 0, at(8), 8);
	cr_assert(world_thread[5].parked && deadline());
	world_check("waits");
	world_call(2, LINUX_KILL, 5, 40);
	cr_assert_eq(world_thread[5].context.rax, 40);
	world_call(5, LINUX_RT_SIGTIMEDWAIT, at(0), 0, at(8), 8);
	djed_port_time += 2000000000;
	world_notify(1ull << 63);
	cr_assert_eq((int64_t)world_thread[5].context.rax, -EAGAIN);
	cr_assert_eq(deadline(), 0);
	/* Far more signals than there is room for information. */
	for (unsigned i = 0; i < INFOS_MAX + 10; i++)
		cr_assert_eq(world_call(2, LINUX_KILL, 5, 41), 0);
	cr_assert_eq(pm.infos_used, INFOS_MAX);
	world_check("full");
	cr_assert_eq(world_call(2, LINUX_KILL, -1, LINUX_SIGKILL), 0);
	cr_assert_eq(process_find(5)->state, PROCESS_ZOMBIE);
	cr_assert_eq(pm.infos_used, 0);
	cr_assert(!host_take_effect(KERNEL_OP_NOTIFY, &e));
	world_check("killed");
}

/* A call that another server answered with `result` when a signal cancelled it. */
static uint64_t interrupted_in(uint64_t call, uint32_t pid, int result, int signal)
{
	struct djed_context *c = &world_thread[pid].context;

	world_call(2, LINUX_KILL, pid, 0);
	c->rax = (uint64_t)(int64_t)-result;
	c->call_number = call;
	c->rip = 0x401002;
	signal_send(process_find(pid), &(struct signal_info){.signal = (uint8_t)signal});
	world_thread[pid].call = 0;
	world_return_from_call(pid);
	return c->rip;
}

static uint64_t interrupted(uint32_t pid, int result, int signal)
{
	return interrupted_in(LINUX_READ, pid, result, signal);
}

BOTH_WAYS(restart)
{
	struct djed_context *c;

	start();
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	c = &world_thread[3].context;
	c->rsp = WORLD_STACK - 1024;
	/* Without a handler everything goes on. */
	cr_assert_eq(interrupted(3, DJED_ERESTARTSYS, LINUX_SIGCONT), 0x401002, "not even an event");
	c->rax = 0;
	handle(3, LINUX_SIGUSR1, 0, 0);
	handle(3, LINUX_SIGUSR2, LINUX_SA_RESTART, 0);
	cr_assert_eq(interrupted(3, DJED_ERESTARTSYS, LINUX_SIGUSR1), HANDLER);
	handler_returns(3);
	cr_assert_eq((int64_t)c->rax, -EINTR);
	cr_assert_eq(c->rip, 0x401002);
	cr_assert_eq(interrupted(3, DJED_ERESTARTSYS, LINUX_SIGUSR2), HANDLER);
	handler_returns(3);
	cr_assert_eq(c->rax, LINUX_READ);
	cr_assert_eq(c->rip, 0x401000, "the instruction again");
	interrupted(3, DJED_ERESTARTNOHAND, LINUX_SIGUSR2);
	handler_returns(3);
	cr_assert_eq((int64_t)c->rax, -EINTR);
	interrupted(3, DJED_ERESTART_BLOCK, LINUX_SIGUSR2);
	handler_returns(3);
	cr_assert_eq((int64_t)c->rax, -EINTR);
	/* Stopped and continued: no handler, so the sleep is continued. */
	world_call(2, LINUX_SETPGID, 3, 3);
	interrupted(3, DJED_ERESTART_BLOCK, LINUX_SIGSTOP);
	cr_assert_eq(process_find(3)->state, PROCESS_STOPPED);
	world_check("stopped");
	world_call(2, LINUX_KILL, 3, LINUX_SIGCONT);
	cr_assert_eq(c->rax, LINUX_RESTART_SYSCALL);
	cr_assert_eq(c->rip, 0x401000);
	/* wait4 of our own. */
	cr_assert_eq(world_call(3, LINUX_FORK), 4);
	world_call(3, LINUX_WAIT4, -1, 0, 0, 0);
	world_call(2, LINUX_KILL, 3, LINUX_SIGUSR1);
	cr_assert_eq(c->rip, HANDLER);
	handler_returns(3);
	cr_assert_eq((int64_t)c->rax, -EINTR);
	world_call(3, LINUX_WAIT4, -1, 0, 0, 0);
	world_call(2, LINUX_KILL, 3, LINUX_SIGUSR2);
	handler_returns(3);
	cr_assert_eq(c->rax, LINUX_WAIT4);
	/* A child that ends counts before the signal that it sends. */
	handle(3, LINUX_SIGCHLD, 0, 0);
	world_call(3, LINUX_WAIT4, -1, 0, 0, 0);
	world_call(4, LINUX_EXIT, 0);
	cr_assert_eq(c->rip, HANDLER);
	handler_returns(3);
	cr_assert(c->rax == 4 || c->rax == LINUX_WAIT4);
	world_check("restarted");
}

BOTH_WAYS(suspend)
{
	struct djed_context *c;

	start();
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	c = &world_thread[3].context;
	c->rsp = WORLD_STACK - 1024;
	handle(3, LINUX_SIGUSR1, 0, 0);
	put(100, &(signal_set){signal_bit(LINUX_SIGUSR1) | signal_bit(LINUX_SIGHUP)}, 8);
	put(108, &(signal_set){signal_bit(LINUX_SIGHUP)}, 8);
	cr_assert_eq(world_call(3, LINUX_RT_SIGPROCMASK, LINUX_SIG_SETMASK, at(100), 0, 8), 0);
	world_call(3, LINUX_RT_SIGSUSPEND, at(108), 8);
	cr_assert(world_thread[3].parked);
	world_call(2, LINUX_KILL, 3, LINUX_SIGHUP);
	cr_assert(world_thread[3].parked, "blocked");
	world_check("suspended");
	world_call(2, LINUX_KILL, 3, LINUX_SIGUSR1);
	cr_assert_eq(c->rip, HANDLER);
	cr_assert_eq(word(c->rdx + 296), signal_bit(LINUX_SIGUSR1) | signal_bit(LINUX_SIGHUP));
	handler_returns(3);
	cr_assert_eq((int64_t)c->rax, -EINTR);
	cr_assert_eq(process_find(3)->signals.blocked, signal_bit(LINUX_SIGUSR1) | signal_bit(LINUX_SIGHUP));
	/* Pending before: it does not even wait. */
	world_call(2, LINUX_KILL, 3, LINUX_SIGUSR1);
	world_call(3, LINUX_RT_SIGSUSPEND, at(108), 8);
	cr_assert_eq(c->rip, HANDLER);
	handler_returns(3);
	cr_assert_eq((int64_t)c->rax, -EINTR);
	cr_assert_eq(world_call(3, LINUX_RT_SIGSUSPEND, at(108), 4), -EINVAL);
	cr_assert_eq(world_call(3, LINUX_RT_SIGSUSPEND, 1, 8), -EFAULT);
	/* A stop in the middle: the call is restarted, under its own mask again. */
	put(108, &(signal_set){0}, 8);
	signals_flush(process_find(3), ~0ull);
	world_call(3, LINUX_PAUSE);
	cr_assert(world_thread[3].parked);
	world_call(2, LINUX_KILL, 3, LINUX_SIGSTOP);
	cr_assert_eq(process_find(3)->state, PROCESS_STOPPED);
	world_call(2, LINUX_KILL, 3, LINUX_SIGCONT);
	cr_assert_eq(c->rax, LINUX_PAUSE);
	world_check("continued");
}

BOTH_WAYS(stop_and_continue)
{
	start();
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	cr_assert_eq(world_call(2, LINUX_SETPGID, 3, 3), 0);
	world_call(2, LINUX_WAIT4, -1, at(0), LINUX_WUNTRACED, 0);
	cr_assert_eq(world_call(3, LINUX_KILL, 0, LINUX_SIGTSTP), 0);
	cr_assert_eq(process_find(3)->state, PROCESS_STOPPED);
	cr_assert_eq(world_thread[2].context.rax, 3);
	cr_assert_eq(word(at(0)) & 0xffff, LINUX_SIGTSTP << 8 | 0x7f);
	cr_assert_eq(world_call(2, LINUX_WAIT4, -1, at(0), LINUX_WUNTRACED | LINUX_WNOHANG, 0), 0,
		     "told once");
	world_check("stopped");
	/* Signals wait, but for SIGCONT and SIGKILL. */
	cr_assert_eq(world_call(2, LINUX_KILL, 3, LINUX_SIGTERM), 0);
	cr_assert_eq(process_find(3)->state, PROCESS_STOPPED);
	cr_assert_eq(world_call(2, LINUX_KILL, -3, LINUX_SIGCONT), 0);
	cr_assert_eq(process_find(3)->state, PROCESS_ZOMBIE);
	cr_assert_eq(world_call(2, LINUX_WAIT4, -1, at(0), LINUX_WCONTINUED, 0), 3);
	cr_assert_eq(word(at(0)) & 0xffff, LINUX_SIGTERM);
	cr_assert_eq(world_call(2, LINUX_FORK), 4);
	cr_assert_eq(world_call(2, LINUX_KILL, 4, LINUX_SIGSTOP), 0);
	cr_assert_eq(world_call(2, LINUX_KILL, 4, LINUX_SIGCONT), 0);
	cr_assert_eq(process_find(4)->state, PROCESS_ALIVE);
	cr_assert_eq(world_call(2, LINUX_WAIT4, 4, at(0), LINUX_WCONTINUED, 0), 4);
	cr_assert_eq(word(at(0)) & 0xffffffff, 0xffff);
	cr_assert_eq(world_call(2, LINUX_KILL, 4, LINUX_SIGSTOP), 0);
	cr_assert_eq(world_call(2, LINUX_KILL, 4, LINUX_SIGHUP), 0);
	cr_assert_eq(world_call(2, LINUX_KILL, 4, LINUX_SIGKILL), 0);
	cr_assert_eq(process_find(4)->exit_status, LINUX_SIGKILL, "it comes before all others");
	cr_assert_eq(world_call(2, LINUX_WAIT4, 4, 0, 0, 0), 4);
	/* Nobody can continue an orphaned group: terminal stops do nothing, and stopped members are hung up.
	 */
	cr_assert_eq(world_call(2, LINUX_KILL, 2, LINUX_SIGTSTP), 0);
	cr_assert_eq(process_find(2)->state, PROCESS_ALIVE);
	cr_assert_eq(interrupted(2, DJED_ERESTARTSYS, LINUX_SIGTTIN), 0x401002);
	cr_assert_eq((int64_t)world_thread[2].context.rax, -EIO, "it would ask the terminal for ever");
	cr_assert_eq(interrupted_in(LINUX_WAIT4, 2, DJED_ERESTARTSYS, LINUX_SIGTTIN), 0x401000,
		     "it has not asked the terminal");
	cr_assert_eq(world_call(2, LINUX_FORK), 5);
	cr_assert_eq(world_call(5, LINUX_FORK), 6);
	cr_assert_eq(world_call(5, LINUX_SETPGID, 6, 6), 0);
	cr_assert_eq(world_call(5, LINUX_KILL, 6, LINUX_SIGTSTP), 0);
	cr_assert_eq(process_find(6)->state, PROCESS_STOPPED);
	world_call(5, LINUX_EXIT, 0);
	cr_assert(!process_find(6), "hung up");
	world_check("orphans");
	/* From the terminal. */
	world_calls.terminal_group = 2;
	world_calls.terminal_signal = LINUX_SIGINT;
	world_notify(1);
	cr_assert(!process_find(2));
	world_check("interrupted");
}

BOTH_WAYS(exceptions_and_stacks)
{
	struct djed_context *c;
	struct linux_stack stack = {.base = at(8192), .size = 4096};

	start();
	for (unsigned i = 3; i <= 6; i++)
		cr_assert_eq(world_call(2, LINUX_FORK), i);
	c = &world_thread[3].context;
	c->rsp = 0x7fff0000; /* no memory there: only the signal stack can take the frame */
	handle(3, LINUX_SIGSEGV, LINUX_SA_ONSTACK, 0);
	stack.size = 100;
	cr_assert_eq(world_call(3, LINUX_SIGALTSTACK, put(0, &stack, 24), 0), -ENOMEM);
	stack.size = 4096;
	cr_assert_eq(world_call(3, LINUX_SIGALTSTACK, put(0, &stack, 24), at(24)), 0);
	cr_assert_eq(word(at(32)) & 0xffffffff, LINUX_SS_DISABLE);
	world_exception(3, LINUX_SIGSEGV, 0xdead000, 14, 6);
	cr_assert_eq(c->rip, HANDLER);
	cr_assert(c->rsp > at(8192) && c->rsp < at(8192 + 4096));
	cr_assert_eq(word(c->rsi + 8) & 0xffffffff, LINUX_SEGV_MAPERR);
	cr_assert_eq(word(c->rsi + 16), 0xdead000);
	cr_assert_eq(word(c->rdx + 40 + 8 * 19), 6, "error code");
	cr_assert_eq(word(c->rdx + 40 + 8 * 20), 14, "trap");
	cr_assert_eq(word(c->rdx + 40 + 8 * 22), 0xdead000, "cr2");
	cr_assert_eq(world_call(3, LINUX_SIGALTSTACK, put(0, &stack, 24), 0), -EPERM, "in use");
	world_check("on the signal stack");
	/* Blocked now: a second one ends it. */
	world_exception(3, LINUX_SIGSEGV, 8, 14, 5);
	cr_assert_eq(process_find(3)->exit_status, LINUX_SIGSEGV);
	world_exception(4, LINUX_SIGFPE, 0x401000, 0, 0);
	cr_assert_eq(process_find(4)->exit_status, LINUX_SIGFPE);
	/* A handler whose frame has no place, and one without restorer. */
	world_thread[5].context.rsp = 0x7fff0000;
	handle(5, LINUX_SIGUSR1, 0, 0);
	world_call(2, LINUX_KILL, 5, LINUX_SIGUSR1);
	world_return(5);
	cr_assert_eq(process_find(5)->exit_status, LINUX_SIGSEGV);
	world_thread[6].context.rsp = WORLD_STACK - 64;
	put(0, &(struct signal_action){.handler = HANDLER}, 32);
	cr_assert_eq(world_call(6, LINUX_RT_SIGACTION, LINUX_SIGUSR1, at(0), 0, 8), 0);
	world_call(2, LINUX_KILL, 6, LINUX_SIGUSR1);
	world_return(6);
	cr_assert_eq(process_find(6)->exit_status, LINUX_SIGSEGV);
	world_check("ended");
}

BOTH_WAYS(timers)
{
	struct {
		struct linux_timeval period, value;
	} timer = {{0, 500000}, {1, 0}};

	start();
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	world_thread[3].context.rsp = WORLD_STACK - 64;
	cr_assert_eq(world_call(3, LINUX_ALARM, 10), 0);
	djed_port_time += 3000000000;
	cr_assert_eq(world_call(3, LINUX_ALARM, 0), 7);
	cr_assert_eq(deadline(), 0);
	cr_assert_eq(world_call(3, LINUX_SETITIMER, LINUX_ITIMER_VIRTUAL, put(0, &timer, 32), 0), -EINVAL);
	timer.value.microseconds = 1000000;
	cr_assert_eq(world_call(3, LINUX_SETITIMER, 0, put(0, &timer, 32), 0), -EINVAL);
	timer.value.microseconds = 0;
	handle(3, LINUX_SIGALRM, 0, 0);
	cr_assert_eq(world_call(3, LINUX_SETITIMER, 0, put(0, &timer, 32), at(64)), 0);
	cr_assert_eq(deadline(), djed_port_time + 1000000000);
	cr_assert_eq(world_call(2, LINUX_ALARM, 100), 0);
	djed_port_time += 1700000000; /* one and a half periods late */
	world_notify(1ull << 63);
	world_return(3);
	cr_assert_eq(world_thread[3].context.rip, HANDLER);
	cr_assert_eq(deadline(), djed_port_time + 300000000);
	cr_assert_eq(world_call(3, LINUX_GETITIMER, 0, at(0)), 0);
	cr_assert_eq(word(at(24)), 300000);
	cr_assert_eq(world_call(3, LINUX_GETITIMER, LINUX_ITIMER_VIRTUAL, at(0)), 0);
	cr_assert(!word(at(0)) && !word(at(8)) && !word(at(16)) && !word(at(24)), "there are no others");
	cr_assert_eq(world_call(3, LINUX_GETITIMER, 3, at(0)), -EINVAL);
	world_check("periodic");
	world_call(3, LINUX_EXIT, 0);
	cr_assert_gt(deadline(), djed_port_time + 90000000000);
	djed_port_time += 200000000000;
	world_notify(1ull << 63);
	world_return(2);
	cr_assert(!process_find(2), "SIGALRM");
	world_check("ended");
}

/* A wait that ends otherwise than by what was waited for leaves nothing behind. */
BOTH_WAYS(waits_that_end_early)
{
	struct linux_timespec second = {1, 0};

	start();
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	world_thread[3].context.rsp = WORLD_STACK - 64;
	handle(3, LINUX_SIGUSR1, 0, 0);
	put(0, &(signal_set){signal_bit(40)}, 8);
	put(8, &second, 16);
	world_call(3, LINUX_RT_SIGTIMEDWAIT, at(0), 0, at(8), 8);
	cr_assert(world_thread[3].parked && deadline());
	world_call(2, LINUX_KILL, 3, LINUX_SIGUSR1);
	cr_assert_eq(world_thread[3].context.rip, HANDLER);
	cr_assert_eq(deadline(), 0);
	world_check("interrupted");
	handler_returns(3);
	cr_assert_eq((int64_t)world_thread[3].context.rax, -EINTR);
	/* Recovery has answered the thread; pm hears of it when it asks for something else. */
	put(0, &(signal_set){signal_bit(40)}, 8);
	put(8, &second, 16);
	world_call(3, LINUX_RT_SIGTIMEDWAIT, at(0), 0, at(8), 8);
	cr_assert(world_thread[3].parked && deadline());
	world_thread[3].parked = false;
	cr_assert_eq(world_call(3, LINUX_GETPID), 3);
	cr_assert(process_find(3)->wait == WAIT_NOTHING && deadline() == 0);
	world_check("ended by recovery");
}
