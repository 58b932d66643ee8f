/* The boot archive: POSIX ustar, read in place. Every field is checked before it is used. */
#ifndef DJED_LIB_ARCHIVE_H
#define DJED_LIB_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

/* Contents of a regular file by its full name; *length gets its size. NULL: there is none, or the archive is
 * damaged in front of it. */
const void *archive_find(const void *archive, size_t size, const char *name, size_t *length);

#endif
