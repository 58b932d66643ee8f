/* What happens when signals reach their process. */
#include "pm.h"

#include <lib/client.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>

/* The call that the signal interrupted: its result becomes -EINTR, or its instruction is executed again.
 * `handler`: a handler with these flags runs; NULL: none does. */
static void settle_call(struct djed_context *c, const struct signal_action *handler)
{
	enum { SYSCALL_INSTRUCTION = 2 /* bytes */, RESTART_SYSCALL = 219 };
	bool restart;

	if (c->call_number == ~(uint64_t)0)
		return;
	switch (-(int64_t)c->rax) {
	case DJED_ERESTARTSYS:
		restart = !handler || handler->flags & LINUX_SA_RESTART;
		break;
	case DJED_ERESTARTNOINTR:
		restart = true;
		break;
	case DJED_ERESTARTNOHAND:
		restart = !handler;
		break;
	case DJED_ERESTART_BLOCK:
		restart = !handler;
		if (restart)
			c->call_number = RESTART_SYSCALL;
		break;
	default:
		return;
	}
	if (restart) {
		c->rax = c->call_number;
		c->rip -= SYSCALL_INSTRUCTION;
	} else {
		c->rax = (uint64_t)-EINTR;
	}
	c->call_number = ~(uint64_t)0;
}

static djed_status frame_write(const struct djed_context *context, const struct signal_frame *frame)
{
	djed_status status;

	if (context->rsp >= LINUX_TASK_END)
		return -EFAULT;
	status = client_write(context->rsp, frame, offsetof(struct signal_frame, fpu));
	if (status)
		return status;
	return client_write(frame->context.registers.fpu, frame->fpu, sizeof(frame->fpu));
}

bool signal_handle(struct process *p, const struct signal_info *info, const struct signal_action *action,
		   const struct fault_words *fault, struct djed_context *context)
{
	struct signal_frame frame;
	struct signals *s = &p->signals;
	struct signal_action copy = *action;
	signal_set block = copy.mask | (copy.flags & LINUX_SA_NODEFER ? 0 : signal_bit(info->signal));

	if (!(copy.flags & LINUX_SA_RESTORER))
		return false;
	settle_call(context, &copy);
	frame_build(p, &copy, info, fault, context, &frame);
	if (frame_write(context, &frame))
		return false;
	s->suspended = false; /* the frame holds the mask to go back to */
	if (copy.flags & LINUX_SA_RESETHAND) {
		copy.handler = LINUX_SIG_DFL;
		action_set(p, info->signal, &copy);
	}
	signal_block(p, s->blocked | block);
	return true;
}

static void tell_parent(struct process *p, int32_t code, uint32_t status)
{
	struct process *parent = &processes[p->parent];
	uint64_t user, system;

	process_wake(parent, WAIT_CHILD);
	if (action_of(parent, LINUX_SIGCHLD)->flags & LINUX_SA_NOCLDSTOP)
		return;
	process_times(p, &user, &system);
	signal_send(parent, &(struct signal_info){
				.signal = LINUX_SIGCHLD,
				.code = code,
				.pid = p->pid,
				.uid = p->credentials.user,
				.value = status,
				.user_ticks = (int64_t)(user / (1000000000 / LINUX_TICKS)),
				.system_ticks = (int64_t)(system / (1000000000 / LINUX_TICKS)),
			    });
}

static void process_stop(struct process *p, unsigned signal)
{
	p->state = PROCESS_STOPPED;
	p->stop_signal = (uint8_t)signal;
	p->report = REPORT_STOP;
	process_park(p, WAIT_STOPPED);
	tell_parent(p, LINUX_CLD_STOPPED, signal);
}

void process_continue(struct process *p)
{
	if (p->state != PROCESS_STOPPED)
		return;
	process_write(p);
	p->state = PROCESS_ALIVE;
	process_wake(p, WAIT_STOPPED);
	if (p->signals.pending & signal_bit(LINUX_SIGKILL))
		return;
	p->report = REPORT_CONTINUE;
	tell_parent(p, LINUX_CLD_CONTINUED, LINUX_SIGCONT);
}

/* A terminal stops those in the background that want to use it. Nobody would continue an orphaned group: its
 * call fails instead (POSIX, general terminal interface), and would else be restarted for ever. The signal
 * goes to the whole group, of which others may wait for something else: their calls go on. */
static void refuse_terminal(struct djed_context *c)
{
	bool reads = c->call_number == LINUX_READ || c->call_number == LINUX_READV;

	if (!reads || -(int64_t)c->rax != DJED_ERESTARTSYS)
		return;
	c->rax = (uint64_t)-EIO;
	c->call_number = ~(uint64_t)0;
}

