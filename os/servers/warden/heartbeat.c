/* Heartbeats. A service that loops over calls, or whose short deliveries leave no time to others, never uses
 * up the time that the kernel grants to one delivery. The kernel says now and then that somebody is at work;
 * from then on all are looked at until none is at the same delivery as before. */
#include <protocols/kernel.h>

#include "warden.h"

enum { LOOKS_MIN = 4 /* at the same delivery: one look may come late */ };

static uint64_t limit(uint32_t service)
{
	uint32_t ms = warden.system->service[service].heartbeat;

	return (uint64_t)(ms ? ms : HEARTBEAT_MS) * NS_PER_MS;
}

static void stop(uint32_t service, uint64_t since, const char *why)
{
	uint64_t ms = (djed_now() - since) / NS_PER_MS;

	if (kernel_service_stop(service, DJED_CRASH_HEARTBEAT) == 0)
		djed_log("%s %s for %llu ms: it is stopped", warden.system->service[service].name, why,
			 (unsigned long long)ms);
	/* What it was in the way of may go on now: all begin anew. */
	for (uint32_t i = 0; i < DJED_SERVICES_MAX; i++)
		warden.watched[i].beat.since = 0;
}

/* Whether the service is at the delivery that it was at before. */
static bool stays(struct beat *beat, const struct djed_service_information *is, uint64_t now)
{
	/* What starts up works for no transaction, and takes its time. */
	bool works =
	    (is->state == DJED_SERVICE_WORKING || is->state == DJED_SERVICE_CALLING) && is->transaction;

	if (works && beat->since && beat->deliveries == is->deliveries) {
		beat->looks++;
		return true;
	}
	*beat = (struct beat){
	    .deliveries = is->deliveries, .since = works ? now : 0, .last_time = beat->last_time};
	return false;
}

void heartbeat_look(void)
{
	uint64_t now = djed_now(), shortest = 0, most = 0;
	uint32_t stuck = 0, greedy = 0;
	bool starved = false;

	for (uint32_t i = 1; i < warden.system->count; i++) {
		struct beat *beat = &warden.watched[i].beat;
		struct djed_service_information is;

		if (i == djed_start()->service || kernel_service_information(i, (uintptr_t)&is))
			continue;
		if (stays(beat, &is, now) && beat->looks >= LOOKS_MIN && now - beat->since >= limit(i)) {
			/* Who waits for its answer gets no time, nor does who is kept from it. */
			if (is.time > beat->last_time)
				stuck = i;
			else if (is.state == DJED_SERVICE_WORKING)
				starved = true;
		}
		/* rs is never in the way: it has less priority than all. */
		if (!(warden.system->service[i].receives >> DJED_EVENT_CRASH & 1) &&
		    is.time - beat->last_time > most) {
			most = is.time - beat->last_time;
			greedy = i;
		}
		beat->last_time = is.time;
		if (beat->since && (!shortest || limit(i) < shortest))
			shortest = limit(i);
	}
	if (stuck)
		stop(stuck, warden.watched[stuck].beat.since, "has been at one delivery");
	else if (starved && warden.looked_at && most)
		stop(greedy, warden.looked_at, "has left no time to others");
	warden.looked_at = shortest ? now : 0;
	warden.look_at = shortest ? now + shortest / LOOKS_MIN : 0;
}
