/* Policy scripts: what is to be done when a service has crashed and recovery is over (docs/policies.md). One
 * statement a line; a `#` begins a comment. djed-manifest checks them when the system is built, and the
 * warden, which runs them, once more: by then anybody may have put another one in their place. */
#ifndef DJED_ABI_SCRIPT_H
#define DJED_ABI_SCRIPT_H

#include "types.h"

enum {
	DJED_SCRIPT_LINES = 32,
	DJED_SCRIPT_STEPS = 256,  /* that one crash may cause */
	DJED_SCRIPT_WORD = 16,	  /* bytes of a word, NUL included */
	DJED_SCRIPT_TEXT = 120,	  /* of `log` */
	DJED_SCRIPT_CRASHES = 64, /* that `go` can ask for */
	DJED_SCRIPT_MS = 3600000, /* longest time */
};

enum djed_statement {
	DJED_SCRIPT_LOG = 1, /* log TEXT... */
	DJED_SCRIPT_RECORD,  /* record: what crashed, and what was done about it, goes to the log */
	DJED_SCRIPT_FLAG,    /* flag: somebody should look */
	DJED_SCRIPT_BACKOFF, /* backoff MS [MAX]: wait; with each crash twice as long, up to MAX */
	DJED_SCRIPT_RESTART, /* restart SERVICE: a new instance of it, between two transactions */
	DJED_SCRIPT_AT,	     /* at LABEL */
	DJED_SCRIPT_GO,	     /* go LABEL [N MS]: if there were N crashes within MS */
	DJED_SCRIPT_END,     /* end */
	DJED_SCRIPT_STATEMENTS
};

struct djed_script_line {
	uint32_t statement;	     /* enum djed_statement */
	uint32_t line;		     /* in the file, from 1 */
	uint32_t number[2];	     /* MS and MAX; N and MS: 0: without condition */
	uint32_t target;	     /* GO: index of the line to go on at */
	char word[DJED_SCRIPT_WORD]; /* service or label */
	char text[DJED_SCRIPT_TEXT]; /* LOG */
};
struct djed_script {
	uint32_t lines;
	struct djed_script_line line[DJED_SCRIPT_LINES];
};

/* Reads a number without sign, and the blanks behind it; *at is behind them. ~0: there is none, or it is too
 * large. */
static inline uint32_t djed_script_number(const char **at, const char *end)
{
	const char *from = *at;
	uint32_t value = 0;

	for (; *at < end && **at >= '0' && **at <= '9' && value <= DJED_SCRIPT_MS; ++*at)
		value = value * 10 + (uint32_t)(**at - '0');
	if (*at == from || (*at < end && **at != ' ' && **at != '\t'))
		return ~0u;
	while (*at < end && (**at == ' ' || **at == '\t'))
		++*at;
	return value;
}

/* Takes a word and the blanks behind it into `to`. False: there is none, or it is too long. */
static inline bool djed_script_word(const char **at, const char *end, char *to)
{
	unsigned length = 0;

	for (; *at < end && **at != ' ' && **at != '\t'; ++*at) {
		if (length == DJED_SCRIPT_WORD - 1)
			return false;
		to[length++] = **at;
	}
	to[length] = 0;
	while (*at < end && (**at == ' ' || **at == '\t'))
		++*at;
	return length > 0;
}

static inline bool djed_script_same(const char *one, const char *other)
{
	while (*one && *one == *other)
		one++, other++;
	return *one == *other;
}

/* The numbers of a statement: as many as `most`, none or at least `least`. */
static inline bool djed_script_numbers(struct djed_script_line *line, const char **at, const char *end,
				       unsigned least, unsigned most)
{
	unsigned count = 0;

	for (; *at < end && count < most; count++) {
		line->number[count] = djed_script_number(at, end);
		if (line->number[count] == 0 || line->number[count] > DJED_SCRIPT_MS)
			return false;
	}
	return count >= least;
}

/* One line from `at` to `end`, without blanks at either end, and not empty. NULL, or what is wrong with it.
 */
