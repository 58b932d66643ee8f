/* Clients' regions in a service's memory (docs/regions.md): always there to be read, but written only while
 * their client is served, or where the service has said that it will. */
#include "operations.h"

static void protect(const struct service *service, unsigned index, bool write)
{
	uint64_t pages = service->region_size / DJED_PAGE_SIZE, first = index * pages;

	arch_protect(service->thread.tables, service->region_entry + first,
		     DJED_REGIONS_BASE + first * DJED_PAGE_SIZE, pages, write);
}

/* False: it is open already. */
static bool open(struct service *service, unsigned index)
{
	for (unsigned i = 0; i < service->opened; i++)
		if (service->open[i] == index)
			return false;
	service->open[service->opened++] = (uint16_t)index;
	service->served = ~0ull;
	protect(service, index, true);
	return true;
}

void regions_serve(struct service *service, uint64_t badge)
{
	unsigned own = badge ? djed_region_of((uint32_t)(badge >> 32), service->regions) : DJED_REGIONS_MAX;

	for (; service->opened; service->opened--)
		if (service->open[service->opened - 1] != own)
			protect(service, service->open[service->opened - 1], false);
	if (badge)
		(void)open(service, own);
	service->served = badge;
}

/* It starts, or it undoes its log: that also holds what would have been written to a closed region, and puts
 * back what is there. */
bool regions_touched(struct service *service, uint64_t address)
{
	const struct txn_service *s = &rules.service[service_number(service)];
	uint64_t size = (uint64_t)service->regions * service->region_size;

	return (s->state == DJED_SERVICE_UNDOING || s->held == TXN_NONE) &&
	       address - DJED_REGIONS_BASE < size &&
	       open(service, (unsigned)((address - DJED_REGIONS_BASE) / service->region_size));
}

/* region_open(index) */
djed_status operation_region_open(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (in[0] >= caller->regions)
		return -EINVAL;
	(void)open(caller, (unsigned)in[0]);
	return 0;
}
