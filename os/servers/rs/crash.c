/* What rs keeps of the crashes it has dealt with: the latest few as they were. What to say of them, and to do
 * beyond recovery, is the warden's work. */
#include <protocols/kernel.h>
#include <string.h>

#include "rs.h"

__attribute__((section(".djed.crashes"))) struct djed_crashes_kept crashes = {.magic = DJED_KEPT_MAGIC};

struct djed_crash *crash_keep(const struct djed_message *report,
			      const struct djed_service_information *information)
{
	struct djed_crash *crash = &crashes.crash[crashes.total % DJED_CRASHES_KEPT];

	memcpy(crash->report, report->word, sizeof(crash->report));
	crash->at = djed_now();
	crash->origin = information->root_label;
	crash->attempt = information->root_attempt;
	crash->stack_length = 0;
	(void)kernel_service_capture(report->word[0], (uintptr_t)&crash->context, (uintptr_t)crash->stack,
				     sizeof(crash->stack), &crash->stack_length);
	return crash;
}

void crash_done(struct djed_crash *crash, const struct orchestrator_decision *decision)
{
	/* It has the capability for one endpoint at most, the warden's, and objects follow behind. */
	const struct djed_capability_name *warden = &djed_start()->capability[0];

	crash->rung = decision->rung;
	crash->action = decision->action;
	crash->error = decision->error;
	crashes.total++;
	/* Of its own crashes it need not hear: it might crash at it again. */
	if (warden->type == DJED_CAP_ENDPOINT && warden->service != crash->report[0])
		(void)kernel_notify(warden->slot, DJED_NOTIFY_CRASH);
	else
		djed_log("service %u crashed: rung %u", (unsigned)crash->report[0], crash->rung);
}
