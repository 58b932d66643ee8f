/* index.html and experiments.html. */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char style[] =
    ":root{color-scheme:light "
    "dark;--ink:#222;--dim:#666;--line:#ddd;--faint:#e6e6e6;--paper:#fff;--box:#f3f3f3;--blue:#1565c0}"
    "@media(prefers-color-scheme:dark){:root{--ink:#ddd;--dim:#999;--line:#3a3a3a;--faint:#3a3a3a;--paper:#"
    "181818;--box:#2a2a2a;"
    "--blue:#64a5f0}}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:80em;margin:2em auto;padding:0 "
    "1em;color:var(--ink);background:var(--paper)}"
    "h1{margin-bottom:0}h2{margin-top:2em;border-bottom:1px solid var(--line)}a{color:var(--blue)}"
    ".wide{overflow-x:auto;margin:1em 0}table{border-collapse:collapse}"
    "td,th{padding:.25em .5em;font-size:.93em;border-bottom:1px solid "
    "var(--line);text-align:right;white-space:nowrap}"
    "td:first-child,th:first-child,td.l,th.l{text-align:left}td.no{color:var(--dim)}tr.total "
    "td{font-weight:600}"
    "td i,.key i{display:inline-block;width:.8em;height:.8em;margin-right:.4em;vertical-align:-.05em}.key "
    "span{margin-right:1em;white-space:nowrap}"
    "svg{min-width:40em;max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}"
    "svg .axis{font-size:10px;fill:var(--dim)}svg .back{fill:var(--faint)}svg .blue{fill:var(--blue)}svg "
    ".other{fill:var(--dim);opacity:.6}"
    "svg path{stroke:var(--ink);fill:none}code{background:var(--box);padding:.1em "
    ".3em}.figures{display:flex;gap:2em;flex-wrap:wrap}"
    ".figures b{display:block;font-size:1.8em}p{max-width:50em}";

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
	text_format(page,
		    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		    "<meta name=\"viewport\" "
		    "content=\"width=device-width\"><title>%s</title><style>%s</style></head><body>\n",
		    title, style);
}

static void add_key(struct text *page)
{
	text_format(page, "<p class=\"key\">");
	for (unsigned i = 0; i < REPORT_OUTCOMES; i++)
		text_format(page, "<span><i style=\"background:%s\"></i>%s</span>", outcome_colours[i],
			    report_outcomes[i]);
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
	char *value, *name;
	if (f->active) {
		value = format_string("%.1f%%", f->survival.rate * 100);
		name = format_string("survival (95%%: %.1f to %.1f)", f->survival.low * 100,
				     f->survival.high * 100);
		add_figure(page, name, value);
		free(value);
		free(name);
		value = format_string("%.1f%%", percent(f->outcome[0], f->active));
		add_figure(page, "transparent", value);
		free(value);
	} else {
		add_figure(page, "survival", "-");
	}
	value = format_string("%u", f->active);
	add_figure(page, "active faults", value);
	free(value);
	if (f->recoveries) {
		value = format_string("%.1f / %.1f us", f->p50_us, f->p99_us);
		add_figure(page, "recovery, median / 99th percentile", value);
		free(value);
	}
	value = format_string("%.1f%%", f->time ? 100.0 * (double)f->time_window / (double)f->time : 0);
	add_figure(page, "of server execution can be rolled back", value);
	free(value);
	text_format(page, "</div>\n<p>Workload: ");
	add_html(page, strrchr(s->workload, '/') ? strrchr(s->workload, '/') + 1 : s->workload);
	text_format(page, ", %.1f ms of guest time, %llu system calls.</p>\n", (double)p->instructions / 1e6,
		    (unsigned long long)p->calls);
	text_format(page, "<h2>How it was drawn</h2>\n");
	table_drawn(page, s);
}

static void write_page(const char *directory, const char *name, const struct text *page)
{
	char *path = format_string("%s/report/%s", directory, name);
	write_file(path, page->bytes, page->length);
	free(path);
}

static void add_outcomes(struct text *page, const struct policy_figures *p)
{
	text_format(page, "<h2>Outcomes</h2>\n");
	chart_outcomes(page, p);
	add_key(page);
	table_outcomes(page, p);
	table_classes(page, p);
}

static void add_policies(struct text *page, const struct summary *s)
{
	text_format(
	    page,
	    "<h2>Policies</h2>\n<p>The same faults under each policy, from the same binary; below them, in "
	    "grey, what has "
	    "been published of other systems, each with its own faults, workloads and definitions. Bars with "
	    "brackets have 95%% Wilson intervals.</p>\n");
	chart_controls(page, s);
	table_policies(page, s);
	table_published(page);
}

static void add_load(struct text *page, const struct policy_figures *p)
{
	text_format(page, "<h2>Reach of the workload</h2>\n<p>Blocks are those that a request can reach; run "
			  "are those that the workload "
			  "executed without a fault. Apart are blocks that only start-up, audit and panic "
			  "can run: faults there say "
			  "nothing about requests.</p>\n");
	table_reach(page, p);
	text_format(page,
		    "<h2>Fault load</h2>\n<p>What could have run are the fault sites in blocks that the "
		    "workload runs; what ran are the "
		    "active faults. Distortion over fault classes (median of the relative differences): "
		    "%.3f; over servers (half the "
		    "sum of the differences): %.3f; 0 is a faithful load.</p>\n",
		    load_class_distortion(p), load_server_distortion(p));
	table_load(page, p);
}

