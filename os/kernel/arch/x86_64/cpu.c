/* Descriptor tables, the task state and what the processor offers for protection. */
#include "cpu.h"

extern char syscall_entry[], trap_vectors[], trap_spurious[], exception_stack_top[], kernel_stack_top[];

struct task_state task_state;
static uint64_t descriptor[7];
static struct {
	uint64_t low, high;
} gate[256];

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

static void set_gate(uint32_t vector, const void *entry, uint32_t exception_stack)
{
	uint64_t address = (uint64_t)entry;

	gate[vector].low = (address & 0xffff) | (uint64_t)KERNEL_CODE << 16 |
			   (uint64_t)exception_stack << 32 | 0x8e00ull << 32 | (address >> 16 & 0xffff) << 48;
	gate[vector].high = address >> 32;
}

static void set_tables(void)
{
	uint64_t base = (uint64_t)&task_state;
	struct table_pointer pointer;

	task_state.stack[0] = (uint64_t)kernel_stack_top;
	task_state.exception_stack[0] = (uint64_t)exception_stack_top;
	task_state.port_map = sizeof(task_state); /* no port from user mode */
	descriptor[KERNEL_CODE / 8] = 0x00af9a000000ffff;
	descriptor[KERNEL_DATA / 8] = 0x00cf92000000ffff;
	descriptor[USER_DATA / 8] = 0x00cff2000000ffff;
	descriptor[USER_CODE / 8] = 0x00affa000000ffff;
	descriptor[TASK_STATE / 8] =
	    (sizeof(task_state) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
	descriptor[TASK_STATE / 8 + 1] = base >> 32;
	pointer = (struct table_pointer){sizeof(descriptor) - 1, (uint64_t)descriptor};
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	__asm__ volatile("ltr %w0" : : "r"(TASK_STATE));
	for (uint32_t v = 0; v <= VECTOR_TIMER; v++)
		set_gate(v, trap_vectors + 16 * v, 0);
	set_gate(VECTOR_DEBUG, trap_vectors + 16 * VECTOR_DEBUG, 1);
	set_gate(VECTOR_NMI, trap_vectors + 16 * VECTOR_NMI, 1);
	set_gate(VECTOR_DOUBLE_FAULT, trap_vectors + 16 * VECTOR_DOUBLE_FAULT, 1);
	set_gate(VECTOR_MACHINE_CHECK, trap_vectors + 16 * VECTOR_MACHINE_CHECK, 1);
	set_gate(3, trap_vectors + 16 * 3, 0);
	gate[3].low |= 3ull << 45; /* int3 is for everybody */
	set_gate(VECTOR_SPURIOUS, trap_spurious, 0);
	pointer = (struct table_pointer){sizeof(gate) - 1, (uint64_t)gate};
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void cpu_init(void)
{
	uint64_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	uint32_t features[4];

	set_tables();
	cpuid(0, features);
	if (features[0] >= 7) {
		cpuid(7, features);
		if (features[1] & 1 << 7)
			cr4 |= CR4_SMEP;
		if (features[1] & 1 << 20)
			cr4 |= CR4_SMAP;
	}
	write_cr4(cr4);
	write_msr(MSR_STAR, (uint64_t)(KERNEL_DATA | 3) << 48 | (uint64_t)KERNEL_CODE << 32);
	write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
	write_msr(MSR_SYSCALL_MASK, FLAG_TF | FLAG_IF | FLAG_DF | FLAG_NT | FLAG_AC);
	write_msr(MSR_GS_BASE, 0);
	fpu_init();
}

/* An interrupt with an empty descriptor table cannot be delivered, nor can the fault that follows: the
 * processor shuts down, which QEMU takes as a reset. */
void arch_halt(bool in_order)
{
	struct table_pointer none = {0, 0};

	if (in_order)
		arch_port_write(0xf4, 4, 0x10); /* status 33 */
	__asm__ volatile("lidt %0; int3" : : "m"(none));
	__builtin_unreachable();
}

uint32_t arch_port_read(uint16_t port, uint32_t width)
{
	uint32_t value = 0;

	if (width == 1)
		return in8(port);
	if (width == 2)
		__asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port));
	else
		__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

void arch_port_write(uint16_t port, uint32_t width, uint32_t value)
{
	if (width == 1)
		out8(port, (uint8_t)value);
	else if (width == 2)
		__asm__ volatile("outw %w0, %1" : : "a"(value), "Nd"(port));
	else
		__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

void arch_debug_put(char c)
{
	out8(0xe9, (uint8_t)c);
}
