/* Making of the services. */
#include <abi/lab.h>
#include <lib/instance.h>
#include <protocols/kernel.h>
#include <protocols/linux_table.h>
#include <string.h>

#include "root.h"

static void must(djed_status status, const char *name, const char *what)
{
	if (status)
		root_fail("service %s: %s: error %d", name, what, (int)-status);
}

static void create(uint32_t service)
{
	const struct djed_system_service *line = &root.system->service[service];
	struct djed_service_spec spec = {.priority = line->priority, .log_size = line->log};
	uint64_t number;

	strlcpy(spec.name, line->name, sizeof(spec.name));
	if (line->receives & 1u << DJED_EVENT_CRASH)
		spec.flags |= DJED_SPEC_RECOVERER;
	must(kernel_service_create((uintptr_t)&spec, &number), line->name, "create");
	djed_assert(number == service);
	must(instance_make(root.system, service), line->name, "memory");
	if (line->archive)
		must(kernel_service_map(service, DJED_ARCHIVE_BASE, djed_start()->archive_size,
					DJED_ACCESS_READ),
		     line->name, "boot archive");
}

/* ---- capabilities ------------------------------------------------------------------------------------ */

static struct djed_capability_name *grant(uint32_t service, struct djed_start_info *start, const char *name,
					  uint32_t type, uint64_t object, uint64_t rights)
{
	struct djed_capability_name *capability = &start->capability[start->capabilities];

	if (start->capabilities == DJED_CAPABILITIES_MAX)
		root_fail("service %s has more than %d capabilities", start->name, DJED_CAPABILITIES_MAX);
	must(kernel_service_grant(service, start->capabilities, type, object, rights), start->name, name);
	strlcpy(capability->name, name, sizeof(capability->name));
	capability->type = type;
	capability->slot = start->capabilities++;
	return capability;
}

static void grant_endpoints(uint32_t service, struct djed_start_info *start)
{
	const struct djed_system_service *line = &root.system->service[service];

	for (uint32_t i = 1; i < root.system->count; i++) {
		const struct djed_system_service *other = &root.system->service[i];
		uint64_t rights = 0;

		if (line->calls >> i & 1)
			rights |= DJED_MAY_CALL | DJED_MAY_FORWARD;
		if (line->forwards >> i & 1)
			rights |= DJED_MAY_FORWARD;
		if (line->notifies >> i & 1)
			rights |= DJED_MAY_NOTIFY;
		/* The monitor hands on what belongs to users' servers too, and rs audits them: nobody edits
		 * their lines. */
		if (line->receives_linux && other->linux_last)
			rights |= DJED_MAY_FORWARD;
		if (line->grants >> DJED_CAP_RECOVERY & 1 && other != line)
			rights |= DJED_MAY_CALL;
		if (!rights)
			continue;
		struct djed_capability_name *capability =
		    grant(service, start, other->name, DJED_CAP_ENDPOINT, i, rights);
		capability->service = i;
		capability->linux_first = other->linux_first;
		capability->linux_last = other->linux_last;
	}
}

static void grant_objects(uint32_t service, struct djed_start_info *start)
{
	static const char *const names[] = {
	    [DJED_CAP_SPACES] = "spaces",     [DJED_CAP_FRAMES] = "frames",
	    [DJED_CAP_THREADS] = "threads",   [DJED_CAP_SCHEDULE] = "schedule",
	    [DJED_CAP_RECOVERY] = "recovery", [DJED_CAP_HALT] = "halt"};
	const struct djed_system_service *line = &root.system->service[service];

	for (uint32_t type = 0; type < sizeof(names) / sizeof(*names); type++)
		if (line->grants >> type & 1)
			grant(service, start, names[type], type, 0, 0);
	if (line->port_count)
		grant(service, start, "ports", DJED_CAP_PORTS,
		      (uint64_t)line->port_first << 16 | line->port_count, 0);
	if (line->has_irq)
		grant(service, start, "irq", DJED_CAP_IRQ, line->irq_line, line->irq_bit);
}

static void inform(uint32_t service)
{
	static struct djed_start_info start; /* a page: too large for the stack */
	const struct djed_system_service *line = &root.system->service[service];

	start = (struct djed_start_info){.service = service,
					 .policy = root.policy,
					 .monitor = root.monitor,
					 .heap_size = line->heap,
					 .log_size = line->log,
					 .archive_size = line->archive ? djed_start()->archive_size : 0};
	strlcpy(start.name, line->name, sizeof(start.name));
	strlcpy(start.command_line, djed_start()->command_line, sizeof(start.command_line));
	grant_endpoints(service, &start);
	grant_objects(service, &start);
	if (line->grants >> DJED_CAP_FRAMES & 1) {
		start.pool_first = djed_start()->pool_first;
		start.pool_count = djed_start()->pool_count;
	}
	must(kernel_service_write(service, DJED_START_INFO, (uintptr_t)&start, sizeof(start)), line->name,
	     "start information");
}

/* ---- events, Linux calls, laboratory --------------------------------------------------------- */

static void name_receiver(uint32_t service)
{
	const struct djed_system_service *line = &root.system->service[service];

	for (uint32_t event = DJED_EVENT_PAGE_FAULT; event < DJED_EVENT_CRASH; event++)
		if (line->receives >> event & 1)
			must(kernel_service_event(service, event), line->name, "receives");
}

/* With the monitor in the path it gets every call; else each goes to its owner, and the monitor gets those
 * that nobody serves, to name them in the log. */
static void route_calls(void)
{
	const uint64_t all = ~UINT64_C(0), tap = ~UINT64_C(1);

	for (uint32_t i = 1; i < root.system->count; i++) {
		const struct djed_system_service *line = &root.system->service[i];

		if (!line->receives_linux)
			continue;
		must(kernel_route(all, i), line->name, "Linux calls");
		if (root.monitor == DJED_MONITOR_BROKER)
			return;
		if (root.monitor == DJED_MONITOR_TAP)
			must(kernel_route(tap, i), line->name, "tap");
	}
	for (uint32_t number = 0; number < LINUX_CALLS; number++) {
		const struct linux_call *call = &linux_table[number];
		uint32_t owner = call->owner ? root_find(call->owner) : 0;

		if (owner && call->support != LINUX_ABSENT)
			must(kernel_route(number, owner), call->owner, "Linux calls");
	}
	for (uint32_t i = 1; i < root.system->count; i++) {
		const struct djed_system_service *line = &root.system->service[i];

		for (uint32_t number = line->linux_first; line->linux_last && number <= line->linux_last;
		     number++)
			must(kernel_route(number, i), line->name, "Linux calls");
	}
}

static void show(uint32_t service)
{
	const struct djed_system_service *line = &root.system->service[service];

	for (uint32_t kind = DJED_REGION_BLOCK_COUNTS; kind <= DJED_REGION_CRASHES; kind++)
		if (line->shown[kind].length)
			must(kernel_lab_region(service, kind, line->shown[kind].address,
					       line->shown[kind].length),
			     line->name, "laboratory");
}

void root_make_services(void)
{
	uint32_t count = root.system->count;

	for (uint32_t i = 1; i < count; i++)
		create(i);
	/* Only now is it known what memory is left for applications. */
	for (uint32_t i = 1; i < count; i++) {
		inform(i);
		name_receiver(i);
		show(i);
	}
	route_calls();
}
