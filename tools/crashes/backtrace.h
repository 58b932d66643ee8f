#ifndef DJED_TOOLS_BACKTRACE_H
#define DJED_TOOLS_BACKTRACE_H

#include "abi/crash_records.h"

/* Prints the calls that led to the crash, innermost first, as far as the stack was kept. `elf`: the service
 * as it was linked, with unwinding tables and debug information; where it does not help, addresses alone are
 * printed. */
void backtrace_print(const struct djed_crash_record *record, const char *elf);

#endif
