/* What was seen before a crash, and names of messages. */
#ifndef DJED_CRASHES_EVENTS_H
#define DJED_CRASHES_EVENTS_H

#include "crashes.h"

#include <stdio.h>

/* PROTOCOL.MESSAGE, or the name of a system call. Good until the next call. */
const char *message_name(uint32_t label);

/* The last events before the first crash that `record` is of: the service's own where it was traced, else the
 * system calls of all programs, with caller and callee; that they are overwritten, or that there were none.
 * Nothing if the file has no ring with events. */
void events_print(FILE *out, const struct crashes_file *file, const struct djed_crash_record *record);

#endif
