/* One crash: decide, carry out, record. */
#include <errno.h>
#include <lib/instance.h>
#include <protocols/kernel.h>
#include <stdio.h>

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
	struct djed_recovery_record record = {.crashed_at = djed_now(),
					      .service = (uint32_t)report->word[0],
					      .cause = (uint32_t)report->word[1],
					      .address = report->word[3],
					      .instruction = report->word[4],
					      .transaction = report->word[5],
					      .label = (uint32_t)report->word[6],
					      .attempt = (uint32_t)report->word[7]};
	struct djed_service_information information;
	struct orchestrator_crash crash = {record.service, &information};
	struct orchestrator_decision decision;
	struct djed_crash_record *note;
	djed_status status;

	if (record.service < 1 || record.service >= rs.system->count ||
	    kernel_service_information(record.service, (uintptr_t)&information)) {
		rs_shut_down("a crash report names no service");
		return;
	}
	if (information.state != DJED_SERVICE_STOPPED)
		return; /* decided already, when this report was delivered before */
	note = crash_note(report, &information);
	decision = orchestrator_decide(&rs.orchestrator, &crash);
	record.rung = decision.rung;
	record.error = decision.action == DJED_RECOVER_RETRY || decision.action == DJED_RECOVER_RESTART_RETRY
			   ? 0
			   : decision.error;
	record.done_at = djed_now();
	(void)kernel_record_recovery((uintptr_t)&record);
	status = decision.action ? carry_out(record.service, &decision) : 0;

	/* Every server goes before rs, so recovery is over now, and this holds up nobody but programs. */
	note->rung = decision.rung;
	note->action = decision.action;
	note->error = record.error;
	note->attempt = information.root_attempt;
	crash_tell(note);
	if (status) {
		djed_log("%s: action %u failed: error %d", information.name, decision.action, (int)-status);
		rs_shut_down("recovery failed");
	} else if (!decision.action) {
		rs_shut_down("no rung of the ladder holds");
	}
}
