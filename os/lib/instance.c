#include "instance.h"

#include <protocols/kernel.h>

static djed_status write_segment(const struct djed_system *system, uint32_t service,
				 const struct djed_segment *segment)
{
	return kernel_service_write(service, segment->address, (uintptr_t)system + segment->offset,
				    segment->file_size);
}

djed_status instance_make(const struct djed_system *system, uint32_t service)
{
	const struct djed_system_service *line = &system->service[service];
	djed_status status =
	    kernel_service_map(service, DJED_HEAP_BASE, line->heap, DJED_ACCESS_READ | DJED_ACCESS_WRITE);

	for (uint32_t i = 0; i < line->segments && !status; i++) {
		const struct djed_segment *segment = &line->segment[i];

		status = kernel_service_map(service, segment->address, segment->memory_size, segment->access);
		if (!status)
			status = write_segment(system, service, segment);
	}
	return status;
}

djed_status instance_renew(const struct djed_system *system, uint32_t service, uint32_t restarts)
{
	const struct djed_system_service *line = &system->service[service];
	djed_status status = kernel_service_zero(service, DJED_HEAP_BASE, line->heap);

	for (uint32_t i = 0; i < line->segments && !status; i++) {
		const struct djed_segment *segment = &line->segment[i];

		status = write_segment(system, service, segment);
		if (!status)
			status = kernel_service_zero(service, segment->address + segment->file_size,
						     segment->memory_size - segment->file_size);
	}
	if (!status)
		status = kernel_service_write(service,
					      DJED_START_INFO + offsetof(struct djed_start_info, restarts),
					      (uintptr_t)&restarts, sizeof(restarts));
	return status;
}
