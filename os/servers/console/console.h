/* The terminal server: who waits for the terminal, and how the line discipline meets the serial line. */
#ifndef DJED_CONSOLE_H
#define DJED_CONSOLE_H

#include "../../lib/client.h"
#include "tty.h"
#include <djed/server.h>
#include <errno.h>
#include <lib/region.h>

/* One read or write that could not be finished, in the region of its process: that has one thread, which has
 * at most one request. */
enum { CONSOLE_CLIENTS = 1024, WAITING_BITS = 64 };
enum waiter_kind { WAITER_FREE, WAITER_READS, WAITER_WRITES };
struct waiter {
	djed_handle request; /* parked, or woken and on its way back */
	uint64_t progress;   /* writes: bytes that went out before */
	uint8_t kind;	     /* enum waiter_kind */
	uint8_t woken;
};
struct client {
	struct waiter waiter;
	uint8_t rest[DJED_PAGE_SIZE - sizeof(struct waiter)];
};
_Static_assert(sizeof(struct client) == DJED_PAGE_SIZE, "a region");
extern struct client clients[CONSOLE_CLIENTS];

struct console {
	struct tty tty;
	uint64_t line_position; /* of the next byte to read from the serial line */
	uint64_t lost;		/* bytes that the line lost */
	uint32_t waiters;
	uint8_t vfs_watches;				  /* vfs wants to hear of the next change (poll) */
	uint64_t waiting[CONSOLE_CLIENTS / WAITING_BITS]; /* bit for each client: it is one of them */
};
extern struct console console;

struct console_slots {
	djed_slot uart, ds, vfs, pm;
};
extern struct console_slots console_slots;

static inline bool is_waiting(uint32_t client)
{
	return console.waiting[client / WAITING_BITS] >> client % WAITING_BITS & 1;
}

/* Linux' ioctl of a terminal. Result or negated errno. */
int64_t console_ioctl(uint32_t request, uint64_t argument, uint32_t process_group, uint32_t session);

/* Takes waiting input from the serial line, as far as there is room. */
void console_take_input(void);

void console_audit(struct djed_audit *audit);
/* Of it, what can be told of one client's waiter by looking at it alone; of the terminal without the marks in
 * its input. */
void waiter_check(struct djed_audit *audit, uint32_t i);
void terminal_check(struct djed_audit *audit);
/* invariants.c: after everything else in init; before an answer. */
void console_invariants_start(void);
void console_invariants(const uint64_t *from);

#endif
