/* Making of services, for root. */
#include "../abi/detect.h"
#include "copy.h"
#include "lab.h"
#include "memory.h"
#include "operations.h"
#include "tap.h"

/* The service that root sets up; NULL: root may not, or there is none; then *status says which. */
static struct service *subject(const struct service *caller, uint64_t number, djed_status *status)
{
	struct service *service = service_numbered(number);

	*status = !service_holds(caller, DJED_CAP_BOOT) ? -EPERM : service ? 0 : -ESRCH;
	return *status ? NULL : service;
}

/* service_create(spec) -> service */
djed_status operation_service_create(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct djed_service_spec spec;
	struct service *service;
	djed_status status;

	if (!service_holds(caller, DJED_CAP_BOOT))
		return -EPERM;
	status = copy_from_service(caller, &spec, in[0], sizeof(spec));
	if (!status)
		status = service_create(&spec, &service);
	if (!status)
		out[0] = service_number(service);
	service_show_pool();
	return status;
}

/* service_map(service, address, length, access) */
djed_status operation_service_map(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status;
	struct service *service = subject(caller, in[0], &status);

	(void)out;
	if (service)
		status = service_map(service, in[1], in[2], in[3]);
	service_show_pool();
	return status;
}

/* service_grant(service, slot, type, object, rights) */
djed_status operation_service_grant(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status;
	struct service *service = subject(caller, in[0], &status);
	struct capability capability = {(uint8_t)in[2], in[3], in[4]};

	(void)out;
	if (service)
		status = in[2] <= DJED_CAP_LAST ? service_grant(service, in[1], &capability) : -EINVAL;
	return status;
}

/* service_start(service, entry) */
djed_status operation_service_start(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status;
	struct service *service = subject(caller, in[0], &status);

	(void)out;
	if (!service)
		return status;
	status = txn_service_open(&rules, service_number(service), service->recoverer);
	if (status)
		return status;
	service_start(service, in[1]);
	thread_ready(&service->thread);
	return 0;
}

/* service_event(service, event) */
djed_status operation_service_event(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct djed_message start = {.label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_START)};
	djed_status status;
	struct service *service = subject(caller, in[0], &status);

	(void)out;
	if (!service)
		return status;
	if (in[1] < DJED_EVENT_PAGE_FAULT || in[1] > DJED_EVENT_START)
		return -EINVAL;
	if (in[1] != DJED_EVENT_START) {
		event_receiver((uint32_t)in[1], service_number(service));
		return 0;
	}
	caller->event_call = true;
	status = txn_call(&rules, service_number(caller), service_number(service), DJED_LOG_EMPTY, &start);
	if (status)
		caller->event_call = false;
	return status;
}

/* route(number, service) */
#define ROUTE_ALL (~0ull)
#define ROUTE_TAP (~1ull)

djed_status operation_route(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status;
	struct service *service = subject(caller, in[1], &status);

	(void)out;
	if (!service)
		return status;
	if (in[0] == ROUTE_ALL || in[0] == ROUTE_TAP)
		tap_set(service_number(service), in[0] == ROUTE_TAP);
	return in[0] == ROUTE_TAP ? 0 : route_set(in[0], service_number(service));
}

/* detect(detectors) */
djed_status operation_detect(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (!service_holds(caller, DJED_CAP_BOOT))
		return -EPERM;
	rules.confirm = in[0] & DJED_DETECT_CONFIRM_ALL ? TXN_CONFIRM_ALL
			: in[0] & DJED_DETECT_CONFIRM	? TXN_CONFIRM_DOUBTFUL
							: TXN_CONFIRM_NONE;
	if (!(in[0] & DJED_DETECT_LIMIT))
		delivery_limit = ~0ull >> 1;
	if (!(in[0] & DJED_DETECT_HEARTBEAT))
		watch_interval = ~0ull >> 1;
	return 0;
}

/* lab_region(service, kind, address, length) */
djed_status operation_lab_region(struct service *caller, const uint64_t *in, uint64_t *out)
{
	djed_status status;
	struct service *service = subject(caller, in[0], &status);
	uint64_t physical;

	(void)out;
	if (!service)
		return status;
	if (in[1] < DJED_REGION_BLOCK_COUNTS || in[1] > DJED_REGION_CRASHES ||
	    in[1] == DJED_REGION_KERNEL_PROFILE)
		return -EINVAL;
	physical = service_contiguous(service, in[2], in[3]);
	if (!physical)
		return -EINVAL;
	status = lab_add_region(service_number(service), (uint32_t)in[1], physical, in[3]);
	if (!status && in[1] == DJED_REGION_EVENTS)
		tap_ring(service_number(service), physical, in[3]);
	return status;
}
