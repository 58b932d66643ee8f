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
 * djed_log_top, store payload and header, store djed_log_top, and only then make the store that is logged: a
 * server may be stopped between any two instructions. There is no bound check: behind the real log lies the
 * sink (abi/layout.h).
 *
 * Neither the log nor anything in a section whose name starts with ".djed." is logged or rolled back. */
#ifndef DJED_UNDO_H
#define DJED_UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DJED_UNDO_LONG = 255, DJED_UNDO_CALL = 254, DJED_UNDO_SHORT_MAX = 128 };

/* First free byte of the log. Section ".djed.runtime": neither logged nor rolled back. */
extern uint64_t *djed_log_top;

/* Non-zero while a recovery window is open: instrumented clones run. Section ".djed.runtime". It changes only
 * while no instrumented function is active (between two deliveries), or from 1 to 0 in djed_window_effect. */
extern uint32_t djed_window_open;

/* The stack [low, high) on which handlers run. Records inside it are neither made by djed_undo_range nor
 * restored by djed_undo_rollback: rollback abandons every frame above the main loop's, and may itself be
 * running there. Set once by the port, before the first window. Section ".djed.runtime". */
extern uintptr_t djed_stack_low, djed_stack_high;

/* Qualifier of memory that must be neither logged nor read before it is written: device registers, DMA
 * buffers and descriptors, rings shared with others. `volatile uint32_t DJED_DEVICE *registers`. What is
 * exempt is printed in the passes' report. */
#define DJED_DEVICE __attribute__((address_space(1)))

/* Says where the log lies and empties it. `log` is 8-byte aligned, and large enough for anything that one
 * window writes, or ends in pages that absorb the rest. Once, at start. */
void djed_undo_attach(void *log);

/* Bytes in the log now; 0: empty. */
size_t djed_undo_length(void);

/* Appends the record of `length` bytes at `address` (any alignment, any length, may be 0). Used by
 * the instrumentation for everything the inline path does not cover; safe to call with a closed
 * window (does nothing then). Addresses inside the running stack are skipped. */
void djed_undo_range(const void *address, size_t length);

/* Appends a call to be made by rollback: `inverse(argument)`. Logged *before* the operation that it
 * takes back, so it must be harmless if the operation never happened (rule 10). It must depend on its
 * argument alone: when it runs, part of the memory is undone already. Does nothing with a closed window. */
void djed_undo_call(void (*inverse)(uint64_t argument), uint64_t argument);

/* Of addresses and present contents of all that the log holds, so that two executions can be compared; 0: it
 * is empty or damaged; 1: it is longer than 2 KiB, which would take too long. */
uint32_t djed_undo_digest(void);

/* Undoes everything from the top down to the base and empties the log. The whole log is checked first: false
 * means that it is damaged, nothing was undone and the log is as it was. If a server is stopped in the middle
 * of it, it can be called again: restoring twice gives the same bytes, and an inverse is called at most once.
 */
bool djed_undo_rollback(void);

/* Forgets everything in the log: its transaction has ended. Moves one pointer. Only between two deliveries.
 */
void djed_undo_reset(void);

#endif
