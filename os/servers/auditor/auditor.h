/* The auditor: ends each run with the final audit. It can ask every service, and halt the machine; nothing
 * else. As the laboratory's instrument it holds no dormant faults. */
#ifndef AUDITOR_H
#define AUDITOR_H

#include <djed/server.h>

/* Drained, audited, compared: the stages of the end. Each is a transaction of its own, so that a crash in one
 * does not undo those before. */
struct auditor {
	bool ending;  /* the run has ended */
	bool drained; /* all output has left the machine, or is given up */
	uint32_t drain_tries;
	uint32_t tries; /* of the comparison: work that is still under way settles in the meantime */
};
extern struct auditor auditor;

enum { AUDITOR_TRIES_MAX = 50, AUDITOR_DRAIN_TRIES_MAX = 5000 };

/* The next stage, or the same again after a while: sets djed_deadline for it, or halts the machine. */
void auditor_go_on(void);

/* The same after a service has crashed over it each time: it is not asked again. */
void auditor_give_up(void);

#endif
