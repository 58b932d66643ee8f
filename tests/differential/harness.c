/* The differential check: everything that a handler has written is undone, to the byte.
 *
 *     harness [-v]
 *
 * For each program linked in and for each of its requests:
 *
 *   1. snapshot of all writable memory (the executable's writable segments, and the arena)
 *   2. the request with a closed window: the memory after it is what must come out
 *   3. memory as in 1, the request with an open window: same memory, same result
 *   4. rollback: the memory of 1, every byte of it
 *
 * Exit status 0: all programs passed. The last line is a summary. Nothing that the harness itself changes
 * lies in the executable's writable segments, so nothing has to be left out of the comparison but the log's
 * own top. */
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/include/djed/undo.h"
#include "program.h"

extern const struct test_program *const test_programs[]; /* ended by a null pointer */

enum { RANGES_MAX = 16, LOG_SIZE = 256 << 20, MICROSECONDS_MAX = 200000 };

struct range {
	uint8_t *start;
	size_t length; /* bytes */
};

/* Everything the harness writes, outside of the memory that is compared. */
struct state {
	struct range range[RANGES_MAX];
	size_t ranges;
	size_t total; /* bytes of all ranges */
	uint8_t *arena;
	uint8_t *before, *plain; /* snapshots, `total` bytes each */
	uint64_t requests, logged, passed, failed, skipped;
	int verbose;
};

static void *map(size_t length)
{
	void *memory =
	    mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		perror("harness: mmap");
		exit(2);
	}
	return memory;
}

static void add_range(struct state *s, void *start, size_t length)
{
	if (s->ranges == RANGES_MAX) {
		fprintf(stderr, "harness: more than %d writable segments\n", RANGES_MAX);
		exit(2);
	}
	s->range[s->ranges++] = (struct range){start, length};
	s->total += length;
}

/* The executable comes first; libraries do not take part: programs call nothing in them. */
static int add_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD && segment->p_flags & PF_W)
			add_range(data, (uint8_t *)(info->dlpi_addr + segment->p_vaddr), segment->p_memsz);
	}
	return 1;
}

/* The relocated, then read-only part of a writable segment cannot be written back. */
static void drop_read_only(struct state *s)
{
	struct range kept[RANGES_MAX];
	size_t count = 0, total = 0;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");

	if (!maps) {
		perror("harness: /proc/self/maps");
		exit(2);
	}
	while (fgets(line, sizeof(line), maps)) {
		unsigned long low, high;
		char write;
		if (sscanf(line, "%lx-%lx %*c%c", &low, &high, &write) != 3 || write != 'w')
			continue;
		for (size_t i = 0; i < s->ranges; i++) {
			unsigned long start = (unsigned long)s->range[i].start,
				      end = start + s->range[i].length;
			unsigned long from = start > low ? start : low, to = end < high ? end : high;
			if (from < to && count < RANGES_MAX) {
				kept[count++] = (struct range){(uint8_t *)from, to - from};
				total += to - from;
			}
		}
	}
	fclose(maps);
	memcpy(s->range, kept, sizeof(kept));
	s->ranges = count;
	s->total = total;
}

static void save(const struct state *s, uint8_t *to)
{
	for (size_t i = 0; i < s->ranges; to += s->range[i++].length)
		memcpy(to, s->range[i].start, s->range[i].length);
}

static void restore(const struct state *s, const uint8_t *from)
{
	for (size_t i = 0; i < s->ranges; from += s->range[i++].length)
		memcpy(s->range[i].start, from, s->range[i].length);
}

/* Bytes that differ from a snapshot, those of the log's top left out. */
static size_t differences(const struct state *s, const uint8_t *from, const char *name, const char *when)
{
	size_t count = 0;

	for (size_t i = 0; i < s->ranges; from += s->range[i++].length) {
		const struct range *r = &s->range[i];
		if (memcmp(from, r->start, r->length) == 0)
			continue;
		for (size_t at = 0; at < r->length; at++) {
			uint8_t *byte = r->start + at;
			if (from[at] == *byte ||
			    (byte >= (uint8_t *)&djed_log_top && byte < (uint8_t *)(&djed_log_top + 1)))
				continue;
			if (count++ == 0)
				printf("FAIL %s: %s, byte at %p%s is %02x, not %02x\n", name, when,
				       (void *)byte, r->start == s->arena ? " (arena)" : "", *byte, from[at]);
		}
	}
	if (count > 0)
		printf("FAIL %s: %s, %zu bytes differ\n", name, when, count);
	return count;
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u; /* splitmix64 */
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* One request, both ways. False: it failed. */
static bool check_request(struct state *s, const struct test_program *p, uint64_t argument)
{
	save(s, s->before);
	uint64_t expected = p->handle(argument, s->arena);
	save(s, s->plain);
	restore(s, s->before);

	djed_window_open = 1;
	uint64_t result = p->handle(argument, s->arena);
	djed_window_open = 0;
	s->requests++;
	s->logged += djed_undo_length();
	bool good = true;
	if (result != expected) {
		printf("FAIL %s: the instrumented version returns %#lx, not %#lx\n", p->name, result,
		       expected);
		good = false;
	}
	good &= p->may_fail || differences(s, s->plain, p->name, "after the instrumented version") == 0;
	if (!djed_undo_rollback()) {
		printf("FAIL %s: the log is damaged\n", p->name);
		djed_undo_reset();
		good = false;
	}
	return (differences(s, s->before, p->name, "after rollback") == 0) && good;
}

/* Whether a program that promises nothing ends well in time. Tried in a process of its own. */
static bool ends_well(const struct state *s, const struct test_program *p)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		ualarm(MICROSECONDS_MAX, 0);
		p->handle(0, s->arena);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void check_program(struct state *s, const struct test_program *p)
{
	bool good = true;

	if (p->may_fail && !ends_well(s, p)) {
		s->skipped++;
		return;
	}
	for (size_t i = 0; i < ARENA_SIZE; i++)
		s->arena[i] = (uint8_t)mix(i);
	for (uint64_t round = 0; round < p->rounds && good; round++) {
		uint64_t argument = mix(round);
		good = check_request(s, p, argument);
		if (round + 1 < p->rounds)
			p->handle(argument, s->arena);
	}
	s->passed += good;
	s->failed += !good;
	if (s->verbose)
		printf("%s %s\n", good ? "pass" : "FAIL", p->name);
}

int main(int argc, char **argv)
{
	struct state *s = map(sizeof(*s));

	setvbuf(stdout, map(65536), _IOLBF, 65536);
	s->verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	dl_iterate_phdr(add_segments, s);
	drop_read_only(s);
	s->arena = map(ARENA_SIZE);
	add_range(s, s->arena, ARENA_SIZE);
	s->before = map(s->total);
	s->plain = map(s->total);
	djed_undo_attach(map(LOG_SIZE));
	djed_stack_high = (uintptr_t)__builtin_frame_address(0);
	djed_stack_low = djed_stack_high - (8 << 20);
	for (size_t i = 0; test_programs[i]; i++)
		check_program(s, test_programs[i]);
	printf("%lu programs passed, %lu failed, %lu skipped; %lu requests, %lu bytes logged, %zu bytes "
	       "compared each time\n",
	       s->passed, s->failed, s->skipped, s->requests, s->logged, s->total);
	return s->failed > 0 || s->passed == 0;
}
