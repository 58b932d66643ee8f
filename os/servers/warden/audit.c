/* The warden's invariants: what it has counted and is about to do agree with each other. resource[0]:
 * crashes. */
#include "warden.h"

static void audit_records(struct djed_audit *audit)
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

static void audit_service(struct djed_audit *audit, uint32_t number)
{
	const struct watched *watched = &warden.watched[number];
	const struct script *script = &watched->script;
	bool known = number >= 1 && number < warden.system->count;

	djed_check(audit, known || (!watched->crashes && !script->runs && !warden.policy[number].lines),
		   "service %u is none, and is watched", number);
	djed_check(audit, warden.policy[number].lines <= DJED_SCRIPT_LINES,
		   "policy of service %u has %u lines", number, warden.policy[number].lines);
	djed_check(audit,
		   !script->runs || (script->at <= warden.policy[number].lines && !script->broken &&
				     script->due && script->steps <= DJED_SCRIPT_STEPS),
		   "the script of service %u waits at line %u for %llu", number, script->at,
		   (unsigned long long)script->due);
	djed_check(audit, !watched->crashes == !watched->record, "service %u: %llu crashes, %s record",
		   number, (unsigned long long)watched->crashes, watched->record ? "a" : "no");
	djed_check(audit, watched->beat.since <= djed_clock(), "service %u works since the future", number);
}

void warden_audit(struct djed_audit *audit)
{
	uint64_t all = 0;

	djed_check(audit, warden.system == DJED_SYSTEM, "the system is not that of the boot archive");
	if (audit->violations)
		return;
	for (uint32_t i = 0; i < DJED_SERVICES_MAX; i++) {
		audit_service(audit, i);
		all += warden.watched[i].crashes;
	}
	djed_check(audit, all <= crashes.total, "%llu crashes of services, %llu in all",
		   (unsigned long long)all, (unsigned long long)crashes.total);
	audit_records(audit);
	audit->resource[0] = crashes.total;
}
