/* Port: a server on Djed's own kernel. */
#define KERNEL_BARE
#include <protocols/kernel.h>

#include "../runtime.h"

/* start.S. Entered on the recovery stack; calls djed_runtime_undo, as the main one may be what is
 * damaged; then djed_port_serve on the main one, whose frames the rollback has abandoned. */
extern const char djed_recover_entry[];

_Static_assert(DJED_STACK_TOP == 0x10000000, "start.S");

const struct djed_start_info *djed_start(void)
{
	return (const struct djed_start_info *)DJED_START_INFO;
}

static const struct djed_time *time_page(void)
{
	return (const struct djed_time *)DJED_TIME_PAGE;
}

uint64_t djed_port_now(void)
{
	const struct djed_time *time = time_page();
	uint64_t ticks = __builtin_ia32_rdtsc() - time->tsc_at_boot;

	return (uint64_t)((unsigned __int128)ticks * time->multiplier >> 32);
}

uint64_t djed_wall_seconds(void)
{
	return time_page()->wall_at_boot;
}

void djed_port_prepare(void)
{
	djed_stack_low = DJED_STACK_TOP - DJED_STACK_SIZE;
	djed_stack_high = DJED_STACK_TOP;
	djed_undo_attach((void *)DJED_LOG_BASE);
}

void djed_port_panic(const char *text, size_t length, uint64_t line)
{
	for (;;) /* the kernel stops this thread for good: its context is replaced by recovery */
		(void)kernel_panic((uintptr_t)text, length, line);
}

/* Also from start.S. */
[[noreturn]] void djed_port_serve(void)
{
	for (;;) {
		djed_status status = kernel_receive(djed_runtime.next, djed_runtime_log(),
						    djed_runtime.target, djed_runtime_deadline());
		if (status)
			djed_panic("receive with disposition %u failed: error %d", djed_runtime.next,
				   (int)-status);
		djed_runtime_step();
	}
}

/* From start.S, on the main stack. */
[[noreturn]] void djed_port_main(void)
{
	uint32_t handed_over = djed_start()->handed_over;
	djed_status status;

	status = kernel_attach((uintptr_t)&djed_ipc, (uintptr_t)djed_recover_entry, DJED_RECOVERY_STACK_TOP);
	if (status)
		djed_panic("attach failed: error %d", (int)-status);
	if (handed_over == DJED_HANDED_REGIONS) { /* the memory below is new */
		djed_stack_low = 0;
		djed_stack_high = DJED_REGIONS_BASE;
	}
	if (handed_over) /* what the instance before has logged is undone by this one's text */
		djed_runtime_undo();
	djed_runtime.next = DJED_NEXT_NONE;
	if (handed_over == DJED_HANDED_MEMORY)
		djed_port_serve();
	djed_runtime = (struct djed_runtime){0};
	djed_ipc = (struct djed_ipc){0};
	djed_window_open = 0;
	status = djed_runtime_start();
	if (status)
		djed_panic("init failed: error %d", (int)-status);
	djed_port_serve();
}
