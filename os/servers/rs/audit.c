/* rs's invariants: the boot archive is sound, what rs knows of the services is what stands there, and what it
 * remembers of crashes agrees with itself. */
#include "rs.h"

#include <string.h>

enum {
	RUNGS = 1u << DJED_RUNG_RETRY | 1u << DJED_RUNG_ERROR | 1u << DJED_RUNG_REFUSE |
		1u << DJED_RUNG_HANDOVER | 1u << DJED_RUNG_REBUILD | 1u << DJED_RUNG_RESTART |
		1u << DJED_RUNG_ALTERNATIVE | 1u << DJED_RUNG_SHUTDOWN
};

static void audit_service(struct djed_audit *audit, uint32_t number, const struct djed_system *booted)
{
	const struct orchestrator_service *s = &rs.orchestrator.service[number];
	static const uint8_t none[DJED_LADDER_MAX];
	bool known = number >= 1 && number < booted->count;

	djed_check(audit, !memcmp(s->ladder, known ? booted->service[number].ladder : none, sizeof(none)),
		   "service %u has another ladder", number);
	djed_check(audit, known || !s->restarts, "service %u is none, and was started anew", number);
	djed_check(audit,
		   s->window_restarts <= s->restarts &&
		       s->window_restarts + s->window_handovers <= s->window_crashes,
		   "service %u: its restarts, handovers and crashes do not agree", number);
}

static void audit_memory(struct djed_audit *audit, uint32_t index, const struct djed_system *booted)
{
	const struct orchestrator_memory *m = &rs.orchestrator.memory[index];

	if (index >= rs.orchestrator.remembered) {
		djed_check(audit, !m->transaction && !m->service && !m->rungs, "memory %u is not empty",
			   index);
		return;
	}
	djed_check(audit, m->service >= 1 && m->service < booted->count, "memory %u is of service %u", index,
		   m->service);
	djed_check(audit, m->rungs && !(m->rungs & ~(RUNGS | 1u << DJED_RUNG_RESTART_RETRY)),
		   "memory %u has rungs %x", index, m->rungs);
}

static void audit_uses(struct djed_audit *audit)
{
	const struct orchestrator *o = &rs.orchestrator;
	uint64_t restarts = 0, decisions = 0, renewed = 0;

	for (uint32_t i = 0; i < DJED_SERVICES_MAX; i++)
		restarts += o->service[i].restarts;
	for (uint32_t i = 0; i < DJED_RUNGS; i++) {
		decisions += o->rung_uses[i];
		renewed += i >= DJED_RUNG_REBUILD && i <= DJED_RUNG_ALTERNATIVE ? o->rung_uses[i] : 0;
		djed_check(audit, !o->rung_uses[i] || i == 0 || RUNGS >> i & 1,
			   "rung %u was used, and there is none", i);
	}
	djed_check(audit, restarts == renewed, "there are not as many new instances as were decided");
	djed_check(audit, o->remembered <= decisions, "more is remembered than was decided");
}

void rs_audit(struct djed_audit *audit, const struct djed_system *booted, uint64_t size)
{
	const char *reason = djed_system_check(booted, size);

	if (reason) {
		djed_violation(audit, "the boot archive: %s", reason);
		return;
	}
	djed_check(audit, rs.system == booted, "the system is not that of the boot archive");
	djed_check(audit, rs.orchestrator.policy == djed_start()->policy, "the policy is %u",
		   rs.orchestrator.policy);
	for (uint32_t i = 0; i < DJED_SERVICES_MAX; i++)
		audit_service(audit, i, booted);
	for (uint32_t i = 0; i < ORCHESTRATOR_MEMORY; i++)
		audit_memory(audit, i, booted);
	audit_uses(audit);
	djed_check(audit, crashes.magic == DJED_KEPT_MAGIC, "the head of the crashes is damaged");
}
