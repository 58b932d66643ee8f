/* The server's four functions; audit is in audit.c. */
#include "pm.h"

#include <protocols/console_client.h>
#include <protocols/event_server.h>
#include <protocols/kernel.h>
#include <protocols/linux_pm_server.h>
#include <protocols/pm_server.h>

enum { CONSOLE_CHANGED = 1, DEADLINE_BIT = 63 };

struct process *caller(void)
{
	struct process *p = process_find((uint32_t)(djed_current()->badge >> 32));

	djed_assert(p && p->state != PROCESS_ZOMBIE);
	return p;
}

static djed_status init(void)
{
	if (djed_start()->handed_over == DJED_HANDED_REGIONS)
		table_rebuild();
	else
		table_reset();
	to.vfs = djed_capability("vfs");
	to.mm = djed_capability("mm");
	to.sched = djed_capability("sched");
	to.console = djed_capability("console");
	to.ds = djed_capability("ds");
	to.auditor = djed_capability("auditor");
	random_start(djed_now() ^ djed_wall_seconds() << 30);
	pm_invariants_start();
	return 0;
}

djed_status event_on_signal(void)
{
	deliver(caller(), NULL);
	return 0;
}

djed_status event_on_exception(uint64_t signal, uint64_t address, uint64_t vector, uint64_t error)
{
	deliver_exception(caller(), (unsigned)signal, &(struct fault_words){vector, error, address});
	return 0;
}

djed_status event_on_start(void)
{
	start_first_program();
	return 0;
}

static bool event_dispatch_mine(const struct djed_delivery *d)
{
	switch (d->message.label) {
	case EVENT_SIGNAL:
		event_serve_signal(d);
		return true;
	case EVENT_EXCEPTION:
		event_serve_exception(d);
		return true;
	default:
		return false;
	}
}

static void release_children(const struct process *p)
{
	for_each_child(c, p)
	{
		if (!c->holds_parent)
			continue;
		process_write(c);
		c->holds_parent = false;
	}
}

/* Gives a wait up, with what the call answers then. */
static void abandon(struct process *p, djed_status status)
{
	p->wait = WAIT_NOTHING;
	p->parked = 0;
	timer_set(p, TIMER_WAIT, 0);
	p->signals.wait_set = 0;
	djed_reply(status);
}

/* A signal wants the parked request back. What it waits for may have come at the same time, and counts first.
 */
static void cancel(struct process *p, const struct djed_delivery *d)
{
	if (p->wait == WAIT_VFORK) {
		/* Only death ends this wait: the child still runs in the parent's memory. */
		if (signal_fatal(p)) {
			release_children(p);
			abandon(p, -EINTR);
		} else {
			process_park(p, WAIT_VFORK);
		}
		return;
	}
	p->wait = WAIT_NOTHING;
	p->parked = 0;
	if (event_dispatch_mine(d))
		return;
	/* Suspended twice, it would take the wrong mask for the one to go back to. */
	if (p->signals.suspended || d->message.label == DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_PAUSE)) {
		djed_reply(-DJED_ERESTARTNOHAND);
		return;
	}
	(void)linux_dispatch(d);
	if (p->wait == WAIT_CHILD)
		abandon(p, -DJED_ERESTARTSYS);
	else if (p->wait == WAIT_SIGNAL_SET)
		abandon(p, -EINTR);
}

/* A process that asks for something new does not wait any more: recovery has ended what it waited in. */
static void forget_wait(struct process *p)
{
	if (p->state == PROCESS_STOPPED)
		p->state = PROCESS_ALIVE;
	p->wait = WAIT_NOTHING;
	p->parked = 0;
	p->signals.wait_set = 0;
	if (timer_deadline(p, TIMER_WAIT))
		timer_set(p, TIMER_WAIT, 0);
	release_children(p);
}

static void handle(const struct djed_delivery *d)
{
	struct process *p = process_find((uint32_t)(d->badge >> 32));

	if (d->message.label == EVENT_START) { /* the only message that is not about a process */
		event_serve_start(d);
		return;
	}
	if (!p || p->pid == INIT_PID || p->state == PROCESS_ZOMBIE) {
		/* Nobody's thread: it must not run on. (So also that of a region whose number is lost.) */
		djed_log("message %x about unknown process %llu", d->message.label,
			 (unsigned long long)(d->badge >> 32));
		if (d->thread)
			(void)kernel_thread_destroy(d->thread);
		djed_reply(-ESRCH);
		return;
	}
	if (p->wait != WAIT_NOTHING && p->parked != d->request)
		forget_wait(p);
	if (d->attempt && simple_dispatch(p, d))
		return;
	if (d->kind == DJED_DELIVERY_CANCEL)
		cancel(p, d);
	else if (!linux_dispatch(d) && !event_dispatch_mine(d) && !pm_dispatch(d))
		djed_reply(-ENOSYS);
}

static void terminal_signals(void)
{
	uint32_t group, signal;

	while (console_take_signal(to.console, &group, &signal) == 0 && group) {
		if (signal >= 1 && signal <= SIGNALS)
			(void)signal_group(
			    NULL, group,
			    &(struct signal_info){.signal = (uint8_t)signal, .code = LINUX_SI_KERNEL});
	}
}

static void notified(uint64_t bits)
{
	if (bits & DJED_NOTIFY_TOMBSTONE || pm.damaged)
		tombstones_find();
	if (bits & CONSOLE_CHANGED)
		terminal_signals();
	if (bits >> DEADLINE_BIT) {
		timers_expire(djed_now());
		if (!tombstone_clear() && pm.probe_wanted)
			start_probe();
	}
}

/* What is to be done crashes pm or a server below it, each time. */
static void failed(uint64_t bits)
{
	uint64_t now = djed_now();

	if (bits & DJED_NOTIFY_TOMBSTONE || pm.damaged)
		tombstones_find_simply();
	if (bits & CONSOLE_CHANGED)
		terminal_signals_simply();
	if (!(bits >> DEADLINE_BIT))
		return;
	if (pm.first_timer != NONE && pm.timer[pm.first_timer].deadline <= now)
		timers_expire_simply(now);
	else if (!(djed_current()->attempt ? tombstone_postpone() : tombstone_clear_simply()) &&
		 pm.probe_wanted)
		probe_refuse();
}

DJED_SERVER_CHECKED(init, handle, notified, pm_audit, failed, pm_invariants)
