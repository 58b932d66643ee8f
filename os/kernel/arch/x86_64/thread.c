/* A thread's state in the processor. Servers never use floating-point and vector registers, so an
 * application's state stays there across the system calls it makes, until another application runs. */
#include "cpu.h"

static struct arch_thread *fpu_owner;  /* whose state the processor holds; NULL: nobody's */
static const struct arch_thread *last; /* whose fs and gs bases the processor holds */
static uint64_t gs_base;	       /* the last one written */
static uint32_t mxcsr_mask;	       /* bits of MXCSR that exist */
static _Alignas(16) uint8_t initial[512];

static void save(struct arch_thread *thread)
{
	__asm__ volatile("fxsave64 %0" : "=m"(thread->fpu));
}

void fpu_init(void)
{
	uint32_t mxcsr = 0x1f80; /* all exceptions masked */

	__asm__ volatile("fninit; ldmxcsr %1; fxsave64 %0" : "=m"(initial) : "m"(mxcsr));
	__builtin_memcpy(&mxcsr_mask, initial + 28, 4);
	if (!mxcsr_mask)
		mxcsr_mask = 0xffbf; /* Intel SDM volume 1, 11.6.6 */
}

void arch_thread_load_fpu(struct arch_thread *thread)
{
	if (fpu_owner == thread)
		return;
	if (fpu_owner)
		save(fpu_owner);
	__asm__ volatile("fxrstor64 %0" : : "m"(thread->fpu));
	fpu_owner = thread;
}

/* An address that is not canonical would fault in the kernel, at iretq or wrmsr. 0 faults in user mode. */
static uint64_t user_address(uint64_t address)
{
	return address >> ARCH_USER_LIMIT_BITS ? 0 : address;
}

void arch_thread_clear(struct arch_thread *thread)
{
	arch_thread_gone(thread);
	thread->registers = (struct arch_registers){.cs = USER_CODE, .ss = USER_DATA, .rflags = FLAG_IF | 2};
	thread->fs_base = thread->gs_base = 0;
	__builtin_memcpy(thread->fpu, initial, sizeof(initial));
}

void arch_thread_start(struct arch_thread *thread, uint64_t entry, uint64_t stack, uint64_t thread_base)
{
	arch_thread_clear(thread);
	thread->registers.rip = user_address(entry);
	thread->registers.rsp = stack;
	thread->fs_base = user_address(thread_base);
}

void arch_thread_copy(struct arch_thread *to, struct arch_thread *from)
{
	arch_thread_gone(to);
	if (fpu_owner == from)
		save(from);
	*to = *from;
}

void arch_thread_gone(struct arch_thread *thread)
{
	if (last == thread)
		last = NULL;
	if (fpu_owner == thread)
		fpu_owner = NULL;
}

/* They have the same names in all structures. */
#define GENERAL_REGISTERS(F) \
	F(rax)               \
	F(rbx) F(rcx) F(rdx) F(rsi) F(rdi) F(rbp) F(rsp) F(r8) F(r9) F(r10) F(r11) F(r12) F(r13) F(r14) F(r15)

void arch_thread_get_context(struct arch_thread *thread, struct djed_context *c)
{
	const struct arch_registers *r = &thread->registers;

	if (fpu_owner == thread)
		save(thread);
	*c = (struct djed_context){
	    .rip = r->rip,
	    .rflags = r->rflags,
	    .fs_base = thread->fs_base,
	    .gs_base = thread->gs_base,
	    .call_number = r->vector == VECTOR_SYSCALL ? r->rax : ~0ull,
	};
#define COPY(name) c->name = r->name;
	GENERAL_REGISTERS(COPY)
#undef COPY
	__builtin_memcpy(c->fpu, thread->fpu, sizeof(c->fpu));
}

void arch_thread_set_context(struct arch_thread *thread, const struct djed_context *c)
{
	uint64_t flags = 0xcd5 | FLAG_TF | 0x240000 |
			 FLAG_NT; /* status, direction, trap, AC, ID: what popf may set in ring 3 */
	uint32_t mxcsr;

	arch_thread_gone(thread);
	thread->registers = (struct arch_registers){.rip = user_address(c->rip),
						    .rflags = (c->rflags & flags) | FLAG_IF | 2,
						    .cs = USER_CODE,
						    .ss = USER_DATA};
#define COPY(name) thread->registers.name = c->name;
	GENERAL_REGISTERS(COPY)
#undef COPY
	thread->fs_base = user_address(c->fs_base);
	thread->gs_base = user_address(c->gs_base);
	__builtin_memcpy(thread->fpu, c->fpu, sizeof(thread->fpu));
	__builtin_memcpy(&mxcsr, thread->fpu + 24, 4);
	mxcsr &= mxcsr_mask; /* fxrstor faults on others */
	__builtin_memcpy(thread->fpu + 24, &mxcsr, 4);
}

void arch_thread_resume(struct arch_thread *thread, uint64_t tables)
{
	task_state.stack[0] = (uint64_t)(&thread->registers + 1);
	arch_tables_load(tables);
	if (last != thread) { /* user mode changes the bases by loading selectors, so what the last one left
				 is not known */
		last = thread;
		write_msr(MSR_FS_BASE, thread->fs_base);
		if (gs_base | thread->gs_base) { /* loading a selector only ever makes it 0 */
			gs_base = thread->gs_base;
			write_msr(MSR_GS_BASE, gs_base);
		}
	}
	arch_resume(&thread->registers);
}
