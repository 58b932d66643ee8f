/* Formatted text and number parsing. Every server has the formatter, and few ever need it: it is kept small
 * rather than fast. */
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL __attribute__((noinline))

struct output {
	char *buffer;
	size_t size;
	size_t length; /* of the whole text, what did not fit included */
};

struct conversion {
	bool left, zero, plus, space, alternative;
	int width;
	int precision; /* -1: none */
	int bytes;     /* size of the integer argument */
};

SMALL static void put(struct output *output, char character)
{
	if (output->length + 1 < output->size)
		output->buffer[output->length] = character;
	output->length++;
}

SMALL static void pad(struct output *output, char character, int count)
{
	for (; count > 0; count--)
		put(output, character);
}

SMALL static void put_text(struct output *output, const struct conversion *c, const char *text)
{
	int length;

	if (!text)
		text = "(null)";
	length = (int)strnlen(text, c->precision >= 0 ? (size_t)c->precision : (size_t)INT_MAX);
	if (!c->left)
		pad(output, ' ', c->width - length);
	for (int i = 0; i < length; i++)
		put(output, text[i]);
	if (c->left)
		pad(output, ' ', c->width - length);
}

/* `sign`: character before the digits, or 0. */
SMALL static void put_number(struct output *output, const struct conversion *c, uint64_t value, unsigned base,
			     bool upper, char sign)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const char *prefix = "";
	char text[24]; /* 22 octal digits and more */
	int length = 0, before, zeros;

	if (c->alternative && base == 16 && value)
		prefix = upper ? "0X" : "0x";
	else if (c->alternative && base == 8 && value)
		prefix = "0";
	for (uint64_t rest = value; rest; rest /= base)
		text[length++] = digits[rest % base];
	if (length == 0 && c->precision != 0)
		text[length++] = '0';
	before = (int)strlen(prefix) + (sign != 0);
	zeros = c->precision - length;
	if (c->precision < 0 && c->zero && !c->left)
		zeros = c->width - before - length;
	if (zeros < 0)
		zeros = 0;
	if (!c->left)
		pad(output, ' ', c->width - before - zeros - length);
	if (sign)
		put(output, sign);
	while (*prefix)
		put(output, *prefix++);
	pad(output, '0', zeros);
	for (int i = length; i > 0; i--)
		put(output, text[i - 1]);
	if (c->left)
		pad(output, ' ', c->width - before - zeros - length);
}

/* Reads a decimal number; bounded, as a width of a billion is nobody's wish. */
SMALL static const char *read_number(const char *format, int *value)
{
	for (*value = 0; isdigit(*format); format++)
		if (*value < 100000)
			*value = *value * 10 + (*format - '0');
	return format;
}

SMALL static const char *read_flags(const char *format, struct conversion *c)
{
	for (;; format++) {
		switch (*format) {
		case '-':
			c->left = true;
			break;
		case '0':
			c->zero = true;
			break;
		case '+':
			c->plus = true;
			break;
		case ' ':
			c->space = true;
			break;
		case '#':
			c->alternative = true;
			break;
		default:
			return format;
		}
	}
}

SMALL static const char *read_length(const char *format, struct conversion *c)
{
	c->bytes = sizeof(int);
	if (format[0] == 'h') {
		c->bytes = format[1] == 'h' ? 1 : 2;
		return format + (c->bytes == 1 ? 2 : 1);
	}
	if (format[0] == 'l' || format[0] == 'z' || format[0] == 'j' || format[0] == 't') {
		c->bytes = 8;
		return format + (format[0] == 'l' && format[1] == 'l' ? 2 : 1);
	}
	return format;
}

static int64_t sign_extend(uint64_t value, int bytes)
{
	int shift = 64 - 8 * bytes;

	return (int64_t)(value << shift) >> shift;
}

static void put_signed(struct output *output, const struct conversion *c, uint64_t raw)
{
	int64_t value = sign_extend(raw, c->bytes);

	if (value < 0)
		put_number(output, c, -(uint64_t)value, 10, false, '-');
	else
		put_number(output, c, (uint64_t)value, 10, false, c->plus ? '+' : c->space ? ' ' : 0);
}

static void put_unsigned(struct output *output, const struct conversion *c, uint64_t raw, char kind)
{
	uint64_t value = c->bytes == 8 ? raw : raw & ((UINT64_C(1) << 8 * c->bytes) - 1);

	put_number(output, c, value, kind == 'u' ? 10 : kind == 'o' ? 8 : 16, kind == 'X', 0);
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct output output = {buffer, size, 0};

	while (*format) {
		struct conversion c = {.precision = -1};
		const char *start = format;

		if (*format != '%') {
			put(&output, *format++);
			continue;
		}
		format = read_flags(format + 1, &c);
		if (*format == '*') {
			c.width = va_arg(arguments, int);
			if (c.width < 0) {
				c.left = true;
				c.width = c.width == INT_MIN ? 0 : -c.width;
			}
			format++;
		} else {
			format = read_number(format, &c.width);
		}
		if (*format == '.') {
			if (*++format == '*') {
				c.precision = va_arg(arguments, int);
				format++;
			} else {
				format = read_number(format, &c.precision);
			}
		}
		format = read_length(format, &c);
		switch (*format) {
		case 'd':
		case 'i':
			put_signed(&output, &c,
				   c.bytes == 8 ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned));
			break;
		case 'u':
		case 'x':
		case 'X':
		case 'o':
			put_unsigned(&output, &c,
				     c.bytes == 8 ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned),
				     *format);
			break;
		case 'p':
			c.alternative = true;
			put_number(&output, &c, va_arg(arguments, uint64_t), 16, false, 0);
			break;
		case 'c': {
			char text[2] = {(char)va_arg(arguments, int), 0};
			c.precision = 1;
			put_text(&output, &c, text);
			break;
		}
		case 's':
			put_text(&output, &c, va_arg(arguments, const char *));
			break;
		case '%':
			put(&output, '%');
			break;
		default: /* unknown, or the format ended: show it as it stands */
			while (start < format)
				put(&output, *start++);
			continue;
		}
		format++;
	}
	if (size > 0)
		buffer[output.length < size ? output.length : size - 1] = 0;
	return (int)output.length;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

unsigned long long strtoull(const char *text, char **end, int base)
{
	unsigned long long value = 0;

	if ((base == 0 || base == 16) && text[0] == '0' && tolower(text[1]) == 'x') {
		text += 2;
		base = 16;
	} else if (base == 0) {
		base = text[0] == '0' ? 8 : 10;
	}
	for (;; text++) {
		int digit = isdigit(*text) ? *text - '0' : isalpha(*text) ? tolower(*text) - 'a' + 10 : 99;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, (unsigned long long)base, &value) ||
		    __builtin_add_overflow(value, (unsigned long long)digit, &value))
			value = ULLONG_MAX;
	}
	if (end)
		*end = (char *)text;
	return value;
}
