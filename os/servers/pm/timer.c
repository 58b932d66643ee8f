/* Timers of processes: a list in order of deadline, whose first one is the server's deadline. */
#include "pm.h"

static struct timer *timer_of(const struct process *p, enum timer_kind kind)
{
	return &pm.timer[kind * PROCESSES_MAX + slot_of(p)];
}

uint64_t timer_deadline(const struct process *p, enum timer_kind kind)
{
	return timer_of(p, kind)->deadline;
}

/* The process has the time itself, too: a new instance of pm sets the timer by that. */
static void note(const struct timer *t)
{
	unsigned number = (unsigned)(t - pm.timer);
	struct process *p = &processes[number % PROCESSES_MAX];

	process_write(p);
	p->deadline[number / PROCESSES_MAX] = t->deadline;
}

static void unlink_timer(struct timer *t)
{
	if (t->previous == NONE)
		pm.first_timer = t->next;
	else
		pm.timer[t->previous].next = t->next;
	if (t->next != NONE)
		pm.timer[t->next].previous = t->previous;
	t->deadline = 0;
	note(t);
	pm.timers_armed--;
}

static void link_timer(struct timer *t, uint64_t deadline)
{
	uint16_t before = NONE, after = pm.first_timer, self = (uint16_t)(t - pm.timer);

	while (after != NONE && pm.timer[after].deadline <= deadline) {
		before = after;
		after = pm.timer[after].next;
	}
	*t = (struct timer){.deadline = deadline, .next = after, .previous = before};
	if (before == NONE)
		pm.first_timer = self;
	else
		pm.timer[before].next = self;
	if (after != NONE)
		pm.timer[after].previous = self;
	note(t);
	pm.timers_armed++;
}

uint64_t deadline_first(void)
{
	uint64_t first = pm.first_timer == NONE ? 0 : pm.timer[pm.first_timer].deadline;

	if (pm.probe_wanted || pm.damaged)
		return 1;
	for (unsigned i = 0; i < pm.tombstones; i++)
		if (!tombstone_waits(&pm.tombstone[i]))
			return 1;
	return pm.tombstones && (!first || pm.tombstones_retry < first) ? pm.tombstones_retry : first;
}

void deadline_update(void)
{
	djed_deadline = deadline_first();
}

void timer_set(struct process *p, enum timer_kind kind, uint64_t deadline)
{
	struct timer *t = timer_of(p, kind);

	if (t->deadline)
		unlink_timer(t);
	if (deadline)
		link_timer(t, deadline);
	deadline_update();
}

static void expired(struct process *p, enum timer_kind kind, uint64_t now)
{
	uint64_t deadline = timer_deadline(p, kind);

	timer_set(p, kind, 0);
	if (kind == TIMER_WAIT) {
		process_wake(p, WAIT_SIGNAL_SET);
		return;
	}
	if (p->alarm_interval) {
		/* Missed periods are skipped, not made up for. */
		deadline += ((now - deadline) / p->alarm_interval + 1) * p->alarm_interval;
		timer_set(p, kind, deadline);
	}
	signal_send(p, &(struct signal_info){.signal = LINUX_SIGALRM, .code = LINUX_SI_KERNEL});
}

/* With code of its own, as it is used where the usual one crashes. */
static void unlink_simply(uint16_t at)
{
	struct timer *t = &pm.timer[at];
	struct process *p = &processes[at % PROCESSES_MAX];

	process_write(p);
	p->deadline[at / PROCESSES_MAX] = 0;
	*(t->previous == NONE ? &pm.first_timer : &pm.timer[t->previous].next) = t->next;
	if (t->next != NONE)
		pm.timer[t->next].previous = t->previous;
	t->deadline = 0;
	pm.timers_armed--;
}

void timers_drop_simply(const struct process *p)
{
	for (unsigned kind = 0; kind < TIMER_KINDS; kind++)
		if (timer_deadline(p, kind))
			unlink_simply((uint16_t)(kind * PROCESSES_MAX + slot_of(p)));
	deadline_update();
}

/* An alarm that would ring again and again rings once. */
void timers_expire_simply(uint64_t now)
{
	while (pm.first_timer != NONE && pm.timer[pm.first_timer].deadline <= now) {
		uint16_t at = pm.first_timer;
		struct process *p = &processes[at % PROCESSES_MAX];

		unlink_simply(at);
		if (at / PROCESSES_MAX == TIMER_ALARM) {
			p->alarm_interval = 0;
			signal_post_simply(
			    p, &(struct signal_info){.signal = LINUX_SIGALRM, .code = LINUX_SI_KERNEL});
		} else if (p->wait == WAIT_SIGNAL_SET) {
			djed_wake(p->parked);
			p->parked = 0;
			p->wait = WAIT_NOTHING;
			p->signals.wait_set = 0;
		}
	}
	deadline_update();
}

void timers_expire(uint64_t now)
{
	while (pm.first_timer != NONE && pm.timer[pm.first_timer].deadline <= now)
		expired(&processes[pm.first_timer % PROCESSES_MAX], pm.first_timer / PROCESSES_MAX, now);
	deadline_update();
}
