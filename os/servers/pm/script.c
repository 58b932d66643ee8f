#include "script.h"

void block_reset(struct block *b)
{
	b->first = b->end = FRONT_SIZE;
	b->arguments = b->environment = 0;
}

djed_status block_append(struct block *b, const char *text, uint32_t length)
{
	if (length >= sizeof(b->text) - b->end)
		return -E2BIG;
	memcpy(b->text + b->end, text, length);
	b->text[b->end + length] = 0;
	b->end += length + 1;
	return 0;
}

djed_status block_prepend(struct block *b, const char *text, uint32_t length)
{
	if (length >= b->first)
		return -E2BIG;
	b->first -= length + 1;
	memcpy(b->text + b->first, text, length);
	b->text[b->first + length] = 0;
	return 0;
}

void block_drop_first(struct block *b)
{
	b->first += (uint32_t)strlen(b->text + b->first) + 1;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

bool script_parse(const char *head, uint32_t length, struct script_line *line)
{
	const char *at = head + 2, *end, *word;

	if (length < 2 || head[0] != '#' || head[1] != '!')
		return false;
	end = memchr(head, '\n', length);
	if (!end)
		end = head + length;
	while (end > at && blank(end[-1]))
		end--;
	while (at < end && blank(*at))
		at++;
	word = at;
	while (at < end && !blank(*at) && *at)
		at++;
	line->interpreter = word;
	line->interpreter_length = (uint32_t)(at - word);
	/* A name that reaches the end of what was read may be longer than that. */
	if (at == word || (length == HEAD_SIZE && at == head + length))
		return false;
	while (at < end && blank(*at))
		at++;
	line->argument = at;
	line->argument_length = (uint32_t)strnlen(at, (size_t)(end - at));
	return true;
}
