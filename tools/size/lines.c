#include "lines.h"

#include <stdbool.h>

unsigned long count_lines(const char *text, size_t length)
{
	enum { CODE, LINE_COMMENT, COMMENT, STRING, CHARACTER } state = CODE;
	unsigned long lines = 0;
	bool code = false; /* on this line */

	for (size_t i = 0; i < length; i++) {
		char c = text[i], next = i + 1 < length ? text[i + 1] : '\n';

		if (c == '\n') {
			/* A backslash before it continues a comment or string; an open literal is an error
			 * elsewhere. */
			if (state != COMMENT && (i == 0 || text[i - 1] != '\\'))
				state = CODE;
			lines += code;
			code = false;
			continue;
		}
		switch (state) {
		case CODE:
			if (c == '/' && (next == '/' || next == '*')) {
				state = next == '/' ? LINE_COMMENT : COMMENT;
				i++;
			} else if (c != ' ' && c != '\t' && c != '\r') {
				code = true;
				state = c == '"' ? STRING : c == '\'' ? CHARACTER : CODE;
			}
			break;
		case COMMENT:
			if (c == '*' && next == '/') {
				state = CODE;
				i++;
			}
			break;
		case STRING:
		case CHARACTER:
			code = true;
			if (c == '\\' && next != '\n')
				i++;
			else if (c == (state == STRING ? '"' : '\''))
				state = CODE;
			break;
		case LINE_COMMENT:
			break;
		}
	}
	return lines + code;
}
