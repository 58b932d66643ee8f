#include "memory.h"
#include "arch.h"
#include "log.h"

enum { TABLE_SHARE = 32 }; /* one frame in so many is for page tables */

static uint64_t free_table;		/* list of free table frames, linked through their first word */
static uint64_t fresh_table, table_end; /* those never used yet */
static uint32_t used, total;
static uint64_t pool_start, pool_end;
static bool sealed;

void memory_init(uint64_t first, uint64_t end)
{
	uint64_t pages = (end - first) / DJED_PAGE_SIZE;

	if (pages < 1024)
		panic("%u KiB of memory are too few", (uint32_t)(pages * 4));
	total = (uint32_t)(pages / TABLE_SHARE);
	fresh_table = first;
	table_end = first + (uint64_t)total * DJED_PAGE_SIZE;
	pool_start = table_end;
	pool_end = end;
}

uint64_t table_frame_allocate(void)
{
	uint64_t frame = free_table;

	if (frame) {
		free_table = *(uint64_t *)arch_memory(frame);
	} else {
		if (fresh_table == table_end)
			return 0;
		frame = fresh_table;
		fresh_table += DJED_PAGE_SIZE;
	}
	used++;
	__builtin_memset(arch_memory(frame), 0, DJED_PAGE_SIZE);
	return frame;
}

void table_frame_free(uint64_t physical)
{
	*(uint64_t *)arch_memory(physical) = free_table;
	free_table = physical;
	used--;
}

uint32_t table_frames_used(void)
{
	return used;
}

uint32_t table_frames_total(void)
{
	return total;
}

uint64_t resident_allocate(uint64_t pages)
{
	uint64_t physical = pool_start;

	if (sealed || pages > (pool_end - pool_start) / DJED_PAGE_SIZE)
		return 0;
	pool_start += pages * DJED_PAGE_SIZE;
	__builtin_memset(arch_memory(physical), 0, pages * DJED_PAGE_SIZE);
	return physical;
}

bool pool_has(uint64_t frame)
{
	sealed = true;
	return frame >= pool_first() && frame - pool_first() < pool_count();
}

uint64_t pool_first(void)
{
	return pool_start / DJED_PAGE_SIZE;
}

uint64_t pool_count(void)
{
	return (pool_end - pool_start) / DJED_PAGE_SIZE;
}
