/* The fault that --fault names: whether it is one of the build's; its awakening; what became of it. */
#include "fault.h"
#include "machine.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fault_parse(struct fault *fault, const char *words)
{
	enum { CLASS, SERVER, SITE, NTH, WHEN, WORDS };
	char *copy = format_string("%s", words), *rest = copy, *word[WORDS] = {0};
	unsigned count = 0;
	bool good = true;
	while (count < WORDS && rest)
		word[count++] = strsep(&rest, ":");
	if (count == NTH + 1 &&
	    word[NTH][strspn(word[NTH], "0123456789")]) { /* once or always, without NTH */
		word[WHEN] = word[NTH];
		word[NTH] = NULL;
	}
	*fault = (struct fault){.service = DJED_SERVICES_MAX};
	good = !rest && count > SITE && *word[CLASS] && *word[SERVER] &&
	       strlen(word[CLASS]) < sizeof fault->fault_class &&
	       strlen(word[SERVER]) < sizeof fault->server &&
	       !word[SERVER][strspn(word[SERVER], "abcdefghijklmnopqrstuvwxyz0123456789_")] &&
	       (!word[WHEN] || !strcmp(word[WHEN], "once") || !strcmp(word[WHEN], "always"));
	if (!good)
		die("--fault: expected CLASS:SERVER:SITE[:NTH][:once|always], not '%s'", words);
	strcpy(fault->fault_class, word[CLASS]);
	strcpy(fault->server, word[SERVER]);
	fault->site = (uint32_t)parse_number(word[SITE], "--fault: SITE", 1, UINT32_MAX);
	fault->skip = word[NTH] ? parse_number(word[NTH], "--fault: NTH", 0, UINT64_MAX) : 0;
	fault->always = word[WHEN] && !strcmp(word[WHEN], "always");
	free(copy);
}

void fault_check(const struct fault *fault, const char *variant)
{
	char function[256], location[256], class[32];
	char *file = format_string("services/%s.sites", fault->server), *path = variant_path(variant, file);
	if (access(path, R_OK) < 0)
		die("--fault: the %s build has no service '%s' with dormant faults", variant, fault->server);
	struct text table = read_file(path);
	const char *found = NULL;
	for (const char *line = table.bytes; line && !found; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strtoull(line, NULL, 10) == fault->site &&
		    sscanf(line, "%*u %*u %255s %255s %31s", function, location, class) == 3)
			found = class;
	}
	if (!found)
		die("--fault: %s has no site %" PRIu32, fault->server, fault->site);
	/* The model fail-stop has this class alone. */
	if (strcmp(fault->fault_class, found) &&
	    !(!strcmp(fault->fault_class, "fail-stop") && !strcmp(found, "null-pointer")))
		die("--fault: site %" PRIu32 " of %s, in %s at %s, is of the class %s", fault->site,
		    fault->server, function, location, found);
	text_free(&table);
	free(path);
	free(file);
}

void fault_wake(struct fault *fault, struct machine *m)
{
	const struct djed_lab *lab = machine_lab(m);
	unsigned service = 0;
	while (lab && service < DJED_SERVICES_MAX &&
	       strncmp(lab->service[service].name, fault->server, DJED_NAME_MAX))
		service++;
	if (!lab || service == DJED_SERVICES_MAX)
		die("--fault: the system has no service '%s'", fault->server);
	fault->service = service;
	struct djed_fault_slot *slot = machine_fault_slot(m, service);
	*slot =
	    (struct djed_fault_slot){.site = fault->site, .always = fault->always, .countdown = fault->skip};
	memset(slot->awake, 1, sizeof slot->awake); /* which function the site lies in is not known here */
}

void fault_tell(const struct fault *fault, struct machine *m)
{
	if (fault->service == DJED_SERVICES_MAX) {
		warn("the fault did not strike: the system ended before it was woken");
		return;
	}
	const struct djed_fault_slot *slot = machine_fault_slot(m, fault->service);
	uint64_t hits = slot->hits, left = slot->countdown;
	uint64_t executed = left > fault->skip ? 0 : fault->skip - left; /* a guest under faults wrote it */
	if (hits == 1)
		warn("the fault struck once");
	else if (hits)
		warn("the fault struck %" PRIu64 " times", hits);
	else
		warn("the fault did not strike: site %" PRIu32 " of %s was executed %" PRIu64
		     " time%s, and NTH is %" PRIu64,
		     fault->site, fault->server, executed, executed == 1 ? "" : "s", fault->skip);
}
