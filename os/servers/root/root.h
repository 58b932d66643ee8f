/* The root task: it makes all services of the system, and recovers rs. Trusted, not instrumented, never
 * restarted. */
#ifndef ROOT_H
#define ROOT_H

#include <abi/detect.h>
#include <abi/system.h>
#include <djed/server.h>

struct root {
	const struct djed_system *system; /* in the boot archive; the kernel has checked it */
	uint32_t policy;		  /* enum djed_policy */
	uint32_t monitor;		  /* enum djed_monitor_mode */
	uint32_t detect;		  /* enum djed_detector bits */
};
extern struct root root;

/* Shows one line in the log and ends the machine's run: Djed cannot start. */
#define root_fail(...) (djed_log("cannot start: " __VA_ARGS__), root_stop())
[[noreturn]] void root_stop(void);

/* Reads the policy, monitor and detect words of the command line. */
void root_read(void);

/* Number of a service by its name, 0 where there is none. */
uint32_t root_find(const char *name);

/* Makes the services: memory, capabilities, start information, events, routes, what the laboratory sees. None
 * runs yet. */
void root_make_services(void);

#endif
