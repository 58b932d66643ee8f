/* Heap and number parsing of servers.
 *
 * The names are mapped, so that a server's unit test on the host, where the C library has its own malloc,
 * still runs on the server's heap. */
#ifndef DJED_LIB_STDLIB_H
#define DJED_LIB_STDLIB_H

#include <stddef.h>

#define malloc heap_malloc
#define calloc heap_calloc
#define realloc heap_realloc
#define free heap_free
#define strtoull lib_strtoull

/* Memory for `size` bytes (0 counts as 1), aligned to 16, or NULL where the heap is exhausted. Contents are
 * undefined. A block has a red zone on both sides: free and realloc panic if one was written to, and on a
 * block that is not allocated. */
void *malloc(size_t size);
/* The same for count * size bytes, zeroed; NULL on overflow too. */
void *calloc(size_t count, size_t size);
/* Grows or shrinks a block, which may move; NULL leaves it as it is. NULL as block: malloc. */
void *realloc(void *block, size_t size);
void free(void *block);

/* Reads an unsigned number in base 8, 10 or 16 (0: by prefix) without sign or leading blanks; stops at the
 * first other character, whose address goes to *end (where end is not NULL). Saturates at ULLONG_MAX. */
unsigned long long strtoull(const char *text, char **end, int base);

#endif
