#include "log.h"
#include "arch.h"
#include "lab.h"
#include <stdarg.h>

static void put_text(const char *text)
{
	while (*text)
		arch_debug_put(*text++);
}

static void put_number(uint64_t value, unsigned base)
{
	char digits[20];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (count)
		arch_debug_put(digits[--count]);
}

static void put_format(const char *format, va_list arguments)
{
	for (; *format; format++) {
		if (*format != '%') {
			arch_debug_put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(va_arg(arguments, const char *));
			break;
		case 'c':
			arch_debug_put((char)va_arg(arguments, int));
			break;
		case 'd': {
			int value = va_arg(arguments, int);
			if (value < 0)
				arch_debug_put('-');
			put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
			break;
		}
		case 'u':
			put_number(va_arg(arguments, unsigned), 10);
			break;
		case 'x':
			put_number(va_arg(arguments, unsigned), 16);
			break;
		case 'p':
			put_number(va_arg(arguments, uint64_t), 16);
			break;
		default:
			return; /* a mistake in the kernel: what follows cannot be read */
		}
	}
}

void kernel_log(const char *format, ...)
{
	va_list arguments;

	put_text("kernel: ");
	va_start(arguments, format);
	put_format(format, arguments);
	va_end(arguments);
	arch_debug_put('\n');
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
	put_text("kernel: panic: ");
	va_start(arguments, format);
	put_format(format, arguments);
	va_end(arguments);
	arch_debug_put('\n');
	arch_callers_dump();
	lab_halt(DJED_LAB_PANIC, DJED_EXIT_KEPT);
}
