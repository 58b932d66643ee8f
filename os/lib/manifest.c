/* Two passes: the first learns the names, so that lines may mention services that come later; the second
 * reads the lines of each. What contradicts itself is refused here, so that root only carries out. */
#include "manifest.h"

#include <abi/message.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = DJED_SERVICES_MAX + 1, WORD_MAX = 32 };

struct parser {
	struct manifest *manifest;
	const char *at, *end;
	uint32_t line;
	unsigned words; /* of this line, comments and blanks removed */
	char word[WORDS_MAX][WORD_MAX];
	struct manifest_service *service; /* being described */
	uint32_t seen;			  /* bit per entry of `lines`: given for this service */
};

struct named {
	const char *name;
	uint32_t value;
};

[[gnu::format(printf, 2, 3)]] static bool wrong(struct parser *p, const char *format, ...)
{
	char *error = p->manifest->error;
	size_t size = sizeof(p->manifest->error);
	int length = snprintf(error, size, "manifest:%u: ", p->line);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error + length, size - (size_t)length, format, arguments);
	va_end(arguments);
	return false;
}

/* Splits the next line into words; p->at is behind it. False: a word or the line is too long, or holds a byte
 * that no manifest has. */
static bool read_line(struct parser *p)
{
	unsigned length = 0;
	bool comment = false;

	p->line++;
	p->words = 0;
	for (; p->at < p->end && *p->at != '\n'; p->at++) {
		char c = *p->at;

		comment |= c == '#';
		if (comment)
			continue;
		if (c == ' ' || c == '\t') {
			length = 0;
			continue;
		}
		if (c < ' ' || c > '~')
			return wrong(p, "byte %u is not text", (unsigned char)c);
		if (length == 0 && p->words++ == WORDS_MAX)
			return wrong(p, "more than %d words", WORDS_MAX);
		if (length + 1 == WORD_MAX)
			return wrong(p, "'%s...' is too long", p->word[p->words - 1]);
		p->word[p->words - 1][length++] = c;
		p->word[p->words - 1][length] = 0;
	}
	if (p->at < p->end)
		p->at++;
	return true;
}

