/* Results with which the holder of a parked request answers a DJED_DELIVERY_CANCEL. No application ever sees
 * them: the cancellation came from a signal, so the kernel sends DJED_EVENT_SIGNAL before the thread returns
 * to user mode, and pm turns the result into -EINTR or into a restart of the call, when it knows what the
 * signal does. The numbers are those that Linux uses for the same purpose. */
#ifndef DJED_ABI_RESTART_H
#define DJED_ABI_RESTART_H

enum {
	DJED_ERESTARTSYS = 512, /* restart, unless a handler without SA_RESTART runs (read, write, wait4) */
	DJED_ERESTARTNOINTR = 513, /* restart in any case */
	DJED_ERESTARTNOHAND = 514, /* restart, unless a handler runs (pause, rt_sigsuspend, poll, select) */
	DJED_ERESTART_BLOCK = 516, /* as 514, but restarted as restart_syscall(2), by sched (nanosleep) */
};

#endif
