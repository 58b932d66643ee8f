/* rs with a fault of its own, as the command line says: strike=WHERE:TIMES crashes the first TIMES instances
 * at WHERE:
 *
 *   before   a crash report has arrived, nothing is decided
 *   after    the decision is carried out, the report is not answered yet
 *   finish   the run has ended, the final audit is due */
#include <lib/command_line.h>
#include <stdlib.h>
#include <string.h>

#include "rs.h"

/* What rs/main.c calls in place of the functions of rs.h. */
void struck_recover(const struct djed_message *report);
void struck_finish(void);

static void strike(const char *where)
{
	char word[32], *times;

	if (!command_line_value(djed_start()->command_line, "strike", word, sizeof(word)))
		return;
	times = strchr(word, ':');
	if (!times)
		djed_panic("strike=WHERE:TIMES expected");
	*times++ = 0;
	if (strcmp(word, where) == 0 && djed_start()->restarts < strtoull(times, NULL, 10))
		*(volatile char *)0 = 0;
}

void struck_recover(const struct djed_message *report)
{
	strike("before");
	rs_recover(report);
	strike("after");
}

void struck_finish(void)
{
	strike("finish");
	rs_finish();
}
