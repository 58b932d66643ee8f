/* Words of the boot command line (abi/layout.h): "key=value" words, then " -- program arguments...". Values
 * and arguments have bytes below 33, '%' and 127 in %XX form. */
#ifndef DJED_LIB_COMMAND_LINE_H
#define DJED_LIB_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Copies the decoded value of `key` to `value` (size bytes, NUL-terminated). False: there is no such word
 * before " -- ", and `value` is as it was; or it does not fit, and is cut short. The last one counts. */
bool command_line_value(const char *line, const char *key, char *value, size_t size);

/* The text behind " -- ", still encoded, or NULL: no program is named. */
const char *command_line_program(const char *line);

/* Decodes the blank-separated word at *at into `word` and moves *at behind it. False: no word is left, or it
 * does not fit (then *at stays). */
bool command_line_next(const char **at, char *word, size_t size);

/* ---- what both are made of ------------------------------------------------------------------- */

/* Decodes up to the next blank; *at is behind what was taken. False: it does not fit. */
bool command_line_word(const char **at, char *word, size_t size);

/* Moves *line to its next word, and *end behind that. False: it is "--", or there is none. */
bool command_line_option(const char **line, const char **end);

#endif
