/* summary.json: its fields are described in docs/campaigns.md. */
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *rate_object(struct rate r)
{
	return json_pack("{s:f, s:f, s:f}", "rate", r.rate, "low", r.low, "high", r.high);
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
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
	json_object_set_new(o, "survival", rate_object(f->survival));
	json_object_set_new(o, "service_kept", rate_object(f->service_kept));
}

static void add_figures(json_t *o, const struct figures *f)
{
	add_outcomes(o, f);
	json_object_set_new(o, "latency_us", json_pack("{s:f, s:f}", "p50", f->p50_us, "p99", f->p99_us));
	json_object_set_new(o, "rungs", rungs_object(f));
	json_object_set_new(o, "flagged", json_integer(f->flagged));
}

static json_t *window_object(const struct policy_figures *p)
{
	json_t *window = json_object();
	json_object_set_new(window, "all", json_real(share(p->all.time_window, p->all.time)));
	for (unsigned i = 0; i < p->services; i++)
		if (p->service[i].time)
			json_object_set_new(window, p->service[i].name,
					    json_real(share(p->service[i].time_window, p->service[i].time)));
	return window;
}

static void add_policy(json_t *o, const struct policy_figures *p)
{
	add_figures(o, &p->all);
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
		json_object_set_new(server, "window_coverage", json_real(share(f->time_window, f->time)));
		json_object_set_new(server, "block_coverage", json_real(share(f->executed, f->blocks)));
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

void summary_write_json(const struct summary *summary, const char *directory)
{
	json_t *top = json_object();
	json_object_set_new(top, "model", json_string(summary->model));
	json_object_set_new(top, "faults", json_string(summary->faults));
	json_object_set_new(top, "policy", json_string(summary->policy));
	json_object_set_new(top, "servers", json_string(summary->servers));
	json_object_set_new(top, "seed", json_integer((json_int_t)summary->seed));
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
