/* Start of the system, and recovery of rs. */
#include "root.h"

#include <abi/lab.h>
#include <errno.h>
#include <lib/instance.h>
#include <protocols/audit_client.h>
#include <protocols/kernel.h>

struct root root;

enum {
	CALL_SLOT = 8,	    /* of root's own capabilities; the kernel fills the first ones */
	RS_ATTEMPTS = 2,    /* of rs, at one report */
	RS_STARTS_MAX = 8,  /* of rs that end before it receives anything */
	RUN_ENDED = 1,	    /* the auditor's notification bit */
	CANNOT_START = 126, /* exit status, as a shell gives it */
};

void root_stop(void)
{
	(void)kernel_halt(DJED_LAB_PANIC, 0);
	__builtin_unreachable();
}

/* Waits until a service has finished its init, by asking for its first audit: a system that starts damaged
 * says so. */
static void await(uint32_t service)
{
	const char *name = root.system->service[service].name;
	uint32_t violations, processes;
	uint64_t mix, resource[4];
	djed_status status =
	    kernel_service_grant(djed_start()->service, CALL_SLOT, DJED_CAP_ENDPOINT, service, DJED_MAY_CALL);

	if (!status)
		status = audit_audit(CALL_SLOT, &violations, &processes, &mix, &resource[0], &resource[1],
				     &resource[2], &resource[3]);
	if (status)
		root_fail("service %s does not start: error %d", name, (int)-status);
	if (violations)
		root_fail("service %s starts with %u violations", name, violations);
}

/* The service that starts programs answered with an error, or recovery did so in its place: no program runs
 * and none will, so the final audit is due. */
static void end_run(const char *name, djed_status reason)
{
	uint32_t auditor = root_find("auditor");
	djed_status status = -ESRCH;

	djed_log("service %s: start: error %d", name, (int)-reason);
	(void)kernel_lab_update(DJED_LAB_EXIT_STATUS, 0, CANNOT_START << 8);
	if (auditor)
		status = kernel_service_grant(djed_start()->service, CALL_SLOT, DJED_CAP_ENDPOINT, auditor,
					      DJED_MAY_NOTIFY);
	if (!status)
		status = kernel_notify(CALL_SLOT, RUN_ENDED);
	if (status)
		root_fail("nobody ends the run: error %d", (int)-status);
}

static djed_status init(void)
{
	const struct djed_system_service *service;
	uint32_t count;

	root_read();
	root_make_services();
	service = root.system->service;
	count = root.system->count;
	for (uint32_t i = 1; i < count; i++) {
		djed_status status = kernel_service_start(i, service[i].entry);

		if (status)
			root_fail("service %s: start: error %d", service[i].name, (int)-status);
	}
	/* Not for rs: if it crashed root would wait for ever. It may wait for nobody then, and says so. */
	for (uint32_t i = 1; i < count; i++)
		if (!(service[i].receives >> DJED_EVENT_CRASH & 1))
			await(i);
	(void)kernel_lab_update(DJED_LAB_STATE, 0,
				DJED_LAB_READY); /* the laboratory may stop the machine here */
	(void)kernel_lab_update(DJED_LAB_STATE, 0, DJED_LAB_RUNNING);
	for (uint32_t i = 1; i < count; i++) {
		djed_status status = 0;

		if (service[i].receives >> DJED_EVENT_START & 1)
			status = kernel_service_event(i, DJED_EVENT_START);
		if (status)
			end_run(service[i].name, status);
	}
	return 0;
}

/* What rs cannot decide, because it crashes over it: once again, else an error, else a new instance. By
 * itself, so that what is wrong in rs is not wrong here. False: nothing helps. */
static bool decide(uint32_t service)
{
	static const uint8_t rung[] = {DJED_RUNG_RETRY, DJED_RUNG_ERROR, DJED_RUNG_RESTART},
			     action[] = {DJED_RECOVER_RETRY, DJED_RECOVER_ERROR, DJED_RECOVER_RESTART};
	struct djed_service_information information;
	djed_status status = -EINVAL;

	if (kernel_service_information(service, (uintptr_t)&information) ||
	    information.state != DJED_SERVICE_STOPPED)
		return true;
	for (unsigned i = information.root_attempt > 0; status && i < sizeof(rung); i++) {
		bool anew = rung[i] == DJED_RUNG_RESTART; /* else it goes on, perhaps as its alternative */
		uint64_t entry = anew ? root.system->service[service].entry : information.entry;

		if (anew && instance_renew(root.system, service, service, 1, false))
			return false;
		status = kernel_recover(service, action[i], i ? EIO : 0, entry);
		if (!status)
			(void)kernel_record_recovery(service, rung[i], i ? EIO : 0);
	}
	djed_log("%s: decided by root", information.name);
	return !status;
}

/* rs crashed: a new instance, which gets the report that it was working on again; the third time that it
 * crashes over one, root decides about those who wait. */
static void recover(const struct djed_message *report)
{
	static uint32_t restarts, in_start; /* in_start: over nothing that somebody wants of it */
	uint32_t service = (uint32_t)report->word[0];
	const char *name = root.system->service[service].name;
	bool again = report->word[7] < RS_ATTEMPTS, helped = true;
	djed_status status;

	in_start += report->word[5] == 0;
	for (uint32_t i = 1; !again && i < root.system->count; i++)
		helped &= i == service || decide(i);
	if (in_start > RS_STARTS_MAX || !helped) {
		djed_log("%s crashed %u times: shutdown", name, restarts + 1);
		(void)kernel_halt(DJED_LAB_SHUTDOWN, 0);
		return;
	}
	status = instance_renew(root.system, service, service, ++restarts, false);
	if (!status)
		status = kernel_recover(service, again ? DJED_RECOVER_RESTART_RETRY : DJED_RECOVER_RESTART,
					again ? 0 : EIO, root.system->service[service].entry);
	if (status)
		root_fail("%s crashed and cannot be started again: error %d", name, (int)-status);
	(void)kernel_record_recovery(service, DJED_RUNG_RESTART, 0);
	if (!(restarts & (restarts - 1))) /* the 1st, 2nd, 4th, 8th... time */
		djed_log("%s crashed: started again, %u times by now", name, restarts);
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->message.label != DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)) {
		djed_reply(-ENOSYS);
		return;
	}
	recover(&delivery->message);
	djed_reply(0);
}

DJED_SERVER(init, handle, NULL, NULL)
