#include "session.h"

#include <protocols/ds_client.h>
#include <stdio.h>

enum { KEY_SIZE = 32 }; /* of ds */

djed_status session_publish(const char *name)
{
	char key[KEY_SIZE];

	snprintf(key, sizeof(key), "service.%s", name);
	return ds_publish(djed_capability("ds"), key, djed_start()->service);
}

/* The client's own capability for calls to a service; NULL: it has none, and nobody can give it one. */
static const struct djed_capability_name *capability_for(uint64_t service)
{
	const struct djed_start_info *start = djed_start();

	for (uint32_t i = 0; i < start->capabilities && i < DJED_CAPABILITIES_MAX; i++)
		if (start->capability[i].type == DJED_CAP_ENDPOINT && start->capability[i].service == service)
			return &start->capability[i];
	return NULL;
}

bool session_revive(struct session *session)
{
	const struct djed_capability_name *other;
	uint64_t service;
	char key[KEY_SIZE];
	djed_slot ds;

	if (djed_ipc.answer.status != 1 || !djed_find_capability("ds", &ds))
		return false;
	snprintf(key, sizeof(key), "service.%s", session->name);
	if (ds_look_up(ds, key, &service))
		return false;
	other = capability_for(service);
	if (!other || other->slot == session->slot)
		return false;
	session->slot = other->slot;
	djed_log("%s is gone: %s takes its place", session->name, other->name);
	return !session->restore || session->restore(session) == 0;
}
