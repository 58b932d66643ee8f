/* summary.json: its fields are described in docs/campaigns.md. */
#include "guest.h"
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* null: nothing was counted that there could be a rate of. */
static json_t *known(double value, bool counted)
{
	return counted ? json_real(value) : json_null();
}

static json_t *rate_object(struct rate r, unsigned counted)
{
	return json_pack("{s:o, s:o, s:o}", "rate", known(r.rate, counted), "low", known(r.low, counted),
			 "high", known(r.high, counted));
}

static json_t *share(uint64_t part, uint64_t whole)
{
	return known(whole ? (double)part / (double)whole : 0, whole);
}

static json_t *latency_object(const struct figures *f)
{
	return json_pack("{s:o, s:o}", "p50", known(f->p50_us, f->recoveries), "p99",
			 known(f->p99_us, f->recoveries));
}

static json_t *rungs_object(const struct figures *f)
{
	json_t *rungs = json_object();
	for (unsigned i = 1; i < DJED_RUNGS; i++) {
		char name[2] = {(char)('0' + i), 0};
		json_object_set_new(rungs, name, json_integer((json_int_t)f->rungs[i]));
	}
	return rungs;
}

static void add_outcomes(json_t *o, const struct figures *f)
{
	json_t *outcomes = json_object();
	for (unsigned i = 0; i + 1 < REPORT_OUTCOMES; i++)
		json_object_set_new(outcomes, report_outcomes[i], json_integer(f->outcome[i]));
	json_object_set_new(o, "experiments", json_integer(f->experiments));
	json_object_set_new(o, "active", json_integer(f->active));
	json_object_set_new(o, "outcomes", outcomes);
	json_object_set_new(o, "survival", rate_object(f->survival, f->active));
	json_object_set_new(o, "service_kept", rate_object(f->service_kept, f->active));
}

static void add_figures(json_t *o, const struct figures *f)
{
	add_outcomes(o, f);
	json_object_set_new(o, "recoveries", json_integer(f->recoveries));
	json_object_set_new(o, "latency_us", latency_object(f));
	json_object_set_new(o, "rungs", rungs_object(f));
	json_object_set_new(o, "flagged", json_integer(f->flagged));
}

static json_t *window_object(const struct policy_figures *p)
{
	json_t *window = json_object();
	json_object_set_new(window, "all", share(p->all.time_window, p->all.time));
	for (unsigned i = 0; i < p->services; i++)
		if (p->service[i].time)
			json_object_set_new(window, p->service[i].name,
					    share(p->service[i].time_window, p->service[i].time));
	return window;
}

static void add_policy(json_t *o, const struct policy_figures *p)
{
	add_figures(o, &p->all);
	json_object_set_new(o, "meanwhile_recoveries",
			    json_pack("{s:i, s:o, s:o}", "recoveries", (int)p->meanwhile.recoveries,
				      "latency_us", latency_object(&p->meanwhile), "rungs",
				      rungs_object(&p->meanwhile)));
	json_object_set_new(o, "instructions", json_integer((json_int_t)p->instructions));
	json_object_set_new(o, "calls", json_integer((json_int_t)p->calls));
	json_object_set_new(o, "window_coverage", window_object(p));
	json_t *servers = json_object();
	for (unsigned i = 0; i < p->services; i++) {
		const struct figures *f = &p->service[i];
		if (!f->experiments && !f->time)
			continue;
		json_t *server = json_object();
		add_figures(server, f);
		json_object_set_new(server, "window_coverage", share(f->time_window, f->time));
		json_object_set_new(server, "block_coverage", share(f->executed, f->blocks));
		if (f->meanwhile)
			json_object_set_new(server, "meanwhile", json_true());
		json_object_set_new(server, "blocks", json_integer(f->blocks));
		json_object_set_new(server, "blocks_apart", json_integer(f->apart));
		json_object_set_new(servers, f->name, server);
	}
	json_object_set_new(o, "per_server", servers);
	json_t *classes = json_object();
	for (unsigned i = 0; i < p->classes; i++) {
		const struct figures *f = &p->fault_class[i];
		json_t *fault_class = json_object();
		add_outcomes(fault_class, f);
		json_object_set_new(fault_class, "sites", json_integer(f->sites));
		if (f->sites && p->all.active)
			json_object_set_new(fault_class, "distortion",
					    json_real(load_distortion(f, &p->all)));
		json_object_set_new(classes, f->name, fault_class);
	}
	json_object_set_new(o, "per_class", classes);
	json_object_set_new(o, "fault_load",
			    json_pack("{s:f, s:f}", "class_distortion", load_class_distortion(p),
				      "server_distortion", load_server_distortion(p)));
}

static json_t *setting(const char *value)
{
	return *value ? json_string(value) : json_null();
}

static json_t *setting_number(const char *value)
{
	return *value ? json_integer((json_int_t)strtoull(value, NULL, 10)) : json_null();
}

/* How the campaign was drawn. */
static void add_settings(json_t *top, const struct summary *summary)
{
	json_object_set_new(top, "model", json_string(summary->model));
	json_object_set_new(top, "faults", json_string(summary->faults));
	json_object_set_new(top, "policy", json_string(summary->policy));
	json_object_set_new(top, "servers", json_string(summary->servers));
	json_object_set_new(top, "seed", json_integer((json_int_t)summary->seed));
	json_object_set_new(top, "meanwhile", setting(summary->meanwhile));
	struct text detectors = {0};
	if (*summary->detect)
		name_detectors(&detectors, (uint32_t)strtoul(summary->detect, NULL, 16));
	json_object_set_new(top, "detect", detectors.length ? json_string(detectors.bytes) : json_null());
	text_free(&detectors);
	json_object_set_new(top, "limit_ms", setting_number(summary->limit_ms));
	json_object_set_new(top, "memory_mib", setting_number(summary->memory_mib));
	json_object_set_new(top, "planned", setting_number(summary->planned));
	json_object_set_new(top, "workload", setting(summary->workload));
	json_object_set_new(top, "workload_digest", setting(summary->workload_digest));
	json_object_set_new(top, "build", setting(summary->build));
}

void summary_write_json(const struct summary *summary, const char *directory)
{
	json_t *top = json_object();
	add_settings(top, summary);
	add_policy(top, &summary->figures[0]);
	json_t *controls = json_object();
	for (unsigned i = 1; i < summary->policies; i++) {
		json_t *control = json_object();
		add_policy(control, &summary->figures[i]);
		json_object_set_new(controls, summary->figures[i].policy, control);
	}
	json_object_set_new(top, "controls", controls);
	char *text = json_dumps(top, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	char *path = format_string("%s/summary.json", directory);
	if (!text)
		die("out of memory");
	write_file(path, text, strlen(text));
	free(path);
	free(text);
	json_decref(top);
}
