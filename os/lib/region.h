/* A server's clients, each in a region of its own (docs/regions.md):
 *
 *     struct process {...};                                        its size is a multiple of the page size
 *     DJED_REGIONS struct process processes[PROCESSES_MAX];        manifest: regions 1024 4K
 *
 * What concerns process number `pid` lies in processes[djed_region_of(pid, PROCESSES_MAX)]. While that
 * process is served the server may write there; it says so before it writes to others. */
#ifndef DJED_LIB_REGION_H
#define DJED_LIB_REGION_H

#include <djed/server.h>
#include <protocols/kernel.h>

/* Of the one array of a server whose elements are regions. It has no initial value but zeros: its contents
 * outlive instances of the server. */
#define DJED_REGIONS __attribute__((section(".regions"), aligned(DJED_PAGE_SIZE)))

/* Makes region `index` of `count` writable until the transaction in hand has ended. */
static inline void region_write(uint32_t index, uint32_t count)
{
	uint32_t served = (uint32_t)(djed_current()->badge >> 32);

	if (!served || index != djed_region_of(served, count))
		(void)kernel_region_open(index);
}

#endif