int manifest_find(const struct manifest *manifest, const char *name)
{
	for (uint32_t i = 0; i < manifest->count; i++)
		if (strcmp(manifest->service[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool valid_name(const char *name)
{
	if (!islower(name[0]) || strlen(name) >= DJED_NAME_MAX)
		return false;
	for (; *name; name++)
		if (!islower(*name) && !isdigit(*name) && *name != '_')
			return false;
	return true;
}

static bool learn_names(struct parser *p)
{
	struct manifest *manifest = p->manifest;

	while (p->at < p->end) {
		if (!read_line(p))
			return false;
		if (p->words == 0 || strcmp(p->word[0], "service") != 0)
			continue;
		if (p->words != 2 || !valid_name(p->word[1]))
			return wrong(p, "expected: service NAME (lower case, at most %d characters)",
				     DJED_NAME_MAX - 1);
		if (strcmp(p->word[1], "root") == 0)
			return wrong(p, "'root' is the name of the service that reads this");
		if (manifest_find(manifest, p->word[1]) >= 0)
			return wrong(p, "service %s was given before, at line %u", p->word[1],
				     manifest->service[manifest_find(manifest, p->word[1])].line);
		if (manifest->count == MANIFEST_SERVICES_MAX)
			return wrong(p, "more than %d services", MANIFEST_SERVICES_MAX);
		struct manifest_service *service = &manifest->service[manifest->count++];
		strlcpy(service->name, p->word[1], sizeof(service->name));
		service->line = p->line;
	}
	return true;
}

/* A number with an optional K or M behind it. */
static bool read_number(struct parser *p, const char *word, uint64_t low, uint64_t high, uint64_t *value)
{
	char *end;
	unsigned shift = 0;

	*value = isdigit(word[0]) ? strtoull(word, &end, 0) : 0;
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
		if (&p->manifest->service[index] == p->service)
			return wrong(p, "service %s names itself", p->word[i]);
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

enum { GRANT_ARCHIVE = 31, EVENT_LINUX = 31 };

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
	return read_services(p, &p->service->calls);
}

static bool read_forwards(struct parser *p)
{
	return read_services(p, &p->service->forwards);
}

static bool read_notifies(struct parser *p)
{
	return read_services(p, &p->service->notifies);
}

static bool read_grants(struct parser *p)
{
	static const struct named rights[] = {
	    {"spaces", DJED_CAP_SPACES},     {"frames", DJED_CAP_FRAMES},
	    {"threads", DJED_CAP_THREADS},   {"schedule", DJED_CAP_SCHEDULE},
	    {"recovery", DJED_CAP_RECOVERY}, {"halt", DJED_CAP_HALT},
	    {"archive", GRANT_ARCHIVE},	     {NULL, 0}};
	uint32_t mask = 0;

	if (!read_names(p, rights, "right", &mask))
		return false;
	p->service->archive = mask >> GRANT_ARCHIVE & 1;
	p->service->grants = mask & ~(1u << GRANT_ARCHIVE);
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
	p->service->port_first = (uint16_t)first;
	p->service->port_count = (uint16_t)count;
	return true;
}

static bool read_irq(struct parser *p)
{
	uint64_t line, bit;

	if (!read_number(p, p->word[1], 0, 23, &line) || !read_number(p, p->word[2], 0, 62, &bit))
		return false;
	p->service->has_irq = true;
	p->service->irq_line = (uint8_t)line;
	p->service->irq_bit = (uint8_t)bit;
	return true;
}

static bool read_receives(struct parser *p)
{
	static const struct named events[] = {{"page_fault", DJED_EVENT_PAGE_FAULT},
					      {"exception", DJED_EVENT_EXCEPTION},
					      {"signal", DJED_EVENT_SIGNAL},
					      {"quantum", DJED_EVENT_QUANTUM},
					      {"crash", DJED_EVENT_CRASH},
					      {"linux", EVENT_LINUX},
					      {NULL, 0}};
	uint32_t mask = 0;

	if (!read_names(p, events, "event", &mask))
		return false;
	for (uint32_t i = 0; i < p->manifest->count; i++) {
		const struct manifest_service *other = &p->manifest->service[i];

		if ((mask & other->receives) || (mask >> EVENT_LINUX && other->receives_linux))
			return wrong(p, "service %s receives that event already", other->name);
	}
	p->service->receives_linux = mask >> EVENT_LINUX & 1;
	p->service->receives = mask & ~(1u << EVENT_LINUX);
	return true;
}

static bool read_linux(struct parser *p)
{
	uint64_t first, last;

	if (!read_number(p, p->word[1], MANIFEST_LINUX_FIRST, MANIFEST_LINUX_LAST, &first) ||
	    !read_number(p, p->word[2], first, MANIFEST_LINUX_LAST, &last))
		return false;
	for (uint32_t i = 0; i < p->manifest->count; i++) {
		const struct manifest_service *other = &p->manifest->service[i];

		if (other->linux_last && first <= other->linux_last && other->linux_first <= last)
			return wrong(p, "calls %u..%u belong to service %s", other->linux_first,
				     other->linux_last, other->name);
	}
	p->service->linux_first = (uint16_t)first;
	p->service->linux_last = (uint16_t)last;
	return true;
}

static bool read_recovery(struct parser *p)
{
	static const struct named rungs[] = {
	    {"retry", MANIFEST_RETRY},	     {"error", MANIFEST_ERROR},
	    {"restart", MANIFEST_RESTART},   {"restart_retry", MANIFEST_RESTART_RETRY},
	    {"shutdown", MANIFEST_SHUTDOWN}, {NULL, 0}};
	uint32_t mask = 0;

	if (p->words - 1 > MANIFEST_LADDER_MAX - 1)
		return wrong(p, "more than %d rungs", MANIFEST_LADDER_MAX - 1);
	if (!read_names(p, rungs, "rung", &mask))
		return false;
	for (unsigned i = 1; i < p->words; i++)
		for (const struct named *rung = rungs; rung->name; rung++)
			if (strcmp(rung->name, p->word[i]) == 0)
				p->service->ladder[i - 1] = (uint8_t)rung->value;
	return true;
}

static const struct {
	const char *name;
	const char *expected;
	unsigned fewest, most; /* words behind the name */
	bool (*read)(struct parser *p);
} lines[] = {
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
};
enum { LINES = sizeof(lines) / sizeof(*lines), LINES_REQUIRED = 4 };

/* Ends the description of p->service. */
static bool check_complete(struct parser *p)
{
	if (!p->service)
		return true;
	p->line = p->service->line;
	for (unsigned i = 0; i < LINES_REQUIRED; i++) {
		bool recoverer = p->service->receives & 1u << DJED_EVENT_CRASH;

		/* Root's rule for rs is fixed: it is started anew. */
		if (lines[i].read == read_recovery && recoverer) {
			if (p->seen & 1u << i)
				return wrong(p, "service %s receives crashes: it has no ladder of its own",
					     p->service->name);
		} else if (!(p->seen & 1u << i)) {
			return wrong(p, "service %s has no line '%s'", p->service->name, lines[i].expected);
		}
	}
	return true;
}

static bool read_property(struct parser *p)
{
	unsigned i = 0;

	while (i < LINES && strcmp(lines[i].name, p->word[0]) != 0)
		i++;
	if (i == LINES)
		return wrong(p, "there is no line '%s'", p->word[0]);
	if (!p->service)
		return wrong(p, "'%s' stands before the first service", p->word[0]);
	if (p->words - 1 < lines[i].fewest || p->words - 1 > lines[i].most)
		return wrong(p, "expected: %s", lines[i].expected);
	if (p->seen & 1u << i)
		return wrong(p, "service %s has a second line '%s'", p->service->name, p->word[0]);
	p->seen |= 1u << i;
	return lines[i].read(p);
}

static bool read_descriptions(struct parser *p)
{
	while (p->at < p->end) {
		if (!read_line(p))
			return false;
		if (p->words == 0)
			continue;
		if (strcmp(p->word[0], "service") == 0) {
			uint32_t line = p->line;

			if (!check_complete(p))
				return false;
			p->line = line;
			p->service = &p->manifest->service[manifest_find(p->manifest, p->word[1])];
			p->seen = 0;
		} else if (!read_property(p)) {
			return false;
		}
	}
	return check_complete(p);
}

/* Rule 7: repeatedly takes out a service that calls nobody who is left. */
static bool check_acyclic(struct parser *p)
{
	const struct manifest *manifest = p->manifest;
	uint32_t left = manifest->count < 32 ? (1u << manifest->count) - 1 : ~0u, before;

	do {
		before = left;
		for (uint32_t i = 0; i < manifest->count; i++)
			if (left >> i & 1 && !(manifest->service[i].calls & left))
				left &= ~(1u << i);
	} while (left != before);
	if (!left)
		return true;
	/* From any service that is left, calls lead to others that are left, and in the end into the cycle.
	 */
	uint32_t first = (uint32_t)__builtin_ctz(left), passed = 0, at = first;
	while (!(passed >> at & 1)) {
		passed |= 1u << at;
		at = (uint32_t)__builtin_ctz(manifest->service[at].calls & left);
	}
	p->line = manifest->service[at].line;
	return wrong(p, "the calls of service %s lead back to it (it calls %s)", manifest->service[at].name,
		     manifest->service[__builtin_ctz(manifest->service[at].calls & left)].name);
}

static bool check_whole(struct parser *p)
{
	uint32_t crash = 0;

	for (uint32_t i = 0; i < p->manifest->count; i++)
		crash += p->manifest->service[i].receives >> DJED_EVENT_CRASH & 1;
	if (!crash)
		return wrong(p, "no service receives crashes");
	return check_acyclic(p);
}

bool manifest_parse(struct manifest *manifest, const char *text, size_t length)
{
	static struct parser parser; /* too large for a server's stack */
	struct parser *p = &parser;

	memset(manifest, 0, sizeof(*manifest));
	*p = (struct parser){.manifest = manifest, .at = text, .end = text + length};
	if (!learn_names(p))
		return false;
	p->at = text;
	p->line = 0;
	return read_descriptions(p) && check_whole(p);
}
