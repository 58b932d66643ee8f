/* Strings of servers. The mem* functions are native code of the runtime (runtime/memory.c); the others are
 * ordinary, instrumented code (os/lib/string.c). Semantics are those of ISO C and, for strlcpy and strnlen,
 * of POSIX. */
#ifndef DJED_LIB_STRING_H
#define DJED_LIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *left, const void *right, size_t length);
void *memchr(const void *memory, int value, size_t length);

size_t strlen(const char *text);
size_t strnlen(const char *text, size_t size);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t length);
char *strchr(const char *text, int character);
char *strrchr(const char *text, int character);

#define strlcpy lib_strlcpy
/* Copies at most size - 1 bytes and ends them with NUL (size 0: nothing). Returns strlen(from): a result of
 * at least `size` says that the copy was cut short. */
size_t strlcpy(char *restrict to, const char *restrict from, size_t size);

#endif
