/* The undo log: contract between the instrumentation (passes/), the runtime and the kernel.
 *
 * Layout. The log grows upwards from DJED_LOG_BASE. A record is its payload (the old bytes, padded to
 * 8) followed by one header word, so that rollback can walk backwards from the top:
 *
 *     payload (size rounded up to 8) | header = address | size << 56        size 1..128
 *     payload | length word (bytes)  | header = address | 255 << 56         any length
 *     argument word | function word  | header =           254 << 56         undo_call: function(argument)
 *
 * Addresses are user addresses (below 2^47), so the top byte is free. The inline fast path is: load
 * djed_log_top, store payload and header, store djed_log_top. There is no bound check: behind the
 * real log lies the sink (abi/layout.h). */
#ifndef DJED_UNDO_H
#define DJED_UNDO_H

#include <stddef.h>
#include <stdint.h>

enum { DJED_UNDO_LONG = 255, DJED_UNDO_CALL = 254, DJED_UNDO_SHORT_MAX = 128 };

/* First free byte of the log. Section ".djed.runtime": neither logged nor rolled back. */
extern uint64_t *djed_log_top;

/* Non-zero while a recovery window is open: instrumented clones run. Section ".djed.runtime". */
extern uint32_t djed_window_open;

/* Appends the record of `length` bytes at `address` (any alignment, any length, may be 0). Used by
 * the instrumentation for everything the inline path does not cover; safe to call with a closed
 * window (does nothing then). Addresses inside the running stack are skipped. */
void djed_undo_range(const void *address, size_t length);

/* Appends a call to be made by rollback: `inverse(argument)`. Logged *before* the operation that it
 * takes back, so it must be harmless if the operation never happened (rule 10). */
void djed_undo_call(void (*inverse)(uint64_t argument), uint64_t argument);

/* Undoes everything from the top down to the base and empties the log. */
void djed_undo_rollback(void);

/* Forgets everything in the log: its transaction has ended. Moves one pointer. */
void djed_undo_reset(void);

#endif
