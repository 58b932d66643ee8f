/* What the kernel needs from the processor and the machine. Implemented in arch/NAME/; types and the
 * functions that must be inline come from arch/NAME/arch_types.h. */
#ifndef DJED_KERNEL_ARCH_H
#define DJED_KERNEL_ARCH_H

#include "arch_types.h"

/* The machine as the boot loader described it; physical addresses. */
struct machine {
	char command_line[DJED_COMMAND_LINE_MAX];
	uint64_t archive, archive_size;	   /* boot archive; 0 if none */
	uint64_t memory_first, memory_end; /* free memory, page-aligned, kernel image and archive excluded */
	uint64_t counters, counters_size;  /* the kernel's own coverage counters; size 0 in other builds */
};

/* ---- entry points of the generic code, called by arch ------------------------------------------------ */

[[noreturn]] void kernel_main(const struct machine *machine);
/* The current thread entered the kernel; each ends with schedule(). */
[[noreturn]] void kernel_syscall(void);
[[noreturn]] void kernel_page_fault(uint64_t address, uint32_t access /* enum djed_access */);
[[noreturn]] void kernel_exception(uint32_t vector, uint64_t address, uint64_t error, uint32_t signal);
[[noreturn]] void kernel_interrupted(void);
/* From user mode and from the idle loop, before kernel_interrupted. */
void kernel_irq(uint32_t line);
void kernel_timer(void);

/* ---- control ------------------------------------------------------------------------------------------ */

/* Ends the machine's run: by a triple fault; `in_order`: before that by QEMU's isa-debug-exit, if it is
 * there. */
[[noreturn]] void arch_halt(bool in_order);
void arch_debug_put(char c);  /* one byte to the debug port */
void arch_idle(void);	      /* waits for one interrupt, handles it, returns */
void arch_callers_dump(void); /* the chain of return addresses, to the log */

/* ---- time ------------------------------------------------------------------------------------------------
 */

void arch_time_init(struct djed_time *time); /* calibrates and fills the page that servers see */
uint64_t arch_ticks_to_ns(uint64_t ticks);   /* an interval */
/* One interrupt at the given tick (of arch_ticks) or soon after. Replaces the earlier one. */
void arch_timer_set(uint64_t ticks);
uint64_t arch_ns_to_ticks(uint64_t ns);

/* ---- threads --------------------------------------------------------------------------------- */

void arch_thread_clear(struct arch_thread *thread); /* all registers zero, user mode, interrupts on */
void arch_thread_start(struct arch_thread *thread, uint64_t entry, uint64_t stack, uint64_t thread_base);
void arch_thread_copy(struct arch_thread *to, struct arch_thread *from);
void arch_thread_gone(struct arch_thread *thread); /* forgets what the processor still holds of it */
/* Its floating-point and vector registers; of a thread that is about to run, if it may use them. */
void arch_thread_load_fpu(struct arch_thread *thread);
void arch_thread_get_context(struct arch_thread *thread, struct djed_context *context);
/* Takes what user mode may have; ignores privileged bits. */
void arch_thread_set_context(struct arch_thread *thread, const struct djed_context *context);
[[noreturn]] void arch_thread_resume(struct arch_thread *thread, uint64_t tables);

/* ---- page tables; `tables` is the physical address of the top level -------------------------- */

enum { ARCH_USER_LIMIT_BITS = 47 }; /* user addresses are below 1 << this, less one page */
void arch_memory_init(
    uint64_t memory_end);	   /* kernel's own tables: text RX, constants R, data RW, never W and X */
uint64_t arch_tables_create(void); /* 0: no table frames left */
void arch_tables_destroy(uint64_t tables);
bool arch_tables_clear(uint64_t tables); /* drops all user entries; false: there were none */
/* Maps one page for user mode (access: enum djed_access). -ENOMEM: no table frames left. Replaces what was
 * there. */
djed_status arch_map(uint64_t tables, uint64_t address, uint64_t physical, uint32_t access);
/* The entry of a page that is mapped; it stays where it is as long as `tables` is not cleared. */
uint64_t *arch_entry(uint64_t tables, uint64_t address);
/* Lets pages, whose entries are those from `entry` on, be written, or not. */
void arch_protect(uint64_t tables, uint64_t *entry, uint64_t address, uint64_t pages, bool write);
void arch_unmap(uint64_t tables, uint64_t address, uint64_t pages);
/* Makes the range read-only in `from` and copies the entries to `to`, as far as there are table frames.
 * Returns the number copied. */
uint64_t arch_share(uint64_t from, uint64_t to, uint64_t address, uint64_t pages);
/* Physical address that user mode reaches at `address` for reading or writing; 0: none. */
uint64_t arch_translate(uint64_t tables, uint64_t address, bool write);
/* The whole top GiB-sized region of the undo log behind `address` shows one frame; on: the parts that have
 * no entry of their own.  off: they have none again. `address` within the region, whose first `own` bytes are
 * real. */
void arch_sink(uint64_t tables, uint64_t address, uint64_t own, uint64_t sink_table, uint64_t sink_frame,
	       bool on);

/* ---- devices --------------------------------------------------------------------------------- */

enum { ARCH_IRQ_LINES = 24, ARCH_PAGE_FAULT = 14 /* vector in reports */ };
void arch_devices_init(void);
void arch_irq_mask(uint32_t line, bool masked);
uint32_t arch_port_read(uint16_t port, uint32_t width);
void arch_port_write(uint16_t port, uint32_t width, uint32_t value);

#endif
