/* The fault that --fault names: whether it is one of the build's; and its awakening. */
#include "fault.h"
#include "machine.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fault_check(const char *fault, const char *variant)
{
	char wanted[32], server[32], number[16], function[256], location[256], class[32];
	if (sscanf(fault, "%31[^:]:%31[a-z0-9_]:%15[0-9]", wanted, server, number) != 3)
		die("--fault: expected CLASS:SERVER:SITE[:NTH][:once|always], not '%s'", fault);
	char *file = format_string("services/%s.sites", server), *path = variant_path(variant, file);
	if (access(path, R_OK) < 0)
		die("--fault: the %s build has no service '%s' with dormant faults", variant, server);
	struct text table = read_file(path);
	const char *found = NULL;
	for (const char *line = table.bytes; line && !found; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strtoull(line, NULL, 10) == strtoull(number, NULL, 10) &&
		    sscanf(line, "%*u %*u %255s %255s %31s", function, location, class) == 3)
			found = class;
	}
	if (!found)
		die("--fault: %s has no site %s", server, number);
	/* The model fail-stop has this class alone. */
	if (strcmp(wanted, found) && !(!strcmp(wanted, "fail-stop") && !strcmp(found, "null-pointer")))
		die("--fault: site %s of %s, in %s at %s, is of the class %s", number, server, function,
		    location, found);
	text_free(&table);
	free(path);
	free(file);
}

void fault_wake(const char *fault, struct machine *m)
{
	char server[32], end[8] = "";
	unsigned number;
	unsigned long long skip = 0;
	int words = sscanf(fault, "%*[^:]:%31[a-z0-9_]:%u:%llu:%7s", server, &number, &skip, end);
	if (words == 2) /* without NTH */
		sscanf(fault, "%*[^:]:%*[^:]:%*[^:]:%7s", end);
	bool always = !strcmp(end, "always");
	if (words < 2 || !number || (*end && !always && strcmp(end, "once")))
		die("--fault: expected CLASS:SERVER:SITE[:NTH][:once|always], not '%s'", fault);
	const struct djed_lab *lab = machine_lab(m);
	unsigned service = 0;
	while (lab && service < DJED_SERVICES_MAX &&
	       strncmp(lab->service[service].name, server, DJED_NAME_MAX))
		service++;
	if (!lab || service == DJED_SERVICES_MAX)
		die("--fault: the system has no service '%s'", server);
	struct djed_fault_slot *slot = machine_fault_slot(m, service);
	*slot = (struct djed_fault_slot){.site = number, .always = always, .countdown = skip};
	memset(slot->awake, 1, sizeof slot->awake); /* which function the site lies in is not known here */
}
