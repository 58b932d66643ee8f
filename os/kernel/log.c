#include "log.h"
#include "../abi/format.h"
#include "arch.h"
#include "lab.h"

enum { LINE_MAX = 256 }; /* bytes of a line, its NUL included; what is longer is cut */

static void put_text(const char *text)
{
	while (*text)
		arch_debug_put(*text++);
}

static void put_line(const char *source, const char *format, va_list arguments)
{
	char line[LINE_MAX];

	djed_format(line, sizeof(line), format, arguments);
	put_text(source);
	put_text(line);
	arch_debug_put('\n');
}

void kernel_log(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_line("kernel: ", format, arguments);
	va_end(arguments);
}

void log_line(const char *source, const char *text, size_t length)
{
	put_text(source);
	put_text(": ");
	for (size_t i = 0; i < length; i++)
		arch_debug_put((text[i] >= ' ' && text[i] != 127) || text[i] == '\t' ? text[i] : '?');
	arch_debug_put('\n');
}

void panic(const char *format, ...)
{
	static bool again;
	va_list arguments;

	if (again) /* what follows is what broke */
		arch_halt(false);
	again = true;
	va_start(arguments, format);
	put_line("kernel: panic: ", format, arguments);
	va_end(arguments);
	arch_callers_dump();
	lab_halt(DJED_LAB_PANIC, DJED_EXIT_KEPT);
}
