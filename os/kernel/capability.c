/* What services may do, and who gets which events. */
#include "service.h"

static uint8_t receivers[DJED_EVENT_START]; /* by event: service + 1; 0: nobody */
static uint8_t routes[LINUX_CALLS];	    /* by Linux call, the same */
static uint8_t route_all;		    /* the service that takes all calls, the same */

static const struct capability *slot_of(const struct service *service, uint64_t slot)
{
	return slot < DJED_CAPABILITIES_MAX ? &service->capability[slot] : NULL;
}

struct service *service_target(const struct service *service, uint64_t slot, uint64_t right)
{
	const struct capability *capability = slot_of(service, slot);

	if (!capability || capability->type != DJED_CAP_ENDPOINT || !(capability->rights & right))
		return NULL;
	return &service_table[capability->object];
}

bool service_may_irq(const struct service *service, uint64_t line)
{
	for (unsigned i = 0; i < DJED_CAPABILITIES_MAX; i++)
		if (service->capability[i].type == DJED_CAP_IRQ && service->capability[i].object == line)
			return true;
	return false;
}

bool service_may_ports(const struct service *service, uint64_t first, uint64_t count)
{
	for (unsigned i = 0; i < DJED_CAPABILITIES_MAX; i++) {
		const struct capability *c = &service->capability[i];
		uint64_t base = c->object >> 16, size = c->object & 0xffff;
		if (c->type == DJED_CAP_PORTS && first >= base && first < base + size &&
		    count <= base + size - first)
			return true;
	}
	return false;
}

/* -EINVAL: the object or the rights do not fit the type. */
static djed_status check(const struct capability *c)
{
	const uint64_t endpoint_rights = DJED_MAY_CALL | DJED_MAY_FORWARD | DJED_MAY_NOTIFY;

	switch (c->type) {
	case DJED_CAP_ENDPOINT:
		return service_numbered(c->object) && !(c->rights & ~endpoint_rights) ? 0 : -EINVAL;
	case DJED_CAP_PORTS:
		return c->object >> 32 == 0 && (c->object >> 16) + (c->object & 0xffff) <= 0x10000 ? 0
												   : -EINVAL;
	case DJED_CAP_IRQ:
		return c->object < ARCH_IRQ_LINES && c->rights < 63 ? 0
								    : -EINVAL; /* bit 63 is the deadline's */
	default:
		return c->type <= DJED_CAP_LAST ? 0 : -EINVAL;
	}
}

djed_status service_grant(struct service *service, uint64_t slot, const struct capability *capability)
{
	struct capability *to = slot < DJED_CAPABILITIES_MAX ? &service->capability[slot] : NULL;

	if (!to || check(capability))
		return -EINVAL;
	*to = *capability;
	service->types = 0;
	for (unsigned i = 0; i < DJED_CAPABILITIES_MAX; i++)
		service->types |= 1u << service->capability[i].type;
	service->types &= ~(1u << DJED_CAP_NONE);
	if (capability->type == DJED_CAP_IRQ)
		arch_irq_mask((uint32_t)capability->object, false);
	return 0;
}

/* The line was masked; its driver unmasks it by irq_acknowledge. */
void kernel_irq(uint32_t line)
{
	for (unsigned s = 0; s < DJED_SERVICES_MAX; s++)
		for (unsigned i = 0;
		     (service_table[s].types >> DJED_CAP_IRQ & 1) && i < DJED_CAPABILITIES_MAX; i++) {
			const struct capability *c = &service_table[s].capability[i];
			if (c->type == DJED_CAP_IRQ && c->object == line)
				txn_interrupt(&rules, s, 1ull << c->rights);
		}
}

void event_receiver(uint32_t event, unsigned service)
{
	receivers[event] = (uint8_t)(service + 1);
}

unsigned event_target(uint32_t event)
{
	return receivers[event] ? receivers[event] - 1u : TXN_NONE;
}

djed_status route_set(uint64_t number, unsigned service)
{
	if (number == ~0ull)
		route_all = (uint8_t)(service + 1);
	else if (number < LINUX_CALLS)
		routes[number] = (uint8_t)(service + 1);
	else
		return -EINVAL;
	return 0;
}

unsigned route_of(uint64_t number)
{
	unsigned service = number < LINUX_CALLS ? routes[number] : 0;

	if (route_all)
		service = route_all;
	return service ? service - 1 : TXN_NONE;
}
