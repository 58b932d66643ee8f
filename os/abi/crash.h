/* Crash records: what rs keeps of the crashes it has dealt with, for people (djed crashes). In a section of
 * its own, which is shown to the host. */
#ifndef DJED_ABI_CRASH_H
#define DJED_ABI_CRASH_H

#include "layout.h"

#define DJED_CRASHES_MAGIC 0x7368737263646a64ull /* "djdcrshs", little-endian */
enum { DJED_CRASHES_VERSION = 1, DJED_CRASH_RECORDS = 12, DJED_CRASH_STACK = 12288 };

/* Crashes of one signature: the same service, cause, instruction and request. Where they differ, what stands
 * here is of the first of them, but for the last line. */
struct djed_crash_record {
	char name[DJED_NAME_MAX]; /* of the service */
	uint32_t service, cause;  /* cause: enum djed_crash_cause */
	uint32_t label;		  /* of the request it held, 0: none */
	uint32_t origin;	  /* label of the request that its transaction began with */
	uint64_t code, address;	  /* of the exception */
	uint64_t first_at;	  /* ns since boot */
	struct djed_context context;
	uint32_t reserved;
	uint32_t stack_length;		 /* bytes that could be read, from context.rsp upwards */
	uint8_t stack[DJED_CRASH_STACK]; /* what lies there */

	uint64_t count, last_at;
	uint32_t rung, action, error, attempt; /* what was done about the last one */
};

struct djed_crashes {
	uint64_t magic;
	uint32_t version;
	uint32_t records;   /* in use, in the order of their first crash */
	uint64_t total;	    /* crashes */
	uint64_t forgotten; /* of these, those of further signatures, for which there was no room */
	struct djed_crash_record record[DJED_CRASH_RECORDS];
};

#endif
