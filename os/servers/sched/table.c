#include "sched.h"

#include <protocols/kernel.h>

struct sched sched;

static uint16_t slot_of(const struct thread *t)
{
	return (uint16_t)(t - sched.thread);
}

void table_reset(void)
{
	memset(&sched, 0, sizeof(sched));
	for (unsigned i = 0; i < THREAD_BUCKETS; i++)
		sched.bucket[i] = NONE;
	for (unsigned i = 0; i < THREADS_MAX; i++)
		sched.thread[i].next_in_bucket = i + 1 < THREADS_MAX ? i + 1 : NONE;
	sched.first_sleeper = NONE;
}

struct thread *thread_find(uint32_t pid)
{
	uint16_t at = sched.bucket[pid % THREAD_BUCKETS];

	while (at != NONE && sched.thread[at].pid != pid)
		at = sched.thread[at].next_in_bucket;
	return at == NONE ? NULL : &sched.thread[at];
}

/* Applications have the priorities 0..15: 8 for nice 0, 15 for -20, 2 for 19, less the level. */
unsigned thread_priority(const struct thread *t)
{
	int priority = 8 - t->nice * 7 / 20 - t->level;

	return priority > 0 ? (unsigned)priority : 0;
}

uint64_t thread_quantum(const struct thread *t)
{
	return QUANTUM_NS << t->level;
}

/* Tells the kernel. Its priorities are not undone with a transaction, so rollback tells it again: this is
 * logged before the change, and therefore runs when the old values are back. */
static void tell(uint64_t slot)
{
	const struct thread *t = &sched.thread[slot];

	if (t->pid)
		(void)kernel_thread_priority(t->thread, thread_priority(t), thread_quantum(t));
}

static void change(struct thread *t, int nice, unsigned level)
{
	djed_undo_call(tell, slot_of(t));
	sched.sunken += (level > 0) - (t->level > 0);
	t->nice = (int8_t)nice;
	t->level = (uint8_t)level;
	tell(slot_of(t));
}

djed_status thread_add(uint32_t pid, uint32_t parent, djed_handle handle)
{
	uint16_t at = sched.first_free, *bucket = &sched.bucket[pid % THREAD_BUCKETS];
	const struct thread *from = parent ? thread_find(parent) : NULL;

	if (pid == 0 || thread_find(pid))
		return -EEXIST;
	if (at == NONE)
		return -ENOMEM;
	sched.first_free = sched.thread[at].next_in_bucket;
	sched.used++;
	sched.thread[at] = (struct thread){.pid = pid,
					   .nice = from ? from->nice : 0,
					   .thread = handle,
					   .next_in_bucket = *bucket,
					   .next_sleeper = NONE,
					   .previous_sleeper = NONE};
	*bucket = at;
	tell(at);
	return 0;
}

djed_status thread_remove(uint32_t pid)
{
	struct thread *t = thread_find(pid);
	uint16_t *at = &sched.bucket[pid % THREAD_BUCKETS];

	if (!t || pid == 0)
		return -ESRCH;
	if (t->sleeping)
		sleep_remove(t);
	while (*at != slot_of(t))
		at = &sched.thread[*at].next_in_bucket;
	*at = t->next_in_bucket;
	sched.sunken -= t->level > 0;
	t->pid = 0;
	t->level = 0;
	t->thread = 0;
	t->next_in_bucket = sched.first_free;
	sched.first_free = slot_of(t);
	sched.used--;
	if (!sched.sunken)
		sched.lift_at = 0;
	deadline_update();
	return 0;
}

void thread_set_nice(struct thread *t, int nice)
{
	change(t, nice < NICE_MIN ? NICE_MIN : nice > NICE_MAX ? NICE_MAX : nice, t->level);
}

void thread_sink(struct thread *t, uint64_t now)
{
	if (t->level + 1 == LEVELS)
		return;
	change(t, t->nice, t->level + 1u);
	if (!sched.lift_at)
		sched.lift_at = now + LIFT_NS;
	deadline_update();
}

void threads_lift(uint64_t now)
{
	if (!sched.lift_at || now < sched.lift_at)
		return;
	for (unsigned i = 0; sched.sunken && i < THREADS_MAX; i++)
		if (sched.thread[i].pid && sched.thread[i].level)
			change(&sched.thread[i], sched.thread[i].nice, 0);
	sched.lift_at = 0;
	deadline_update();
}
