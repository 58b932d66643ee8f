/* The fault that --fault names. */
#ifndef DJED_RUN_FAULT_H
#define DJED_RUN_FAULT_H

/* Dies, with the reason, unless `fault`, CLASS:SERVER:SITE and what may follow, names a site that the service
 * has in this build variant, and its class, or fail-stop for null-pointer. */
void fault_check(const char *fault, const char *variant);

/* Wakes it in a machine that stands still, ready for its first program. Dies if it is not one. */
struct machine;
void fault_wake(const char *fault, struct machine *m);

#endif
