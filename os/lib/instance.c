#include "instance.h"

#include <protocols/kernel.h>

/* Makes one of the images that lie in a service's memory: as it was linked, or, where it is not `used`, zero.
 */
static djed_status renew_image(const struct djed_system *system, uint32_t service, uint32_t image, bool used)
{
	const struct djed_system_service *line = &system->service[image];
	djed_status status = 0;

	for (uint32_t i = 0; i < line->segments && !status; i++) {
		const struct djed_segment *segment = &line->segment[i];
		uint64_t bytes = used ? segment->file_size : 0;

		status = kernel_service_write(service, segment->address, (uintptr_t)system + segment->offset,
					      bytes);
		if (!status)
			status = kernel_service_zero(service, segment->address + bytes,
						     segment->memory_size - bytes);
	}
	return status;
}

static djed_status map_image(const struct djed_system *system, uint32_t service, uint32_t image)
{
	const struct djed_system_service *line = &system->service[image];
	djed_status status = 0;

	for (uint32_t i = 0; i < line->segments && !status; i++)
		status = kernel_service_map(service, line->segment[i].address, line->segment[i].memory_size,
					    line->segment[i].access);
	return status;
}

/* Tells the next instance, in its start information, what it is. */
static djed_status inform(uint32_t service, uint32_t restarts, enum djed_handed_over handed_over)
{
	const uint32_t words[2] = {restarts, handed_over};

	_Static_assert(offsetof(struct djed_start_info, handed_over) ==
			   offsetof(struct djed_start_info, restarts) + sizeof(words[0]),
		       "they follow each other");
	return kernel_service_write(service, DJED_START_INFO + offsetof(struct djed_start_info, restarts),
				    (uintptr_t)words, sizeof(words));
}

djed_status instance_make(const struct djed_system *system, uint32_t service)
{
	const struct djed_system_service *line = &system->service[service];
	djed_status status =
	    kernel_service_map(service, DJED_HEAP_BASE, line->heap, DJED_ACCESS_READ | DJED_ACCESS_WRITE);

	if (!status)
		status = map_image(system, service, service);
	if (!status && line->alternative)
		status = map_image(system, service, line->alternative);
	return status ? status : renew_image(system, service, service, true);
}

djed_status instance_renew(const struct djed_system *system, uint32_t service, uint32_t image,
			   uint32_t restarts, bool regions)
{
	const struct djed_system_service *line = &system->service[service];
	djed_status status = kernel_service_zero(service, DJED_HEAP_BASE, line->heap);

	if (!status)
		status = renew_image(system, service, service, image == service);
	if (!status && line->alternative)
		status = renew_image(system, service, line->alternative, image != service);
	return status ? status
		      : inform(service, restarts, regions ? DJED_HANDED_REGIONS : DJED_HANDED_NOTHING);
}

djed_status instance_hand_over(const struct djed_system *system, uint32_t service, uint32_t image,
			       uint32_t restarts)
{
	const struct djed_system_service *line = &system->service[image];
	djed_status status = 0;

	for (uint32_t i = 0; i < line->segments && !status; i++) {
		const struct djed_segment *segment = &line->segment[i];

		if (!(segment->access & DJED_ACCESS_WRITE))
			status =
			    kernel_service_write(service, segment->address,
						 (uintptr_t)system + segment->offset, segment->file_size);
	}
	return status ? status : inform(service, restarts, DJED_HANDED_MEMORY);
}
