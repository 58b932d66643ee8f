/* vfs with a real store, and fakes of mm, console and pm. Paths and buffers of the "application" lie in one
 * arena. */
#ifndef DJED_TESTS_VFS_WORLD_H
#define DJED_TESTS_VFS_WORLD_H

#include "host.h"
#include "vfs.h"

#include <criterion/criterion.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>
#include <stdio.h>
#include <string.h>

enum { WORLD_BASE = 0x10000, WORLD_SIZE = 1 << 20 };
extern uint8_t world_memory[WORLD_SIZE]; /* the application's memory, at WORLD_BASE */
extern uint64_t djed_port_time;
extern uint32_t world_console_events; /* what the fake console answers to `ready` */

/* A ustar archive under construction. */
extern uint8_t world_archive[1 << 20];
extern uint64_t world_archive_size;
void world_add(const char *name, char type, unsigned mode, const char *link, const void *bytes,
	       uint64_t length);
void world_end_archive(void);

/* Starts everything with the archive as it is (empty: only the end mark) and process 1. */
void world_start(void);
/* Makes process `pid` a child of `parent`. */
void world_fork(uint32_t parent, uint32_t pid);
void world_exit(uint32_t pid);

/* Puts a text or bytes into the application's memory and gives the address: each call the next place, round
 * and round. */
uint64_t world_text(const char *text);
uint64_t world_bytes(const void *bytes, uint64_t length);
uint64_t world_room(uint64_t length);
void *world_at(uint64_t address);

/* A Linux call that must be answered at once: its result. */
#define world_call(...) world_result(host_linux("vfs", __VA_ARGS__))
int64_t world_result(struct host_outcome outcome);
/* Delivers until the request is answered: steps of long transfers. */
int64_t world_finish(struct host_outcome outcome);

/* The audit must be clean. */
void world_check(const char *when);

#endif
