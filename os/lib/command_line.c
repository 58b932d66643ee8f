#include "command_line.h"

#include <ctype.h>
#include <string.h>

static int hex_digit(char c)
{
	return isdigit(c) ? c - '0' : tolower(c) >= 'a' && tolower(c) <= 'f' ? tolower(c) - 'a' + 10 : -1;
}

/* One character of encoded text; *at moves behind it. A '%' without two hex digits stands for itself. */
static char decode(const char **at)
{
	const char *text = *at;

	if (text[0] == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
		*at += 3;
		return (char)(hex_digit(text[1]) << 4 | hex_digit(text[2]));
	}
	*at += 1;
	return *text;
}

/* Decodes up to the next blank; *at is behind what was taken. False: it does not fit. */
static bool decode_word(const char **at, char *word, size_t size)
{
	size_t length = 0;

	if (size == 0)
		return false;
	while (**at && **at != ' ' && length + 1 < size)
		word[length++] = decode(at);
	word[length] = 0;
	return !**at || **at == ' ';
}

bool command_line_next(const char **at, char *word, size_t size)
{
	const char *text = *at;

	while (*text == ' ')
		text++;
	if (!*text || !decode_word(&text, word, size))
		return false;
	*at = text;
	return true;
}

/* Moves *line to its next word, and *end behind that. False: it is "--", or there is none. */
static bool next_option(const char **line, const char **end)
{
	while (**line == ' ')
		++*line;
	for (*end = *line; **end && **end != ' ';)
		++*end;
	return *end > *line && !(*end - *line == 2 && memcmp(*line, "--", 2) == 0);
}

const char *command_line_program(const char *line)
{
	const char *end;

	while (next_option(&line, &end))
		line = end;
	return end > line ? end : NULL;
}

bool command_line_value(const char *line, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	const char *found = NULL, *end;

	for (; next_option(&line, &end); line = end)
		if (strncmp(line, key, length) == 0 && line[length] == '=')
			found = line + length + 1;
	return found && decode_word(&found, value, size);
}
