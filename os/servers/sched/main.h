#ifndef SCHED_MAIN_H
#define SCHED_MAIN_H

#include "sched.h"

/* The thread of the application whose request is held. */
struct thread *caller(void);
/* Handles DJED_DELIVERY_CANCEL of a sleeper. */
void sleep_cancel(struct thread *t, const struct djed_delivery *d);
void sched_audit(struct djed_audit *audit);

#endif
