/* The part of printf that the reliable computing base has, in place of format.c: conversions as in
 * abi/format.h, and a buffer of at least one byte. The length returned is that of what was written. */
#include <abi/format.h>
#include <stdio.h>

int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
	return (int)djed_format(buffer, size, format, arguments);
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
