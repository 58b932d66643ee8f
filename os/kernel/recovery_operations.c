/* Recovery, and what the laboratory is told; for rs, root and pm. */
#include "application.h"
#include "copy.h"
#include "lab.h"
#include "memory.h"
#include "operations.h"

/* The application of the transaction that a service works for; NULL: it has none. */
static struct application *client_of(const struct service *service)
{
	unsigned root = txn_working_for(&rules, service_number(service));
	unsigned thread = root == TXN_NONE ? TXN_NONE : txn_thread_of(root);

	return thread == TXN_NONE ? NULL : &application_table[thread];
}

/* recover(service, action, error, entry) */
djed_status operation_recover(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct service *service = service_numbered(in[0]);
	bool refuse = in[1] == DJED_RECOVER_REFUSE;
	struct application *client;
	djed_status status;

	(void)out;
	if (!service_holds(caller, DJED_CAP_RECOVERY))
		return -EPERM;
	if (!service)
		return -ESRCH;
	if (in[1] < DJED_RECOVER_RETRY || in[1] > DJED_RECOVER_REBUILD || in[2] > 4095)
		return -EINVAL;
	client = client_of(service);
	service->entry = in[3]; /* nothing starts there, unless the rules say so now */
	status = txn_recover(&rules, service_number(service),
			     refuse ? DJED_RECOVER_ERROR : (enum djed_recovery_action)in[1], (unsigned)in[2]);
	if (!status && refuse && client)
		application_refuse(client, in[2]);
	return status;
}

/* service_information(service, information) */
djed_status operation_service_information(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct service *service = service_numbered(in[0]);
	struct djed_service_information information = {0};
	const struct application *client;

	(void)out;
	if (!service_holds(caller, DJED_CAP_RECOVERY) && !service_holds(caller, DJED_CAP_WATCH))
		return -EPERM;
	if (!service)
		return -ESRCH;
	txn_once(&rules, service_number(caller)); /* it would be told other figures */
	txn_information(&rules, service_number(service), &information);
	__builtin_memcpy(information.name, service->name, sizeof(information.name));
	information.entry = service->entry;
	information.deliveries = lab()->service[in[0]].requests;
	information.time = arch_ticks_to_ns(service->thread.user_ticks);
	client = client_of(service);
	information.failures = client ? application_failures(client) : 0;
	return copy_to_service(caller, in[1], &information, sizeof(information));
}

/* service_stop(service, cause) */
djed_status operation_service_stop(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct service *service = service_numbered(in[0]);
	const struct txn_service *rule = &rules.service[in[0] % DJED_SERVICES_MAX];

	(void)out;
	if (!service_holds(caller, DJED_CAP_WATCH))
		return -EPERM;
	if (!service || in[0] == 0)
		return -ESRCH;
	if (in[1] != DJED_CRASH_HEARTBEAT && in[1] != DJED_CRASH_ASKED)
		return -EINVAL;
	txn_once(&rules, service_number(caller)); /* done twice it would not be the same */
	if (in[1] == DJED_CRASH_ASKED) {
		if (rule->state != DJED_SERVICE_RECEIVING || rule->log_owner != TXN_NONE)
			return -EBUSY;
		/* So that it has something to be stopped at; to the next instance this bit means nothing. */
		txn_interrupt(&rules, (unsigned)in[0], 1ull << 63);
	}
	if (rule->state != DJED_SERVICE_WORKING && rule->state != DJED_SERVICE_CALLING)
		return -EBUSY;
	service->stop_cause = (uint32_t)in[1];
	return 0;
}

/* A service whose memory may be changed: it has crashed, or not started yet. */
static djed_status stopped(const struct service *caller, uint64_t number)
{
	const struct service *service = service_numbered(number);

	if (!service_holds(caller, DJED_CAP_RECOVERY) && !service_holds(caller, DJED_CAP_BOOT))
		return -EPERM;
	if (!service)
		return -ESRCH;
	if (rules.service[number].state != DJED_SERVICE_STOPPED &&
	    rules.service[number].state != DJED_SERVICE_DEAD)
		return -EBUSY;
	return 0;
}

