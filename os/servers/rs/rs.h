/* The recovery manager: hears of crashes, lets the orchestrator decide, carries it out. It calls nobody but
 * the kernel. Reliable computing base: not instrumented. If it crashes itself, root starts it anew and it
 * gets the report again. */
#ifndef RS_H
#define RS_H

#include <abi/crash.h>
#include <abi/system.h>
#include <djed/server.h>

#include "../../../runtime/orchestrator/orchestrator.h"

struct rs {
	const struct djed_system *system; /* in the boot archive */
	struct orchestrator orchestrator;
};
extern struct rs rs;
extern struct djed_crashes_kept crashes; /* shown to the host */

/* A service crashed, as the kernel's event says. Calls nothing but the kernel. */
void rs_recover(const struct djed_message *report);

/* Begins to keep a crash, with registers and stack of the service, which is still stopped. */
struct djed_crash *crash_keep(const struct djed_message *report,
			      const struct djed_service_information *information);
/* Ends it with what has been done about it, and tells the warden; where there is none, and of its own
 * crashes, the log. */
void crash_done(struct djed_crash *crash, const struct orchestrator_decision *decision);

/* Checks the `size` bytes of the boot archive from `booted` on, and compares what rs knows with them. */
void rs_audit(struct djed_audit *audit, const struct djed_system *booted, uint64_t size);

#endif
