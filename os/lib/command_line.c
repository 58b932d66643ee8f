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

bool command_line_next(const char **at, char *word, size_t size)
{
	const char *text = *at;
	size_t length = 0;

	while (*text == ' ')
		text++;
	if (!*text)
		return false;
	while (*text && *text != ' ') {
		if (length + 1 >= size)
			return false;
		word[length++] = decode(&text);
	}
	word[length] = 0;
	*at = text;
	return true;
}

static const char *word_end(const char *text)
{
	while (*text && *text != ' ')
		text++;
	return text;
}

static bool is_separator(const char *word, const char *end)
{
	return end - word == 2 && word[0] == '-' && word[1] == '-';
}

const char *command_line_program(const char *line)
{
	for (;;) {
		while (*line == ' ')
			line++;
		if (!*line)
			return NULL;
		const char *end = word_end(line);
		if (is_separator(line, end))
			return end;
		line = end;
	}
}

bool command_line_value(const char *line, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	const char *found = NULL;

	for (;;) {
		while (*line == ' ')
			line++;
		const char *end = word_end(line);
		if (!*line || is_separator(line, end))
			break;
		if (strncmp(line, key, length) == 0 && line[length] == '=')
			found = line + length + 1;
		line = end;
	}
	if (!found || size == 0)
		return false;
	for (size_t i = 0;; i++) {
		if (i == size)
			return false;
		if (!*found || *found == ' ') {
			value[i] = 0;
			return true;
		}
		value[i] = decode(&found);
	}
}
