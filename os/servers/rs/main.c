#include "rs.h"

#include <errno.h>
#include <string.h>

struct rs rs;

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

static void audit(struct djed_audit *audit)
{
	rs_audit(audit, DJED_SYSTEM, djed_start()->archive_size - DJED_SYSTEM_OFFSET);
}

DJED_SERVER(init, handle, NULL, audit)
