#include "instance.h"

#include <abi/message.h>

#include <protocols/kernel.h>

static djed_status write_segment(uint64_t service, const struct elf_image *image,
				 const struct elf_segment *segment)
{
	return kernel_service_write(service, segment->address, (uintptr_t)image->bytes + segment->file_offset,
				    segment->file_size);
}

djed_status instance_make(uint64_t service, const struct elf_image *image, uint64_t heap)
{
	djed_status status =
	    kernel_service_map(service, DJED_HEAP_BASE, heap, DJED_ACCESS_READ | DJED_ACCESS_WRITE);

	for (uint32_t i = 0; i < image->segments && !status; i++) {
		const struct elf_segment *segment = &image->segment[i];

		status = kernel_service_map(service, segment->address, segment->memory_size, segment->access);
		if (!status)
			status = write_segment(service, image, segment);
	}
	return status;
}

djed_status instance_renew(uint64_t service, const struct elf_image *image, uint64_t heap, uint32_t restarts)
{
	djed_status status = kernel_service_zero(service, DJED_HEAP_BASE, heap);

	for (uint32_t i = 0; i < image->segments && !status; i++) {
		const struct elf_segment *segment = &image->segment[i];

		status = write_segment(service, image, segment);
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
