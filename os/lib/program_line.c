/* The part of the command line that names a program, for those who start it. */
#include "command_line.h"

bool command_line_next(const char **at, char *word, size_t size)
{
	const char *text = *at;

	while (*text == ' ')
		text++;
	if (!*text || !command_line_word(&text, word, size))
		return false;
	*at = text;
	return true;
}

const char *command_line_program(const char *line)
{
	const char *end;

	while (command_line_option(&line, &end))
		line = end;
	return end > line ? end : NULL;
}
