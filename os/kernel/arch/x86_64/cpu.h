/* Instructions and tables of the processor, for the port's own files. */
#ifndef DJED_KERNEL_CPU_H
#define DJED_KERNEL_CPU_H

#include "../../arch.h"

#define ARCH_MMIO_BASE \
	0xffffffff00000000ull /* the GiB of physical memory at 3 GiB appears at this + its address */
#define LOCAL_APIC 0xfee00000ull
#define IO_APIC 0xfec00000ull

struct __attribute__((packed)) task_state {
	uint32_t reserved0;
	uint64_t stack[3]; /* [0]: end of the current thread's struct arch_registers */
	uint64_t reserved1;
	uint64_t exception_stack[7];
	uint64_t reserved2;
	uint16_t reserved3, port_map;
};
extern struct task_state task_state;

void cpu_init(void); /* descriptor tables, task state, system-call registers, protection features */
void fpu_init(void);
void arch_tables_load(uint64_t tables); /* into CR3, if it holds others */
void apic_end_of_interrupt(void);
void apic_timer(uint32_t ns);
uint32_t apic_timer_count(void);

/* Called by entry.S. */
[[noreturn]] void arch_boot(uint32_t start_information);
[[noreturn]] void trap_syscall(void);
[[noreturn]] void trap_user(struct arch_registers *registers);
void trap_kernel(struct arch_registers *registers);
[[noreturn]] void arch_resume(struct arch_registers *registers);
[[noreturn]] void arch_registers_dump(const struct arch_registers *registers);

static inline void write_msr(uint32_t number, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline uint64_t read_cr2(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline void write_cr3(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t read_cr4(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void write_cr4(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value));
}

static inline void cpuid(uint32_t leaf, uint32_t out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(0));
}

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

#endif
