#include "host_threads.h"

#include <errno.h>
#include <protocols/kernel.h>
#include <string.h>

static struct host_thread *threads;
static uint32_t threads_count;

static struct host_thread *place_of(uint64_t handle)
{
	return &threads[(handle >> 32) % threads_count];
}

struct host_thread *host_thread_of(uint64_t handle)
{
	return place_of(handle)->exists ? place_of(handle) : NULL;
}

djed_status host_thread_create(const uint64_t in[6], uint64_t out[3])
{
	struct host_thread *t = place_of(in[1]);

	if (t->exists)
		return -ENOMEM;
	*t = (struct host_thread){.exists = true};
	out[0] = in[1];
	return 0;
}

static djed_status start(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	if (!host_thread_of(in[0]))
		return -ESRCH;
	host_thread_of(in[0])->started = true;
	return 0;
}

static djed_status destroy(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	if (!host_thread_of(in[0]))
		return -ESRCH;
	*host_thread_of(in[0]) = (struct host_thread){0};
	return 0;
}

static djed_status mark(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	if (!host_thread_of(in[0]))
		return -ESRCH;
	host_thread_of(in[0])->marked = true;
	return 0;
}

static djed_status get_context(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	if (!host_thread_of(in[0]))
		return -ESRCH;
	memcpy((void *)in[1], &host_thread_of(in[0])->context, sizeof(struct djed_context));
	return 0;
}

djed_status host_thread_set_context(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	if (!host_thread_of(in[0]))
		return -ESRCH;
	memcpy(&host_thread_of(in[0])->context, (void *)in[1], sizeof(struct djed_context));
	return 0;
}

/* A second for each number of the process in user mode, half a second in the system. */
static djed_status times(const uint64_t in[6], uint64_t out[3])
{
	out[0] = (in[0] >> 32) * 1000000000;
	out[1] = 500000000;
	return 0;
}

static djed_status alive(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	return host_thread_of(in[0]) ? 0 : -ESRCH;
}

void host_threads(struct host_thread *table, uint32_t count)
{
	threads = table;
	threads_count = count;
	host_on(KERNEL_OP_THREAD_CREATE, host_thread_create);
	host_on(KERNEL_OP_THREAD_START, start);
	host_on(KERNEL_OP_THREAD_DESTROY, destroy);
	host_on(KERNEL_OP_THREAD_SIGNAL, mark);
	host_on(KERNEL_OP_THREAD_GET_CONTEXT, get_context);
	host_on(KERNEL_OP_THREAD_SET_CONTEXT, host_thread_set_context);
	host_on(KERNEL_OP_THREAD_TIMES, times);
	host_on(KERNEL_OP_THREAD_ALIVE, alive);
}
