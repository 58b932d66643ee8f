/* Snapshots of the servers' memory, and of the world around them. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern uint8_t __start_servers_data[], __stop_servers_data[], __start_servers_bss[], __stop_servers_bss[];
extern uint8_t __start_differential_world[], __stop_differential_world[];

static struct range {
	const char *name;
	uint8_t *start;
	size_t length;
	uint8_t *copy;
} ranges[] = {{.name = "data"}, {.name = "bss"}, {.name = "heap"}, {.name = "world"}};
enum { RANGES = sizeof(ranges) / sizeof(*ranges), WORLD_RANGE = RANGES - 1 };

void memory_prepare(void)
{
	uint8_t *const start[] = {__start_servers_data, __start_servers_bss, (uint8_t *)DJED_HEAP_BASE,
				  __start_differential_world};
	const size_t length[] = {(size_t)(__stop_servers_data - __start_servers_data),
				 (size_t)(__stop_servers_bss - __start_servers_bss), djed_start()->heap_size,
				 (size_t)(__stop_differential_world - __start_differential_world)};

	for (int i = 0; i < RANGES; i++) {
		ranges[i].start = start[i];
		ranges[i].length = length[i];
		ranges[i].copy = malloc(length[i]);
		if (!ranges[i].copy)
			abort();
	}
}

void memory_snapshot(void)
{
	for (int i = 0; i < RANGES; i++)
		memcpy(ranges[i].copy, ranges[i].start, ranges[i].length);
}

void world_restore(void)
{
	memcpy(ranges[WORLD_RANGE].start, ranges[WORLD_RANGE].copy, ranges[WORLD_RANGE].length);
}

size_t memory_compare(const char *what, bool (*exempt)(const uint8_t *address), size_t *exempted)
{
	size_t differences = 0;

	for (int i = 0; i < WORLD_RANGE; i++) {
		if (memcmp(ranges[i].start, ranges[i].copy, ranges[i].length) == 0)
			continue;
		for (size_t at = 0; at < ranges[i].length; at++) {
			const uint8_t *byte = &ranges[i].start[at];

			if (*byte == ranges[i].copy[at])
				continue;
			if (exempt && exempt(byte)) {
				++*exempted;
				continue;
			}
			if (differences++ == 0)
				printf("%s: byte %p (%s + %#zx) is %#x, was %#x\n", what, (const void *)byte,
				       ranges[i].name, at, *byte, ranges[i].copy[at]);
		}
	}
	return differences;
}
