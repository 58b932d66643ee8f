/* Policy scripts (os/abi/script.h), as far as their services must be known to check them. */
#include <abi/script.h>
#include <string.h>

#include "parser.h"

static const char *name_of(const struct manifest_text *script)
{
	const char *slash = strrchr(script->file, '/');

	return slash ? slash + 1 : script->file;
}

static bool may_begin_anew(const struct djed_system_service *service)
{
	return memchr(service->ladder, DJED_RUNG_RESTART, DJED_LADDER_MAX) ||
	       memchr(service->ladder, DJED_RUNG_RESTART_RETRY, DJED_LADDER_MAX);
}

/* A script may restart a service that can go on empty, as its ladder says. */
static bool check_restart(struct parser *p, const struct djed_script_line *line)
{
	int target = manifest_find(p->manifest, line->word);

	p->place.line = line->line;
	if (target < 0)
		return wrong(p, "there is no service '%s'", line->word);
	if (!may_begin_anew(&p->manifest->system.service[target]))
		return wrong(p,
			     "service %s has neither 'restart' nor 'restart_retry' in its ladder: it cannot "
			     "begin anew",
			     line->word);
	return true;
}

static bool check_script(struct parser *p, const struct manifest_text *script)
{
	static struct djed_script policy;
	const char *reason = djed_script_parse(&policy, script->bytes, script->length, &p->place.line);

	p->place.file = script->file;
	if (reason)
		return wrong(p, "%s", reason);
	for (uint32_t i = 0; i < policy.lines; i++)
		if (policy.line[i].statement == DJED_SCRIPT_RESTART && !check_restart(p, &policy.line[i]))
			return false;
	return true;
}

bool manifest_check_policies(struct manifest *manifest, const struct manifest_text *scripts, unsigned count)
{
	struct parser p = {.manifest = manifest};

	for (unsigned i = 0; i < count; i++)
		if (!check_script(&p, &scripts[i]))
			return false;
	for (uint32_t i = 1; i < manifest->system.count; i++) {
		const char *name = manifest->system.service[i].policy;
		unsigned found = 0, k = 0;

		for (; name[0] && k < count; k++)
			found += strcmp(name_of(&scripts[k]), name) == 0;
		p.place = manifest->policy_place[i];
		if (name[0] && found != 1)
			return wrong(&p, found ? "there are two policies '%s'" : "there is no policy '%s'",
				     name);
	}
	return true;
}
