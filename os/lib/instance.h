/* Memory of a service's instance: made by root, made new by rs. Both need the service to be stopped, or not
 * started. */
#ifndef DJED_LIB_INSTANCE_H
#define DJED_LIB_INSTANCE_H

#include <abi/layout.h>

#include "elf.h"

/* Gives a new service its segments and heap. 0 or the kernel's error. */
[[nodiscard]] djed_status instance_make(uint64_t service, const struct elf_image *image, uint64_t heap);

/* Makes the memory of a stopped service what it was before it started, with `restarts` in its start
 * information. 0 or the kernel's error. */
[[nodiscard]] djed_status instance_renew(uint64_t service, const struct elf_image *image, uint64_t heap,
					 uint32_t restarts);

#endif
