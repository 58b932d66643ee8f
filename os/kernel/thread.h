/* Threads of services and applications, and who runs next. */
#ifndef DJED_KERNEL_THREAD_H
#define DJED_KERNEL_THREAD_H

#include "arch.h"

enum { PRIORITIES = 32, PRIORITY_SERVICE = 17 /* and above */, PRIORITY_DEFAULT = 8 };

struct thread {
	struct arch_thread arch; /* first: the registers of its entries into the kernel go straight here */
	struct thread *next, *previous; /* ready queue */
	uint64_t tables;		/* page tables it runs with */
	uint64_t user_ticks;		/* time in user mode */
	uint64_t begun_at;		/* services: user_ticks when the present delivery came */
	uint16_t number;		/* of its service, or of its application thread */
	uint8_t application;		/* which of the two it is */
	uint8_t priority;		/* 0..31 */
	uint8_t queued;			/* in a ready queue */
};

/* The thread whose entry into the kernel is being served; NULL: none, or it has been blocked. */
extern struct thread *current;

/* May run. Nothing if it may already. */
void thread_ready(struct thread *thread);
/* May not run any more. */
void thread_block(struct thread *thread);
/* The current thread goes behind the others of its priority. */
void thread_yield(void);
void thread_set_priority(struct thread *thread, uint8_t priority);

/* Ends a kernel entry: the best thread runs, or the processor waits for an interrupt. */
[[noreturn]] void schedule(void);
/* A server that works for so many ticks on one delivery hangs. While some server works, the holder of
 * DJED_CAP_WATCH hears of it each `watch_interval` ticks. */
extern uint64_t delivery_limit, watch_interval;
/* First on each entry: time since the last exit goes to the current thread. */
void account_user_time(void);

/* ns since boot, as servers count it (struct djed_time). */
uint64_t clock_now(void);
extern struct djed_time *clock_page;
uint64_t clock_ticks(uint64_t ns); /* the tick at which clock_now reaches this */
void clock_skip(uint64_t ticks);   /* the clock stood still for so long */
/* The timer fires no later than `ticks`. */
void timer_want(uint64_t ticks);

#endif
