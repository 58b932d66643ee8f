/* The heap's own interface beside malloc (include/stdlib.h): whole pages, figures, audit.
 *
 * The heap takes the resident memory that the manifest gives a server (heap SIZE). It is ordinary,
 * instrumented code: what a request allocated and freed is undone with everything else. */
#ifndef DJED_LIB_HEAP_H
#define DJED_LIB_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct djed_audit;

struct heap_statistics {
	uint32_t pages, pages_free; /* of 4096 bytes; the heap's own map is not counted */
	uint64_t blocks;	    /* allocated by malloc and its relatives */
	uint64_t bytes;		    /* asked for in them */
};

/* `pages` whole pages, aligned to the page size; contents are undefined. NULL where there is no such run. No
 * red zones. */
void *heap_pages(uint32_t pages);
/* Gives back all pages of a heap_pages result. */
void heap_pages_free(void *run);

struct heap_statistics heap_statistics(void);

/* Whether `payload` is an allocated block whose red zones are as they were made. */
bool heap_sound(const void *payload);

/* Walks the whole heap: runs, free lists and red zones must agree. */
void heap_audit(struct djed_audit *audit);

#endif
