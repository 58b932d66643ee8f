/* The server's four functions; audit is in audit.c. */
#include "main.h"

#include <abi/restart.h>
#include <protocols/event_server.h>
#include <protocols/linux_sched_server.h>
#include <protocols/sched_server.h>

struct thread *caller(void)
{
	struct thread *t = thread_find((uint32_t)(djed_current()->badge >> 32));

	djed_assert(t);
	return t;
}

static djed_status init(void)
{
	if (djed_start()->handed_over == DJED_HANDED_REGIONS)
		table_rebuild();
	else
		table_reset();
	sched_invariants_start();
	return 0;
}

djed_status sched_on_add(uint32_t process, uint32_t parent, uint64_t thread)
{
	return thread_add(process, parent, thread);
}

djed_status sched_on_remove(uint32_t process)
{
	return thread_remove(process);
}

djed_status event_on_quantum(uint64_t ran)
{
	struct thread *t = caller();

	/* One that began with a longer quantum than it now has may be early. */
	if (ran >= thread_quantum(t) / 2)
		thread_sink(t, djed_now());
	return 0;
}

static void handle(const struct djed_delivery *d)
{
	struct thread *t = thread_find((uint32_t)(d->badge >> 32));
	bool from_application = DJED_LABEL_PROTOCOL(d->message.label) == DJED_PROTOCOL_LINUX ||
				DJED_LABEL_PROTOCOL(d->message.label) == DJED_PROTOCOL_EVENT;

	if (from_application && !t) {
		djed_reply(-ESRCH);
	} else if (d->kind == DJED_DELIVERY_CANCEL) {
		if (t && t->sleeping == d->request)
			sleep_cancel(t, d);
		else
			djed_reply(-DJED_ERESTARTNOINTR);
	} else if (d->message.label == EVENT_QUANTUM) {
		event_serve_quantum(d);
	} else if (!linux_dispatch(d) && !sched_dispatch(d)) {
		djed_reply(-ENOSYS);
	}
}

static void notified(uint64_t bits)
{
	uint64_t now = djed_now();

	(void)bits; /* there is only the deadline */
	sleepers_wake(now);
	threads_lift(now);
}

/* That crashes: the first sleeper alone is woken or, if none is due, the lifting of threads is put off to its
 * next turn. */
static void failed(uint64_t bits)
{
	uint64_t now = djed_now();

	(void)bits;
	if (!sleeper_wake_simply(now) && sched.lift_at && sched.lift_at <= now) {
		sched.lift_at = now + LIFT_NS;
		deadline_update();
	}
}

DJED_SERVER_CHECKED(init, handle, notified, sched_audit, failed, sched_invariants)
