/* Policy scripts: what a service's policy does once its crash has been dealt with. A script never delays
 * recovery: while a crashed server is undone others may wait with locked state, so whatever waits here waits
 * afterwards. */
#include <abi/lab.h>
#include <errno.h>
#include <protocols/kernel.h>
#include <stdio.h>
#include <string.h>

#include "warden.h"

enum { RETRY_MS = 1, REFUSALS_MAX = 1000 };

static const char *policy_name(uint32_t service)
{
	return warden.system->service[service].policy;
}

static void read_one(uint32_t service)
{
	char path[sizeof("rootfs/etc/policies/") + DJED_NAME_MAX];
	struct djed_script *policy = &warden.policy[service];
	const char *bytes, *wrong;
	uint64_t size;
	uint32_t line;

	snprintf(path, sizeof(path), "rootfs/etc/policies/%s", policy_name(service));
	bytes = archive_find(path, &size);
	if (!bytes) {
		djed_log("policy %s of %s is missing: its crashes are recorded, no more",
			 policy_name(service), warden.system->service[service].name);
		return;
	}
	wrong = djed_script_parse(policy, bytes, size, &line);
	if (!wrong)
		return;
	djed_log("policy %s of %s, line %u: %s: it is not used", policy_name(service),
		 warden.system->service[service].name, line, wrong);
	policy->lines = 0;
}

void scripts_read(void)
{
	for (uint32_t i = 1; i < warden.system->count; i++)
		if (policy_name(i)[0] && !policy_name(i)[DJED_NAME_MAX - 1])
			read_one(i);
}

/* ---- statements ------------------------------------------------------------------------------------- */

static uint32_t find_service(const char *name)
{
	uint32_t i = (uint32_t)warden.system->count - 1;

	while (i > 0 && strcmp(warden.system->service[i].name, name) != 0)
		i--;
	return i;
}

/* Whether an empty instance of a service can go on in its place: then it stands in its ladder. */
static bool may_begin_anew(uint32_t service)
{
	const uint8_t *ladder = warden.system->service[service].ladder;

	for (unsigned i = 0; i < DJED_LADDER_MAX; i++)
		if (ladder[i] == DJED_RUNG_RESTART || ladder[i] == DJED_RUNG_RESTART_RETRY)
			return true;
	return false;
}

static void give_up(uint32_t service, const char *reason)
{
	struct script *script = &warden.watched[service].script;

	djed_log("policy %s of %s, line %u: %s: it is given up", policy_name(service),
		 warden.system->service[service].name, script->done, reason);
	script->runs = false;
	script->broken = true;
}

/* A new instance, at a quiet point: between two transactions. Until there is one the script waits. */
static void restart(uint32_t service, const struct djed_script_line *line)
{
	struct script *script = &warden.watched[service].script;
	uint32_t target = find_service(line->word);
	djed_status status;

	if (!target) {
		give_up(service, "restart: there is no such service");
		return;
	}
	if (!may_begin_anew(target) || djed_start()->policy != DJED_POLICY_CHAIN) {
		give_up(service, "restart: a new instance of that service would be empty");
		return;
	}
	status = kernel_service_stop(target, DJED_CRASH_ASKED);
	if (status == -EBUSY && script->refusals < REFUSALS_MAX) {
		script->refusals++;
		script->at--;
		script->steps--;
		script->due = djed_now() + RETRY_MS * NS_PER_MS;
		return;
	}
	script->refusals = 0;
	if (status)
		give_up(service,
			status == -EBUSY ? "restart: that service is always at work" : "restart: refused");
}

static void back_off(struct watched *watched, const struct djed_script_line *line, uint64_t now)
{
	struct script *script = &watched->script;
	uint64_t wait = line->number[0];

	if (crashes_within(watched, 2 * line->number[1], now) > 1 && script->backoff)
		wait = 2 * script->backoff < line->number[1] ? 2 * script->backoff : line->number[1];
	script->backoff = wait;
	script->due = now + wait * NS_PER_MS;
}

static void flag(uint32_t service)
{
	struct watched *watched = &warden.watched[service];

	if (!watched->flagged)
		djed_log("%s: %u crashes within a second: somebody should look",
			 warden.system->service[service].name, crashes_within(watched, 1000, djed_now()));
	watched->flagged = true;
	(void)kernel_lab_update(DJED_LAB_FLAGGED, service, 1);
}

static void step(uint32_t service, uint64_t now)
{
	struct watched *watched = &warden.watched[service];
	const struct djed_script_line *line = &warden.policy[service].line[watched->script.at++];

	watched->script.done = line->line;
	switch (line->statement) {
	case DJED_SCRIPT_LOG:
		djed_log("policy %s of %s: %s", policy_name(service), warden.system->service[service].name,
			 line->text);
		break;
	case DJED_SCRIPT_RECORD:
		crash_tell(watched);
		break;
	case DJED_SCRIPT_FLAG:
		flag(service);
		break;
	case DJED_SCRIPT_BACKOFF:
		back_off(watched, line, now);
		break;
	case DJED_SCRIPT_RESTART:
		restart(service, line);
		break;
	case DJED_SCRIPT_GO:
		if (!line->number[0] || crashes_within(watched, line->number[1], now) >= line->number[0])
			watched->script.at = line->target;
		break;
	case DJED_SCRIPT_END:
		watched->script.runs = false;
		break;
	default:
		break;
	}
}

/* ---- scripts ---------------------------------------------------------------------------------------- */

static void run(uint32_t service)
{
	struct script *script = &warden.watched[service].script;
	uint64_t now = djed_now();

	script->due = 0;
	while (script->runs && !script->due) {
		if (script->at >= warden.policy[service].lines)
			script->runs = false;
		else if (script->steps++ == DJED_SCRIPT_STEPS)
			give_up(service, "it does not come to an end");
		else
			step(service, now);
	}
}

void script_begin(uint32_t service)
{
	struct watched *watched = &warden.watched[service];

	if (!warden.policy[service].lines || watched->script.broken) {
		crash_tell(watched);
		return;
	}
	watched->script.runs = true;
	watched->script.at = watched->script.steps = watched->script.refusals = 0;
	run(service);
}

uint64_t scripts_go_on(void)
{
	uint64_t next = 0;

	for (uint32_t i = 1; i < warden.system->count; i++) {
		struct script *script = &warden.watched[i].script;

		if (script->runs && script->due <= djed_now())
			run(i);
		if (script->runs && (!next || script->due < next))
			next = script->due;
	}
	return next;
}
