/* One crash: decide, carry out, record. */
#include <errno.h>
#include <lib/instance.h>
#include <protocols/kernel.h>

#include "rs.h"

static djed_status carry_out(uint32_t number, uint32_t image, const struct orchestrator_decision *decision)
{
	uint32_t restarts = rs.orchestrator.service[number].restarts;
	djed_status status = 0;

	if (decision->rung == DJED_RUNG_HANDOVER)
		status = instance_hand_over(rs.system, number, image, restarts);
	else if (decision->rung >= DJED_RUNG_REBUILD && decision->rung <= DJED_RUNG_ALTERNATIVE)
		status =
		    instance_renew(rs.system, number, image, restarts, decision->rung == DJED_RUNG_REBUILD);
	return status ? status
		      : kernel_recover(number, decision->action, decision->error,
				       rs.system->service[image].entry);
}

void rs_recover(const struct djed_message *report)
{
	uint32_t number = (uint32_t)report->word[0];
	struct djed_service_information information;
	struct orchestrator_crash crash = {.service = number, .information = &information, .now = djed_now()};
	struct orchestrator_decision decision;
	struct djed_crash *kept;
	uint32_t other, image = number; /* record of what it runs */
	djed_status status;

	if (kernel_service_information(number, (uintptr_t)&information) ||
	    information.state != DJED_SERVICE_STOPPED)
		return; /* decided already, when this report was delivered before */
	kept = crash_keep(report, &information);
	other = rs.system->service[number].alternative;
	if (other && rs.system->service[other].entry == information.entry)
		image = other;
	crash.alternative = other && image != other;
	crash.asked = report->word[1] == DJED_CRASH_ASKED;
	decision = orchestrator_decide(&rs.orchestrator, &crash);
	(void)kernel_record_recovery(number, decision.rung, decision.error);
	if (decision.rung == DJED_RUNG_ALTERNATIVE)
		image = other;
	status = decision.action ? carry_out(number, image, &decision) : 0;

	crash_done(kept, &decision);
	if (status || !decision.action) {
		djed_log("controlled shutdown: %s crashed (cause %u, at %#llx, message %x): %s",
			 information.name, (unsigned)report->word[1], (unsigned long long)report->word[4],
			 information.held_label, status ? "recovery failed" : "no rung of the ladder holds");
		(void)kernel_halt(DJED_LAB_SHUTDOWN, 0);
	}
}
