/* What no single line shows. */
#include <string.h>

#include "parser.h"

bool check_complete(struct parser *p)
{
	if (!p->service)
		return true;
	p->place = p->manifest->place[p->service - p->manifest->system.service];
	for (unsigned i = 0; i < PROPERTIES_REQUIRED; i++) {
		bool recoverer = p->service->receives & 1u << DJED_EVENT_CRASH;

		/* Root's rule for rs is fixed: it is started anew. */
		if (i == PROPERTY_RECOVERY && recoverer) {
			if (p->seen & 1u << i)
				return wrong(p, "service %s receives crashes: it has no ladder of its own",
					     p->service->name);
		} else if (!(p->seen & 1u << i)) {
			return wrong(p, "service %s has no line '%s'", p->service->name,
				     properties[i].expected);
		}
	}
	const uint32_t deadlock = 1u << DJED_EVENT_CRASH | 1u << DJED_EVENT_START;
	if ((p->service->receives & deadlock) == deadlock)
		return wrong(p, "service %s receives crashes: root cannot wait for its answer to start",
			     p->service->name);
	if (p->service->receives >> DJED_EVENT_CRASH & 1 && !(p->service->grants >> DJED_CAP_RECOVERY & 1))
		return wrong(p, "service %s receives crashes, but has not the right 'recovery'",
			     p->service->name);
	if (p->service->receives_linux && p->service->linux_last)
		return wrong(p, "service %s has Linux calls of its own: it would forward them to itself",
			     p->service->name);
	bool rung = false, rebuild = false;
	for (unsigned i = 0; i < DJED_LADDER_MAX; i++) {
		rung |= p->service->ladder[i] == DJED_RUNG_ALTERNATIVE;
		rebuild |= p->service->ladder[i] == DJED_RUNG_REBUILD;
	}
	if (rebuild && !p->service->regions)
		return wrong(p, "service %s has the rung 'rebuild', but no line 'regions COUNT SIZE'",
			     p->service->name);
	if (rung != (p->service->alternative != 0))
		return wrong(p, "service %s has %s", p->service->name,
			     rung ? "the rung 'alternative', but no line 'alternative NAME'"
				  : "an alternative, but no rung for it");
	return true;
}

/* Bit per service: an audit is a call, too. */
static uint32_t called_by(const struct parser *p, uint32_t service)
{
	const struct manifest_rights *rights = &p->manifest->rights[service];
	uint32_t all = (uint32_t)((UINT64_C(1) << p->manifest->system.count) - 2);

	return rights->audits ? all & ~(1u << service) : rights->calls;
}

/* Rule 7 of transactions: repeatedly takes out a service that calls nobody who is left. */
static bool check_acyclic(struct parser *p)
{
	const struct djed_system *system = &p->manifest->system;
	uint32_t left = (uint32_t)((UINT64_C(1) << system->count) - 2), before;

	do {
		before = left;
		for (uint32_t i = 1; i < system->count; i++)
			if (left >> i & 1 && !(called_by(p, i) & left))
				left &= ~(1u << i);
	} while (left != before);
	if (!left)
		return true;
	/* From any service that is left, calls lead to others that are left, and in the end into the cycle.
	 */
	uint32_t first = (uint32_t)__builtin_ctz(left), passed = 0, at = first;
	while (!(passed >> at & 1)) {
		passed |= 1u << at;
		at = (uint32_t)__builtin_ctz(called_by(p, at) & left);
	}
	p->place = p->manifest->place[at];
	return wrong(p, "the calls of service %s lead back to it (it calls %s)", system->service[at].name,
		     system->service[__builtin_ctz(called_by(p, at) & left)].name);
}

/* A system that has programs has what none can do without. */
static bool check_programs(struct parser *p)
{
	const struct djed_system *system = &p->manifest->system;
	uint32_t received = 0;
	bool linux_received = false;

	for (uint32_t i = 1; i < system->count; i++) {
		received |= system->service[i].receives;
		linux_received |= system->service[i].receives_linux;
	}
	const char *missing = !linux_received				 ? "linux"
			      : !(received >> DJED_EVENT_PAGE_FAULT & 1) ? "page_fault"
			      : !(received >> DJED_EVENT_START & 1)	 ? "start"
									 : NULL;
	for (uint32_t i = 1; missing && i < system->count; i++) {
		const struct djed_system_service *service = &system->service[i];

		p->place = p->manifest->place[i];
		if (service->grants >> DJED_CAP_THREADS & 1)
			return wrong(p,
				     "service %s has the right to run programs, but no service receives '%s'",
				     service->name, missing);
		if (service->linux_last && !linux_received)
			return wrong(p,
				     "service %s has Linux calls of its own, but no service receives 'linux'",
				     service->name);
	}
	return true;
}

/* What is to stop a service that does not come back must get the processor while that one runs. */
static bool check_watch(struct parser *p)
{
	const struct djed_system *system = &p->manifest->system;

	for (uint32_t i = 1; i < system->count; i++)
		for (uint32_t k = 1; system->service[i].grants >> DJED_CAP_WATCH & 1 && k < system->count;
		     k++)
			if (k != i && system->service[k].priority >= system->service[i].priority) {
				p->place = p->manifest->place[k];
				return wrong(p,
					     "the priority of service %s must be below that of service %s, "
					     "which watches it",
					     system->service[k].name, system->service[i].name);
			}
	return true;
}

bool check_whole(struct parser *p)
{
	bool crash = false;

	if (p->place.line == 0)
		p->place.line = 1; /* of an empty file */
	for (uint32_t i = 1; i < p->manifest->system.count; i++)
		crash |= p->manifest->system.service[i].receives >> DJED_EVENT_CRASH & 1;
	if (!crash)
		return wrong(p, "no service receives crashes");
	return check_programs(p) && check_watch(p) && check_acyclic(p);
}

bool manifest_check_images(struct manifest *manifest, char *const *names, unsigned count)
{
	struct parser p = {.manifest = manifest};

	for (uint64_t i = 1; i < manifest->system.records; i++) {
		const char *name = manifest->system.service[i].name;
		unsigned k = 0;

		while (k < count && strcmp(names[k], name) != 0)
			k++;
		p.place = manifest->place[i];
		if (k == count)
			return wrong(&p, "there is no image '%s'", name);
	}
	return true;
}
