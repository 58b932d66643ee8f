#include "rs.h"

#include <errno.h>
#include <string.h>

struct rs rs;

enum { RUN_ENDED = 1 /* notification bit, from pm */ };
#define DEADLINE_PASSED (UINT64_C(1) << 63)

static djed_status init(void)
{
	rs.system = DJED_SYSTEM;
	orchestrator_init(&rs.orchestrator, djed_start()->policy);
	for (uint32_t i = 1; i < rs.system->count; i++)
		memcpy(rs.orchestrator.service[i].ladder, rs.system->service[i].ladder, DJED_LADDER_MAX);
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->message.label != DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)) {
		djed_reply(-ENOSYS);
		return;
	}
	rs_recover(&delivery->message);
	djed_reply(0);
}

static void notified(uint64_t bits)
{
	if (bits & (RUN_ENDED | DEADLINE_PASSED))
		rs_finish();
}

static void audit(struct djed_audit *audit)
{
	rs_audit(audit, DJED_SYSTEM, djed_start()->archive_size - DJED_SYSTEM_OFFSET);
}

/* A service crashes over what it is asked at the end of the run, each time. */
static void failed(uint64_t bits)
{
	(void)bits;
	rs_finish_failed();
}

DJED_SERVER_WITH_FAILED(init, handle, notified, audit, failed)
