/* Memory of a service's instance: made by root, made new by rs. Both need the service to be stopped, or not
 * started. */
#ifndef DJED_LIB_INSTANCE_H
#define DJED_LIB_INSTANCE_H

#include <abi/system.h>

/* Gives a new service its heap, its segments, and room for those of its other implementation. 0 or the
 * kernel's error. */
[[nodiscard]] djed_status instance_make(const struct djed_system *system, uint32_t service);

/* Makes the memory of a stopped service what it was before it started, with `restarts` in its start
 * information. Its log and its clients' regions stay as they are; `regions`: it goes on with them. `image`:
 * record of what it is to run: its own number, or its alternative. 0 or the kernel's error. */
[[nodiscard]] djed_status instance_renew(const struct djed_system *system, uint32_t service, uint32_t image,
					 uint32_t restarts, bool regions);

/* Makes only what the service cannot write: text and constants. If it is started it finds that its memory was
 * handed over to it. 0 or the kernel's error. */
[[nodiscard]] djed_status instance_hand_over(const struct djed_system *system, uint32_t service,
					     uint32_t image, uint32_t restarts);

#endif
