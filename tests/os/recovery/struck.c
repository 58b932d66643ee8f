/* rs with a fault of its own, as the command line says: strike=WHERE:TIMES crashes the first TIMES instances
 * at WHERE:
 *
 *   before   a crash report has arrived, nothing is decided
 *   after    the decision is carried out, the report is not answered yet
 *   audit    the run has ended, and it is asked for its own audit: the second one, as root asked before */
#include <lib/command_line.h>
#include <string.h>

#include "rs.h"

/* What rs/main.c calls in place of the functions of rs.h. */
void struck_recover(const struct djed_message *report);
void struck_audit(struct djed_audit *audit, const struct djed_system *booted, uint64_t size);

static void strike(const char *where)
{
	char word[32], *times;
	uint32_t count = 0;

	if (!command_line_value(djed_start()->command_line, "strike", word, sizeof(word)))
		return;
	times = strchr(word, ':');
	if (!times)
		djed_panic("strike=WHERE:TIMES expected");
	*times++ = 0;
	while (*times >= '0' && *times <= '9')
		count = count * 10 + (uint32_t)(*times++ - '0');
	if (strcmp(word, where) == 0 && djed_start()->restarts < count)
		*(volatile char *)0 = 0;
}

void struck_recover(const struct djed_message *report)
{
	strike("before");
	rs_recover(report);
	strike("after");
}

void struck_audit(struct djed_audit *audit, const struct djed_system *booted, uint64_t size)
{
	static unsigned times;

	if (times++ || djed_start()->restarts)
		strike("audit");
	rs_audit(audit, booted, size);
}
