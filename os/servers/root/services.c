/* Making of the services. */
#include <abi/lab.h>
#include <lib/command_line.h>
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
	struct djed_service_spec spec = {{0}, line->priority, 0, line->log, line->regions, line->region_size};
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

/* Whether the command line's word trace=NAME or trace=all means this service. */
static bool is_traced(const char *name)
{
	char who[DJED_NAME_MAX];

	return command_line_value(djed_start()->command_line, "trace", who, sizeof(who)) &&
	       (strcmp(who, "all") == 0 || strcmp(who, name) == 0);
}

static void inform(uint32_t service)
{
	static struct djed_start_info start; /* a page: too large for the stack */
	const struct djed_system_service *line = &root.system->service[service];

	start = (struct djed_start_info){.service = service,
					 .policy = root.policy,
					 .monitor = root.monitor,
					 .detect = root.detect,
					 .heap_size = line->heap,
					 .log_size = line->log,
					 .archive_size = line->archive ? djed_start()->archive_size : 0,
					 .trace = is_traced(line->name)};
	strlcpy(start.name, line->name, sizeof(start.name));
	strlcpy(start.command_line, djed_start()->command_line, sizeof(start.command_line));
	for (uint32_t i = 0; i < line->capabilities; i++) {
		const struct djed_system_capability *capability = &line->capability[i];

		must(kernel_service_grant(service, i, capability->name.type, capability->object,
					  capability->rights),
		     line->name, capability->name.name);
		start.capability[i] = capability->name;
	}
	start.capabilities = line->capabilities;
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

	show(0);
	for (uint32_t i = 1; i < count; i++)
		create(i);
	/* Only now is it known what memory is left for applications. */
	for (uint32_t i = 1; i < count; i++) {
		inform(i);
		name_receiver(i);
		show(i);
	}
	route_calls();
	must(kernel_detect(root.detect), "root", "detectors");
}
