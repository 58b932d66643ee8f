/* Threads of applications, for pm and sched. */
#include "application.h"
#include "copy.h"
#include "operations.h"

/* thread_create(space, badge, copy) -> thread */
djed_status operation_thread_create(struct service *caller, const uint64_t *in, uint64_t *out)
{
	unsigned number = service_number(caller), root = txn_working_for(&rules, number);
	unsigned client = root == TXN_NONE ? TXN_NONE : txn_thread_of(root);
	struct space *space = space_of(in[0]);
	struct application *application;
	djed_status status;

	if (!service_holds(caller, DJED_CAP_THREADS))
		return -EPERM;
	if (!space)
		return -ESRCH;
	if (in[2] > 1 || (in[2] && client == TXN_NONE))
		return -EINVAL;
	application = application_create(space, in[1]);
	if (!application)
		return -EAGAIN;
	status = txn_object_created(&rules, number, application_number(application));
	if (status) {
		application_destroy(application);
		return status;
	}
	if (in[2])
		application_copy(application, &application_table[client]);
	out[0] = application_handle(application);
	return 0;
}

static djed_status defer(struct service *caller, uint64_t handle, uint32_t effect)
{
	const struct application *application = application_of(handle);

	if (!service_holds(caller, DJED_CAP_THREADS))
		return -EPERM;
	if (!application)
		return -ESRCH;
	return txn_object_defer(&rules, service_number(caller), application_number(application), effect);
}

/* thread_start(thread) */
djed_status operation_thread_start(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	return defer(caller, in[0], APPLICATION_START);
}

/* thread_destroy(thread) */
djed_status operation_thread_destroy(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	return defer(caller, in[0], APPLICATION_DESTROY);
}

/* thread_signal(thread) */
djed_status operation_thread_signal(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	return defer(caller, in[0], APPLICATION_SIGNAL);
}

/* thread_get_context(thread, context) */
djed_status operation_thread_get_context(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct application *application = application_of(in[0]);
	struct djed_context context;

	(void)out;
	if (!service_holds(caller, DJED_CAP_THREADS))
		return -EPERM;
	if (!application)
		return -ESRCH;
	arch_thread_get_context(&application->thread.arch, &context);
	context.call_number = application->call_number;
	return copy_to_service(caller, in[1], &context, sizeof(context));
}

/* thread_set_context(thread, context) */
djed_status operation_thread_set_context(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct application *application = application_of(in[0]);
	struct djed_context context;
	djed_status status;

	(void)out;
	if (!service_holds(caller, DJED_CAP_THREADS))
		return -EPERM;
	if (!application)
		return -ESRCH;
	if (application->state == APPLICATION_RUNNING)
		return -EBUSY;
	status = copy_from_service(caller, &context, in[1], sizeof(context));
	if (status)
		return status;
	/* With no effect first: the context must be in place before the effect, which may happen at once. */
	status = txn_object_defer(&rules, service_number(caller), application_number(application), 0);
	if (status)
		return status;
	application->next_context = context;
	return txn_object_defer(&rules, service_number(caller), application_number(application),
				APPLICATION_CONTEXT);
}

/* thread_set_space(thread, space) */
djed_status operation_thread_set_space(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct application *application = application_of(in[0]);
	struct space *space = space_of(in[1]);
	djed_status status;

	(void)out;
	if (!service_holds(caller, DJED_CAP_THREADS))
		return -EPERM;
	if (!application || !space)
		return -ESRCH;
	status = txn_object_defer(&rules, service_number(caller), application_number(application), 0);
	if (status)
		return status;
	application->next_space = in[1];
	return txn_object_defer(&rules, service_number(caller), application_number(application),
				APPLICATION_MOVE);
}

/* thread_times(thread) -> user, system */
djed_status operation_thread_times(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct application *application = application_of(in[0]);

	if (!service_holds(caller, DJED_CAP_THREADS) && !service_holds(caller, DJED_CAP_SCHEDULE))
		return -EPERM;
	if (!application)
		return -ESRCH;
	out[0] = arch_ticks_to_ns(application->thread.user_ticks);
	out[1] = arch_ticks_to_ns(application->system_shown);
	return 0;
}

/* thread_priority(thread, priority, quantum); a quantum of 0 never ends */
djed_status operation_thread_priority(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct application *application = application_of(in[0]);

	(void)out;
	if (!service_holds(caller, DJED_CAP_SCHEDULE))
		return -EPERM;
	if (!application)
		return -ESRCH;
	if (in[1] >= PRIORITY_SERVICE || in[2] >> 62)
		return -EINVAL;
	thread_set_priority(&application->thread, (uint8_t)in[1]);
	application->quantum = arch_ns_to_ticks(in[2]);
	application->used = 0;
	return 0;
}

/* thread_alive(thread) */
djed_status operation_thread_alive(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (!service_holds(caller, DJED_CAP_THREADS) && !service_holds(caller, DJED_CAP_SCHEDULE))
		return -EPERM;
	return application_of(in[0]) ? 0 : -ESRCH;
}
