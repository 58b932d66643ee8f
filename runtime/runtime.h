/* Inside of the runtime: state of the request in hand, and what a port provides. */
#ifndef DJED_RUNTIME_H
#define DJED_RUNTIME_H

#include "include/djed/hooks.h"
#include "include/djed/server.h"

/* Neither logged nor rolled back (docs/transactions.md). */
#define DJED_RUNTIME __attribute__((section(".djed.runtime")))

struct djed_runtime {
	uint32_t next;		      /* enum djed_next: what becomes of the request in hand */
	djed_slot target;	      /* DJED_NEXT_FORWARD */
	int32_t status;		      /* of the reply, or result of a park whose holder is lost */
	uint32_t words;		      /* of the reply */
	uint32_t log_lost;	      /* the window was closed before the end, or a final effect happened */
	uint32_t recovers;	      /* the policy uses windows */
	uint32_t undone;	      /* digest of the log that was undone last, if it was wanted */
	uint64_t not_before;	      /* no deadline before this time, ns since boot */
	djed_transaction transaction; /* whose changes the log holds */
	const uint64_t *log_from;     /* first record of the delivery in hand */
	uint64_t word[DJED_WORDS_MAX];
};
extern struct djed_runtime djed_runtime;

#ifdef DJED_HOSTED
/* Linux: several servers may take turns in one process. */
extern const struct djed_server *djed_port_server;
#define djed_served (*djed_port_server)
#else
#define djed_served djed_server
#endif

/* Prepares the runtime from the start information and calls the server's init. 0 or init's error. */
djed_status djed_runtime_start(void);

/* Serves the delivery in djed_ipc.in; afterwards djed_runtime says what is to become of it, and for a reply,
 * forward or park djed_ipc.out is complete. */
void djed_runtime_step(void);

/* State of the log as it must be told to the kernel now: enum djed_log_state. */
uint32_t djed_runtime_log_state(void);
/* The same with the bytes in use, as kernel_receive and kernel_call take it. */
uint64_t djed_runtime_log(void);

/* djed_deadline, or later if what it is for keeps failing. */
uint64_t djed_runtime_deadline(void);

/* Undoes the log and forgets the request in hand; runs on any stack. Panics if the log is damaged. */
void djed_runtime_undo(void);

/* ---- port ----------------------------------------------------------------------------------------- */

/* Sets djed_stack_low and _high and attaches the undo log. */
void djed_port_prepare(void);
uint64_t djed_port_now(void); /* ns since boot */
/* The server cannot go on. `line` identifies the place, see kernel_panic. */
[[noreturn]] void djed_port_panic(const char *text, size_t length, uint64_t line);

#endif
