#include "thread.h"
#include "application.h"
#include "lab.h"
#include "service.h"

enum { START_UP_FACTOR = 64 }; /* how much longer than over a delivery a server may take to start */

struct thread *current;
struct djed_time *clock_page;

uint64_t delivery_limit = ~0ull >> 1, watch_interval = ~0ull >> 1;
static struct thread *ready_queue[PRIORITIES]; /* circular lists: the first to run */
static uint32_t ready_mask;		       /* bit per priority with a thread in its queue */
static struct thread
    *handoff; /* became ready first in this entry: usually runs next, without touching a queue */
static uint64_t resumed_at;	  /* ticks, of the last return to user mode */
static uint64_t timer_at = ~0ull; /* ticks for which the timer is set */

/* ---- ready queue ----------------------------------------------------------------------------- */

static void enqueue(struct thread *thread, bool first)
{
	struct thread **queue = &ready_queue[thread->priority], *head = *queue;

	thread->queued = 1;
	ready_mask |= 1u << thread->priority;
	if (!head) {
		thread->next = thread->previous = thread;
		*queue = thread;
		return;
	}
	thread->next = head;
	thread->previous = head->previous;
	head->previous->next = thread;
	head->previous = thread;
	if (first)
		*queue = thread;
}

static void dequeue(struct thread *thread)
{
	struct thread **queue = &ready_queue[thread->priority];

	thread->queued = 0;
	if (thread->next == thread) {
		*queue = NULL;
		ready_mask &= ~(1u << thread->priority);
		return;
	}
	thread->previous->next = thread->next;
	thread->next->previous = thread->previous;
	if (*queue == thread)
		*queue = thread->next;
}

void thread_ready(struct thread *thread)
{
	if (thread == current || thread == handoff || thread->queued)
		return;
	if (handoff)
		enqueue(thread, false);
	else
		handoff = thread;
}

void thread_block(struct thread *thread)
{
	if (thread == current)
		current = NULL;
	else if (thread == handoff)
		handoff = NULL;
	else if (thread->queued)
		dequeue(thread);
}

void thread_yield(void)
{
	struct thread *thread = current;

	current = NULL;
	enqueue(thread, false);
}

void thread_set_priority(struct thread *thread, uint8_t priority)
{
	bool queued = thread->queued;

	if (queued)
		dequeue(thread);
	thread->priority = priority;
	if (queued)
		enqueue(thread, false);
}

/* Takes the thread to run next out of current, handoff and the queues; among equals in this order. */
static struct thread *pick(void)
{
	struct thread *best = current, *other = handoff;

	current = handoff = NULL;
	if (other && (!best || other->priority > best->priority)) {
		struct thread *swap = best;
		best = other;
		other = swap;
		if (other)
			enqueue(other, true);
	} else if (other) {
		enqueue(other, false);
	}
	if (ready_mask && (!best || ready_mask >> best->priority > 1)) {
		other = ready_queue[31 - __builtin_clz(ready_mask)];
		dequeue(other);
		if (best)
			enqueue(best, true);
		best = other;
	}
	return best;
}

/* Whether a server is stopped before it goes on. If not, the timer is set for when it must be looked at. */
static bool stop_overdue(struct service *service)
{
	uint64_t used = service->thread.user_ticks - service->thread.begun_at, left;
	uint32_t cause = service->stop_cause ? service->stop_cause : DJED_CRASH_HANG;

	/* Start-up is no delivery: it may take long, the more so on a busy host, and nothing could be tried
	 * again. */
	if (txn_held(&rules, service->thread.number) == TXN_NONE)
		used /= START_UP_FACTOR;
	left = delivery_limit - used;
	if (service->thread.number && (service->stop_cause || (int64_t)left <= 0)) {
		service_crash(service, (enum djed_crash_cause)cause, 0, 0);
		return true;
	}
	timer_want(resumed_at + (left < watch_interval ? left : watch_interval));
	return false;
}

void schedule(void)
{
	for (;;) {
		struct thread *next = pick();

		if (!next) {
			arch_idle();
			continue;
		}
		current = next;
		if (next->application && !application_prepare((struct application *)next))
			continue;
		resumed_at = arch_ticks();
		if (next->application)
			arch_thread_load_fpu(&next->arch);
		else if (stop_overdue((struct service *)next))
			continue;
		arch_thread_resume(&next->arch, next->tables);
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

/* A server's time counts for the service in the laboratory's page, and as system time for the application
 * whose transaction it works for. */
static void account_service(unsigned number, uint64_t ticks)
{
	struct djed_lab_service *line = &lab()->service[number];
	unsigned root = txn_working_for(&rules, number), thread;

	if (root != TXN_NONE) {
		thread = txn_thread_of(root);
		if (thread != TXN_NONE)
			application_table[thread].system_ticks += ticks;
	}
	if (lab()->state != DJED_LAB_RUNNING)
		return;
	line->time += ticks;
	if (root != TXN_NONE && !rules.request[root].lost)
		line->time_window += ticks;
}

void account_user_time(void)
{
	uint64_t ticks;

	if (!current)
		return;
	ticks = arch_ticks() - resumed_at;
	current->user_ticks += ticks;
	if (current->application)
		application_table[current->number].used += ticks;
	else
		account_service(current->number, ticks);
}

uint64_t clock_now(void)
{
	return arch_ticks_to_ns(arch_ticks() - clock_page->tsc_at_boot);
}

uint64_t clock_ticks(uint64_t ns)
{
	return clock_page->tsc_at_boot + arch_ns_to_ticks(ns) + 1;
}

void clock_skip(uint64_t ticks)
{
	clock_page->tsc_at_boot += ticks;
}

void timer_want(uint64_t ticks)
{
	if (ticks >= timer_at)
		return;
	timer_at = ticks;
	arch_timer_set(ticks);
}

/* A system at rest is not watched. */
static void tell_watcher(uint64_t now)
{
	static uint64_t told_at;
	unsigned watcher = 0;
	bool busy = false;

	if (arch_ns_to_ticks(now - told_at) < watch_interval)
		return;
	told_at = now;
	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++)
		if (service_holds(&service_table[i], DJED_CAP_WATCH))
			watcher = i;
		else
			busy |= rules.service[i].state != DJED_SERVICE_RECEIVING &&
				rules.service[i].state != DJED_SERVICE_DEAD;
	if (busy && watcher)
		txn_interrupt(&rules, watcher, DJED_NOTIFY_BUSY);
}

/* The timer has fired, perhaps a little early: what is still to come is set again. */
void kernel_timer(void)
{
	uint64_t now = clock_now();

	timer_at = ~0ull;
	tell_watcher(now);
	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++) {
		struct service *service = &service_table[i];
		if (!service->deadline)
			continue;
		if (service->deadline <= now) {
			service->deadline = 0;
			txn_interrupt(&rules, i, 1ull << 63);
		} else {
			timer_want(clock_ticks(service->deadline));
		}
	}
}

void kernel_interrupted(void)
{
	account_user_time();
	schedule();
}
