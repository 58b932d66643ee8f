/* The kernel's threads, for tests of servers that make and end them: beside host.h. A handle is the badge
 * that the server gave, which is pid << 32 | tid; a process has one thread. */
#ifndef DJED_TESTS_HOST_THREADS_H
#define DJED_TESTS_HOST_THREADS_H

#include "host.h"

struct host_thread {
	bool exists, started;
	bool marked; /* a signal is to be delivered when it returns to user mode */
	struct djed_context context;
	/* What the test notes about it; the operations leave it alone. */
	bool parked;
	djed_handle request; /* parked, or as it was */
	uint32_t call;	     /* label of what it waits for */
};

/* Takes over all operations on threads. The test owns the table, `count` long, by pid; pids beyond it wrap
 * around. */
void host_threads(struct host_thread *table, uint32_t count);

/* The thread of a handle, or NULL: it does not exist. */
struct host_thread *host_thread_of(uint64_t handle);

/* Two of the operations, for tests that do something before or after. */
djed_status host_thread_create(const uint64_t in[6], uint64_t out[3]);
djed_status host_thread_set_context(const uint64_t in[6], uint64_t out[3]);

#endif
