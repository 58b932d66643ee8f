/* What the tools tell a guest: its command line, and folders of the host laid over its root file system. */
#ifndef DJED_TOOLS_GUEST_H
#define DJED_TOOLS_GUEST_H

#include <stdbool.h>
#include <stdint.h>

struct text;

/* Appends " -- WORD..." to a kernel command line: bytes below 33, '%' and above 126 as %XX. */
void guest_add_program(struct text *line, char *const *words);
/* Appends " KEY=" and the words escaped in the same way, separated by %20. */
void guest_add_words(struct text *line, const char *key, char *const *words);
/* Dies if the line is longer than the guest takes (DJED_COMMAND_LINE_MAX). */
void guest_check_line(const struct text *line);

/* Makes boot archive `target` from archive `source` with the folders laid over its root file system, in
 * order. Dies with the reason if one cannot be read. */
void guest_overlay(const char *source, const char *target, char *const *folders, unsigned count);

/* Checks an option's value against a list that ends with NULL; dies naming the choices. */
void require_choice(const char *option, const char *value, const char *const *choices);
/* The detectors (enum djed_detector) that an option names: all, none, or names separated by commas. Dies
 * naming the choices. */
uint32_t parse_detectors(const char *option, const char *list);
/* Appends their names, as that option takes them but with spaces behind the commas. */
void name_detectors(struct text *text, uint32_t bits);
extern const char *const policy_names[];
extern const char *const monitor_names[];

#endif
