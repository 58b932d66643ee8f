/* Two passes: the first learns the names, so that lines may mention services that come later; the second
 * reads the lines of each. What contradicts itself is refused here, so that root only carries out. */
#include "parser.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool wrong(struct parser *p, const char *format, ...)
{
	char *error = p->manifest->error;
	size_t size = sizeof p->manifest->error;
	int length = snprintf(error, size, "%s:%u: ", p->place.file, p->place.line);
	va_list arguments;

	va_start(arguments, format);
	if (length >= 0 && (size_t)length < size)
		vsnprintf(error + length, size - (size_t)length, format, arguments);
	va_end(arguments);
	return false;
}

/* Splits the next line into words; *at is behind it. False: a word or the line is too long, or holds a byte
 * that no manifest has. */
static bool read_line(struct parser *p, const char **at, const char *end)
{
	unsigned length = 0;
	bool comment = false;

	p->place.line++;
	p->words = 0;
	for (; *at < end && **at != '\n'; ++*at) {
		char c = **at;

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
	if (*at < end)
		++*at;
	return true;
}

int manifest_find(const struct manifest *manifest, const char *name)
{
	for (uint32_t i = 1; i < manifest->system.count; i++)
		if (strcmp(manifest->system.service[i].name, name) == 0)
			return (int)i;
	return -1;
}

bool is_valid_name(const char *name)
{
	if (!islower(name[0]) || strlen(name) >= DJED_NAME_MAX)
		return false;
	for (; *name; name++)
		if (!islower(*name) && !isdigit(*name) && *name != '_')
			return false;
	return true;
}

/* A line of the first pass. */
static bool learn_name(struct parser *p)
{
	struct djed_system *system = &p->manifest->system;

	if (strcmp(p->word[0], "service") != 0)
		return true;
	if (p->words != 2 || !is_valid_name(p->word[1]))
		return wrong(p, "expected: service NAME (lower case, at most %d characters)",
			     DJED_NAME_MAX - 1);
	if (strcmp(p->word[1], "root") == 0)
		return wrong(p, "'root' is the name of the service that starts the others");
	if (is_object_name(p->word[1]))
		return wrong(p, "'%s' is the name of a right: who has both could not tell them apart",
			     p->word[1]);
	int before = manifest_find(p->manifest, p->word[1]);
	if (before >= 0)
		return wrong(p, "service %s was given before, at %s:%u", p->word[1],
			     p->manifest->place[before].file, p->manifest->place[before].line);
	if (system->count == DJED_SERVICES_MAX)
		return wrong(p, "more than %d services", DJED_SERVICES_MAX - 1);
	p->manifest->place[system->count] = p->place;
	strcpy(system->service[system->count++].name, p->word[1]);
	return true;
}

static bool read_property(struct parser *p)
{
	unsigned i = 0;

	while (i < PROPERTIES && strcmp(properties[i].name, p->word[0]) != 0)
		i++;
	if (i == PROPERTIES)
		return wrong(p, "there is no line '%s'", p->word[0]);
	if (!p->service)
		return wrong(p, "'%s' stands before the first service", p->word[0]);
	if (p->words - 1 < properties[i].fewest || p->words - 1 > properties[i].most)
		return wrong(p, "expected: %s", properties[i].expected);
	if (p->seen & 1u << i)
		return wrong(p, "service %s has a second line '%s'", p->service->name, p->word[0]);
	p->seen |= 1u << i;
	return properties[i].read(p);
}

/* A line of the second pass. */
static bool describe(struct parser *p)
{
	struct manifest_place here = p->place;

	if (strcmp(p->word[0], "service") != 0)
		return read_property(p);
	if (!check_complete(p))
		return false;
	p->place = here;
	int number = manifest_find(p->manifest, p->word[1]);
	p->service = &p->manifest->system.service[number];
	p->rights = &p->manifest->rights[number];
	p->seen = 0;
	return true;
}

static bool for_each_line(struct parser *p, const struct manifest_text *texts, unsigned count,
			  bool (*use)(struct parser *p))
{
	for (unsigned i = 0; i < count; i++) {
		const char *at = texts[i].bytes, *end = at + texts[i].length;

		p->place = (struct manifest_place){texts[i].file, 0};
		while (at < end)
			if (!read_line(p, &at, end) || (p->words && !use(p)))
				return false;
	}
	return true;
}

bool manifest_parse(struct manifest *manifest, const struct manifest_text *texts, unsigned count)
{
	struct djed_system *system = &manifest->system;
	struct parser parser = {.manifest = manifest, .place = {"manifest", 0}};

	*manifest = (struct manifest){.system = {.magic = DJED_SYSTEM_MAGIC,
						 .length = sizeof manifest->system,
						 .count = 1,
						 .service = {{.name = "root"}}}};
	if (!for_each_line(&parser, texts, count, learn_name))
		return false;
	system->records = system->count;
	if (!for_each_line(&parser, texts, count, describe) || !check_complete(&parser) ||
	    !check_whole(&parser) || !make_capabilities(&parser))
		return false;
	system->checksum = djed_system_checksum(system);
	return true;
}