static void add_source_coverage(struct text *page, const char *directory)
{
	char *path = format_string("%s/coverage/index.html", directory);
	text_format(page, "<h2>Source coverage</h2>\n");
	if (access(path, R_OK) == 0) {
		text_format(page, "<p><a href=\"../coverage/index.html\">Lines and regions of servers and "
				  "kernel that the workload runs</a></p>\n");
	} else {
		text_format(page, "<p>Not measured. <code>./djed coverage --out ");
		add_html(page, directory);
		text_format(page, "/coverage</code>, then <code>./djed report ");
		add_html(page, directory);
		text_format(page, "</code> adds it here.</p>\n");
	}
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
	add_outcomes(&page, p);
	text_format(&page, "<h2>Who noticed</h2>\n");
	table_noticed(&page, db, p->policy);
	add_policies(&page, s);
	text_format(&page, "<h2>Recovery latency</h2>\n<p>Guest time from the fault until the request was "
			   "delivered again or answered; "
			   "1 ns is one instruction.</p>\n");
	chart_latency(&page, &p->all, "latency of recoveries");
	if (p->meanwhile.recoveries) {
		text_format(&page,
			    "<p>Not among them: recoveries of servers that crash on purpose in all runs "
			    "(marked * below). Those are:</p>\n");
		chart_latency(&page, &p->meanwhile, "latency of recoveries from crashes made on purpose");
	}
	text_format(&page, "<h2>Actions</h2>\n");
	table_rungs(&page, p);
	text_format(
	    &page,
	    "<h2>Window coverage</h2>\n<p>Instructions of servers outside start-up that ran "
	    "while rollback was "
	    "allowed; root and rs, of which nothing is rolled back, and the auditor do not count.</p>\n");
	chart_window(&page, p);
	table_recoveries(&page, p);
	text_format(&page, "<p><a href=\"functions.html\">All functions</a>; "
			   "<a href=\"retry.html\">points after which retry is lost</a>.</p>\n");
	add_load(&page, p);
	add_source_coverage(&page, directory);
	text_format(&page, "<h2>Worst experiments</h2>\n");
	table_experiments(
	    &page, db, directory,
	    "AND outcome NOT IN ('transparent', 'error', 'inactive')"
	    " AND e.policy = (SELECT value FROM setting WHERE key = 'policy') ORDER BY CASE outcome"
	    " WHEN 'silent' THEN 1 WHEN 'crash' THEN 2 WHEN 'hang' THEN 3 WHEN 'shutdown' THEN 4"
	    " WHEN 'service_lost' THEN 5 ELSE 6 END, id LIMIT 100");
	text_format(&page, "<h2>Slowest experiments</h2>\n<p>By the longest recovery in guest time%s.</p>\n",
		    p->meanwhile.recoveries ? ", crashes made on purpose left out" : "");
	table_experiments(
	    &page, db, directory,
	    "AND e.policy = (SELECT value FROM setting WHERE key = 'policy') AND slowest IS NOT NULL"
	    " ORDER BY CAST(slowest AS REAL) DESC, id LIMIT 10");
	text_format(&page, "<p>By processor time of the host.</p>\n");
	table_experiments(&page, db, directory,
			  "AND e.policy = (SELECT value FROM setting WHERE key = 'policy') ORDER BY "
			  "e.seconds DESC, id LIMIT 10");
	text_format(&page, "<p><a href=\"experiments.html\">All experiments</a></p>\n</body></html>\n");
	write_page(directory, "index.html", &page);

	text_clear(&page);
	open_page(&page, "Djed: functions");
	text_format(&page, "<h1>Window coverage by function</h1>\n<p><a href=\"index.html\">Back</a></p>\n");
	table_functions(&page, db, p->policy, -1);
	text_format(&page, "</body></html>\n");
	write_page(directory, "functions.html", &page);
	text_clear(&page);
	open_page(&page, "Djed: points after which retry is lost");
	text_format(
	    &page,
	    "<h1>Points after which retry is lost</h1>\n<p><a href=\"index.html\">Back</a></p>\n<p>Every "
	    "place in a server from which something outside of it is changed (a message, a kernel "
	    "operation), as it ran in the fault-free run. Drivers' accesses to their devices are not among "
	    "them: "
	    "nothing of a driver is undone, it is started anew and asked again.</p>\n");
	add_retry_lost(&page, db, s);
	text_format(&page, "</body></html>\n");
	write_page(directory, "retry.html", &page);
	text_clear(&page);
	open_page(&page, "Djed: all experiments");
	text_format(&page, "<h1>All experiments</h1>\n<p><a href=\"index.html\">Back</a></p>\n");
	table_experiments(&page, db, directory, "ORDER BY e.policy, id");
	text_format(&page, "</body></html>\n");
	write_page(directory, "experiments.html", &page);
	text_free(&page);
}
