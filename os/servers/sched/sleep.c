/* Sleepers: a list in order of their time, whose first one is the server's deadline. */
#include "sched.h"

void deadline_update(void)
{
	uint64_t first = sched.first_sleeper == NONE ? 0 : threads[sched.first_sleeper].wake_at;

	djed_deadline = sched.lift_at && (!first || sched.lift_at < first) ? sched.lift_at : first;
}

void sleep_link(struct thread *t)
{
	uint16_t before = NONE, after = sched.first_sleeper, self = (uint16_t)(t - threads);

	while (after != NONE && threads[after].wake_at <= t->wake_at) {
		before = after;
		after = sched.sleeper[after].next;
	}
	sched.sleeper[self] = (struct sleeper){.next = after, .previous = before};
	if (before == NONE)
		sched.first_sleeper = self;
	else
		sched.sleeper[before].next = self;
	if (after != NONE)
		sched.sleeper[after].previous = self;
	sched.sleepers++;
	deadline_update();
}

void sleep_add(struct thread *t, djed_handle request, uint64_t wake_at)
{
	t->sleeping = request;
	t->wake_at = wake_at;
	sleep_link(t);
}

void sleep_remove(struct thread *t)
{
	struct sleeper *own = &sched.sleeper[t - threads];

	if (own->previous == NONE)
		sched.first_sleeper = own->next;
	else
		sched.sleeper[own->previous].next = own->next;
	if (own->next != NONE)
		sched.sleeper[own->next].previous = own->previous;
	*own = (struct sleeper){NONE, NONE};
	thread_write(t);
	t->sleeping = 0;
	t->wake_at = 0;
	sched.sleepers--;
	deadline_update();
}

void sleepers_wake(uint64_t now)
{
	while (sched.first_sleeper != NONE) {
		struct thread *t = &threads[sched.first_sleeper];

		if (t->wake_at > now)
			return;
		djed_answer_parked(t->sleeping, 0, 0);
		sleep_remove(t);
	}
}

bool sleeper_wake_simply(uint64_t now)
{
	uint16_t first = sched.first_sleeper, next;
	struct thread *t;

	if (first == NONE || threads[first].wake_at > now)
		return false;
	t = &threads[first];
	djed_answer_parked(t->sleeping, 0, 0);
	next = sched.sleeper[first].next;
	sched.first_sleeper = next;
	if (next != NONE)
		sched.sleeper[next].previous = NONE;
	sched.sleeper[first] = (struct sleeper){NONE, NONE};
	thread_write(t);
	t->sleeping = t->wake_at = 0;
	sched.sleepers--;
	deadline_update();
	return true;
}
