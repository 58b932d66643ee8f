/* index.html and experiments.html. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#222}"
	"h1{margin-bottom:0}h2{margin-top:2em;border-bottom:1px solid #ccc}table{border-collapse:collapse;margin:1em 0}"
	"table{display:block;overflow-x:auto}td,th{padding:.25em .5em;font-size:.93em;border-bottom:1px solid #ddd;text-align:right}"
	"td:first-child,th:first-child,td.l,th.l{text-align:left}"
	"svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif}svg .axis{font-size:10px;fill:#555}"
	".key span{display:inline-block;width:.9em;height:.9em;margin:0 .3em 0 1em;vertical-align:-.1em}"
	"code{background:#f3f3f3;padding:.1em .3em}.figures{display:flex;gap:2em;flex-wrap:wrap}"
	".figures b{display:block;font-size:1.8em}";

void add_html(struct text *page, const char *words)
{
	for (; *words; words++) {
		switch (*words) {
		case '<':
			text_format(page, "&lt;");
			break;
		case '>':
			text_format(page, "&gt;");
			break;
		case '&':
			text_format(page, "&amp;");
			break;
		case '"':
			text_format(page, "&quot;");
			break;
		default:
			text_add(page, words, 1);
		}
	}
}

static void open_page(struct text *page, const char *title)
{
	text_format(page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			  "<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title><style>%s</style></head><body>\n",
		    title, style);
}

static void add_key(struct text *page)
{
	text_format(page, "<p class=\"key\">");
	for (unsigned i = 0; i < REPORT_OUTCOMES; i++)
		text_format(page, "<span style=\"background:%s\"></span>%s", outcome_colours[i], report_outcomes[i]);
	text_format(page, "</p>\n");
}

static void add_figure(struct text *page, const char *name, const char *value)
{
	text_format(page, "<div><b>%s</b>%s</div>\n", value, name);
}

static void add_headline(struct text *page, const struct summary *s)
{
	const struct policy_figures *p = &s->figures[0];
	const struct figures *f = &p->all;
	text_format(page, "<div class=\"figures\">\n");
	char *value = format_string("%.1f%%", f->survival.rate * 100);
	char *name = format_string("survival (95%%: %.1f to %.1f)", f->survival.low * 100, f->survival.high * 100);
	add_figure(page, name, value);
	free(value);
	free(name);
	value = format_string("%.1f%%", f->active ? 100.0 * f->outcome[0] / f->active : 0);
	add_figure(page, "transparent", value);
	free(value);
	value = format_string("%u", f->active);
	add_figure(page, "active faults", value);
	free(value);
	value = format_string("%.1f / %.1f us", f->p50_us, f->p99_us);
	add_figure(page, "recovery, median / 99th percentile", value);
	free(value);
	value = format_string("%.1f%%", f->time ? 100.0 * (double)f->time_window / (double)f->time : 0);
	add_figure(page, "of server execution can be rolled back", value);
	free(value);
	text_format(page, "</div>\n<p>Workload: ");
	add_html(page, strrchr(s->workload, '/') ? strrchr(s->workload, '/') + 1 : s->workload);
	text_format(page, ", %.1f million instructions, %llu system calls. Faults: %s, %s. Policy: %s. Seed: %llu.</p>\n",
		    (double)p->instructions / 1e6, (unsigned long long)p->calls, s->model, s->faults, s->policy,
		    (unsigned long long)s->seed);
}

static void add_matrix(struct text *page, const struct policy_figures *p)
{
	text_format(page, "<table><tr><th>server</th><th>active</th>");
	for (unsigned i = 0; i < REPORT_OUTCOMES; i++)
		text_format(page, "<th>%s</th>", report_outcomes[i]);
	text_format(page, "<th>survival</th><th>blocks run</th></tr>\n");
	for (unsigned i = 0; i <= p->services; i++) {
		const struct figures *f = i < p->services ? &p->service[i] : &p->all;
		if (!f->experiments)
			continue;
		text_format(page, "<tr><td>%s</td><td>%u</td>", f->name, f->active);
		for (unsigned k = 0; k < REPORT_OUTCOMES; k++)
			text_format(page, "<td>%u</td>", f->outcome[k]);
		text_format(page, "<td>%.1f%%</td><td>%.0f%%</td></tr>\n", f->survival.rate * 100,
			    f->blocks ? 100.0 * f->executed / f->blocks : 0);
	}
	text_format(page, "</table>\n");
}

static void add_controls(struct text *page, const struct summary *s)
{
	text_format(page, "<table><tr><th>policy</th><th>active</th><th>survival</th><th>service kept</th>");
	for (unsigned i = 0; i + 1 < REPORT_OUTCOMES; i++)
		text_format(page, "<th>%s</th>", report_outcomes[i]);
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i < s->policies; i++) {
		const struct figures *f = &s->figures[i].all;
		text_format(page, "<tr><td>%s</td><td>%u</td><td>%.1f%% (%.1f to %.1f)</td><td>%.1f%%</td>",
			    s->figures[i].policy, f->active, f->survival.rate * 100, f->survival.low * 100,
			    f->survival.high * 100, f->service_kept.rate * 100);
		for (unsigned k = 0; k + 1 < REPORT_OUTCOMES; k++)
			text_format(page, "<td>%u</td>", f->outcome[k]);
		text_format(page, "</tr>\n");
	}
	text_format(page, "</table>\n<p>Published systems, on their own faults and workloads: TxIPC (2021) 99.8%% recovered; OSIRIS (2016) "
			  "about 58 to 68%% of execution inside a recovery window; CuriOS (2008) 87 to 95%% of register bit flips.</p>\n");
}

static void add_rungs(struct text *page, const struct figures *f)
{
	static const char *const names[DJED_RUNGS] = {"",
						      "deliver again",
						      "declared error",
						      "refuse or end the client",
						      "new instance, memory handed over",
						      "new instance, rebuilt",
						      "new instance, empty",
						      "alternative implementation",
						      "controlled shutdown"};
	text_format(page, "<table><tr><th>rung</th><th class=\"l\">action</th><th>uses</th></tr>\n");
	for (unsigned i = 1; i < DJED_RUNGS; i++)
		text_format(page, "<tr><td>%u</td><td class=\"l\">%s</td><td>%llu</td></tr>\n", i, names[i],
			    (unsigned long long)f->rungs[i]);
	text_format(page, "</table>\n");
}

static void add_experiments(struct text *page, sqlite3 *db, const char *directory, const char *sql)
{
	text_format(page, "<table><tr><th>outcome</th><th class=\"l\">policy</th><th class=\"l\">server</th><th class=\"l\">function</th>"
			  "<th class=\"l\">location</th><th>after</th><th>hits</th><th class=\"l\">difference</th>"
			  "<th class=\"l\">again</th></tr>\n");
	for (sqlite3_stmt *s = query(db, sql); next_row(s);) {
		text_format(page, "<tr>");
		for (int column = 0; column < 8; column++) {
			text_format(page, column == 5 || column == 6 ? "<td>" : "<td class=\"l\">");
			add_html(page, column_text(s, column));
			text_format(page, "</td>");
		}
		text_format(page, "<td class=\"l\"><code>./djed repro ");
		add_html(page, directory);
		text_format(page, " %s%s%s</code></td></tr>\n", column_text(s, 8), *column_text(s, 9) ? " --policy " : "",
			    column_text(s, 9));
	}
	text_format(page, "</table>\n");
}

#define EXPERIMENT_COLUMNS                                                                                             \
	"SELECT outcome, e.policy, e.service, function, location, skip, hits, detail, id,"                             \
	" CASE WHEN e.policy = (SELECT value FROM setting WHERE key = 'policy') THEN '' ELSE e.policy END"             \
	" FROM experiment e LEFT JOIN site s ON s.service = e.service AND s.number = e.site WHERE outcome IS NOT NULL "

static void write_page(const char *directory, const char *name, const struct text *page)
{
	char *path = format_string("%s/report/%s", directory, name);
	write_file(path, page->bytes, page->length);
	free(path);
}

void report_write_pages(const struct summary *s, sqlite3 *db, const char *directory)
{
	char *folder = format_string("%s/report", directory);
	make_directories(folder);
	free(folder);
	const struct policy_figures *p = &s->figures[0];
	struct text page = {0};
	open_page(&page, "Djed: fault campaign");
	text_format(&page, "<h1>Fault campaign</h1>\n");
	add_headline(&page, s);
	text_format(&page, "<h2>Outcomes</h2>\n");
	chart_outcomes(&page, p);
	add_key(&page);
	add_matrix(&page, p);
	text_format(&page, "<h2>Policies</h2>\n");
	chart_controls(&page, s);
	add_controls(&page, s);
	text_format(&page, "<h2>Recovery latency</h2>\n<p>Guest time from the fault until the request was delivered again or answered; "
			   "1 ns is one instruction.</p>\n");
	chart_latency(&page, &p->all);
	text_format(&page, "<h2>Actions</h2>\n");
	add_rungs(&page, &p->all);
	text_format(&page, "<h2>Window coverage</h2>\n<p>Instructions of servers outside start-up that ran while rollback was "
			   "allowed; root and rs are reliable computing base and do not count.</p>\n");
	chart_window(&page, p);
	text_format(&page, "<h2>Worst experiments</h2>\n");
	add_experiments(&page, db, directory,
			EXPERIMENT_COLUMNS "AND outcome NOT IN ('transparent', 'error', 'inactive')"
					   " AND e.policy = (SELECT value FROM setting WHERE key = 'policy')"
					   " ORDER BY outcome, id LIMIT 100");
	text_format(&page, "<h2>Slowest experiments</h2>\n");
	add_experiments(&page, db, directory,
			EXPERIMENT_COLUMNS "AND e.policy = (SELECT value FROM setting WHERE key = 'policy')"
					   " ORDER BY seconds DESC LIMIT 10");
	text_format(&page, "<p><a href=\"experiments.html\">All experiments</a></p>\n</body></html>\n");
	write_page(directory, "index.html", &page);
	text_clear(&page);
	open_page(&page, "Djed: all experiments");
	text_format(&page, "<h1>All experiments</h1>\n<p><a href=\"index.html\">Back</a></p>\n");
	add_experiments(&page, db, directory, EXPERIMENT_COLUMNS "ORDER BY e.policy, id");
	text_format(&page, "</body></html>\n");
	write_page(directory, "experiments.html", &page);
	text_free(&page);
}
