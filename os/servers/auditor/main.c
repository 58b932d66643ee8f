#include "auditor.h"

#include <errno.h>

struct auditor auditor;

enum { RUN_ENDED = 1 /* notification bit, from pm; from root if no program could be started */ };

static djed_status init(void)
{
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	(void)delivery;
	djed_reply(-ENOSYS);
}

static void notified(uint64_t bits)
{
	auditor.ending |= (bits & RUN_ENDED) != 0;
	if (auditor.ending)
		auditor_go_on();
}

static void failed(uint64_t bits)
{
	(void)bits;
	auditor_give_up();
}

static void audit(struct djed_audit *report)
{
	djed_check(report,
		   auditor.tries <= AUDITOR_TRIES_MAX && auditor.drain_tries <= AUDITOR_DRAIN_TRIES_MAX,
		   "%u rounds, %u waits for output", auditor.tries, auditor.drain_tries);
	djed_check(report, auditor.ending || (!auditor.drained && !auditor.drain_tries && !auditor.tries),
		   "a stage of the end has begun before it");
	djed_check(report, auditor.drained || !auditor.tries, "a comparison before all output was sent");
}

DJED_SERVER_WITH_FAILED(init, handle, notified, audit, failed)
