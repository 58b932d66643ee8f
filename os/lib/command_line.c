#include "command_line.h"

#include <string.h>

static int hex_digit(char c)
{
	char lower = (char)(c | 0x20);

	return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
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

bool command_line_word(const char **at, char *word, size_t size)
{
	size_t length = 0;

	if (size == 0)
		return false;
	while (**at && **at != ' ' && length + 1 < size)
		word[length++] = decode(at);
	word[length] = 0;
	return !**at || **at == ' ';
}

bool command_line_option(const char **line, const char **end)
{
	while (**line == ' ')
		++*line;
	for (*end = *line; **end && **end != ' ';)
		++*end;
	return *end > *line && !(*end - *line == 2 && memcmp(*line, "--", 2) == 0);
}

bool command_line_value(const char *line, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	const char *found = NULL, *end;

	for (; command_line_option(&line, &end); line = end)
		if (strncmp(line, key, length) == 0 && line[length] == '=')
			found = line + length + 1;
	return found && command_line_word(&found, value, size);
}
