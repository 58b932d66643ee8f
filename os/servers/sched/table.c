#include "main.h"

#include <protocols/kernel.h>

struct sched sched;
DJED_REGIONS struct thread threads[THREADS_MAX];

static uint16_t slot_of(const struct thread *t)
{
	return (uint16_t)(t - threads);
}

static void lists_reset(void)
{
	memset(&sched, 0, sizeof(sched));
	for (unsigned i = 0; i < THREADS_MAX; i++)
		sched.sleeper[i] = (struct sleeper){NONE, NONE};
	sched.first_sleeper = NONE;
}

void table_reset(void)
{
	lists_reset();
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		if (!threads[i].pid)
			continue;
		thread_write(&threads[i]);
		threads[i] = (struct thread){0};
	}
}

struct thread *thread_find(uint32_t pid)
{
	struct thread *t = &threads[djed_region_of(pid, THREADS_MAX)];

	return pid && t->pid == pid ? t : NULL;
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

static void tell(const struct thread *t)
{
	(void)kernel_thread_priority(t->thread, thread_priority(t), thread_quantum(t));
}

/* The kernel's priorities are not undone with a transaction, so rollback tells it again: this is logged
 * before the change, and therefore runs when the old values are back. With code of its own: a bug here must
 * not be one of the rebuild that it leads to. */
static void undo_tell(uint64_t slot)
{
	const struct thread *t = &threads[slot];

	if (t->pid)
		tell(t);
}

void table_rebuild(void)
{
	unsigned lost = 0;

	lists_reset();
	for (uint16_t i = 0; i < THREADS_MAX; i++) {
		struct thread *t = &threads[i];
		struct djed_audit audit = {0};

		if (!t->pid)
			continue;
		thread_write(t);
		thread_check(&audit, t);
		if (audit.violations || kernel_thread_alive(t->thread)) {
			*t = (struct thread){0};
			lost++;
			continue;
		}
		sched.used++;
		sched.sunken += t->level > 0;
		if (t->sleeping)
			sleep_link(t);
		tell(t);
	}
	if (sched.sunken)
		sched.lift_at = djed_now() + LIFT_NS;
	deadline_update();
	djed_log("rebuilt: %u threads, %u lost", sched.used, lost);
}

static void change(struct thread *t, int nice, unsigned level)
{
	thread_write(t);
	djed_undo_call(undo_tell, slot_of(t));
	sched.sunken += (level > 0) - (t->level > 0);
	t->nice = (int8_t)nice;
	t->level = (uint8_t)level;
	tell(t);
}

djed_status thread_add(uint32_t pid, uint32_t parent, djed_handle handle)
{
	struct thread *t = &threads[djed_region_of(pid, THREADS_MAX)];
	const struct thread *from = parent ? thread_find(parent) : NULL;

	if (pid == 0 || t->pid)
		return -EEXIST;
	thread_write(t);
	sched.used++;
	t->pid = pid;
	t->nice = from ? from->nice : 0;
	t->thread = handle;
	t->resume_at = t->remaining = 0;
	tell(t);
	return 0;
}

djed_status thread_remove(uint32_t pid)
{
	struct thread *t = thread_find(pid);

	if (!t)
		return -ESRCH;
	thread_write(t);
	if (t->sleeping)
		sleep_remove(t);
	sched.sunken -= t->level > 0;
	t->pid = 0;
	t->level = 0;
	t->thread = 0;
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
		if (threads[i].pid && threads[i].level)
			change(&threads[i], threads[i].nice, 0);
	sched.lift_at = 0;
	deadline_update();
}
