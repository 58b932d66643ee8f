/* djed report DIR: makes the pages and summary.json of a campaign again. */
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
	tool_name = "djed report";
	if (count == 2 && (!strcmp(words[1], "--help") || !strcmp(words[1], "-h"))) {
		puts("usage: djed report DIR\n\nMakes DIR/report/index.html and DIR/summary.json from "
		     "DIR/campaign.db.");
		return 0;
	}
	if (count != 2 || words[1][0] == '-')
		die("one folder of a campaign is expected (see: djed report --help)");
	char *path = format_string("%s/campaign.db", words[1]);
	if (access(path, R_OK) < 0)
		die("no campaign in %s", words[1]);
	sqlite3 *db;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		die("%s: %s", path, sqlite3_errmsg(db));
	static struct summary summary;
	summary_read(&summary, db);
	report_write_pages(&summary, db, words[1]);
	summary_write_json(&summary, words[1]);
	sqlite3_close(db);
	const struct figures *f = &summary.figures[0].all;
	if (f->active)
		printf("%u active faults: %.1f%% survived (%.1f to %.1f), %.1f%% transparent", f->active,
		       f->survival.rate * 100, f->survival.low * 100, f->survival.high * 100,
		       percent(f->outcome[0], f->active));
	else
		printf("no active faults");
	for (unsigned i = 2; i + 1 < REPORT_OUTCOMES; i++)
		if (f->outcome[i])
			printf(", %s %u", report_outcomes[i], f->outcome[i]);
	for (unsigned i = 1; i < summary.policies; i++)
		if (summary.figures[i].all.active)
			printf("\n  under %s: %.1f%%", summary.figures[i].policy,
			       summary.figures[i].all.survival.rate * 100);
	printf("\n%s/report/index.html\n", words[1]);
	return 0;
}
