/* Tables of the report. */
#include "guest.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void add_rate(struct text *page, struct rate rate, unsigned counted)
{
	if (counted)
		text_format(page, "%.1f%%", rate.rate * 100);
	else
		text_format(page, "-");
}

void head(struct text *page, const char *name)
{
	text_format(page, "<th>%s</th>", name);
}

void head_left(struct text *page, const char *name)
{
	text_format(page, "<th class=\"l\">%s</th>", name);
}

void open_table(struct text *page)
{
	text_format(page, "<div class=\"wide\"><table><tr>");
}

void close_table(struct text *page)
{
	text_format(page, "</table></div>\n");
}

void outcome_heads(struct text *page, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		head(page, report_outcomes[i]);
}

void number(struct text *page, uint64_t n)
{
	text_format(page, n ? "<td>%llu</td>" : "<td class=\"no\">%llu</td>", (unsigned long long)n);
}

void outcome_numbers(struct text *page, const struct figures *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		number(page, f->outcome[i]);
}

static void survival(struct text *page, const struct figures *f)
{
	if (f->active)
		text_format(page, "<td>%.1f%%</td><td>%.1f to %.1f</td>", f->survival.rate * 100,
			    f->survival.low * 100, f->survival.high * 100);
	else
		text_format(page, "<td class=\"no\">-</td><td></td>");
}

static void row(struct text *page, const struct figures *f, bool total)
{
	text_format(page, total ? "<tr class=\"total\"><td>" : "<tr><td>");
	add_html(page, *f->name ? f->name : "unknown");
	text_format(page, f->meanwhile ? "*</td>" : "</td>");
}

static void drawn(struct text *page, const char *what, const char *how, const char *unit)
{
	text_format(page, "<tr><td>%s</td><td class=\"l\">", what);
	add_html(page, *how ? how : "not recorded");
	text_format(page, "%s</td></tr>\n", *how ? unit : "");
}

void table_drawn(struct text *page, const struct summary *s)
{
	struct text detectors = {0};
	if (*s->detect)
		name_detectors(&detectors, (uint32_t)strtoul(s->detect, NULL, 16));
	else
		text_add(&detectors, "", 0);
	char *seed = format_string("%llu", (unsigned long long)s->seed);
	open_table(page);
	head(page, "setting");
	head_left(page, "of this campaign");
	text_format(page, "</tr>\n");
	drawn(page, "servers with faults", s->servers, "");
	drawn(page, "crashing meanwhile, in all runs", s->meanwhile, "");
	drawn(page, "model", s->model, "");
	drawn(page, "faults", s->faults, "");
	drawn(page, "experiments planned, of each policy", s->planned, "");
	drawn(page, "seed", seed, "");
	drawn(page, "policy", s->policy, "");
	drawn(page, "detectors", detectors.bytes, "");
	drawn(page, "limit of the workload", s->limit_ms, " ms of guest time");
	drawn(page, "memory of the guest", s->memory_mib, " MiB");
	drawn(page, "workload", s->workload, "");
	drawn(page, "digest of the workload", s->workload_digest, "");
	drawn(page, "digest of the build", s->build, "");
	close_table(page);
	free(seed);
	text_free(&detectors);
}

void table_outcomes(struct text *page, const struct policy_figures *p)
{
	open_table(page);
	head(page, "server");
	head(page, "active");
	outcome_heads(page, REPORT_OUTCOMES);
	head(page, "survival");
	head(page, "95%");
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i <= p->services; i++) {
		const struct figures *f = i < p->services ? &p->service[i] : &p->all;
		if (!f->experiments)
			continue;
		row(page, f, i == p->services);
		number(page, f->active);
		outcome_numbers(page, f, REPORT_OUTCOMES);
		survival(page, f);
		text_format(page, "</tr>\n");
	}
	close_table(page);
}

void table_reach(struct text *page, const struct policy_figures *p)
{
	open_table(page);
	head(page, "server");
	head(page, "blocks");
	head(page, "run");
	head(page, "share");
	head(page, "apart");
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i <= p->services; i++) {
		const struct figures *f = i < p->services ? &p->service[i] : &p->all;
		if (!f->blocks)
			continue;
		row(page, f, i == p->services);
		text_format(page, "<td>%u</td><td>%u</td><td>%.0f%%</td><td>%u</td></tr>\n", f->blocks,
			    f->executed, percent(f->executed, f->blocks), f->apart);
	}
	close_table(page);
}

