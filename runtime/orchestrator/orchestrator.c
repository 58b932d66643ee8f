#include "orchestrator.h"

#include <protocols/labels.h>
#include <protocols/linux_table.h>

void orchestrator_init(struct orchestrator *orchestrator, uint32_t policy)
{
	*orchestrator = (struct orchestrator){.policy = policy};
}

uint32_t orchestrator_error(uint32_t label)
{
	uint32_t number = DJED_LABEL_NUMBER(label);
	const struct djed_label *known;

	if (DJED_LABEL_PROTOCOL(label) == DJED_PROTOCOL_LINUX) {
		if (number < LINUX_CALLS && linux_table[number].name && linux_table[number].recover)
			return linux_table[number].recover;
		return EIO;
	}
	known = djed_label_find(label);
	return known && known->recover ? known->recover : EIO;
}

/* What was done before for this transaction when this service crashed; a new entry takes the place of the
 * oldest. */
static struct orchestrator_memory *recall(struct orchestrator *o, djed_transaction transaction,
					  uint32_t service)
{
	struct orchestrator_memory *entry;

	for (uint32_t i = 0; i < ORCHESTRATOR_MEMORY; i++)
		if (o->memory[i].transaction == transaction && o->memory[i].service == service &&
		    o->memory[i].rungs)
			return &o->memory[i];
	entry = &o->memory[o->remembered++ % ORCHESTRATOR_MEMORY];
	*entry = (struct orchestrator_memory){.transaction = transaction, .service = service};
	return entry;
}

/* Whether the chain of undo logs can take this transaction back (rule 4). */
static bool undoable(const struct djed_service_information *information)
{
	return !information->lost && !information->undoing && information->transaction;
}

/* Whether a new instance of `service` is enough, as nobody else lost its log, and not one of too many. */
static bool replaceable(const struct orchestrator_service *service, const struct orchestrator_crash *crash)
{
	return !(crash->information->lost & ~(1u << crash->service)) &&
	       service->window_restarts <
		   (crash->alternative ? ORCHESTRATOR_RESTARTS_BEFORE_OTHER : ORCHESTRATOR_RESTARTS_MAX);
}

static bool holds(const struct orchestrator_service *service, const struct orchestrator_crash *crash,
		  uint32_t rung, const struct orchestrator_memory *before)
{
	const struct djed_service_information *information = crash->information;

	switch (rung) {
	case DJED_RUNG_RETRY:
		/* Once: if it crashes again the fault is not transient. The kernel's count survives a restart
		 * of rs. */
		return undoable(information) && information->root_attempt == 0 &&
		       !(before->rungs >> DJED_RUNG_RETRY & 1);
	case DJED_RUNG_HANDOVER:
		/* What is damaged may be the text, of the recovery stub too. That it was not is seen by the
		 * next crash, and then this is no help for a while. */
		return !information->lost && information->transaction && service->window_handovers == 0 &&
		       !(before->rungs >> DJED_RUNG_HANDOVER & 1);
	case DJED_RUNG_REFUSE:
		return undoable(information) && information->failures >= ORCHESTRATOR_REFUSE_AFTER &&
		       !(before->rungs >> DJED_RUNG_REFUSE & 1);
	case DJED_RUNG_ERROR:
		/* Of a notification's failure the service itself hears. */
		return undoable(information) && !(before->rungs >> DJED_RUNG_ERROR & 1);
	case DJED_RUNG_RESTART_RETRY:
		return replaceable(service, crash) && information->root_attempt < 2;
	case DJED_RUNG_REBUILD:
		return replaceable(service, crash) && !(before->rungs >> DJED_RUNG_REBUILD & 1);
	case DJED_RUNG_RESTART:
		return replaceable(service, crash);
	case DJED_RUNG_ALTERNATIVE:
		return crash->alternative && !(information->lost & ~(1u << crash->service));
	default:
		return true;
	}
}

