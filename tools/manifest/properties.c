/* The lines of a service's description. */
#include <abi/message.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"

struct named {
	const char *name;
	uint32_t value;
};

/* A number with an optional K or M behind it. */
static bool read_number(struct parser *p, const char *word, uint64_t low, uint64_t high, uint64_t *value)
{
	char *end;
	unsigned shift = 0;

	/* Not octal: a zero in front changes nothing. */
	*value = isdigit(word[0]) ? strtoull(word, &end, strncmp(word, "0x", 2) ? 10 : 16) : 0;
	if (!isdigit(word[0]))
		end = (char *)word;
	else if (*end == 'K')
		shift = 10;
	else if (*end == 'M')
		shift = 20;
	if (end == word || end[shift > 0] != 0)
		return wrong(p, "'%s' is not a number", word);
	if (*value > high >> shift || *value << shift < low)
		return wrong(p, "%s is not in %llu..%llu", word, (unsigned long long)low,
			     (unsigned long long)high);
	*value <<= shift;
	return true;
}

/* Words 1.. as services. */
static bool read_services(struct parser *p, uint32_t *mask)
{
	for (unsigned i = 1; i < p->words; i++) {
		int index = manifest_find(p->manifest, p->word[i]);

		if (index < 0)
			return wrong(p, "there is no service '%s'", p->word[i]);
		if (&p->manifest->system.service[index] == p->service)
			return wrong(p, "service %s names itself", p->word[i]);
		if (*mask & 1u << index)
			return wrong(p, "service '%s' is given twice", p->word[i]);
		*mask |= 1u << index;
	}
	return true;
}

/* Words 1.. out of a list; *mask gets 1 << value. `what` says what they are. */
static bool read_names(struct parser *p, const struct named *names, const char *what, uint32_t *mask)
{
	for (unsigned i = 1; i < p->words; i++) {
		const struct named *name = names;

		while (name->name && strcmp(name->name, p->word[i]) != 0)
			name++;
		if (!name->name)
			return wrong(p, "there is no %s '%s'", what, p->word[i]);
		if (*mask & 1u << name->value)
			return wrong(p, "%s '%s' is given twice", what, p->word[i]);
		*mask |= 1u << name->value;
	}
	return true;
}

enum {
	REGION_SIZE_MAX = 64 << 10,
	IRQ_BIT_MAX = __builtin_ctzll(DJED_NOTIFY_BUSY) - 1, /* from there on the bits are the kernel's */
};
enum { GRANT_AUDIT = 30, GRANT_ARCHIVE = 31, EVENT_LINUX = 31 };

static bool read_priority(struct parser *p)
{
	uint64_t value;

	if (!read_number(p, p->word[1], 17, 31, &value))
		return false;
	p->service->priority = (uint32_t)value;
	return true;
}

static bool read_size(struct parser *p, uint64_t high, uint64_t *size)
{
	if (!read_number(p, p->word[1], DJED_PAGE_SIZE, high, size))
		return false;
	if (*size % DJED_PAGE_SIZE)
		return wrong(p, "%s is not a multiple of %d", p->word[1], DJED_PAGE_SIZE);
	return true;
}

static bool read_heap(struct parser *p)
{
	return read_size(p, UINT64_C(1) << 30, &p->service->heap);
}

static bool read_log(struct parser *p)
{
	return read_size(p, DJED_LOG_SPAN / 2, &p->service->log);
}

static bool read_calls(struct parser *p)
{
	return read_services(p, &p->rights->calls);
}

static bool read_forwards(struct parser *p)
{
	return read_services(p, &p->rights->forwards);
}

static bool read_notifies(struct parser *p)
{
	return read_services(p, &p->rights->notifies);
}

static bool read_grants(struct parser *p)
{
	static const struct named rights[] = {
	    {"spaces", DJED_CAP_SPACES},     {"frames", DJED_CAP_FRAMES},
	    {"threads", DJED_CAP_THREADS},   {"schedule", DJED_CAP_SCHEDULE},
	    {"recovery", DJED_CAP_RECOVERY}, {"halt", DJED_CAP_HALT},
	    {"watch", DJED_CAP_WATCH},	     {"archive", GRANT_ARCHIVE},
	    {"audit", GRANT_AUDIT},	     {NULL, 0}};
	uint32_t mask = 0;

	if (!read_names(p, rights, "right", &mask))
		return false;
	p->service->archive = mask >> GRANT_ARCHIVE & 1;
	p->rights->audits = mask >> GRANT_AUDIT & 1;
	p->service->grants = mask & ~(1u << GRANT_ARCHIVE | 1u << GRANT_AUDIT);
	return true;
}

