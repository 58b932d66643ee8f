/* What is kept of crashes: by rs the latest ones as they were, by the warden a record for each kind of them.
 * Both lie in sections of their own, which are shown to the host (djed crashes). */
#ifndef DJED_ABI_CRASH_H
#define DJED_ABI_CRASH_H

#include "layout.h"
#include "message.h"

enum { DJED_CRASH_STACK = 12288, DJED_CRASHES_KEPT = 8 };

/* One crash, as rs has seen it while the service was stopped. */
struct djed_crash {
	uint64_t report[DJED_WORDS_MAX];	/* words of DJED_EVENT_CRASH */
	uint64_t at;				/* ns since boot */
	uint32_t origin;			/* label of the request that its transaction began with */
	uint32_t attempt;			/* earlier crashes of that transaction */
	uint32_t rung, action, error, reserved; /* what was done about it */
	uint64_t stack_length;			/* bytes that could be read, from context.rsp upwards */
	struct djed_context context;
	uint8_t stack[DJED_CRASH_STACK]; /* what lies there */
};

#define DJED_KEPT_MAGIC 0x7470656b63646a64ull /* "djdckept", little-endian */
struct djed_crashes_kept {
	uint64_t magic;
	uint64_t total;				    /* crashes so far */
	struct djed_crash crash[DJED_CRASHES_KEPT]; /* crash n lies at n % DJED_CRASHES_KEPT */
};

#endif
