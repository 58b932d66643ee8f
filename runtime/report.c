/* Panic, log, audit lines, time. */
#define KERNEL_BARE /* the logging and marking is done here */
#include <protocols/kernel.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime.h"

enum { LINE_MAX = 240 };

/* Writes at most `size` bytes, NUL included, and gives the length without it. The formatter is instrumented
 * code of the server; what it writes to the stack here is nobody's state. */
static size_t format_line(char *line, size_t size, const char *format, va_list arguments)
{
	uint32_t window = djed_window_open;
	size_t length;

	djed_window_open = 0;
	length = (size_t)vsnprintf(line, size, format, arguments);
	djed_window_open = window;
	return length < size ? length : size - 1;
}

void djed_panic(const char *format, ...)
{
	char line[LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	djed_port_panic(line, format_line(line, LINE_MAX, format, arguments),
			(uintptr_t)__builtin_return_address(0));
}

void djed_log(const char *format, ...)
{
	char line[LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)kernel_log((uintptr_t)line, format_line(line, LINE_MAX, format, arguments));
	va_end(arguments);
}

void djed_log_text(const char *line, uint64_t length)
{
	(void)kernel_log((uintptr_t)line, length);
}

void djed_violation(struct djed_audit *audit, const char *format, ...)
{
	char line[LINE_MAX] = "violation: ";
	size_t length = strlen(line);
	va_list arguments;

	audit->violations++;
	va_start(arguments, format);
	length += format_line(line + length, LINE_MAX - length, format, arguments);
	va_end(arguments);
	(void)kernel_log((uintptr_t)line, length);
}

uint64_t djed_now(void)
{
	return djed_ipc.in.begun ? djed_ipc.in.begun : djed_port_now();
}

uint64_t djed_clock(void)
{
	return djed_port_now();
}
