/* Types of the x86_64 port that generic code embeds or needs inline. */
#ifndef DJED_KERNEL_ARCH_TYPES_H
#define DJED_KERNEL_ARCH_TYPES_H

#include "../../../abi/layout.h"
#include "../../../abi/types.h"
#include "registers.h"

/* As entry.S pushes them. */
struct arch_registers {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector; /* how the kernel was entered; VECTOR_SYSCALL: rcx and r11 need not be restored */
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct arch_registers) == REGISTERS_SIZE && REGISTERS_SIZE % 16 == 0,
	       "entry.S knows the layout");

struct arch_thread {
	_Alignas(16) struct arch_registers registers;
	_Alignas(
	    16) uint8_t fpu[512]; /* FXSAVE image; the processor holds a newer one while fpu_owner is this */
	uint64_t fs_base, gs_base;
};

#define ARCH_PHYSICAL_MAP 0xffff800000000000ull
#define ARCH_KERNEL_BASE 0xffffffff80000000ull

/* Physical memory as the kernel sees it. Only RAM that is not the kernel's own image. */
static inline void *arch_memory(uint64_t physical)
{
	return (void *)(ARCH_PHYSICAL_MAP + physical);
}

static inline uint64_t arch_ticks(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Operation number, arguments and results of a system call in the registers of its thread. */
static inline uint64_t arch_call_number(const struct arch_thread *t)
{
	return t->registers.rax;
}

static inline void arch_call_arguments(const struct arch_thread *t, uint64_t argument[6])
{
	argument[0] = t->registers.rdi;
	argument[1] = t->registers.rsi;
	argument[2] = t->registers.rdx;
	argument[3] = t->registers.r10;
	argument[4] = t->registers.r8;
	argument[5] = t->registers.r9;
}

static inline void arch_call_status(struct arch_thread *t, int64_t status)
{
	t->registers.rax = (uint64_t)status;
}

static inline void arch_call_results(struct arch_thread *t, uint64_t first, uint64_t second)
{
	t->registers.rdx = first;
	t->registers.r8 = second;
}

static inline uint64_t arch_instruction(const struct arch_thread *t)
{
	return t->registers.rip;
}

#endif
