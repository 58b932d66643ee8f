/* Making pages present: page faults, and ranges that others want to copy from or to. */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include "space.h"

enum { SIGNAL_BUS = 7, SIGNAL_SEGMENT = 11 }; /* as Linux numbers them */

enum {
	STACK_SIZE = 8 << 20,	 /* how far the stack grows */
	STACK_GAP = 1 << 20,	 /* it keeps away from what lies below */
	POPULATE_MAX = 16 << 20, /* bytes of one request; copies are made in far smaller steps */
	AROUND_PAGES = 16,	 /* cached pages of a file around a touched one are mapped with it */
};

/* Makes the page that holds `address` present for `access` (enum djed_access) and maps it. 0; -EFAULT:
 * nothing is mapped there, or not for that access; -ENXIO: the file behind it ends before; -ENOMEM; -EIO. */
djed_status fault_resolve(struct space *space, uint64_t address, uint32_t access);

/* The same for all pages of a range; as many as can be had, then the first failure. */
djed_status fault_populate(struct space *space, uint64_t address, uint64_t length, uint32_t access);

#endif
