/* Crash records: what the warden keeps of the crashes that rs has dealt with, for people. */
#ifndef DJED_ABI_CRASH_RECORDS_H
#define DJED_ABI_CRASH_RECORDS_H

#include "crash.h"

#define DJED_CRASHES_MAGIC 0x7368737263646a64ull /* "djdcrshs", little-endian */
enum { DJED_CRASHES_VERSION = 1, DJED_CRASH_RECORDS = 12 };

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
	uint64_t forgotten; /* of these, those of further signatures, for which there was no room, and those
			     * that rs no longer had */
	struct djed_crash_record record[DJED_CRASH_RECORDS];
};

/* The record of a crash: with its signature, or a free one; NULL: there is none. */
static inline struct djed_crash_record *djed_crash_find(struct djed_crashes *crashes,
							const struct djed_crash *crash)
{
	struct djed_crash_record *record = crashes->record;

	for (; record < crashes->record + crashes->records; record++)
		if (record->context.rip == crash->report[4] && record->service == crash->report[0] &&
		    record->cause == crash->report[1] && record->label == crash->report[6])
			return record;
	return crashes->records < DJED_CRASH_RECORDS ? record : NULL;
}

/* Adds a crash; of a new kind with registers and stack. `name`: of its service. Its record; where there is no
 * room: *spare.
 */
static inline struct djed_crash_record *djed_crash_add(struct djed_crashes *crashes,
						       const struct djed_crash *crash, const char *name,
						       struct djed_crash_record *spare)
{
	struct djed_crash_record *record = djed_crash_find(crashes, crash);

	crashes->total++;
	if (!record) {
		crashes->forgotten++;
		record = spare;
	}
	if (record == spare || record == crashes->record + crashes->records) {
		crashes->records += record != spare;
		for (unsigned i = 0; i < DJED_NAME_MAX; i++)
			record->name[i] = name[i];
		record->service = (uint32_t)crash->report[0];
		record->cause = (uint32_t)crash->report[1];
		record->code = crash->report[2];
		record->address = crash->report[3];
		record->label = (uint32_t)crash->report[6];
		record->origin = crash->origin;
		record->first_at = crash->at;
		record->count = 0;
		record->stack_length = (uint32_t)(crash->stack_length < DJED_CRASH_STACK ? crash->stack_length
											 : DJED_CRASH_STACK);
		record->context = crash->context;
		record->context.rip = crash->report[4];
		for (unsigned i = 0; i < record->stack_length; i++)
			record->stack[i] = crash->stack[i];
	}
	record->count++;
	record->last_at = crash->at;
	record->rung = crash->rung;
	record->action = crash->action;
	record->error = crash->error;
	record->attempt = crash->attempt;
	return record;
}

#endif
