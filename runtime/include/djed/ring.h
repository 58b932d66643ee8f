/* A server's event ring (abi/ring.h). */
#ifndef DJED_RING_H
#define DJED_RING_H

#include "../../../os/abi/ring.h"

extern struct djed_ring djed_ring;

/* Adds an event; the oldest one goes. Fills `time`. Never fails, allocates or blocks. */
void djed_ring_add(const struct djed_event *event);

#endif
