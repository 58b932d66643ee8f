/* The kernel watchdog: notices a kernel that makes no progress any more, such as one in an endless loop. It
 * runs with interrupts closed, so nothing inside of the machine would notice; from outside it shows: the
 * processor is busy in kernel mode, with interrupts closed, each time one looks, and nothing that the kernel
 * counts moves in between. */
#ifndef DJED_TOOLS_WATCHDOG_H
#define DJED_TOOLS_WATCHDOG_H

#include "machine.h"

enum { WATCHDOG_SECONDS = 1 /* between two looks */, WATCHDOG_LOOKS = 4 /* that see no progress */ };

struct watchdog {
	uint64_t progress; /* all counters of the lab page, added up, at the last look */
	double looked_at;  /* seconds */
	unsigned still;	   /* looks in a row that saw the kernel at the same */
};

/* To be called at least each WATCHDOG_SECONDS while the machine runs; looks if so much time has passed. True:
 * the kernel makes no progress; *place is an address at which it was seen, and the machine stands still. */
bool watchdog_look(struct watchdog *w, struct machine *m, uint64_t *place);

#endif
