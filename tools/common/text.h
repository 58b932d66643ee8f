/* Errors and text for the host tools. */
#ifndef DJED_TOOLS_TEXT_H
#define DJED_TOOLS_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit status of every tool when Djed itself fails; a guest program's own status is passed on otherwise. */
enum { EXIT_DJED = 125 };

/* Prints "TOOL: message" on stderr and exits with EXIT_DJED. */
[[noreturn]] void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Name that `die` prints; set first thing in main. */
extern const char *tool_name;

/* A growing byte string. Zeroed memory is an empty one; `bytes` always has a NUL behind `length`. */
struct text {
	char *bytes;
	size_t length, capacity;
};
void text_add(struct text *t, const void *bytes, size_t length);
void text_format(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_clear(struct text *t); /* keeps the memory */
void text_free(struct text *t);

/* malloc'ed; never NULL. */
char *format_string(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reads a whole file; dies with the reason if it cannot. The caller frees text. */
struct text read_file(const char *path);

/* FNV-1a, 64 bits: tells what has changed by mistake, not on purpose. */
uint64_t digest(const void *bytes, size_t length);
/* Of a file's contents. Dies where read_file does. */
uint64_t digest_file(const char *path);
/* Writes a file whole or not at all (temporary name, fsync, rename); dies with the reason. */
void write_file(const char *path, const void *bytes, size_t length);
/* mkdir -p; dies with the reason. */
void make_directories(const char *path);

/* A decimal number within bounds, or die naming `what`. */
unsigned long long parse_number(const char *text, const char *what, unsigned long long low,
				unsigned long long high);

/* Seconds of a monotonic clock. */
double seconds_now(void);

#endif
