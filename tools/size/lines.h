/* Source lines of C and assembly. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

/* Lines that hold something else than blanks and comments. Comments are as in C (also in assembly run through
 * the preprocessor); strings and character literals are known. */
unsigned long count_lines(const char *text, size_t length);

#endif
