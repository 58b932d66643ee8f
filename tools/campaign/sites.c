/* The dormant faults of the campaign build: tables written by djed-fault at link time. */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wanted(const char *name, const char *list)
{
	if (!list)
		return true;
	size_t length = strlen(name);
	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, length) && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

void counts_read(struct counts *counts, struct machine *m)
{
	const struct djed_lab *lab = machine_lab(m);
	for (unsigned i = 0; lab && i < lab->regions && i < DJED_LAB_REGIONS; i++) {
		const struct djed_lab_region *region = &lab->region[i];
		if (region->kind != DJED_REGION_BLOCK_COUNTS || region->service >= DJED_SERVICES_MAX)
			continue;
		uint64_t blocks = region->length / (2 * sizeof(uint64_t));
		const uint64_t *both = machine_region(m, region);
		if (!both || counts->list[region->service])
			die("the guest shows block counts outside its memory, or twice");
		uint64_t *list = malloc(region->length), *in_window = list + blocks;
		if (!list)
			die("out of memory");
		for (uint64_t block = 0; block < blocks; block++) {
			in_window[block] = both[blocks + block];
			list[block] = both[block] + in_window[block];
		}
		counts->list[region->service] = list;
		counts->in_window[region->service] = in_window;
		counts->blocks[region->service] = blocks;
	}
}

uint64_t counts_of(const struct counts *counts, const struct site *site)
{
	const uint64_t *list = counts->list[site->service];
	return list && site->block < counts->blocks[site->service] ? list[site->block] : 0;
}

void counts_free(struct counts *counts)
{
	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++)
		free(counts->list[i]);
	memset(counts, 0, sizeof *counts);
}

/* One service's table while it is read. */
struct table {
	char *path, *next; /* next: rest of the text */
	struct text text;
	unsigned line;
	uint64_t blocks;
};

/* The next row; false: there is none. */
static bool next_row(struct table *table, struct table_row *row)
{
	if (!*table->next)
		return false;
	table->line++;
	if (!table_parse(table->next, table->blocks, row))
		die("%s:%u: does not fit the running system", table->path, table->line);
	char *end = strchr(table->next, '\n');
	table->next = end ? end + 1 : table->next + strlen(table->next);
	return true;
}

static void rewind_table(struct table *table)
{
	table->next = table->text.bytes;
	table->line = 0;
}

/* Adds what a block executed to its function, whose blocks follow each other in the table: `# block BLOCK
 * FUNCTION INSTRUCTIONS`. */
static void add_to_function(struct sites *sites, const struct counts *before, const struct counts *after,
			    unsigned service, const struct table_row *row)
{
	const char *name = row->function;
	uint64_t block = row->block;
	uint64_t ran = after->list[service][block] - before->list[service][block];
	if (!ran)
		return;
	struct site_function *last = sites->functions ? &sites->function[sites->functions - 1] : NULL;
	if (!last || last->service != service || strcmp(last->name, name)) {
		sites->function = realloc(sites->function, (sites->functions + 1) * sizeof *last);
		if (!sites->function)
			die("out of memory");
		last = &sites->function[sites->functions++];
		*last = (struct site_function){.service = service, .name = format_string("%s", name)};
	}
	last->instructions += ran * row->instructions;
	last->in_window +=
	    (after->in_window[service][block] - before->in_window[service][block]) * row->instructions;
}

static void add_site(struct sites *sites, unsigned service, uint64_t count, const struct table_row *row)
{
	sites->list = realloc(sites->list, (sites->count + 1) * sizeof *sites->list);
	if (!sites->list)
		die("out of memory");
	sites->list[sites->count++] = (struct site){.service = service,
						    .number = row->site,
						    .block = row->block,
						    .twin = row->twin,
						    .count = count,
						    .function = format_string("%s", row->function),
						    .location = format_string("%s", row->location),
						    .fault_class = format_string("%s", row->fault_class)};
}

