/* A machine for mm's tests: the kernel's page tables as a fake, processes that touch memory and fault, and a
 * check that the tables are a sound cache of mm's own state. A real store holds the files. */
#ifndef TESTS_MM_MACHINE_H
#define TESTS_MM_MACHINE_H

#include "host.h"
#include "space.h"

struct machine_options {
	uint64_t frames; /* of the pool; 0: 1024 */
	uint64_t heap;	 /* 0: 24 MiB, for mm and the store together */
};
void machine_start(struct machine_options options);

/* Touches memory as process `pid`, with page faults as they come. 0, or the signal's number. */
int machine_read(uint32_t pid, uint64_t address, void *bytes, uint64_t length);
int machine_write(uint32_t pid, uint64_t address, const void *bytes, uint64_t length);
int machine_touch(uint32_t pid, uint64_t address, uint32_t access);
uint64_t machine_faults(void); /* so far */

/* A Linux call of process `pid`. */
int64_t machine_call(uint32_t pid, uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		     uint64_t e, uint64_t f);
/* mmap of a file, as vfs forwards it. */
int64_t machine_map_file(uint32_t pid, uint64_t address, uint64_t length, uint32_t protection, uint32_t flags,
			 uint64_t object, uint64_t offset, bool writable);

/* Drops about one in `n` of all entries, as the kernel may. */
void machine_forget(uint32_t n);
/* Entries of the tables agree with mm's state and allow no more than it does; mm's audit is clean. */
void machine_check(void);
/* Kernel spaces that exist. */
unsigned machine_spaces(void);
/* The number of frames that are neither free nor in the cache. */
uint32_t machine_frames_used(void);

uint32_t machine_random(uint32_t limit);

#endif
