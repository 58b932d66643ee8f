/* Clients' regions in a service's memory (docs/regions.md): always there to be read, but written only while
 * their client is served, or where the service has said that it will. */
#include "operations.h"

static uint64_t address_of(const struct service *service, unsigned index)
{
	return DJED_REGIONS_BASE + (uint64_t)index * service->region_size;
}

static void protect(const struct service *service, unsigned index, bool write)
{
	arch_protect(service->thread.tables, address_of(service, index),
		     service->region_size / DJED_PAGE_SIZE, write);
}

void region_open(struct service *service, unsigned index)
{
	if (arch_translate(service->thread.tables, address_of(service, index), true))
		return;
	service->open[service->opened++] = (uint16_t)index;
	protect(service, index, true);
}

/* The usual client is the one that was served before: then nothing has to be changed. */
void regions_serve(struct service *service, uint64_t badge)
{
	unsigned own = badge ? djed_region_of((uint32_t)(badge >> 32), service->regions) : 0;

	if (service->opened == (badge != 0) && (!badge || service->open[0] == own))
		return;
	while (service->opened)
		protect(service, service->open[--service->opened], false);
	if (badge)
		region_open(service, own);
}

/* region_open(index) */
djed_status operation_region_open(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (in[0] >= caller->regions)
		return -EINVAL;
	region_open(caller, (unsigned)in[0]);
	return 0;
}