/* service_write(service, address, buffer, length) */
djed_status operation_service_write(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct view own = {caller->thread.tables, in[2]};
	djed_status status = stopped(caller, in[0]);

	(void)out;
	return status ? status : copy_into_stopped(&service_table[in[0]], in[1], own, in[3]);
}

/* service_capture(service, context, stack, length) -> read */
djed_status operation_service_capture(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status = stopped(caller, in[0]);
	struct djed_context context;
	struct service *service;

	if (status)
		return status;
	service = &service_table[in[0]];
	arch_thread_get_context(&service->thread.arch, &context);
	status = copy_to_service(caller, in[1], &context, sizeof(context));
	if (!status)
		out[0] = copy_between((struct view){caller->thread.tables, in[2]},
				      (struct view){service->thread.tables, context.rsp}, in[3], false);
	return status;
}

/* service_zero(service, address, length) */
djed_status operation_service_zero(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status = stopped(caller, in[0]);

	(void)out;
	return status ? status : zero_stopped(&service_table[in[0]], in[1], in[2]);
}

/* halt(state, status) */
djed_status operation_halt(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (!service_holds(caller, DJED_CAP_HALT))
		return -EPERM;
	if (in[0] > DJED_LAB_PANIC)
		return -EINVAL;
	lab_halt((enum djed_lab_state)in[0], (uint32_t)in[1]);
}

/* lab_update(what, service, value) */
djed_status operation_lab_update(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct djed_lab_service *line = &lab()->service[in[1] % DJED_SERVICES_MAX];
	uint32_t *const item[] = {[DJED_LAB_SERVICE_VIOLATIONS] = &line->violations,
				  [DJED_LAB_VIOLATIONS] = &lab()->violations,
				  [DJED_LAB_EXIT_STATUS] = &lab()->exit_status,
				  [DJED_LAB_START_ERROR] = &lab()->start_error,
				  [DJED_LAB_FLAGGED] = &line->flagged};

	(void)out;
	if (!service_holds(caller, DJED_CAP_RECOVERY) && !service_holds(caller, DJED_CAP_HALT) &&
	    !service_holds(caller, DJED_CAP_WATCH))
		return -EPERM;
	if (in[0] == DJED_LAB_STATE) {
		txn_once(&rules, service_number(caller)); /* the doorbell rings */
		return lab_set_state(in[2]);
	}
	if (!service_numbered(in[1]))
		return -ESRCH;
	if (in[0] > DJED_LAB_FLAGGED)
		return -EINVAL;
	*item[in[0]] = (uint32_t)in[2];
	return 0;
}

/* kernel_audit(audit) */
djed_status operation_kernel_audit(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct application_counts counts = application_count();
	struct djed_kernel_audit audit = {
	    .threads = counts.threads,
	    .spaces = space_count(),
	    .tombstones = counts.tombstones,
	    .thread_badges_xor = counts.badges_xor,
	    .table_frames_used = table_frames_used(),
	    .table_frames_total = table_frames_total(),
	    .violations = counts.violations,
	};

	(void)out;
	if (!service_holds(caller, DJED_CAP_RECOVERY) && !service_holds(caller, DJED_CAP_HALT))
		return -EPERM;
	txn_audit(&rules, service_number(caller), &audit);
	return copy_to_service(caller, in[0], &audit, sizeof(audit));
}

/* record_recovery(service, rung, error) */
djed_status operation_record_recovery(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (!service_holds(caller, DJED_CAP_RECOVERY))
		return -EPERM;
	if (!service_numbered(in[0]))
		return -ESRCH;
	lab_record_recovery((uint32_t)in[0], (uint32_t)in[1], (uint32_t)in[2]);
	return 0;
}
