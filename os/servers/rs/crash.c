/* What rs keeps, and says, of the crashes it has dealt with. */
#include <protocols/kernel.h>
#include <protocols/labels.h>
#include <protocols/linux_table.h>
#include <stdio.h>
#include <string.h>

#include "rs.h"

__attribute__((section(".djed.crashes"))) struct djed_crashes crashes = {.magic = DJED_CRASHES_MAGIC,
									 .version = DJED_CRASHES_VERSION};

struct djed_crash_record *crash_note(const struct djed_message *report,
				     const struct djed_service_information *information)
{
	static struct djed_crash_record unkept;
	struct djed_crash_record *record;
	uint64_t read = 0;

	crashes.total++;
	for (record = crashes.record; record < crashes.record + crashes.records; record++)
		if (record->context.rip == report->word[4] && record->service == report->word[0] &&
		    record->cause == report->word[1] && record->label == report->word[6])
			return record;
	if (crashes.records == DJED_CRASH_RECORDS) {
		crashes.forgotten++;
		record = &unkept;
	} else {
		crashes.records++;
	}
	/* Field by field: to clear the stack first would take longer than a recovery. */
	record->service = (uint32_t)report->word[0];
	record->cause = (uint32_t)report->word[1];
	record->code = report->word[2];
	record->address = report->word[3];
	record->label = (uint32_t)report->word[6];
	record->origin = information->root_label;
	record->first_at = djed_now();
	record->count = 0;
	memcpy(record->name, information->name, sizeof(record->name));
	(void)kernel_service_capture(record->service, (uintptr_t)&record->context, (uintptr_t)record->stack,
				     sizeof(record->stack), &read);
	record->context.rip = report->word[4];
	record->stack_length = (uint32_t)read;
	return record;
}

/* "read", "store.write", ... */
static void describe(uint32_t label, char *text, size_t size)
{
	const struct djed_label *known = djed_label_find(label);
	uint32_t number = DJED_LABEL_NUMBER(label);

	if (label == 0)
		snprintf(text, size, "no request");
	else if (known)
		snprintf(text, size, "%s.%s", known->protocol, known->message);
	else if (DJED_LABEL_PROTOCOL(label) == DJED_PROTOCOL_LINUX && number < LINUX_CALLS &&
		 linux_table[number].name)
		snprintf(text, size, "%s", linux_table[number].name);
	else
		snprintf(text, size, "message %x", label);
}

void crash_tell(struct djed_crash_record *record, const struct orchestrator_decision *decision,
		uint32_t attempt)
{
	char held[40], origin[40], times[40] = "";

	record->rung = decision->rung;
	record->action = decision->action;
	record->error = decision->error;
	record->attempt = attempt;
	record->count++;
	record->last_at = djed_now();
	/* What crashes again and again is told the 1st, 2nd, 4th, 8th... time. */
	if (record->count & (record->count - 1))
		return;
	describe(record->label, held, sizeof(held));
	describe(record->origin, origin, sizeof(origin));
	if (record->count > 1)
		snprintf(times, sizeof(times), ", %llu times by now", (unsigned long long)record->count);
	djed_log(
	    "%s crashed in %s for %s (cause %u, code %llu, address %#llx, at %#llx), attempt %u: rung %u, "
	    "action %u, error %u%s",
	    record->name, held, origin, record->cause, (unsigned long long)record->code,
	    (unsigned long long)record->address, (unsigned long long)record->context.rip, record->attempt,
	    record->rung, record->action, record->error, times);
}

void crash_audit(struct djed_audit *audit)
{
	uint64_t counted = crashes.forgotten;

	djed_check(audit,
		   crashes.magic == DJED_CRASHES_MAGIC && crashes.version == DJED_CRASHES_VERSION &&
		       crashes.records <= DJED_CRASH_RECORDS,
		   "the head of the crash records is damaged");
	for (uint32_t i = 0; i < DJED_CRASH_RECORDS; i++) {
		const struct djed_crash_record *record = &crashes.record[i];

		djed_check(audit, (record->count != 0) == (i < crashes.records),
			   "crash record %u of %u counts %llu", i, crashes.records,
			   (unsigned long long)record->count);
		djed_check(audit,
			   record->service < DJED_SERVICES_MAX && record->stack_length <= DJED_CRASH_STACK &&
			       record->first_at <= record->last_at,
			   "crash record %u is damaged", i);
		counted += record->count;
	}
	djed_check(audit, counted == crashes.total, "%llu crashes recorded of %llu",
		   (unsigned long long)counted, (unsigned long long)crashes.total);
}
