/* A line of the site table that djed-fault writes (passes/README.md). */
#include "campaign.h"

#include <string.h>

/* The next word of *at, at most size - 1 bytes, behind one space unless it is the first. */
static bool take_word(const char **at, char *into, size_t size, bool first)
{
	const char *from = *at;
	if (!first && *from++ != ' ')
		return false;
	size_t length = strcspn(from, " \n");
	if (length == 0 || length >= size)
		return false;
	memcpy(into, from, length);
	into[length] = 0;
	*at = from + length;
	return true;
}

/* The next word, which must be a number from `low` to below `limit`. */
static bool take_number(const char **at, uint32_t *number, uint64_t low, uint64_t limit, bool first)
{
	char word[11];
	uint64_t value = 0;
	if (!take_word(at, word, sizeof word, first))
		return false;
	for (const char *digit = word; *digit; digit++) {
		if (*digit < '0' || *digit > '9')
			return false;
		value = value * 10 + (uint64_t)(*digit - '0');
	}
	*number = (uint32_t)value;
	return value >= low && value < limit;
}

bool table_parse(const char *line, uint64_t blocks, struct table_row *row)
{
	const char *at = line;
	bool right;
	memset(row, 0, sizeof *row);
	if (!strncmp(line, "# block ", 8)) {
		at += 8;
		row->kind = TABLE_BLOCK;
		right = take_number(&at, &row->block, 0, blocks, true) &&
			take_word(&at, row->function, sizeof row->function, false) &&
			take_number(&at, &row->instructions, 0, UINT32_MAX, false);
	} else if (!strncmp(line, "# apart ", 8)) {
		at += 8;
		row->kind = TABLE_APART;
		right = take_number(&at, &row->block, 0, blocks, true) &&
			take_word(&at, row->function, sizeof row->function, false);
	} else if (!strncmp(line, "# effect ", 9)) {
		at += 9;
		row->kind = TABLE_EFFECT;
		right = take_number(&at, &row->block, 0, blocks, true) &&
			take_word(&at, row->function, sizeof row->function, false) &&
			take_word(&at, row->location, sizeof row->location, false) &&
			take_number(&at, &row->effect, 1, DJED_FINAL + 1, false) &&
			take_word(&at, row->operation, sizeof row->operation, false);
	} else {
		row->kind = TABLE_SITE;
		right = take_number(&at, &row->site, 1, UINT32_MAX, true) &&
			take_number(&at, &row->block, 0, blocks, false) &&
			take_word(&at, row->function, sizeof row->function, false) &&
			take_word(&at, row->location, sizeof row->location, false) &&
			take_word(&at, row->fault_class, sizeof row->fault_class, false) &&
			take_number(&at, &row->twin, 0, DJED_FAULT_FUNCTIONS, false);
	}
	return right && (*at == 0 || *at == '\n');
}
