/* Sleepers: a list in order of their time, whose first one is the server's deadline. */
#include "sched.h"

void deadline_update(void)
{
	uint64_t first = sched.first_sleeper == NONE ? 0 : sched.thread[sched.first_sleeper].wake_at;

	djed_deadline = sched.lift_at && (!first || sched.lift_at < first) ? sched.lift_at : first;
}

void sleep_add(struct thread *t, djed_handle request, uint64_t wake_at)
{
	uint16_t before = NONE, after = sched.first_sleeper, self = (uint16_t)(t - sched.thread);

	while (after != NONE && sched.thread[after].wake_at <= wake_at) {
		before = after;
		after = sched.thread[after].next_sleeper;
	}
	t->sleeping = request;
	t->wake_at = wake_at;
	t->next_sleeper = after;
	t->previous_sleeper = before;
	if (before == NONE)
		sched.first_sleeper = self;
	else
		sched.thread[before].next_sleeper = self;
	if (after != NONE)
		sched.thread[after].previous_sleeper = self;
	sched.sleepers++;
	deadline_update();
}

void sleep_remove(struct thread *t)
{
	if (t->previous_sleeper == NONE)
		sched.first_sleeper = t->next_sleeper;
	else
		sched.thread[t->previous_sleeper].next_sleeper = t->next_sleeper;
	if (t->next_sleeper != NONE)
		sched.thread[t->next_sleeper].previous_sleeper = t->previous_sleeper;
	t->next_sleeper = t->previous_sleeper = NONE;
	t->sleeping = 0;
	t->wake_at = 0;
	sched.sleepers--;
	deadline_update();
}

void sleepers_wake(uint64_t now)
{
	while (sched.first_sleeper != NONE) {
		struct thread *t = &sched.thread[sched.first_sleeper];

		if (t->wake_at > now)
			return;
		djed_answer_parked(t->sleeping, 0, 0);
		sleep_remove(t);
	}
}
