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
extern struct djed_crashes crashes; /* shown to the host */

/* A service crashed, as the kernel's event says. Calls nothing but the kernel. */
void rs_recover(const struct djed_message *report);

/* The record of a crash: a new one, with registers and stack of the service, which is still stopped, or that
 * of earlier crashes with this signature. Never NULL. */
struct djed_crash_record *crash_note(const struct djed_message *report,
				     const struct djed_service_information *information);
/* Counts the crash and what has been done about it by now, and logs it unless it has come too often. */
void crash_tell(struct djed_crash_record *record, const struct orchestrator_decision *decision,
		uint32_t attempt);
void crash_audit(struct djed_audit *audit);

/* Checks the `size` bytes of the boot archive from `booted` on, and compares what rs knows with them. */
void rs_audit(struct djed_audit *audit, const struct djed_system *booted, uint64_t size);

/* Ends the run as a controlled shutdown. */
void rs_shut_down(const char *reason);

#endif
