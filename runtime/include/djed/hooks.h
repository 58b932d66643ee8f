/* What instrumented code calls and tests besides the undo log: contract between passes/ and the runtime.
 *
 * The flags lie in the section ".djed.runtime" and are tested inline, so a hook that is off costs two
 * instructions. The hooks are rare and called from the middle of hot code: preserve_most makes them save
 * registers rather than the caller. */
#ifndef DJED_HOOKS_H
#define DJED_HOOKS_H

/* Where the label lies in struct djed_delivery, for djed-trace, which reads it at a handler's entry. */
#define DJED_DELIVERY_LABEL_OFFSET 56

#ifndef __cplusplus
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../os/abi/message.h"

_Static_assert(offsetof(struct djed_delivery, message.label) == DJED_DELIVERY_LABEL_OFFSET, "layout");

#define DJED_HOOK __attribute__((preserve_most))

/* djed-window. Non-zero under the osiris policy: the window closes at the first state-changing message. */
extern uint32_t djed_policy_closes;
/* Called before an outgoing message of a class other than `reads`, in an open window, if djed_policy_closes
 * is set. */
DJED_HOOK void djed_window_effect(uint32_t effect);

/* djed-trace. `label` is the request's (or the outgoing message's) label; a notification's work has
 * DJED_LABEL(DJED_PROTOCOL_EVENT, 0). Entries and exits nest. `status` is an outgoing call's result, 0 for
 * handlers. */
extern uint32_t djed_trace_on;
DJED_HOOK void djed_trace_enter(uint32_t label);
DJED_HOOK void djed_trace_exit(int64_t status);

/* djed-fault. Called when execution reaches the site that the fault slot names. True: the fault strikes now.
 */
DJED_HOOK bool djed_fault_strikes(void);
/* An arbitrary value for the fault of `site`, which strikes: the same in each run, another at each strike. */
DJED_HOOK uint64_t djed_fault_value(uint32_t site);
/* Executions of each basic block while its function is awake (os/abi/lab.h), in the order of the site table's
 * block numbers, outside of windows; then the same in windows (in the version with the undo log); section
 * ".djed.counts". Only in campaign builds:
 * weak where the runtime announces them to the laboratory. */
extern uint64_t djed_block_counts[];
extern const uint64_t djed_block_count; /* blocks: half of the entries */
#endif

#endif