static inline const char *djed_script_read(struct djed_script_line *line, const char *at, const char *end)
{
	static const char *const names[DJED_SCRIPT_STATEMENTS] = {
	    [DJED_SCRIPT_LOG] = "log",	       [DJED_SCRIPT_RECORD] = "record",	  [DJED_SCRIPT_FLAG] = "flag",
	    [DJED_SCRIPT_BACKOFF] = "backoff", [DJED_SCRIPT_RESTART] = "restart", [DJED_SCRIPT_AT] = "at",
	    [DJED_SCRIPT_GO] = "go",	       [DJED_SCRIPT_END] = "end"};
	char name[DJED_SCRIPT_WORD];
	unsigned length = 0;

	if (!djed_script_word(&at, end, name))
		return "there is no such statement";
	line->statement = DJED_SCRIPT_STATEMENTS - 1;
	while (line->statement && !djed_script_same(name, names[line->statement]))
		line->statement--;
	switch (line->statement) {
	case 0:
		return "there is no such statement";
	case DJED_SCRIPT_LOG:
		for (; at < end && length < DJED_SCRIPT_TEXT - 1; at++)
			line->text[length++] = *at;
		if (!length)
			return "expected: log TEXT...";
		break;
	case DJED_SCRIPT_BACKOFF:
		if (!djed_script_numbers(line, &at, end, 1, 2))
			return "expected: backoff MS [MAX], of 1 to 3600000 ms";
		if (!line->number[1])
			line->number[1] = line->number[0];
		if (line->number[1] < line->number[0])
			return "backoff: MAX is less than MS";
		break;
	case DJED_SCRIPT_RESTART:
		if (!djed_script_word(&at, end, line->word))
			return "expected: restart SERVICE";
		break;
	case DJED_SCRIPT_AT:
		if (!djed_script_word(&at, end, line->word))
			return "expected: at LABEL";
		break;
	case DJED_SCRIPT_GO:
		if (!djed_script_word(&at, end, line->word) ||
		    (at < end && !djed_script_numbers(line, &at, end, 2, 2)))
			return "expected: go LABEL [CRASHES MS]";
		if (line->number[0] > DJED_SCRIPT_CRASHES)
			return "go: more than 64 crashes are not counted";
		break;
	default:
		break;
	}
	return at < end ? "there is more in this line than belongs there" : NULL;
}

/* Where a `go` leads. NULL, or what is wrong. */
static inline const char *djed_script_link(struct djed_script *script, struct djed_script_line *from)
{
	unsigned found = 0;

	for (unsigned i = 0; i < script->lines; i++) {
		if (script->line[i].statement != DJED_SCRIPT_AT ||
		    !djed_script_same(script->line[i].word, from->word))
			continue;
		from->target = i;
		found++;
	}
	if (found > 1)
		return "this label is given twice";
	return found ? NULL : "there is no label of this name";
}

/* Whether something is done, before the script comes here again without a condition: else it would never end.
 */
static inline bool djed_script_circles(const struct djed_script *script, unsigned at)
{
	for (unsigned steps = 0; steps <= DJED_SCRIPT_LINES; steps++) {
		const struct djed_script_line *line = &script->line[at];

		if (at >= script->lines || line->statement == DJED_SCRIPT_END ||
		    (line->statement == DJED_SCRIPT_GO && line->number[0]))
			return false;
		at = line->statement == DJED_SCRIPT_GO ? line->target : at + 1;
	}
	return true;
}

/* Reads a script of `size` bytes. NULL: *script is it. Else what is wrong, in *line (from 1; 0: as a whole).
 */
static inline const char *djed_script_parse(struct djed_script *script, const char *bytes, uint64_t size,
					    uint32_t *line)
{
	const char *end = bytes + size, *wrong = NULL;

	*script = (struct djed_script){0};
	*line = 0;
	while (bytes < end && !wrong) {
		const char *stop = bytes, *next, *comment;

		++*line;
		while (stop < end && *stop != '\n') {
			if ((*stop < ' ' && *stop != '\t') || *stop > '~')
				return "a byte that is not text";
			stop++;
		}
		next = stop + (stop < end);
		for (comment = bytes; comment < stop && *comment != '#'; comment++)
			;
		stop = comment;
		while (bytes < stop && (*bytes == ' ' || *bytes == '\t'))
			bytes++;
		while (bytes < stop && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if (bytes < stop) {
			if (script->lines == DJED_SCRIPT_LINES)
				return "more than 32 statements";
			script->line[script->lines].line = *line;
			wrong = djed_script_read(&script->line[script->lines++], bytes, stop);
		}
		bytes = next;
	}
	for (unsigned i = 0; i < script->lines && !wrong; i++) {
		struct djed_script_line *at = &script->line[i];

		*line = at->line;
		if (at->statement == DJED_SCRIPT_GO || at->statement == DJED_SCRIPT_AT)
			wrong = djed_script_link(script, at);
		if (!wrong && at->statement == DJED_SCRIPT_GO && !at->number[0] &&
		    djed_script_circles(script, i))
			wrong = "it goes in a circle that never ends";
	}
	if (!wrong && !script->lines) {
		*line = 0;
		wrong = "it has no statement";
	}
	return wrong;
}

#endif
