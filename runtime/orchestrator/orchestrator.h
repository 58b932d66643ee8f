/* What to do about a crash: the ladder (docs/transactions.md), and the policies that the campaigns compare.
 * Pure: it reads what is known about a crash, keeps what it needs to remember, and decides; carrying it out
 * is rs's work (or another host's). */
#ifndef DJED_ORCHESTRATOR_H
#define DJED_ORCHESTRATOR_H

#include "../../os/abi/lab.h"
#include "../../os/abi/recovery.h"
#include "../../os/abi/system.h"

enum {
	ORCHESTRATOR_MEMORY = 64,
	/* Of one service within ORCHESTRATOR_WINDOW_NS: */
	ORCHESTRATOR_RESTARTS_MAX = 16,		/* new instances, before the ladder moves on */
	ORCHESTRATOR_RESTARTS_BEFORE_OTHER = 8, /* the same where another implementation stands by */

	ORCHESTRATOR_REFUSE_AFTER = 16, /* failures of one client's same call, with no success in between */
};
#define ORCHESTRATOR_WINDOW_NS UINT64_C(1000000000)

struct orchestrator_service {
	uint8_t ladder[DJED_LADDER_MAX]; /* enum djed_rung; 0 ends */
	uint32_t restarts;		 /* new instances so far, empty ones and alternatives */
	/* The window begins with a crash; the first crash behind its end begins the next one. */
	uint64_t window; /* its begin, ns since boot */
	uint32_t window_crashes, window_restarts, window_handovers;
};

/* A transaction that a rung was used for. */
struct orchestrator_memory {
	djed_transaction transaction;
	uint32_t service;
	uint32_t rungs; /* bit per rung number used, RESTART_RETRY as 16 */
};

struct orchestrator {
	uint32_t policy; /* enum djed_policy */
	struct orchestrator_service service[DJED_SERVICES_MAX];
	struct orchestrator_memory memory[ORCHESTRATOR_MEMORY]; /* the latest ones */
	uint32_t remembered;
	uint64_t rung_uses[DJED_RUNGS];
};

struct orchestrator_crash {
	uint32_t service;
	const struct djed_service_information *information;
	uint64_t now;	  /* ns since boot; never less than at the crash before */
	bool alternative; /* another implementation stands by, and is not in use yet */
	bool asked;	  /* it has not crashed, but is to have a new instance (DJED_CRASH_ASKED) */
};

/* Rungs 4 to 7 are carried out by whoever owns the memory, before the action: text made new, all but the
 * clients' regions made new, all made new, all made new from the other image. */
struct orchestrator_decision {
	uint32_t action; /* enum djed_recovery_action; 0: controlled shutdown */
	uint32_t rung;	 /* 1..8, 0: none (policy none) */
	uint32_t error;	 /* errno that the request gets, 0: none */
};

void orchestrator_init(struct orchestrator *orchestrator, uint32_t policy);

/* Decides about a crash and remembers it. Always gives a decision; the last one is the shutdown. */
struct orchestrator_decision orchestrator_decide(struct orchestrator *orchestrator,
						 const struct orchestrator_crash *crash);

/* The errno that a request with this label (of the transaction's root) gets when recovery has to fail it. */
uint32_t orchestrator_error(uint32_t label);

#endif
