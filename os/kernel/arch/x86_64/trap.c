/* Exceptions, interrupts and system calls as they leave entry.S. */
#include "../../../abi/message.h"
#include "../../log.h"
#include "cpu.h"

/* Linux signal numbers by vector, as arch/x86/kernel/traps.c there gives them. */
static const uint8_t signals[32] = {[0] = 8,  [1] = 5,	[3] = 5,   [4] = 11, [5] = 11, [6] = 4, [10] = 11,
				    [11] = 7, [12] = 7, [13] = 11, [16] = 8, [17] = 7, [19] = 8};

void trap_syscall(void)
{
	kernel_syscall();
}

static void interrupt(uint64_t vector)
{
	if (vector >= VECTOR_IRQ && vector < VECTOR_IRQ + IRQ_LINES) {
		uint32_t line = (uint32_t)(vector - VECTOR_IRQ);
		arch_irq_mask(line, true); /* level-triggered: quiet until the driver has looked */
		kernel_irq(line);
	} else if (vector == VECTOR_TIMER) {
		kernel_timer();
	}
	apic_end_of_interrupt();
}

/* Error code of a page fault: Intel SDM volume 3, 4.7. */
static uint32_t access_of(uint64_t error)
{
	return (error & 2    ? DJED_ACCESS_WRITE
		: error & 16 ? DJED_ACCESS_EXECUTE
			     : DJED_ACCESS_READ) |
	       (error & 1 ? DJED_ACCESS_PRESENT : 0);
}

void trap_user(struct arch_registers *registers)
{
	uint64_t vector = registers->vector;

	if (vector == VECTOR_PAGE_FAULT)
		kernel_page_fault(read_cr2(), access_of(registers->error));
	if (vector == VECTOR_DOUBLE_FAULT || vector == VECTOR_MACHINE_CHECK)
		arch_registers_dump(registers);
	if (vector >= VECTOR_IRQ || vector == VECTOR_NMI) {
		interrupt(vector);
		kernel_interrupted();
	}
	kernel_exception((uint32_t)vector, 0, registers->error, signals[vector] ? signals[vector] : 11);
}

/* In the kernel only the idle loop is interrupted. A debug exception here was set up by user mode (single
 * step over syscall) and means nothing. Anything else is a bug. */
void trap_kernel(struct arch_registers *registers)
{
	uint64_t vector = registers->vector;

	if (vector >= VECTOR_IRQ)
		interrupt(vector);
	else if (vector != VECTOR_DEBUG && vector != VECTOR_NMI)
		arch_registers_dump(registers);
	registers->rflags &= ~(uint64_t)FLAG_TF;
}

/* The callers' chain by frame pointers; the stack is checked, as it may be what broke. */
static void dump_callers(uint64_t frame)
{
	extern char kernel_stack_guard[], kernel_stack_top[];

	while (frame >= (uint64_t)kernel_stack_guard + DJED_PAGE_SIZE &&
	       frame + 16 <= (uint64_t)kernel_stack_top && frame % 8 == 0) {
		kernel_log("  called from %p", ((uint64_t *)frame)[1]);
		if (((uint64_t *)frame)[0] <= frame)
			return;
		frame = ((uint64_t *)frame)[0];
	}
}

void arch_registers_dump(const struct arch_registers *r)
{
	kernel_log("exception %u in the kernel: error %p, address %p", (uint32_t)r->vector, r->error,
		   read_cr2());
	kernel_log("  rip %p rsp %p flags %p cs %x", r->rip, r->rsp, r->rflags, (uint32_t)r->cs);
	kernel_log("  rax %p rbx %p rcx %p rdx %p", r->rax, r->rbx, r->rcx, r->rdx);
	kernel_log("  rsi %p rdi %p rbp %p r8  %p", r->rsi, r->rdi, r->rbp, r->r8);
	kernel_log("  r9  %p r10 %p r11 %p r12 %p", r->r9, r->r10, r->r11, r->r12);
	kernel_log("  r13 %p r14 %p r15 %p", r->r13, r->r14, r->r15);
	dump_callers(r->rbp);
	panic("stopped");
}

void arch_callers_dump(void)
{
	dump_callers((uint64_t)__builtin_frame_address(0));
}