void table_classes(struct text *page, const struct policy_figures *p)
{
	open_table(page);
	head(page, "fault class");
	head(page, "active");
	outcome_heads(page, REPORT_OUTCOMES);
	head(page, "survival");
	head(page, "95%");
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i < p->classes; i++) {
		const struct figures *f = &p->fault_class[i];
		row(page, f, false);
		number(page, f->active);
		outcome_numbers(page, f, REPORT_OUTCOMES);
		survival(page, f);
		text_format(page, "</tr>\n");
	}
	close_table(page);
}

void table_policies(struct text *page, const struct summary *s)
{
	open_table(page);
	head(page, "policy");
	head(page, "active");
	head(page, "survival");
	head(page, "95%");
	head(page, "service kept");
	outcome_heads(page, REPORT_OUTCOMES - 1);
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i < s->policies; i++) {
		const struct figures *f = &s->figures[i].all;
		text_format(page, "<tr><td>%s</td>", s->figures[i].policy);
		number(page, f->active);
		survival(page, f);
		text_format(page, "<td>");
		add_rate(page, f->service_kept, f->active);
		text_format(page, "</td>");
		outcome_numbers(page, f, REPORT_OUTCOMES - 1);
		text_format(page, "</tr>\n");
	}
	close_table(page);
}

void table_published(struct text *page)
{
	open_table(page);
	head(page, "published system");
	head(page, "survival");
	head_left(page, "of what");
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i < published_count; i++)
		text_format(page, "<tr><td>%s</td><td>%s%.*f%%</td><td class=\"l\">%s</td></tr>\n",
			    published[i].name, published[i].about ? "about " : "", published[i].about ? 0 : 1,
			    published[i].rate * 100, published[i].what);
	close_table(page);
}

static void recovered(struct text *page, const struct figures *f)
{
	number(page, f->recoveries);
	if (f->recoveries)
		text_format(page, "<td>%.1f</td><td>%.1f</td>", f->p50_us, f->p99_us);
	else
		text_format(page, "<td></td><td></td>");
}

void table_recoveries(struct text *page, const struct policy_figures *p)
{
	open_table(page);
	head(page, "server");
	head(page, "recoveries");
	head(page, "median, us");
	head(page, "99th percentile, us");
	head(page, "instructions, thousands");
	head(page, "share of servers' time");
	head(page, "window coverage");
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i <= p->services; i++) {
		const struct figures *f = i < p->services ? &p->service[i] : &p->all;
		if (!f->recoveries && !f->time)
			continue;
		row(page, f, i == p->services);
		recovered(page, f);
		text_format(page, "<td>%llu</td><td>%.1f%%</td><td>%.1f%%</td></tr>\n",
			    (unsigned long long)f->time / 1000, percent(f->time, p->all.time),
			    percent(f->time_window, f->time));
	}
	if (p->meanwhile.recoveries) {
		text_format(page, "<tr><td>* crashes made on purpose, not part of all</td>");
		recovered(page, &p->meanwhile);
		text_format(page, "<td></td><td></td><td></td></tr>\n");
	}
	close_table(page);
}

void table_rungs(struct text *page, const struct policy_figures *p)
{
	const struct figures *f = &p->all;
	bool meanwhile = p->meanwhile.recoveries;
	static const char *const names[DJED_RUNGS] = {"",
						      "deliver again",
						      "declared error",
						      "refuse or end the client",
						      "new instance, memory handed over",
						      "new instance, rebuilt",
						      "new instance, empty",
						      "alternative implementation",
						      "controlled shutdown"};
	open_table(page);
	head(page, "rung");
	head_left(page, "action");
	head(page, "uses");
	if (meanwhile)
		head(page, "for crashes made on purpose");
	text_format(page, "</tr>\n");
	for (unsigned i = 1; i < DJED_RUNGS; i++) {
		text_format(page, "<tr><td>%u</td><td class=\"l\">%s</td>", i, names[i]);
		number(page, f->rungs[i]);
		if (meanwhile)
			number(page, p->meanwhile.rungs[i]);
		text_format(page, "</tr>\n");
	}
	close_table(page);
	text_format(
	    page,
	    "<p>Experiments in which a service crashed so often within a second that it was flagged for "
	    "diagnosis: %u.</p>\n",
	    f->flagged);
}

