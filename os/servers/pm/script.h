/* The argument block of an exec, and the first line of scripts. */
#ifndef PM_SCRIPT_H
#define PM_SCRIPT_H

#include "pm.h"

enum {
	HEAD_SIZE = 128, /* bytes of a program that vfs hands over */
	SCRIPTS_MAX = 5, /* interpreters of interpreters; ELOOP beyond, as Linux */
	/* Room before the arguments for what scripts put there, and for the path. */
	FRONT_SIZE = 2 * PATH_SIZE + SCRIPTS_MAX * HEAD_SIZE,
};

/* Strings lie one behind the other, each with its NUL: arguments, then environment. `first` moves down as
 * strings are put in front. */
struct block {
	uint32_t first, end;		 /* offsets into text */
	uint32_t arguments, environment; /* strings */
	char text[FRONT_SIZE + ARGUMENTS_SIZE];
};

void block_reset(struct block *b);
/* Adds one string at the end; -E2BIG. */
djed_status block_append(struct block *b, const char *text, uint32_t length);
/* Puts one string in front; -E2BIG. */
djed_status block_prepend(struct block *b, const char *text, uint32_t length);
/* Takes the first argument away. */
void block_drop_first(struct block *b);

/* Splits the first line of a script: "#! interpreter [argument]". The argument is the rest of the line
 * without outer blanks; argument_length 0: none. False: no script, or the line does not name an interpreter
 * or is cut short. */
struct script_line {
	const char *interpreter, *argument;
	uint32_t interpreter_length, argument_length;
};
bool script_parse(const char *head, uint32_t length, struct script_line *line);

#endif
