/* monitor: in broker mode every system call of an application comes here first. It notes the call in the
 * event ring and hands it on to the server that owns it, which answers straight to the application. So it
 * must be short, and it has no state that changes: its log stays empty, and it may always forward (rule 11).
 * In the other modes only calls that nobody serves come here. */
#ifndef MONITOR_H
#define MONITOR_H

#include <djed/ring.h>
#include <djed/server.h>
#include <errno.h>
#include <protocols/linux_table.h>
#include <string.h>

enum { NOBODY = 0xff, RANGES_MAX = 8, NUMBERS = 0x10000 };

/* Linux call numbers of a user's own server, as its manifest gives them. */
struct range {
	uint32_t first, last;
	uint8_t slot;
};
struct monitor {
	uint8_t route[LINUX_CALLS];   /* endpoint slot of the call's owner, or NOBODY */
	uint16_t service[NOBODY + 1]; /* service number behind each slot, for the record; 0xffff: none */
	struct range range[RANGES_MAX];
	uint8_t ranges;
	bool records; /* calls are noted here, not by the kernel (tap) or not at all */
	uint8_t
	    named[NUMBERS / 8]; /* bit per number of a call that nobody serves, and that the log has named */
};
extern struct monitor monitor;

/* The owner of a call by the table and the start information; NOBODY. */
uint8_t route_find(uint32_t number);
void monitor_audit(struct djed_audit *audit);

#endif