static void load_row(struct text *page, const struct figures *f, const struct figures *all)
{
	double could = percent(f->sites, all->sites), ran = percent(f->active, all->active);
	row(page, f, f == all);
	text_format(page, "<td>%u</td><td>%.1f%%</td><td>%u</td><td>%.1f%%</td><td>%+.1f</td>", f->sites,
		    could, f->active, ran, ran - could);
	if (f->sites && all->active)
		text_format(page, "<td>%.2f</td></tr>\n", load_distortion(f, all));
	else
		text_format(page, "<td></td></tr>\n");
}

void table_load(struct text *page, const struct policy_figures *p)
{
	open_table(page);
	head(page, "");
	head(page, "sites in blocks run");
	head(page, "could have run");
	head(page, "active faults");
	head(page, "ran");
	head(page, "difference, points");
	head(page, "relative difference");
	text_format(page, "</tr>\n");
	for (unsigned i = 0; i < p->classes; i++)
		load_row(page, &p->fault_class[i], &p->all);
	for (unsigned i = 0; i < p->services; i++)
		if (p->service[i].sites)
			load_row(page, &p->service[i], &p->all);
	load_row(page, &p->all, &p->all);
	close_table(page);
}

static const char *colour_of(const char *outcome)
{
	for (unsigned i = 0; i < REPORT_OUTCOMES; i++)
		if (!strcmp(outcome, report_outcomes[i]))
			return outcome_colours[i];
	return "none";
}

void table_experiments(struct text *page, sqlite3 *db, const char *directory, const char *where)
{
	static const char *const heads[] = {"outcome",	   "policy",   "server", "class",
					    "function",	   "location", "after",	 "hits",
					    "latency, us", "host, s",  "again",	 "difference"};
	static const char columns[] =
	    "SELECT outcome, e.policy, e.service, class, function, location, skip, hits,"
	    " (SELECT printf('%.1f', max(latency) / 1000.0) FROM recovery r"
	    "  WHERE r.policy = e.policy AND r.experiment = e.id AND NOT " MADE_MEANWHILE(
		"r.policy", "r.service") ") AS slowest,"
					 " printf('%.2f', e.seconds), detail, id,"
					 " CASE WHEN e.policy = (SELECT value FROM setting WHERE key = "
					 "'policy') THEN '' ELSE e.policy END"
					 " FROM experiment e LEFT JOIN site s ON s.service = e.service AND "
					 "s.number = e.site WHERE "
					 "outcome IS NOT NULL ";
	enum { AFTER = 6, SECONDS = 9, DETAIL = 10, ID = 11, POLICY = 12 };
	open_table(page);
	for (unsigned i = 0; i < sizeof heads / sizeof *heads; i++)
		(i >= AFTER && i <= SECONDS ? head : head_left)(page, heads[i]);
	text_format(page, "</tr>\n");
	struct text sql = {0};
	text_format(&sql, "%s%s", columns, where);
	unsigned rows = 0;
	for (sqlite3_stmt *s = query(db, sql.bytes); next_row(s); rows++) {
		text_format(page, "<tr><td><i style=\"background:%s\"></i>", colour_of(column_text(s, 0)));
		for (int column = 0; column < DETAIL; column++) {
			if (column)
				text_format(page, column >= AFTER && column <= SECONDS ? "<td>"
										       : "<td class=\"l\">");
			add_html(page, column_text(s, column));
			text_format(page, "</td>");
		}
		text_format(page, "<td class=\"l\"><code>./djed repro ");
		add_html(page, directory);
		text_format(page, " %s%s%s</code></td><td class=\"l\">", column_text(s, ID),
			    *column_text(s, POLICY) ? " --policy " : "", column_text(s, POLICY));
		add_html(page, column_text(s, DETAIL));
		text_format(page, "</td></tr>\n");
	}
	text_free(&sql);
	close_table(page);
	if (!rows)
		text_format(page, "<p>None.</p>\n");
}