static bool read_ports(struct parser *p)
{
	uint64_t first, count;

	if (!read_number(p, p->word[1], 0, 0xffff, &first) ||
	    !read_number(p, p->word[2], 1, 0x10000 - first, &count))
		return false;
	if (count == 0x10000)
		return wrong(p, "all ports at once are too many");
	for (uint32_t i = 1; i < p->manifest->system.count; i++) {
		const struct manifest_rights *other = &p->manifest->rights[i];

		if (first < (uint64_t)other->port_first + other->port_count &&
		    other->port_first < first + count)
			return wrong(p, "ports from %#x on, %u of them, belong to service %s",
				     other->port_first, other->port_count,
				     p->manifest->system.service[i].name);
	}
	p->rights->port_first = (uint16_t)first;
	p->rights->port_count = (uint16_t)count;
	return true;
}

static bool read_irq(struct parser *p)
{
	uint64_t line, bit;

	if (!read_number(p, p->word[1], 0, 23, &line) || !read_number(p, p->word[2], 0, IRQ_BIT_MAX, &bit))
		return false;
	for (uint32_t i = 1; i < p->manifest->system.count; i++)
		if (p->manifest->rights[i].has_irq && p->manifest->rights[i].irq_line == line)
			return wrong(p, "interrupt %u belongs to service %s", (unsigned)line,
				     p->manifest->system.service[i].name);
	p->rights->has_irq = true;
	p->rights->irq_line = (uint8_t)line;
	p->rights->irq_bit = (uint8_t)bit;
	return true;
}

static bool read_receives(struct parser *p)
{
	static const struct named events[] = {{"page_fault", DJED_EVENT_PAGE_FAULT},
					      {"exception", DJED_EVENT_EXCEPTION},
					      {"signal", DJED_EVENT_SIGNAL},
					      {"quantum", DJED_EVENT_QUANTUM},
					      {"crash", DJED_EVENT_CRASH},
					      {"start", DJED_EVENT_START},
					      {"linux", EVENT_LINUX},
					      {NULL, 0}};
	uint32_t mask = 0;

	if (!read_names(p, events, "event", &mask))
		return false;
	for (uint32_t i = 1; i < p->manifest->system.count; i++) {
		const struct djed_system_service *other = &p->manifest->system.service[i];

		if ((mask & other->receives & ~(1u << DJED_EVENT_START)) ||
		    (mask >> EVENT_LINUX && other->receives_linux))
			return wrong(p, "service %s receives that event already", other->name);
	}
	p->service->receives_linux = mask >> EVENT_LINUX & 1;
	p->service->receives = mask & ~(1u << EVENT_LINUX);
	return true;
}

static bool read_linux(struct parser *p)
{
	uint64_t first, last;

	if (!read_number(p, p->word[1], DJED_LINUX_OWN_FIRST, DJED_LINUX_OWN_LAST, &first) ||
	    !read_number(p, p->word[2], first, DJED_LINUX_OWN_LAST, &last))
		return false;
	for (uint32_t i = 1; i < p->manifest->system.count; i++) {
		const struct djed_system_service *other = &p->manifest->system.service[i];

		if (other->linux_last && first <= other->linux_last && other->linux_first <= last)
			return wrong(p, "calls %u..%u belong to service %s", other->linux_first,
				     other->linux_last, other->name);
	}
	p->service->linux_first = (uint16_t)first;
	p->service->linux_last = (uint16_t)last;
	return true;
}

static const struct named rungs[] = {{"retry", DJED_RUNG_RETRY},
				     {"error", DJED_RUNG_ERROR},
				     {"restart", DJED_RUNG_RESTART},
				     {"restart_retry", DJED_RUNG_RESTART_RETRY},
				     {"refuse", DJED_RUNG_REFUSE},
				     {"handover", DJED_RUNG_HANDOVER},
				     {"alternative", DJED_RUNG_ALTERNATIVE},
				     {"rebuild", DJED_RUNG_REBUILD},
				     {"shutdown", DJED_RUNG_SHUTDOWN},
				     {NULL, 0}};

/* The rungs, bit per enum djed_rung, that are never taken behind `rung`: wherever the condition of one of
 * them holds (docs/transactions.md has them), its own does. */
