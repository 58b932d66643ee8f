/* What ran where a request cannot be undone and tried again, and why. */
#include "report.h"

#include "abi/types.h"
#include <string.h>

void table_functions(struct text *page, sqlite3 *db, const char *policy, int limit)
{
	sqlite3_stmt *s = query(
	    db, limit < 0 ? "SELECT service, name, instructions, in_window FROM function WHERE policy = ?1"
			    " ORDER BY service, instructions DESC"
			  : "SELECT service, name, instructions, in_window FROM function WHERE policy = ?1"
			    " AND in_window < instructions ORDER BY instructions - in_window DESC LIMIT ?2");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	if (limit >= 0)
		sqlite3_bind_int(s, 2, limit);
	open_table(page);
	head(page, "server");
	head_left(page, "function");
	head(page, "instructions");
	head(page, "outside windows");
	head(page, "window coverage");
	text_format(page, "</tr>\n");
	unsigned rows = 0;
	for (; next_row(s); rows++) {
		uint64_t all = (uint64_t)sqlite3_column_int64(s, 2),
			 in = (uint64_t)sqlite3_column_int64(s, 3);
		text_format(page, "<tr><td>");
		add_html(page, column_text(s, 0));
		text_format(page, "</td><td class=\"l\">");
		add_html(page, column_text(s, 1));
		text_format(page, "</td>");
		number(page, all);
		number(page, all - in);
		text_format(page, "<td>%.1f%%</td></tr>\n", percent(in, all));
	}
	close_table(page);
	if (!rows)
		text_format(page, "<p>None.</p>\n");
}

/* Why a side effect of a class ends the possibility of a retry, or does not; by enum djed_effect. */
static const char *const classes[] = {"reads",	       "undoable",   "deferrable",
				      "compensatable", "repeatable", "final"};
static const char *const kept_because[] = {
    "nothing is changed",	 "the callee undoes it",       "held back until the transaction ends",
    "its inverse is in the log", "done again, it is the same", "nothing takes it back, and twice is wrong"};

/* Under osiris the window closes at the first side effect of any class; under chain only what is final
 * counts. */
static bool is_lost(const char *policy, unsigned effect)
{
	return effect == DJED_FINAL || !strcmp(policy, "osiris");
}

static void table_points(struct text *page, sqlite3 *db, const char *policy)
{
	sqlite3_stmt *s = query(
	    db, "SELECT service, function, location, operation, class, sum(count) FROM effect"
		" WHERE policy = ? GROUP BY service, function, location, operation, class ORDER BY 6 DESC");
	sqlite3_bind_text(s, 1, policy, -1, SQLITE_STATIC);
	open_table(page);
	head(page, "server");
	head_left(page, "function");
	head_left(page, "at");
	head_left(page, "what it does");
	head(page, "class");
	head(page, "times");
	head(page, "retry");
	head_left(page, "because");
	text_format(page, "</tr>\n");
	while (next_row(s)) {
		unsigned effect = (unsigned)sqlite3_column_int(s, 4);
		if (effect > DJED_FINAL)
			continue;
		bool lost = is_lost(policy, effect);
		for (int column = 0; column < 4; column++) {
			text_format(page, column ? "<td class=\"l\">" : "<tr><td>");
			add_html(page, column_text(s, column));
			text_format(page, "</td>");
		}
		text_format(page, "<td>%s</td>", classes[effect]);
		number(page, (uint64_t)sqlite3_column_int64(s, 5));
		text_format(page, "<td>%s</td><td class=\"l\">%s</td></tr>\n", lost ? "lost" : "kept",
			    lost && effect != DJED_FINAL ? "the policy allows no side effect"
							 : kept_because[effect]);
	}
	close_table(page);
}

static void add_policy(struct text *page, sqlite3 *db, const struct policy_figures *p)
{
	unsigned places = 0, lost = 0;
	uint64_t times = 0, times_lost = 0;
	sqlite3_stmt *s = query(db, "SELECT class, sum(count) FROM effect WHERE policy = ?"
				    " GROUP BY service, function, location, operation, class");
	sqlite3_bind_text(s, 1, p->policy, -1, SQLITE_STATIC);
	while (next_row(s)) {
		unsigned effect = (unsigned)sqlite3_column_int(s, 0);
		uint64_t count = (uint64_t)sqlite3_column_int64(s, 1);
		places++;
		times += count;
		lost += is_lost(p->policy, effect);
		times_lost += is_lost(p->policy, effect) ? count : 0;
	}
	text_format(page, "<h3>");
	add_html(page, p->policy);
	text_format(
	    page,
	    "</h3>\n<p>%u places with a side effect ran, %llu times; retry is lost after %u of them, %llu "
	    "times. %.1f%% of the servers' instructions ran outside of windows: behind such a place, or "
	    "while a check looked at what was to be answered.</p>\n",
	    places, (unsigned long long)times, lost, (unsigned long long)times_lost,
	    percent(p->all.time - p->all.time_window, p->all.time));
	table_points(page, db, p->policy);
	text_format(page, "<p>Functions that ran outside of windows, by block counts (instructions of LLVM's "
			  "intermediate code, in the version without the undo log):</p>\n");
	table_functions(page, db, p->policy, 20);
}

void add_retry_lost(struct text *page, sqlite3 *db, const struct summary *summary)
{
	for (unsigned i = 0; i < summary->policies; i++)
		if (!strcmp(summary->figures[i].policy, "chain") ||
		    !strcmp(summary->figures[i].policy, "osiris"))
			add_policy(page, db, &summary->figures[i]);
}
