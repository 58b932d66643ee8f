/* The fault that `djed run --fault` names. */
#ifndef DJED_RUN_FAULT_H
#define DJED_RUN_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

struct fault {
	char fault_class[32], server[32];
	uint32_t site;
	uint64_t skip;	  /* executions of the site before it strikes */
	bool always;	  /* at each later one, too */
	unsigned service; /* number, once it was woken; DJED_SERVICES_MAX before */
};

/* CLASS:SERVER:SITE[:NTH][:once|always]; dies with one line on anything else. */
void fault_parse(struct fault *fault, const char *words);
/* Dies with one line unless it is a site of this build variant, and of that class. */
void fault_check(const struct fault *fault, const char *variant);
/* In a machine that is ready and stands still. */
void fault_wake(struct fault *fault, struct machine *m);
/* After the run, also after machine_stop: one line on stderr that says whether it struck, and how often. */
void fault_tell(const struct fault *fault, struct machine *m);

#endif
