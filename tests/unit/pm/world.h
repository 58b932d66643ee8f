/* A small world around pm: threads as the kernel keeps them, and servers that say yes. */
#ifndef PM_WORLD_H
#define PM_WORLD_H

#include <pm.h>

#include <host_threads.h>

#include "../../../runtime/port/linux.h"

enum {
	WORLD_THREADS = 512,
	WORLD_MEMORY = 1 << 16,
	WORLD_BASE = 0x10000,
	WORLD_STACK = WORLD_BASE + WORLD_MEMORY
};

extern struct host_thread world_thread[WORLD_THREADS]; /* by pid */
extern uint8_t world_memory[WORLD_MEMORY];	       /* of the (one) application, at WORLD_BASE */

/* What the fake servers were told last, and how they answer. */
extern struct world_calls {
	djed_status fork, execute, open; /* results to give */
	const char *head;		 /* of every program but /bin/interpreter */
	char path[4096];		 /* last open_program */
	char strings[4096];		 /* last execute: the block */
	uint32_t length, arguments, environment, name_length;
	uint32_t vfs_exits, mm_exits, sched_removes, vfs_creates;
	uint32_t terminal_group, terminal_signal; /* for console_take_signal */
} world_calls;

/* Starts pm, and the first program (pid 2). */
void world_start(const char *command_line);

/* A Linux call of process `pid`, all that follows from it included. The result that the thread goes on with;
 * if it is parked, 0 and *parked. Arguments beyond those given are 0. */
#define world_call(pid, ...) world_call_(pid, __VA_ARGS__, 0, 0, 0, 0, 0)
#define world_call_(pid, number, a, b, c, d, e, ...) \
	world_do(pid, number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e))
int64_t world_do(uint32_t pid, uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
/* Notifications to pm. */
void world_notify(uint64_t bits);
/* An exception of a running thread. */
void world_exception(uint32_t pid, unsigned signal, uint64_t address, unsigned vector, unsigned error);
/* A thread returns to user mode, having been interrupted there. */
void world_return(uint32_t pid);

/* A thread returns from a call that another server answered; its context says which and with what. */
void world_return_from_call(uint32_t pid);

/* Shorthands into the application's memory. */
uint64_t at(unsigned offset);
uint64_t put(unsigned offset, const void *bytes, unsigned length);
/* No audit finds anything. */
void world_check(const char *where);

#endif
