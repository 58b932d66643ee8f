/* Crashes: records of them, and what is said. */
#include <errno.h>
#include <protocols/labels.h>
#include <protocols/linux_table.h>
#include <protocols/recovery_client.h>
#include <stdio.h>
#include <string.h>

#include "warden.h"

/* Not in a section of which the undo log leaves out everything: a record that is made twice counts twice. */
__attribute__((section(".crashes"))) struct djed_crashes crashes = {.magic = DJED_CRASHES_MAGIC,
								    .version = DJED_CRASHES_VERSION};

static struct djed_crash incoming;
static struct djed_crash_record spare; /* of the last crash of a kind for which there is no room */

/* "read", "store.write", ... */
static void describe(uint32_t label, char *text, size_t size)
{
	const struct djed_label *known = djed_label_find(label);
	uint32_t number = DJED_LABEL_NUMBER(label);

	if (label == 0)
		snprintf(text, size, "no request");
	else if (known)
		snprintf(text, size, "%s.%s", known->protocol, known->message);
	else if (DJED_LABEL_PROTOCOL(label) == DJED_PROTOCOL_LINUX && number < LINUX_CALLS &&
		 linux_table[number].name)
		snprintf(text, size, "%s", linux_table[number].name);
	else
		snprintf(text, size, "message %x", label);
}

void crash_tell(const struct watched *watched)
{
	const struct djed_crash_record *r = watched->record;
	char held[40], origin[40], times[40] = "";

	/* What crashes again and again is told the 1st, 2nd, 4th, 8th... time. */
	if (!r || r->count & (r->count - 1))
		return;
	describe(r->label, held, sizeof(held));
	describe(r->origin, origin, sizeof(origin));
	if (r->count > 1)
		snprintf(times, sizeof(times), ", %llu times by now", (unsigned long long)r->count);
	if (r->cause == DJED_CRASH_ASKED)
		djed_log("%s has a new instance, as was asked for%s", r->name, times);
	else
		djed_log("%s crashed in %s for %s (cause %u, code %llu, address %#llx, at %#llx), attempt "
			 "%u: rung %u, "
			 "action %u, error %u%s",
			 r->name, held, origin, r->cause, (unsigned long long)r->code,
			 (unsigned long long)r->address, (unsigned long long)r->context.rip, r->attempt,
			 r->rung, r->action, r->error, times);
}

uint32_t crashes_within(const struct watched *watched, uint32_t ms, uint64_t now)
{
	uint64_t from = now > (uint64_t)ms * NS_PER_MS ? now - (uint64_t)ms * NS_PER_MS : 0;
	uint32_t count = 0;

	while (count < DJED_SCRIPT_CRASHES && count < watched->crashes &&
	       watched->crash_at[(watched->crashes - 1 - count) % DJED_SCRIPT_CRASHES] >= from)
		count++;
	return count;
}

/* Why it cannot be right; NULL: it may be. */
static const char *wrong_with(const struct djed_crash *crash)
{
	if (crash->report[0] == 0 || crash->report[0] >= warden.system->count)
		return "of no service";
	if (crash->report[1] < DJED_CRASH_EXCEPTION || crash->report[1] > DJED_CRASH_ASKED)
		return "without a cause";
	if (crash->rung >= DJED_RUNGS || crash->stack_length > DJED_CRASH_STACK || crash->at > djed_clock())
		return "which cannot be";
	return NULL;
}

static void take_over(const struct djed_crash *crash)
{
	const char *wrong = wrong_with(crash);
	uint32_t number = (uint32_t)crash->report[0];
	const struct djed_system_service *service;
	struct watched *watched;

	if (wrong) {
		djed_log("rs gives a crash record %s: it is left out", wrong);
		crashes.total++;
		crashes.forgotten++;
		return;
	}
	service = &warden.system->service[number];
	watched = &warden.watched[number];
	watched->record = djed_crash_add(&crashes, crash, service->name, &spare);
	watched->crash_at[watched->crashes++ % DJED_SCRIPT_CRASHES] = crash->at;
	if (crash->rung == DJED_RUNG_ALTERNATIVE)
		djed_log("%s goes on as %s", service->name,
			 warden.system->service[service->alternative].name);
	if (crash->report[1] == DJED_CRASH_ASKED)
		crash_tell(watched); /* nothing that a policy has to answer */
	else
		script_begin(number);
}

void crashes_take_over(void)
{
	uint64_t total, given;

	while (recovery_crash(warden.rs, warden.taken, djed_own_writable(&incoming, sizeof(incoming)), &total,
			      &given) == 0) {
		if (given >= total) {
			djed_log("rs gives crash %llu of %llu: its crashes are left alone",
				 (unsigned long long)given, (unsigned long long)total);
			return;
		}
		if (given > warden.taken) { /* less: it is a new instance of rs, which counts anew */
			crashes.total += given - warden.taken;
			crashes.forgotten += given - warden.taken;
		}
		warden.taken = given + 1;
		take_over(&incoming);
	}
}
