/* sched: priorities and quanta of application threads, clocks, sleeping. The kernel only dispatches: the
 * highest priority first, round robin with quanta among equals.
 *
 * The policy is a multilevel feedback queue (Corbato 1962): a thread that uses up its quantum sinks one
 * level, to a lower priority with a longer quantum; once a second everybody is lifted again, so that nobody
 * starves.
 *
 * Every table is static and bounded; links are slot numbers. A process has one thread and is named by its
 * pid. What belongs to one process is its region (docs/regions.md), and is enough to build all else anew. */
#ifndef SCHED_H
#define SCHED_H

#include <djed/server.h>
#include <errno.h>
#include <lib/region.h>
#include <string.h>

enum {
	THREADS_MAX = 1024,
	NICE_MIN = -20,
	NICE_MAX = 19,
	LEVELS = 4,
	NONE = 0xffff,
};
#define QUANTUM_NS 5000000ull /* of level 0; it doubles with each level */
#define LIFT_NS 1000000000ull /* between two lifts of everybody */

/* In its region, in the slot djed_region_of(pid). */
struct thread {
	uint32_t pid;  /* 0: free */
	int8_t nice;   /* -20 (first) .. 19 */
	uint8_t level; /* 0 .. LEVELS - 1; deeper is slower */
	djed_handle thread;
	djed_handle sleeping; /* parked request; 0: it does not sleep */
	uint64_t wake_at;     /* ns since boot, while it sleeps */
	uint64_t resume_at;   /* of an interrupted sleep that restart_syscall continues; 0: none */
	uint64_t remaining;   /* and the address for what was left of it */
	uint8_t rest[DJED_PAGE_SIZE - 48];
};
_Static_assert(sizeof(struct thread) == DJED_PAGE_SIZE, "a region");
extern struct thread threads[THREADS_MAX];

struct sleeper {
	uint16_t next, previous; /* in order of wake_at; NONE at the ends, and while it does not sleep */
};

struct sched {
	struct sleeper sleeper[THREADS_MAX];
	uint16_t used;
	uint16_t sunken; /* threads below level 0 */
	uint16_t first_sleeper;
	uint16_t sleepers;
	uint64_t lift_at; /* ns since boot; 0: nobody is sunken */
};
extern struct sched sched;

/* ---- table.c: threads and their places -------------------------------------------------------------- */

void table_reset(void);
/* A new instance, out of the regions. Those of which something cannot be right are emptied: sched does not
 * know their processes any more. */
void table_rebuild(void);
/* To be said before another thread than the one that is served is changed. */
static inline void thread_write(const struct thread *t)
{
	region_write((uint32_t)(t - threads), THREADS_MAX);
}
struct thread *thread_find(uint32_t pid);
/* 0, -EEXIST (also: another process has its slot). `parent` 0: nice 0. */
djed_status thread_add(uint32_t pid, uint32_t parent, djed_handle handle);
/* 0, -ESRCH. */
djed_status thread_remove(uint32_t pid);
void thread_set_nice(struct thread *t, int nice); /* clamps */
/* The thread used up its quantum. */
void thread_sink(struct thread *t, uint64_t now);
/* Lifts everybody if it is time. */
void threads_lift(uint64_t now);
/* What the kernel is told of a thread. */
unsigned thread_priority(const struct thread *t);
uint64_t thread_quantum(const struct thread *t);

/* ---- sleep.c ----------------------------------------------------------------------------------------- */

/* Notes that the held request of `t` is parked until `wake_at`. */
void sleep_add(struct thread *t, djed_handle request, uint64_t wake_at);
void sleep_remove(struct thread *t);
/* Puts a thread that sleeps into the list. */
void sleep_link(struct thread *t);
/* Answers every sleeper whose time has come. */
void sleepers_wake(uint64_t now);
/* The first one alone, without the code of the others. False: its time has not come. */
bool sleeper_wake_simply(uint64_t now);
void deadline_update(void);

/* ---- clock.c: Linux's clocks and times ------------------------------------------------------------------
 */

struct linux_timespec {
	int64_t seconds, nanoseconds;
};
/* ns that a clock shows; -EINVAL: no such clock. `t` is the caller, for CPU time. */
djed_status clock_read(int32_t clock, const struct thread *t, uint64_t *ns);
/* ns of a timespec, at most INT64_MAX; -EINVAL: it is none. */
int64_t timespec_ns(const struct linux_timespec *time);
struct linux_timespec timespec(uint64_t ns);
/* The clocks that one can sleep by, and the time since boot at which such a clock shows `ns`. */
djed_status clock_to_boot(int32_t clock, uint64_t ns, uint64_t *boot);

#endif
