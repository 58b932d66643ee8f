/* Whether the fault that --fault names is one of the build's. */
#ifndef DJED_RUN_FAULT_H
#define DJED_RUN_FAULT_H

/* Dies, with the reason, unless `fault`, CLASS:SERVER:SITE and what may follow, names a site that the service
 * has in this build variant, and its class, or fail-stop for null-pointer. */
void fault_check(const char *fault, const char *variant);

#endif
