/* Panic, log, audit lines, capabilities by name. */
#define KERNEL_BARE /* the logging and marking is done here */
#include <protocols/kernel.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime.h"

enum { LINE_MAX = 240 };

/* The formatter is instrumented code of the server; what it writes to the stack here is nobody's state. */
static size_t format_line(char *line, const char *format, va_list arguments)
{
	uint32_t window = djed_window_open;
	int length;

	djed_window_open = 0;
	length = vsnprintf(line, LINE_MAX, format, arguments);
	djed_window_open = window;
	return length < LINE_MAX ? (size_t)length : LINE_MAX - 1;
}

void djed_panic(const char *format, ...)
{
	char line[LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	djed_port_panic(line, format_line(line, format, arguments), (uintptr_t)__builtin_return_address(0));
}

void djed_log(const char *format, ...)
{
	char line[LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)kernel_log((uintptr_t)line, format_line(line, format, arguments));
	va_end(arguments);
}

void djed_log_text(const char *line, uint64_t length)
{
	(void)kernel_log((uintptr_t)line, length);
}

void djed_violation(struct djed_audit *audit, const char *format, ...)
{
	char line[LINE_MAX] = "violation: ";
	enum { PREFIX = 11 };
	va_list arguments;
	uint32_t window = djed_window_open;
	int length;

	audit->violations++;
	va_start(arguments, format);
	djed_window_open = 0;
	length = vsnprintf(line + PREFIX, sizeof(line) - PREFIX, format, arguments);
	djed_window_open = window;
	va_end(arguments);
	if (length > LINE_MAX - PREFIX - 1)
		length = LINE_MAX - PREFIX - 1;
	(void)kernel_log((uintptr_t)line, PREFIX + (uint64_t)length);
}

djed_slot djed_capability(const char *name)
{
	const struct djed_start_info *start = djed_start();

	for (uint32_t i = 0; i < start->capabilities && i < DJED_CAPABILITIES_MAX; i++)
		if (strcmp(start->capability[i].name, name) == 0)
			return start->capability[i].slot;
	djed_panic("the manifest does not grant '%s'", name);
}

uint64_t djed_now(void)
{
	return djed_port_now();
}
