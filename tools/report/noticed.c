/* What the faults that ran were noticed by: the processor, a check, a watch. Whether a confirmation saw one
 * can not be told: a few answers differ without a fault, too (what depends on time). */
#include "report.h"

#include "abi/message.h"
#include <string.h>

enum { NO_CRASH, OTHERS, BY_CAUSE }; /* plus enum djed_crash_cause */
static const char *const noticed_by[] = {
    [NO_CRASH] = "no crash: harmless, undone by a confirmation, or not seen",
    [OTHERS] = "a crash of another server",
    [BY_CAUSE + DJED_CRASH_EXCEPTION] = "the processor: exceptions, traps, indirect calls",
    [BY_CAUSE + DJED_CRASH_PANIC] = "a check: assertions, requests and answers, invariants, heap",
    [BY_CAUSE + DJED_CRASH_PROTOCOL] = "the kernel: a malformed operation or answer",
    [BY_CAUSE + DJED_CRASH_HANG] = "the time limit of one delivery",
    [BY_CAUSE + DJED_CRASH_HEARTBEAT] = "the heartbeat",
    [BY_CAUSE + DJED_CRASH_ASKED] = "a policy that asked for a new instance",
};
enum { NOTICED = sizeof noticed_by / sizeof *noticed_by };

static unsigned outcome_of(const char *name)
{
	unsigned i = 0;
	while (i + 1 < REPORT_OUTCOMES && strcmp(report_outcomes[i], name))
		i++;
	return i;
}

/* Crashes of servers that crash on purpose in all runs show nothing; no fault of the plan is in them. */
void table_noticed(struct text *page, sqlite3 *db, const char *policy)
{
	struct figures rows[NOTICED] = {0};
	sqlite3_stmt *s = query(
	    db,
	    "SELECT e.outcome,"
	    " (SELECT r.cause FROM recovery r JOIN service v ON v.policy = r.policy AND v.number = r.service"
	    "  WHERE r.policy = e.policy AND r.experiment = e.id AND v.name = e.service"
	    "  ORDER BY r.number LIMIT 1),"
	    " EXISTS(SELECT 1 FROM recovery r WHERE r.policy = e.policy AND r.experiment = e.id AND "
	    "NOT " MADE_MEANWHILE("r.policy", "r.service") ")"
							   " FROM experiment e WHERE e.policy = ? AND e.hits "
							   "> 0 AND e.outcome IS NOT NULL");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	while (next_row(s)) {
		int cause = sqlite3_column_int(s, 1);
		unsigned by = cause > 0 && BY_CAUSE + cause < NOTICED ? BY_CAUSE + (unsigned)cause
			      : sqlite3_column_int(s, 2)	      ? OTHERS
								      : NO_CRASH;
		rows[by].active++;
		rows[by].outcome[outcome_of(column_text(s, 0))]++;
	}
	open_table(page);
	head_left(page, "noticed first by");
	head(page, "faults");
	outcome_heads(page, REPORT_OUTCOMES - 1);
	text_format(page, "</tr>\n");
	for (unsigned i = 1; i <= NOTICED; i++) {
		const struct figures *row = &rows[i % NOTICED]; /* no crash: at the end */
		if (!row->active)
			continue;
		text_format(page, "<tr><td class=\"l\">%s</td>", noticed_by[i % NOTICED]);
		number(page, row->active);
		outcome_numbers(page, row, REPORT_OUTCOMES - 1);
		text_format(page, "</tr>\n");
	}
	close_table(page);
}
