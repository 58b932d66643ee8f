/* Explores all interleavings of a scenario, depth first, each state once.
 *
 *   model [--deep] [--outside] [--limit STATES] [SCENARIO...]
 *
 * --deep explores the larger scenarios too; --outside does not look at the rules' own structures, only at
 * what servers and clients see. Prints a line for each scenario. Exit status: 0 all properties hold, 1 a
 * violation (with the steps that lead to it), 2 bad usage or the limit was reached. */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- states seen ----------------------------------------------------------------------------- */

static uint64_t *seen;
static uint64_t seen_size, seen_count;

static void *checked(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "model: out of memory\n");
		exit(2);
	}
	return memory;
}

static bool insert(uint64_t *table, uint64_t size, uint64_t key)
{
	uint64_t at = key & (size - 1);

	while (table[at] != 0 && table[at] != key)
		at = (at + 1) & (size - 1);
	if (table[at] == key)
		return false;
	table[at] = key;
	return true;
}

/* True if the state is new. */
static bool remember(uint64_t key)
{
	key += key == 0;
	if ((seen_count + 1) * 2 > seen_size) {
		uint64_t size = seen_size * 2;
		uint64_t *table = checked(calloc(size, sizeof(*table)));

		for (uint64_t i = 0; i < seen_size; i++)
			if (seen[i] != 0)
				insert(table, size, seen[i]);
		free(seen);
		seen = table;
		seen_size = size;
	}

	bool is_new = insert(seen, seen_size, key);

	seen_count += is_new;
	return is_new;
}

/* ---- the search ------------------------------------------------------------------------------ */

enum { DEPTH = 600 };
struct frame {
	struct world world;
	struct choice choices[CHOICES];
	uint64_t fingerprint;
	unsigned count, next;
};
static struct frame *frames;
static unsigned depth;
static uint64_t end_states, limit = 50 * 1000 * 1000;

static void print_trace(void)
{
	static const char *const servers[] = {"root", "rs", "vfs", "pm", "mm", "store", "console", "uart"};

	for (unsigned i = 0; i <= depth; i++) {
		const struct frame *f = &frames[i];
		struct choice c;

		if (f->next == 0)
			break;
		c = f->choices[f->next - 1];

		const struct server *s = &f->world.server[c.who < SERVERS ? c.who : 0];

		switch (c.kind) {
		case DO_ISSUE:
			fprintf(stderr, "  client %u calls\n", c.who);
			break;
		case DO_STEP:
			fprintf(stderr, "  %s runs: activity %u handler %u pc %u transaction %u%s\n",
				servers[c.who], s->activity, s->handler, s->pc, s->tag,
				c.variant ? " (error)" : "");
			break;
		case DO_CRASH:
			fprintf(stderr, "  %s crashes: activity %u handler %u pc %u + %u transaction %u\n",
				servers[c.who], s->activity, s->handler, s->pc, c.variant, s->tag);
			break;
		case DO_CANCEL:
			fprintf(stderr, "  signal for client %u\n", c.who);
			break;
		case DO_KILL:
			fprintf(stderr, "  client %u is killed\n", c.who);
			break;
		case DO_INTERRUPT:
			fprintf(stderr, "  interrupt for %s\n", servers[c.who]);
			break;
		}
	}
}

void violation(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "VIOLATION in %s after %llu states: ", scenario->name,
		(unsigned long long)seen_count);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	print_trace();
	exit(1);
}

/* Looks at the state in the frame at `depth`. */
static void enter(void)
{
	struct frame *f = &frames[depth];

	world = &f->world;
	f->next = f->count = 0;
	check_always();
	f->fingerprint = fingerprint();
	if (!remember(f->fingerprint)) {
		for (unsigned i = 0; i < depth; i++)
			if (frames[i].fingerprint == f->fingerprint)
				violation("livelock: the state of step %u again", i);
		return;
	}
	f->count = world_choices(f->choices);
	if (f->count == 0) {
		end_states++;
		check_end();
	}
}

static bool explore(void)
{
	end_states = seen_count = depth = 0;
	memset(seen, 0, seen_size * sizeof(*seen));
	world = &frames[0].world;
	world_init();
	enter();
	while (true) {
		struct frame *f = &frames[depth];

		if (f->next == f->count) {
			if (depth == 0)
				return true;
			depth--;
			continue;
		}
		if (seen_count >= limit)
			return false;
		if (depth + 1 == DEPTH)
			violation("no end after %u steps", DEPTH);
		f->next++;
		memcpy(&frames[depth + 1].world, &f->world, sizeof(f->world));
		world = &frames[depth + 1].world;
		world_apply(f->choices[f->next - 1]);
		depth++;
		enter();
	}
}

static bool run_scenario(const struct scenario *s)
{
	struct timespec begin, end;

	scenario = s;
	clock_gettime(CLOCK_MONOTONIC, &begin);

	bool complete = explore();

	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%-16s %9llu states %8llu end states %6.1f s%s\n", s->name, (unsigned long long)seen_count,
	       (unsigned long long)end_states,
	       (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
	       complete ? "" : "  INCOMPLETE: limit reached");
	fflush(stdout);
	return complete;
}

static int usage(void)
{
	fprintf(stderr, "usage: model [--deep] [--outside] [--limit STATES] [SCENARIO...]; scenarios:");
	for (unsigned i = 0; i < scenario_count; i++)
		fprintf(stderr, " %s", scenarios[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	bool deep = false, complete = true;
	int named = 0;

	seen_size = 1 << 16;
	seen = checked(calloc(seen_size, sizeof(*seen)));
	frames = checked(calloc(DEPTH, sizeof(*frames)));
	for (int i = 1; i < argc; i++) {
		unsigned s = 0;

		if (strcmp(argv[i], "--deep") == 0) {
			deep = true;
			continue;
		}
		if (strcmp(argv[i], "--outside") == 0) {
			check_structures = false;
			continue;
		}
		if (strcmp(argv[i], "--limit") == 0 && i + 1 < argc) {
			limit = strtoull(argv[++i], NULL, 10);
			continue;
		}
		while (s < scenario_count && strcmp(argv[i], scenarios[s].name) != 0)
			s++;
		if (s == scenario_count)
			return usage();
		named++;
		complete &= run_scenario(&scenarios[s]);
	}
	for (unsigned s = 0; named == 0 && s < scenario_count; s++)
		if (deep || !scenarios[s].deep)
			complete &= run_scenario(&scenarios[s]);
	free(frames);
	free(seen);
	return complete ? 0 : 2;
}
