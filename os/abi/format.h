/* The formatter of the reliable computing base: for the lines that kernel, root and rs write to the log.
 * Servers have all of printf (os/lib/format.c). */
#ifndef DJED_ABI_FORMAT_H
#define DJED_ABI_FORMAT_H

#include <stdarg.h>

#include "types.h"

struct djed_text {
	char *at, *end; /* `end`: where the NUL must be at the latest */
};

static inline void djed_text_put(struct djed_text *text, char character)
{
	if (text->at < text->end)
		*text->at++ = character;
}

static inline void djed_text_string(struct djed_text *text, const char *string)
{
	while (*string)
		djed_text_put(text, *string++);
}

static inline void djed_text_number(struct djed_text *text, uint64_t value, unsigned base)
{
	char digits[21], *first = digits + sizeof(digits) - 1;

	*first = 0;
	do
		*--first = "0123456789abcdef"[value % base];
	while (value /= base);
	djed_text_string(text, first);
}

/* Writes at most `size` bytes (not 0), NUL included, and gives the length without it. Knows %s, %d, %u,
 * %x, %p and %%; `l` before a number: 64 bits; `#` before x: with 0x. It ends at anything else, as what
 * follows cannot be read. */
static inline size_t djed_format(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct djed_text text = {buffer, buffer + size - 1};

	for (; *format; format++) {
		bool wide = false, prefix = false;
		uint64_t value;

		if (*format != '%') {
			djed_text_put(&text, *format);
			continue;
		}
		for (format++; *format == 'l' || *format == '#'; format++) {
			wide |= *format == 'l';
			prefix |= *format == '#';
		}
		switch (*format) {
		case 's':
			djed_text_string(&text, va_arg(arguments, const char *));
			break;
		case '%':
			djed_text_put(&text, '%');
			break;
		case 'd':
			value = wide ? va_arg(arguments, uint64_t) : (uint64_t)va_arg(arguments, int);
			if (value >> 63)
				djed_text_put(&text, '-');
			djed_text_number(&text, value >> 63 ? -value : value, 10);
			break;
		case 'u':
		case 'x':
		case 'p':
			wide |= *format == 'p';
			value = wide ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned);
			djed_text_string(&text, prefix || *format == 'p' ? "0x" : "");
			djed_text_number(&text, value, *format == 'u' ? 10 : 16);
			break;
		default:
			goto end;
		}
	}
end:
	*text.at = 0;
	return (size_t)(text.at - buffer);
}

#endif
