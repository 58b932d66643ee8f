/* Servers that crash again and again while a campaign's workload runs. */
#include "campaign.h"

#include <stdlib.h>
#include <string.h>

void crashing_read(struct settings *settings)
{
	char *list = format_string("%s", settings->meanwhile);
	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		if (settings->crashings == CRASHING_MAX)
			die("--meanwhile: at most %d servers", CRASHING_MAX);
		struct crashing *c = &settings->crashing[settings->crashings++];
		char *function = strchr(word, '.'), *every = strchr(word, ':');
		if (!function || !every || every < function)
			die("--meanwhile: SERVER.FUNCTION:N is expected, not '%s'", word);
		*function++ = 0;
		*every++ = 0;
		if (strlen(word) >= sizeof c->server || strlen(function) >= sizeof c->function)
			die("--meanwhile: a name is too long");
		strcpy(c->server, word);
		strcpy(c->function, function);
		c->every = (unsigned)parse_number(every, "--meanwhile", 2, 1000000);
		struct table_row row = sites_find("--meanwhile", c->server, c->function);
		c->site = row.site;
		c->twin = row.twin;
		for (struct crashing *other = settings->crashing; other < c; other++)
			if (!strcmp(other->server, c->server))
				die("--meanwhile: %s is named twice", c->server);
	}
	free(list);
}

static struct djed_fault_slot *slot_of(const struct crashing *c, struct machine *m)
{
	const struct djed_lab *lab = machine_lab(m);
	for (unsigned i = 0; lab && i < lab->services && i < DJED_SERVICES_MAX; i++)
		if (!strncmp(lab->service[i].name, c->server, DJED_NAME_MAX))
			return machine_fault_slot(m, i);
	machine_stop(m);
	die("--meanwhile: the guest runs no service '%s'", c->server);
}

void crashing_start(const struct settings *settings, struct machine *m)
{
	for (unsigned i = 0; i < settings->crashings; i++) {
		const struct crashing *c = &settings->crashing[i];
		struct djed_fault_slot *slot = slot_of(c, m);
		slot->countdown = slot->every = c->every - 1;
		slot->always = 1;
		slot->site = c->site;
	}
}

void crashing_keep_awake(const struct settings *settings, struct machine *m)
{
	for (unsigned i = 0; i < settings->crashings; i++)
		slot_of(&settings->crashing[i], m)->awake[settings->crashing[i].twin] = 1;
}

void crashing_end(const struct settings *settings, struct machine *m)
{
	for (unsigned i = 0; i < settings->crashings; i++)
		slot_of(&settings->crashing[i], m)->site = 0;
}

bool crashing_uses(const struct settings *settings, const char *server)
{
	for (unsigned i = 0; i < settings->crashings; i++)
		if (!strcmp(settings->crashing[i].server, server))
			return true;
	return false;
}
