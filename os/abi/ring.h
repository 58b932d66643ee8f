/* The event ring: what was seen, in records of 32 bytes that the laboratory and the model read. It is neither
 * logged nor rolled back (a call that was undone was still seen), and its section is shown to the host. With
 * the monitor beside the message path (tap) the kernel writes into the monitor's ring; in both ways it
 * completes the record of a call (result, latency) when it delivers the reply. */
#ifndef DJED_ABI_RING_H
#define DJED_ABI_RING_H

#include "types.h"

enum djed_event_kind {
	DJED_EVENT_SEEN_CALL = 1, /* monitor: an application's system call */
	DJED_EVENT_ENTER = 2,	  /* djed-trace: handler entry or outgoing call */
	DJED_EVENT_EXIT = 3,	  /* djed-trace: its end */
};
struct djed_event {
	uint64_t time;	    /* ns since boot */
	uint32_t source;    /* pid, or service number of a calling server */
	uint32_t call;	    /* label */
	uint32_t arguments; /* hash of the argument words */
	int32_t result;	    /* 0 or a negated errno, where known */
	uint32_t latency;   /* ns, where known */
	uint16_t target;    /* service number */
	uint16_t kind;	    /* enum djed_event_kind */
};
_Static_assert(sizeof(struct djed_event) == 32, "layout");

enum { DJED_RING_EVENTS = 1023 };
struct djed_ring {
	uint64_t written;  /* events since start; event n lies at event[n % DJED_RING_EVENTS] */
	uint32_t capacity; /* DJED_RING_EVENTS */
	uint32_t reserved[5];
	struct djed_event event[DJED_RING_EVENTS];
};
_Static_assert(sizeof(struct djed_ring) == 32768, "eight pages");

/* Mixes the arguments of a Linux call into 32 bits; equal arguments give equal hashes. */
static inline uint32_t djed_event_hash(const uint64_t word[6])
{
	uint64_t h = word[0];

	for (unsigned i = 1; i < 6; i++)
		h = (h ^ h >> 29) * 0x9e3779b97f4a7c15u + word[i];
	h *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

#endif
