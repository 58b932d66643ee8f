/* Port: a server as part of a Linux program. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "linux.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

struct djed_start_info djed_port_start;
uint64_t djed_port_time;
void (*djed_port_on_panic)(const char *text);
const struct djed_server *djed_port_server;
static void *log_memory;

const struct djed_start_info *djed_start(void)
{
	return &djed_port_start;
}

uint64_t djed_port_now(void)
{
	return djed_port_time;
}

uint64_t djed_wall_seconds(void)
{
	return 1704067200; /* 2024-01-01, as in the laboratory */
}

static int map_fixed(uint64_t address, size_t length)
{
	void *memory = mmap((void *)address, length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	return memory == (void *)address ? 0 : -EEXIST;
}

void *djed_port_log_memory(size_t size)
{
	void *memory =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int find_stack(void)
{
	pthread_attr_t attributes;
	void *low;
	size_t size;
	int error = pthread_getattr_np(pthread_self(), &attributes);

	if (error)
		return -error;
	error = pthread_attr_getstack(&attributes, &low, &size);
	pthread_attr_destroy(&attributes);
	djed_stack_low = (uintptr_t)low;
	djed_stack_high = (uintptr_t)low + size;
	return -error;
}

int djed_port_map(void)
{
	int status = map_fixed(DJED_HEAP_BASE, djed_port_start.heap_size);

	if (!status)
		status = map_fixed(DJED_FAULT_PAGE, DJED_PAGE_SIZE);
	if (status)
		return status;
	log_memory = djed_port_log_memory(djed_port_start.log_size);
	return log_memory ? find_stack() : -ENOMEM;
}

void djed_port_prepare(void)
{
	djed_undo_attach(log_memory);
}

void djed_port_panic(const char *text, size_t length, uint64_t line)
{
	(void)line;
	if (djed_port_on_panic)
		djed_port_on_panic(text);
	fprintf(stderr, "panic: %.*s\n", (int)length, text);
	abort();
}
