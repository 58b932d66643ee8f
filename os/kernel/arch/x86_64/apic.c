/* Interrupt controllers (Intel SDM volume 3, chapter 11; 82093AA data sheet) and the local timer. */
#include "cpu.h"

enum {
	APIC_EOI = 0xb0,
	APIC_SPURIOUS = 0xf0,
	APIC_TIMER = 0x320,
	APIC_INITIAL_COUNT = 0x380,
	APIC_CURRENT_COUNT = 0x390,
	APIC_DIVIDE = 0x3e0,
	APIC_DIVIDE_BY_1 = 0xb,
	APIC_ENABLE = 0x100,
};

#define IO_REDIRECTION(line) (0x10 + 2 * (line))
#define IO_LEVEL (1u << 15)
#define IO_MASKED (1u << 16)

static volatile uint32_t *local(uint32_t offset)
{
	return (volatile uint32_t *)(ARCH_MMIO_BASE + LOCAL_APIC + offset);
}

static void io_write(uint32_t number, uint32_t value)
{
	*(volatile uint32_t *)(ARCH_MMIO_BASE + IO_APIC) = number;
	*(volatile uint32_t *)(ARCH_MMIO_BASE + IO_APIC + 0x10) = value;
}

/* Level-triggered, so that an interrupt that comes while its line is masked is not lost. */
void arch_irq_mask(uint32_t line, bool masked)
{
	io_write(IO_REDIRECTION(line), (VECTOR_IRQ + line) | IO_LEVEL | (masked ? IO_MASKED : 0));
}

void arch_devices_init(void)
{
	out8(0x21, 0xff); /* the old controllers stay silent */
	out8(0xa1, 0xff);
	*local(APIC_SPURIOUS) = APIC_ENABLE | VECTOR_SPURIOUS;
	*local(APIC_DIVIDE) = APIC_DIVIDE_BY_1;
	*local(APIC_TIMER) = VECTOR_TIMER;
	for (uint32_t line = 0; line < IRQ_LINES; line++) {
		io_write(IO_REDIRECTION(line) + 1, 0);
		arch_irq_mask(line, true);
	}
}

void apic_end_of_interrupt(void)
{
	*local(APIC_EOI) = 0;
}

void apic_timer(uint32_t ns)
{
	*local(APIC_INITIAL_COUNT) = ns;
}

uint32_t apic_timer_count(void)
{
	return *local(APIC_CURRENT_COUNT);
}
