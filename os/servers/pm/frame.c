/* Signal frames, as Linux on x86_64 lays them out. */
#include "pm.h"

enum { USER_CODE_SELECTOR = 0x33, USER_DATA_SELECTOR = 0x2b, RED_ZONE = 128, FPU_SIZE = 512 };
/* The flags an application may set: CF PF AF ZF SF TF DF OF NT RF AC ID. */
static const uint64_t rflags_settable = 0x254dd5, rflags_fixed = 0x202;
enum { RFLAGS_TF = 0x100, RFLAGS_DF = 0x400, RFLAGS_RF = 0x10000 };
/* Frame attributes: the stack segment is saved and strictly restored. */
enum { UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4 };
static const uint64_t client_end = LINUX_TASK_END;

void siginfo_write(struct linux_siginfo *to_info, const struct signal_info *from)
{
	memset(to_info, 0, sizeof(*to_info));
	to_info->signal = from->signal;
	to_info->code = from->code;
	switch (from->signal) {
	case LINUX_SIGSEGV:
	case LINUX_SIGBUS:
	case LINUX_SIGFPE:
	case LINUX_SIGILL:
	case LINUX_SIGTRAP:
		if (from->code > 0) {
			to_info->address = from->value;
			return;
		}
		break;
	case LINUX_SIGCHLD:
		to_info->user_ticks = from->user_ticks;
		to_info->system_ticks = from->system_ticks;
		break;
	}
	to_info->pid = (int32_t)from->pid;
	to_info->uid = from->uid;
	to_info->value = from->value;
}

void context_fresh_fpu(struct djed_context *context)
{
	static const uint16_t control = 0x37f;
	static const uint32_t mxcsr = 0x1f80, mxcsr_mask = 0xffff;

	memset(context->fpu, 0, sizeof(context->fpu));
	memcpy(context->fpu, &control, sizeof(control));
	memcpy(context->fpu + 24, &mxcsr, sizeof(mxcsr));
	memcpy(context->fpu + 28, &mxcsr_mask, sizeof(mxcsr_mask));
}

bool signal_stack_used(const struct process *p, uint64_t stack_pointer)
{
	const struct signal_stack *stack = &p->signals.stack;

	/* As on_sig_stack() of Linux: the stack grows down, so its top belongs to it and its base does not.
	 */
	return stack->size && stack_pointer > stack->base && stack_pointer - stack->base <= stack->size;
}

static void save_registers(struct linux_sigcontext *r, const struct djed_context *c,
			   const struct fault_words *fault)
{
	*r = (struct linux_sigcontext){
	    .r8 = c->r8,
	    .r9 = c->r9,
	    .r10 = c->r10,
	    .r11 = c->r11,
	    .r12 = c->r12,
	    .r13 = c->r13,
	    .r14 = c->r14,
	    .r15 = c->r15,
	    .rdi = c->rdi,
	    .rsi = c->rsi,
	    .rbp = c->rbp,
	    .rbx = c->rbx,
	    .rdx = c->rdx,
	    .rax = c->rax,
	    .rcx = c->rcx,
	    .rsp = c->rsp,
	    .rip = c->rip,
	    .rflags = c->rflags,
	    .cs = USER_CODE_SELECTOR,
	    .ss = USER_DATA_SELECTOR,
	};
	if (fault) {
		r->trap = fault->trap;
		r->error = fault->error;
		r->cr2 = fault->address;
	}
}

static void load_registers(struct djed_context *c, const struct linux_sigcontext *r)
{
	c->r8 = r->r8, c->r9 = r->r9, c->r10 = r->r10, c->r11 = r->r11;
	c->r12 = r->r12, c->r13 = r->r13, c->r14 = r->r14, c->r15 = r->r15;
	c->rdi = r->rdi, c->rsi = r->rsi, c->rbp = r->rbp, c->rbx = r->rbx;
	c->rdx = r->rdx, c->rax = r->rax, c->rcx = r->rcx, c->rsp = r->rsp;
	c->rip = r->rip;
	c->rflags = (r->rflags & rflags_settable) | rflags_fixed;
}

void frame_build(struct process *p, const struct signal_action *action, const struct signal_info *info,
		 const struct fault_words *fault, struct djed_context *context, struct signal_frame *frame)
{
	struct signals *s = &p->signals;
	bool was_on_stack = signal_stack_used(p, context->rsp);
	uint64_t sp = context->rsp - RED_ZONE, fpu;

	if (action->flags & LINUX_SA_ONSTACK && s->stack.size && !was_on_stack)
		sp = s->stack.base + s->stack.size;
	fpu = (sp - FPU_SIZE) & ~(uint64_t)63;
	sp = ((fpu - FRAME_WORDS) & ~(uint64_t)15) - 8;

	memset(frame, 0, offsetof(struct signal_frame, fpu));
	frame->return_address = action->restorer;
	frame->context.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	frame->context.stack.base = s->stack.base;
	frame->context.stack.size = s->stack.size;
	frame->context.stack.flags = !s->stack.size ? LINUX_SS_DISABLE : was_on_stack ? LINUX_SS_ONSTACK : 0;
	frame->context.stack.flags |= s->stack.flags;
	save_registers(&frame->context.registers, context, fault);
	frame->context.registers.old_mask = frame->context.mask = s->suspended ? s->saved : s->blocked;
	frame->context.registers.fpu = fpu;
	siginfo_write(&frame->info, info);
	memcpy(frame->fpu, context->fpu, sizeof(frame->fpu));
	if (s->stack.flags & LINUX_SS_AUTODISARM)
		s->stack = (struct signal_stack){0};

	context->rdi = info->signal;
	context->rsi = sp + offsetof(struct signal_frame, info);
	context->rdx = sp + offsetof(struct signal_frame, context);
	context->rax = 0;
	context->rip = action->handler;
	context->rsp = sp;
	context->rflags = (context->rflags & ~(uint64_t)(RFLAGS_TF | RFLAGS_DF | RFLAGS_RF)) | rflags_fixed;
	context->call_number = ~(uint64_t)0;
	context_fresh_fpu(context);
}

djed_status frame_restore(struct process *p, const struct signal_frame *frame, struct djed_context *context,
			  signal_set *blocked)
{
	const struct linux_ucontext *c = &frame->context;

	/* An address that is not canonical would fault in the kernel, on some processors with its privileges.
	 */
	if (c->registers.rip >= client_end)
		return -EINVAL;
	load_registers(context, &c->registers);
	context->call_number = ~(uint64_t)0;
	*blocked = c->mask;
	if (c->registers.fpu) {
		uint32_t mxcsr;

		memcpy(context->fpu, frame->fpu, sizeof(context->fpu));
		memcpy(&mxcsr, context->fpu + 24, sizeof(mxcsr));
		mxcsr &= 0xffff; /* reserved bits would make FXRSTOR fault */
		memcpy(context->fpu + 24, &mxcsr, sizeof(mxcsr));
	} else {
		context_fresh_fpu(context);
	}
	/* As Linux: a signal stack that cannot be restored is left as it is. */
	if (!signal_stack_used(p, context->rsp)) {
		if (c->stack.flags & LINUX_SS_DISABLE)
			p->signals.stack = (struct signal_stack){0};
		else if (c->stack.size >= LINUX_MINSIGSTKSZ && c->stack.base < client_end)
			p->signals.stack = (struct signal_stack){c->stack.base, c->stack.size,
								 c->stack.flags & LINUX_SS_AUTODISARM};
	}
	return 0;
}
