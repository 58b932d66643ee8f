/* The kernel's log on the debug port: one line at a time, each prefixed by its source. */
#ifndef DJED_KERNEL_LOG_H
#define DJED_KERNEL_LOG_H

#include <stddef.h>
#include <stdint.h>

/* One line of the kernel's own. Conversions are those of abi/format.h; %p takes any 64 bits. */
void kernel_log(const char *format, ...);
/* A line of a service; bytes that would break the line format are shown as '?'. */
void log_line(const char *source, const char *text, size_t length);
/* Prints the reason and the chain of callers, tells the host, and halts. */
[[noreturn]] void panic(const char *format, ...);

#endif
