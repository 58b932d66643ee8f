/* Formatted text of servers. The names are mapped for the same reason as in stdlib.h. */
#ifndef DJED_LIB_STDIO_H
#define DJED_LIB_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#define snprintf lib_snprintf
#define vsnprintf lib_vsnprintf

/* Writes at most size bytes, NUL included. Returns the length that the whole text has, NUL not counted.
 * Conversions: %d %i %u %x %X %o %c %s %p %%, flags - 0 + space #, width and precision (also *), lengths hh h
 * l ll z j t. An unknown conversion is copied as it stands. No floating point. */
int snprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