/* Counts a crash, and begins the next window where it is time. */
static void count(struct orchestrator_service *service, uint64_t now)
{
	if (service->window_crashes == 0 || now - service->window > ORCHESTRATOR_WINDOW_NS) {
		service->window = now;
		service->window_crashes = service->window_restarts = service->window_handovers = 0;
	}
	service->window_crashes++;
}

static struct orchestrator_decision climb_down(struct orchestrator *o, const struct orchestrator_crash *crash)
{
	struct orchestrator_service *service = &o->service[crash->service];
	const struct djed_service_information *information = crash->information;
	struct orchestrator_memory *before = recall(o, information->transaction, crash->service);
	uint32_t error = orchestrator_error(information->root_label);
	static const uint8_t action[] = {[DJED_RUNG_RETRY] = DJED_RECOVER_RETRY,
					 [DJED_RUNG_ERROR] = DJED_RECOVER_ERROR,
					 [DJED_RUNG_REFUSE] = DJED_RECOVER_REFUSE,
					 [DJED_RUNG_HANDOVER] = DJED_RECOVER_RETRY,
					 [DJED_RUNG_REBUILD] = DJED_RECOVER_REBUILD,
					 [DJED_RUNG_RESTART] = DJED_RECOVER_RESTART,
					 [DJED_RUNG_ALTERNATIVE] = DJED_RECOVER_RESTART_RETRY,
					 [DJED_RUNG_RESTART_RETRY] = DJED_RECOVER_RESTART_RETRY};
	const uint32_t fails = 1u << DJED_RUNG_ERROR | 1u << DJED_RUNG_REFUSE | 1u << DJED_RUNG_RESTART;
	uint32_t rung = DJED_RUNG_SHUTDOWN;
	struct orchestrator_decision decision;

	for (int i = 0; i < DJED_LADDER_MAX && service->ladder[i]; i++) {
		if (holds(service, crash, service->ladder[i], before)) {
			rung = service->ladder[i];
			break;
		}
	}
	if (crash->asked)
		rung = DJED_RUNG_RESTART_RETRY;
	before->rungs |= 1u << rung;
	/* RESTART_RETRY is 16, and rung 6. */
	decision = (struct orchestrator_decision){action[rung], rung % 10, fails >> rung & 1 ? error : 0};
	if (rung == DJED_RUNG_HANDOVER) {
		service->window_handovers++;
		/* Where the stub has crashed, the new instance undoes the log when it starts. Its memory
		 * knows what is parked with it: that stays. */
		if (information->undoing)
			decision.action = DJED_RECOVER_REBUILD;
	}
	return decision;
}

struct orchestrator_decision orchestrator_decide(struct orchestrator *o,
						 const struct orchestrator_crash *crash)
{
	const struct djed_service_information *information = crash->information;
	struct orchestrator_service *service = &o->service[crash->service];
	uint32_t error = orchestrator_error(information->root_label);
	struct orchestrator_decision decision;

	count(service, crash->now);
	switch (o->policy) {
	case DJED_POLICY_NONE:
		decision = (struct orchestrator_decision){DJED_RECOVER_ABANDON, 0, error};
		break;
	case DJED_POLICY_RESTART:
		decision = (struct orchestrator_decision){DJED_RECOVER_RESTART_ALONE, 6, error};
		break;
	case DJED_POLICY_OSIRIS:
		/* Its caller gets an error while the window is open; afterwards nothing safe is left but to
		 * stop. */
		if (!information->window_closed && !information->undoing && information->transaction)
			decision = (struct orchestrator_decision){DJED_RECOVER_ERROR_ALONE, 2, error};
		else
			decision = (struct orchestrator_decision){0, 8, 0};
		break;
	default:
		decision = climb_down(o, crash);
	}
	if (decision.rung >= DJED_RUNG_REBUILD && decision.rung <= DJED_RUNG_ALTERNATIVE) {
		service->restarts++;
		service->window_restarts++;
	}
	o->rung_uses[decision.rung]++;
	return decision;
}
