/* Capabilities: endpoints in the services' order, then objects. */
#include <string.h>

#include "parser.h"

static struct djed_system_capability *add(struct parser *p, uint32_t number, const char *name, uint32_t type,
					  uint64_t object, uint32_t rights)
{
	struct djed_system_service *service = &p->manifest->system.service[number];
	struct djed_system_capability *capability = &service->capability[service->capabilities];

	p->place = p->manifest->place[number];
	if (service->capabilities == DJED_CAPABILITIES_MAX) {
		wrong(p, "service %s has more than %d capabilities", service->name, DJED_CAPABILITIES_MAX);
		return NULL;
	}
	*capability = (struct djed_system_capability){
	    .name = {.type = type, .slot = service->capabilities++}, .rights = rights, .object = object};
	strcpy(capability->name.name, name);
	return capability;
}

static bool add_endpoints(struct parser *p, uint32_t number)
{
	const struct djed_system *system = &p->manifest->system;
	const struct djed_system_service *service = &system->service[number];
	const struct manifest_rights *given = &p->manifest->rights[number];

	for (uint32_t i = 1; i < system->count; i++) {
		const struct djed_system_service *other = &system->service[i];
		uint32_t rights = 0;

		if (given->calls >> i & 1)
			rights |= DJED_MAY_CALL | DJED_MAY_FORWARD;
		if (given->forwards >> i & 1)
			rights |= DJED_MAY_FORWARD;
		if (given->notifies >> i & 1)
			rights |= DJED_MAY_NOTIFY;
		/* The monitor hands on what belongs to users' servers too, and the auditor asks them: nobody
		 * edits their lines. */
		if (service->receives_linux && other->linux_last)
			rights |= DJED_MAY_FORWARD;
		if (given->audits && other != service)
			rights |= DJED_MAY_CALL;
		if (!rights)
			continue;
		struct djed_system_capability *capability =
		    add(p, number, other->name, DJED_CAP_ENDPOINT, i, rights);
		if (!capability)
			return false;
		capability->name.service = i;
		capability->name.linux_first = other->linux_first;
		capability->name.linux_last = other->linux_last;
	}
	return true;
}

/* By enum djed_capability_type: what a service looks its objects up by. */
static const char *const object_names[] = {
    [DJED_CAP_SPACES] = "spaces",     [DJED_CAP_FRAMES] = "frames",	[DJED_CAP_THREADS] = "threads",
    [DJED_CAP_SCHEDULE] = "schedule", [DJED_CAP_RECOVERY] = "recovery", [DJED_CAP_HALT] = "halt",
    [DJED_CAP_WATCH] = "watch",	      [DJED_CAP_PORTS] = "ports",	[DJED_CAP_IRQ] = "irq"};
enum { OBJECTS = sizeof object_names / sizeof *object_names };

bool is_object_name(const char *name)
{
	unsigned type = 0;

	while (type < OBJECTS && (!object_names[type] || strcmp(object_names[type], name) != 0))
		type++;
	return type < OBJECTS;
}

static bool add_objects(struct parser *p, uint32_t number)
{
	const struct djed_system_service *service = &p->manifest->system.service[number];
	const struct manifest_rights *given = &p->manifest->rights[number];

	for (uint32_t type = 0; type < OBJECTS; type++)
		if (service->grants >> type & 1 && !add(p, number, object_names[type], type, 0, 0))
			return false;
	if (given->port_count && !add(p, number, object_names[DJED_CAP_PORTS], DJED_CAP_PORTS,
				      (uint64_t)given->port_first << 16 | given->port_count, 0))
		return false;
	return !given->has_irq ||
	       add(p, number, object_names[DJED_CAP_IRQ], DJED_CAP_IRQ, given->irq_line, given->irq_bit);
}

bool make_capabilities(struct parser *p)
{
	for (uint32_t i = 1; i < p->manifest->system.count; i++)
		if (!add_endpoints(p, i) || !add_objects(p, i))
			return false;
	return true;
}
