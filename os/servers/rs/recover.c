/* One crash: decide, carry out, record. */
#include <errno.h>
#include <lib/instance.h>
#include <protocols/kernel.h>

#include "rs.h"

void rs_shut_down(const char *reason)
{
	djed_log("controlled shutdown: %s", reason);
	(void)kernel_halt(DJED_LAB_SHUTDOWN, 0);
}

static djed_status carry_out(uint32_t number, const struct orchestrator_decision *decision)
{
	djed_status status =
	    decision->renew ? instance_renew(rs.system, number, rs.orchestrator.service[number].restarts) : 0;

	return status ? status : kernel_recover(number, decision->action, decision->error);
}

void rs_recover(const struct djed_message *report)
{
	uint32_t number = (uint32_t)report->word[0];
	struct djed_service_information information;
	struct orchestrator_crash crash = {number, &information};
	struct orchestrator_decision decision;
	struct djed_crash_record *note;
	djed_status status;

	if (number < 1 || number >= rs.system->count ||
	    kernel_service_information(number, (uintptr_t)&information)) {
		rs_shut_down("a crash report names no service");
		return;
	}
	if (information.state != DJED_SERVICE_STOPPED)
		return; /* decided already, when this report was delivered before */
	note = crash_note(report, &information);
	decision = orchestrator_decide(&rs.orchestrator, &crash);
	(void)kernel_record_recovery(number, decision.rung, decision.error);
	status = decision.action ? carry_out(number, &decision) : 0;

	/* Every server goes before rs, so recovery is over now, and this holds up nobody but programs. */
	crash_tell(note, &decision, information.root_attempt);
	if (status) {
		djed_log("%s: action %u failed: error %d", information.name, decision.action, (int)-status);
		rs_shut_down("recovery failed");
	} else if (!decision.action) {
		rs_shut_down("no rung of the ladder holds");
	}
}
