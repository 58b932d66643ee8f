/* Physical memory. In the order of addresses: table frames (a fixed share), resident memory of services
 * (grows while root sets the services up), and all the rest: the pool of frames for applications, managed by
 * mm. */
#ifndef DJED_KERNEL_MEMORY_H
#define DJED_KERNEL_MEMORY_H

#include "../abi/errors.h"
#include "../abi/types.h"

void memory_init(uint64_t first, uint64_t end);

/* A zeroed frame for page tables: physical address, 0 if all are in use. */
uint64_t table_frame_allocate(void);
void table_frame_free(uint64_t physical);
uint32_t table_frames_used(void);
uint32_t table_frames_total(void);

/* Zeroed contiguous memory that is never given back: physical address, 0 if there is not enough or the pool
 * is sealed. */
uint64_t resident_allocate(uint64_t pages);

/* The pool of frames, as frame numbers. pool_has seals it: from its first use its bounds stay. */
bool pool_has(uint64_t frame);
uint64_t pool_first(void);
uint64_t pool_count(void);

#endif