static void add_effect(struct sites *sites, unsigned service, uint64_t count, const struct table_row *row)
{
	sites->effect = realloc(sites->effect, (sites->effects + 1) * sizeof *sites->effect);
	if (!sites->effect)
		die("out of memory");
	sites->effect[sites->effects++] =
	    (struct site_effect){.service = service,
				 .effect = row->effect,
				 .function = format_string("%s", row->function),
				 .location = format_string("%s", row->location),
				 .operation = format_string("%s", row->operation),
				 .count = count};
}

static void read_service(struct sites *sites, const struct counts *before, const struct counts *after,
			 const char *name, unsigned service, const struct settings *settings)
{
	const uint64_t *start = before->list[service], *end = after->list[service];
	struct table table = {.blocks = after->blocks[service]};
	if (!start || !end || before->blocks[service] != table.blocks)
		return;
	bool listed = wanted(name, settings->servers) && !crashing_uses(settings, name);
	bool all_classes = !strcmp(settings->model, "mix");
	char *file = format_string("services/%s.sites", name);
	table.path = variant_path("campaign", file);
	table.text = read_file(table.path);
	bool *apart = calloc(table.blocks ? table.blocks : 1, sizeof *apart);
	if (!apart)
		die("out of memory");
	struct table_row row;
	for (rewind_table(&table); next_row(&table, &row);)
		if (row.kind == TABLE_APART)
			apart[row.block] = true;
	for (uint64_t i = 0; i < table.blocks; i++) {
		sites->blocks[service] += !apart[i];
		sites->apart[service] += apart[i];
		sites->executed[service] += !apart[i] && end[i] != start[i];
	}
	uint32_t site = 0;
	for (rewind_table(&table); next_row(&table, &row);) {
		if (row.kind == TABLE_BLOCK)
			add_to_function(sites, before, after, service, &row);
		if (row.kind == TABLE_EFFECT && end[row.block] != start[row.block])
			add_effect(sites, service, end[row.block] - start[row.block], &row);
		if (row.kind != TABLE_SITE)
			continue;
		if (row.site != ++site)
			die("%s:%u: site %u where %u is expected", table.path, table.line, row.site, site);
		uint64_t count = end[row.block] - start[row.block];
		if (listed && count && !apart[row.block] &&
		    (all_classes || !strcmp(row.fault_class, "null-pointer")))
			add_site(sites, service, count, &row);
	}
	text_free(&table.text);
	free(apart);
	free(table.path);
	free(file);
}

struct table_row sites_find(const char *option, const char *server, const char *function)
{
	char *file = format_string("services/%s.sites", server), *path = variant_path("campaign", file);
	if (strchr(server, '/') || access(path, R_OK) < 0)
		die("%s: there is no service '%s' with dormant faults", option, server);
	struct text table = read_file(path);
	struct table_row row;
	for (const char *line = table.bytes; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (table_parse(line, UINT32_MAX, &row) && row.kind == TABLE_SITE &&
		    !strcmp(row.function, function) && !strcmp(row.fault_class, "null-pointer")) {
			text_free(&table);
			free(path);
			free(file);
			return row;
		}
	}
	die("%s: %s has no function '%s' that accesses memory", option, server, function);
}

void sites_check_servers(const char *list)
{
	char *names = format_string("%s", list);
	for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		char *file = format_string("services/%s.sites", name), *path = variant_path("campaign", file);
		if (strchr(name, '/') || access(path, R_OK) < 0)
			die("--servers: there is no service '%s' with dormant faults", name);
		free(path);
		free(file);
	}
	free(names);
}

void sites_read(struct sites *sites, const struct counts *before, const struct counts *after,
		const struct golden *golden, const struct settings *settings)
{
	for (unsigned i = 0; i < golden->services; i++)
		read_service(sites, before, after, golden->service[i], i, settings);
	if (!sites->count)
		die("the workload reaches no fault site of the servers chosen");
}