static uint32_t hidden_behind(uint32_t rung)
{
	switch (rung) {
	case DJED_RUNG_SHUTDOWN:
		return ~0u;
	case DJED_RUNG_RESTART:
		return 1u << DJED_RUNG_RESTART_RETRY | 1u << DJED_RUNG_REBUILD;
	case DJED_RUNG_ERROR:
		return 1u << DJED_RUNG_RETRY | 1u << DJED_RUNG_REFUSE;
	default:
		return 0;
	}
}

static const struct named *find_rung(const char *word)
{
	const struct named *rung = rungs;

	while (strcmp(rung->name, word) != 0)
		rung++;
	return rung;
}

static bool read_recovery(struct parser *p)
{
	uint32_t mask = 0;

	if (p->words - 1 > DJED_LADDER_MAX - 1)
		return wrong(p, "more than %d rungs", DJED_LADDER_MAX - 1);
	if (!read_names(p, rungs, "rung", &mask))
		return false;
	for (unsigned i = 1; i < p->words; i++) {
		uint32_t rung = find_rung(p->word[i])->value;

		for (unsigned before = 1; before < i; before++)
			if (hidden_behind(p->service->ladder[before - 1]) >> rung & 1)
				return wrong(p, "rung '%s' is never reached behind '%s'", p->word[i],
					     p->word[before]);
		p->service->ladder[i - 1] = (uint8_t)rung;
	}
	return true;
}

static bool read_alternative(struct parser *p)
{
	struct djed_system *system = &p->manifest->system;

	if (!is_valid_name(p->word[1]))
		return wrong(p, "'%s' cannot be the name of an image", p->word[1]);
	if (manifest_find(p->manifest, p->word[1]) >= 0 || strcmp(p->word[1], system->service[0].name) == 0)
		return wrong(p, "%s is a service, not another implementation of service %s", p->word[1],
			     p->service->name);
	if (system->records == DJED_SERVICES_MAX)
		return wrong(p, "more than %d services and alternatives", DJED_SERVICES_MAX - 1);
	p->service->alternative = (uint32_t)system->records;
	p->manifest->place[system->records] = p->place;
	strcpy(system->service[system->records++].name, p->word[1]);
	return true;
}

static bool read_regions(struct parser *p)
{
	uint64_t count, size;

	if (!read_number(p, p->word[1], 1, DJED_REGIONS_MAX, &count) ||
	    !read_number(p, p->word[2], 1, REGION_SIZE_MAX, &size))
		return false;
	p->service->regions = (uint32_t)count;
	p->service->region_size = (uint32_t)((size + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE * DJED_PAGE_SIZE);
	return true;
}

static bool read_heartbeat(struct parser *p)
{
	uint64_t value;

	if (!read_number(p, p->word[1], 50, 60000, &value))
		return false;
	p->service->heartbeat = (uint32_t)value;
	return true;
}

static bool read_policy(struct parser *p)
{
	if (!is_valid_name(p->word[1]))
		return wrong(p, "'%s' cannot be the name of a policy", p->word[1]);
	strcpy(p->service->policy, p->word[1]);
	p->manifest->policy_place[p->service - p->manifest->system.service] = p->place;
	return true;
}

const struct property properties[PROPERTIES] = {
    {"priority", "priority N", 1, 1, read_priority},
    {"heap", "heap SIZE", 1, 1, read_heap},
    {"log", "log SIZE", 1, 1, read_log},
    {"recovery", "recovery RUNG...", 1, WORDS_MAX, read_recovery},
    {"calls", "calls NAME...", 1, WORDS_MAX, read_calls},
    {"forwards", "forwards NAME...", 1, WORDS_MAX, read_forwards},
    {"notifies", "notifies NAME...", 1, WORDS_MAX, read_notifies},
    {"grants", "grants RIGHT...", 1, WORDS_MAX, read_grants},
    {"ports", "ports FIRST COUNT", 2, 2, read_ports},
    {"irq", "irq LINE BIT", 2, 2, read_irq},
    {"receives", "receives EVENT...", 1, WORDS_MAX, read_receives},
    {"linux", "linux FIRST LAST", 2, 2, read_linux},
    {"alternative", "alternative NAME", 1, 1, read_alternative},
    {"regions", "regions COUNT SIZE", 2, 2, read_regions},
    {"heartbeat", "heartbeat MS", 1, 1, read_heartbeat},
    {"policy", "policy NAME", 1, 1, read_policy},
};
