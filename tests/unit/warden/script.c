/* The language of policy scripts: what is read, and every way to be wrong. */
#include <abi/script.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct djed_script script;
static uint32_t line;

static const char *parse(const char *text)
{
	return djed_script_parse(&script, text, strlen(text), &line);
}

Test(script, statements)
{
	cr_assert_null(
	    parse("# a comment\n\n\trecord  # another\nlog two  words # and no more\nbackoff 10 200\n"
		  "restart vfs\ngo there 3 1000\nflag\nat there\nbackoff 5\ngo end\nlog x\nat end\nend"));
	cr_assert_eq(script.lines, 12);
	cr_assert(script.line[0].statement == DJED_SCRIPT_RECORD && script.line[0].line == 3);
	cr_assert_str_eq(script.line[1].text, "two  words");
	cr_assert(script.line[2].number[0] == 10 && script.line[2].number[1] == 200);
	cr_assert_str_eq(script.line[3].word, "vfs");
	cr_assert(script.line[4].target == 6 && script.line[4].number[0] == 3 &&
		  script.line[4].number[1] == 1000);
	cr_assert(script.line[7].number[0] == 5 && script.line[7].number[1] == 5,
		  "MAX is MS where it is not given");
	cr_assert(script.line[8].target == 10 && script.line[8].number[0] == 0);
}

Test(script, errors)
{
	static const struct {
		const char *text, *wrong;
		uint32_t line;
	} cases[] = {
	    {"", "no statement", 0},
	    {"# nothing\n", "no statement", 0},
	    {"record\npray\n", "no such statement", 2},
	    {"averyveryverylongword\n", "no such statement", 1},
	    {"record now\n", "more in this line", 1},
	    {"log\n", "expected: log", 1},
	    {"backoff\n", "expected: backoff", 1},
	    {"backoff 0\n", "expected: backoff", 1},
	    {"backoff 3600001\n", "expected: backoff", 1},
	    {"backoff 99999999999999999999\n", "expected: backoff", 1},
	    {"backoff 10ms\n", "expected: backoff", 1},
	    {"backoff -1\n", "expected: backoff", 1},
	    {"backoff 20 10\n", "MAX is less", 1},
	    {"backoff 1 2 3\n", "more in this line", 1},
	    {"restart\n", "expected: restart", 1},
	    {"restart averyveryverylongname\n", "expected: restart", 1},
	    {"go\n", "expected: go", 1},
	    {"at a\ngo a 3\n", "expected: go", 2},
	    {"at a\ngo a 65 10\n", "more than 64", 2},
	    {"go nowhere 1 1\n", "no label", 1},
	    {"at a\nat a\n", "twice", 1},
	    {"record\nat a\nlog x\ngo a\n", "circle", 4},
	    {"at a\ngo b\nat b\ngo a\n", "circle", 2},
	    {"log \x01\n", "not text", 1},
	    {"log \xc3\xa4\n", "not text", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *wrong = parse(cases[i].text);

		cr_assert(wrong != NULL, "accepted: %s", cases[i].text);
		cr_expect(strstr(wrong, cases[i].wrong) && line == cases[i].line, "'%s', line %u, for '%s'",
			  wrong, line, cases[i].text);
	}
	cr_assert_null(parse("at a\nrecord\ngo a 2 1000\n"), "the condition may become false");
}

Test(script, too_long)
{
	static char text[4096];

	for (int i = 0; i < DJED_SCRIPT_LINES; i++)
		strcat(text, "record\n");
	cr_assert_null(parse(text));
	strcat(text, "end\n");
	cr_assert(strstr(parse(text), "more than 32") && line == 33);
	memset(text, 'x', 1000);
	memcpy(text, "log ", 4);
	text[1000] = 0;
	cr_assert(strstr(parse(text), "more in this line"));
}

/* Any bytes: a reason or a script whose lines lead nowhere else. */
Test(script, any_bytes)
{
	static const char *const words[] = {"log",     "at", "go", "end",  "record",  "flag",	   "backoff",
					    "restart", "a",  "b",  "1",	   "64",      "\n",	   "\n",
					    " ",       "\t", "#",  "\xff", "3600000", "4294967297"};
	char text[400];

	srand(1);
	for (int round = 0; round < 20000; round++) {
		text[0] = 0;
		for (int n = rand() % 40; n > 0; n--) {
			strcat(text, words[(unsigned)rand() % (sizeof(words) / sizeof(*words))]);
			strcat(text, rand() % 4 ? " " : "\n");
		}
		const char *wrong = parse(text);
		cr_assert(script.lines <= DJED_SCRIPT_LINES && (wrong || script.lines > 0));
		for (unsigned i = 0; !wrong && i < script.lines; i++)
			cr_assert(script.line[i].statement >= 1 &&
				  script.line[i].statement < DJED_SCRIPT_STATEMENTS &&
				  script.line[i].target < script.lines &&
				  memchr(script.line[i].word, 0, DJED_SCRIPT_WORD) &&
				  memchr(script.line[i].text, 0, DJED_SCRIPT_TEXT));
	}
}