/* Default action of a signal. False: the process does not go on. */
static bool act_by_default(struct process *p, unsigned signal, struct djed_context *context)
{
	switch (default_action(signal)) {
	case DEFAULT_IGNORE:
	case DEFAULT_CONTINUE:
		return true;
	case DEFAULT_STOP:
		if (signal != LINUX_SIGSTOP && group_orphaned(p->group, NULL)) {
			if (signal == LINUX_SIGTTIN || signal == LINUX_SIGTTOU)
				refuse_terminal(context);
			return true;
		}
		process_stop(p, signal);
		return false;
	case DEFAULT_TERMINATE:
		break;
	}
	process_exit(p, (int32_t)signal);
	return false;
}

/* The thread's first own step after fork, which Linux's schedule_tail does: its id goes to its own memory. */
static void write_thread_id(struct process *p)
{
	uint32_t pid = p->pid;

	if (p->set_tid && client_write(p->set_tid, &pid, sizeof(pid)))
		djed_log("process %u: no memory at %llx for its thread id", pid,
			 (unsigned long long)p->set_tid);
	p->set_tid = 0;
}

void deliver(struct process *p, const struct fault_words *fault)
{
	struct djed_context context;
	struct signal_info info;
	unsigned signal;
	bool changed = false, handled = false;
	uint64_t number;

	if (p->set_tid)
		write_thread_id(p);
	if (kernel_thread_get_context(djed_current()->thread, (uint64_t)&context))
		return;
	number = context.call_number;
	while ((signal = signal_take(p, ~p->signals.blocked, &info))) {
		const struct signal_action *action = action_of(p, signal);

		if (action->handler == LINUX_SIG_IGN && signal != LINUX_SIGKILL && signal != LINUX_SIGSTOP)
			continue;
		if (action->handler <= LINUX_SIG_IGN) {
			if (act_by_default(p, signal, &context))
				continue;
			/* Frames that were built before it stopped stay built. */
			if (p->state == PROCESS_STOPPED && changed)
				(void)kernel_thread_set_context(djed_current()->thread, (uint64_t)&context);
			return;
		}
		if (!signal_handle(p, &info, action, info.code > 0 ? fault : NULL, &context)) {
			process_exit(p, LINUX_SIGSEGV);
			return;
		}
		changed = handled = true;
	}
	if (!handled) {
		settle_call(&context, NULL);
		changed = changed || context.call_number != number;
		if (p->signals.suspended) {
			p->signals.suspended = false;
			signal_block(p, p->signals.saved);
		}
	}
	if (changed)
		(void)kernel_thread_set_context(djed_current()->thread, (uint64_t)&context);
}

/* si_code of an exception. */
static int32_t exception_code(unsigned signal, uint64_t vector, uint64_t error)
{
	enum { DIVIDE = 0, PAGE_FAULT = 14, PRESENT = 1, ALIGNMENT = 17 };

	switch (signal) {
	case LINUX_SIGSEGV:
		return vector == PAGE_FAULT ? (error & PRESENT ? LINUX_SEGV_ACCERR : LINUX_SEGV_MAPERR)
					    : LINUX_SI_KERNEL;
	case LINUX_SIGBUS:
		return vector == ALIGNMENT ? LINUX_BUS_ADRALN : LINUX_BUS_ADRERR;
	case LINUX_SIGFPE:
		return vector == DIVIDE ? LINUX_FPE_INTDIV : LINUX_FPE_FLTINV;
	case LINUX_SIGILL:
		return LINUX_ILL_ILLOPN;
	case LINUX_SIGTRAP:
		return LINUX_TRAP_BRKPT;
	default:
		return LINUX_SI_KERNEL;
	}
}

void deliver_exception(struct process *p, unsigned signal, const struct fault_words *fault)
{
	struct signal_info info = {.signal = (uint8_t)signal, .value = fault->address};

	djed_assert(signal >= 1 && signal < SIGNALS_REALTIME);
	info.code = exception_code(signal, fault->trap, fault->error);
	if (info.code == LINUX_SI_KERNEL)
		info.value = 0;
	signal_force(p, &info);
	deliver(p, fault);
}

int64_t restore_frame(struct process *p)
{
	struct djed_context context;
	struct signal_frame frame;
	signal_set blocked;
	djed_handle thread = djed_current()->thread;
	uint64_t at;

	if (kernel_thread_get_context(thread, (uint64_t)&context))
		return -EFAULT;
	at = context.rsp - 8; /* the restorer was reached by a return */
	if (client_read(&frame, at, offsetof(struct signal_frame, fpu)))
		goto bad;
	if (frame.context.registers.fpu &&
	    client_read(frame.fpu, frame.context.registers.fpu, sizeof(frame.fpu)))
		goto bad;
	if (frame_restore(p, &frame, &context, &blocked))
		goto bad;
	if (kernel_thread_set_context(thread, (uint64_t)&context))
		return -EFAULT;
	signal_block(p, blocked);
	return (int64_t)context.rax;
bad:
	signal_send(p, &(struct signal_info){.signal = LINUX_SIGSEGV, .code = LINUX_SI_KERNEL});
	/* Should the application block or ignore it, it would go on without its registers. */
	if (!signal_deliverable(p))
		process_exit(p, LINUX_SIGSEGV);
	return -EFAULT;
}
