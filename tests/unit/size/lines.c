#include "lines.h"

#include <criterion/criterion.h>
#include <string.h>

Test(size, lines)
{
	static const struct {
		const char *text;
		unsigned long lines;
	} cases[] = {
	    {"", 0},
	    {"\n \t\n\r\n", 0},
	    {"int a;", 1},
	    {"int a;\n\nint b;\n", 2},
	    {"/* a\n * b\n */\nint a; /* c */\n", 1},
	    {"/* a */ int a;\n// int b;\n", 1},
	    {"/* a\n */ int a; /*\nint b; */\n", 1},
	    {"// a \\\nint b;\nint c;\n", 1},
	    {"char *a = \"/*\";\nint b;\n", 2},
	    {"char *a = \"\\\"/*\";\nint b; /* \"\n */\nint c;\n", 3},
	    {"char a = '\"'; // \"\nchar b = '\\''; /* '\n*/ int c;\n", 3},
	    {"int a = 1 / 2 * 3; /**/\n/*/\nint b;\n*/\n", 1},
	    {"/", 1},
	    {"\"", 1},
	    {"#define A \\\n\t1\n", 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(count_lines(cases[i].text, strlen(cases[i].text)), cases[i].lines, "%lu: %s",
			     count_lines(cases[i].text, strlen(cases[i].text)), cases[i].text);
}
