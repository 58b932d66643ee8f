/* The records of applications' calls in the monitor's event ring (abi/ring.h). */
#ifndef DJED_KERNEL_TAP_H
#define DJED_KERNEL_TAP_H

#include "application.h"

/* The monitor's ring. `records`: the kernel writes a record for each call that it delivers; else the monitor,
 * which has them in its path, does, and the kernel only completes them. */
void tap_set(unsigned monitor, bool records);
/* The service has shown its event ring, which is contiguous in physical memory. */
void tap_ring(unsigned service, uint64_t physical, uint64_t length);

void tap_call(struct application *application, unsigned target, const struct djed_message *message);
/* The service forwards the application's call: the last record in its ring is that call's. */
void tap_forwarded(unsigned service, struct application *application);
void tap_answer(struct application *application, int64_t result);

#endif
