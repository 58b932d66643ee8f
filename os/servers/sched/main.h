#ifndef SCHED_MAIN_H
#define SCHED_MAIN_H

#include "sched.h"

/* The thread of the application whose request is held. */
struct thread *caller(void);
/* Handles DJED_DELIVERY_CANCEL of a sleeper. */
void sleep_cancel(struct thread *t, const struct djed_delivery *d);
void sched_audit(struct djed_audit *audit);
/* Of it, what can be told of one thread in use by looking at it alone; and of the deadline. */
void thread_check(struct djed_audit *audit, const struct thread *t);
void deadline_check(struct djed_audit *audit);
/* invariants.c: after everything else in init; before an answer. */
void sched_invariants_start(void);
void sched_invariants(const uint64_t *from);

#endif
