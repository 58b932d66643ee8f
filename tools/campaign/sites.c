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

void counts_free(struct counts *counts)
{
	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++)
		free(counts->list[i]);
	memset(counts, 0, sizeof *counts);
}

/* Marks the blocks that only start-up, audit or panic can run: `# apart BLOCK FUNCTION` a line. */
static void read_apart(bool *apart, uint64_t blocks, const char *table, const char *path)
{
	unsigned line_number = 1;
	for (const char *line = table; line; line = strchr(line, '\n')) {
		if (*line == '\n') {
			line++;
			line_number++;
		}
		unsigned block;
		if (strncmp(line, "# apart ", 8))
			continue;
		if (sscanf(line + 8, "%u", &block) != 1 || block >= blocks)
			die("%s:%u: does not fit the running system", path, line_number);
		apart[block] = true;
	}
}

/* Adds what a block executed to its function, whose blocks follow each other in the table: `# block BLOCK
 * FUNCTION INSTRUCTIONS`. */
static void add_to_function(struct sites *sites, const struct counts *before, const struct counts *after,
			    unsigned service, uint64_t block, const char *name, unsigned instructions)
{
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
	last->instructions += ran * instructions;
	last->in_window +=
	    (after->in_window[service][block] - before->in_window[service][block]) * instructions;
}

static void read_service(struct sites *sites, const struct counts *before, const struct counts *after,
			 const char *name, unsigned service, bool listed)
{
	const uint64_t *start = before->list[service], *end = after->list[service];
	uint64_t blocks = after->blocks[service];
	if (!start || !end || before->blocks[service] != blocks)
		return;
	char *file = format_string("services/%s.sites", name);
	char *path = variant_path("campaign", file);
	struct text table = read_file(path);
	bool *apart = calloc(blocks ? blocks : 1, sizeof *apart);
	if (!apart)
		die("out of memory");
	read_apart(apart, blocks, table.bytes, path);
	for (uint64_t i = 0; i < blocks; i++) {
		sites->blocks[service] += !apart[i];
		sites->apart[service] += apart[i];
		sites->executed[service] += !apart[i] && end[i] != start[i];
	}
	unsigned line_number = 0;
	char *next;
	for (char *line = table.bytes; *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		else
			next = line + strlen(line);
		line_number++;
		char function[256], location[256], fault_class[64];
		unsigned block, instructions;
		if (!strncmp(line, "# block ", 8)) {
			if (sscanf(line + 8, "%u %255s %u", &block, function, &instructions) != 3 ||
			    block >= blocks)
				die("%s:%u: does not fit the running system", path, line_number);
			add_to_function(sites, before, after, service, block, function, instructions);
		}
		if (*line == '#' || !*line)
			continue;
		struct site site = {.service = service};
		if (sscanf(line, "%u %u %255s %255s %63s", &site.number, &site.block, function, location,
			   fault_class) != 5 ||
		    site.block >= blocks)
			die("%s:%u: does not fit the running system", path, line_number);
		site.count = end[site.block] - start[site.block];
		if (!listed || !site.count || apart[site.block])
			continue;
		site.function = format_string("%s", function);
		site.location = format_string("%s", location);
		site.fault_class = format_string("%s", fault_class);
		sites->list = realloc(sites->list, (sites->count + 1) * sizeof site);
		if (!sites->list)
			die("out of memory");
		sites->list[sites->count++] = site;
	}
	text_free(&table);
	free(apart);
	free(path);
	free(file);
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
		read_service(sites, before, after, golden->service[i], i,
			     wanted(golden->service[i], settings->servers));
	if (!sites->count)
		die("the workload reaches no fault site of the servers chosen");
}
