/* Address spaces: one inside each service, and those of applications, which mm fills. */
#ifndef DJED_KERNEL_SPACE_H
#define DJED_KERNEL_SPACE_H

#include "../abi/errors.h"
#include "../abi/types.h"

enum { SPACES_MAX = 512 };

struct space {
	uint64_t tables;     /* physical address of the top page table; 0: not in use */
	uint32_t generation; /* upper half of its handle; from 1 */
	uint32_t threads;    /* of applications, that live in it */
	bool doomed;	     /* destroyed, but for the threads still in it */
};

void space_init(void);
/* A new empty space of an application. NULL: none left, or no table frames. */
struct space *space_create(void);
/* NULL: stale or never valid. */
struct space *space_of(djed_handle handle);
djed_handle space_handle(const struct space *space);
/* Position in the table, for the transaction rules; and back. */
unsigned space_number(const struct space *space);
struct space *space_numbered(unsigned number);
/* Drops all entries of some space other than `needy`, to have table frames: they come back by page faults.
 * False: there is nothing to drop. */
bool space_reclaim(const struct space *needy);
/* The handle becomes stale; the tables go when the last thread has left. */
void space_destroy(struct space *space);
void space_enter(struct space *space);
void space_leave(struct space *space);
uint32_t space_count(void); /* handles that are valid */

/* True if [address, address + pages * page size) is page-aligned and within user addresses. */
bool space_range_valid(uint64_t address, uint64_t pages);

#endif
