/* monitor's invariants: its tables are what init made of the table of calls. resource[0]: calls seen. */
#include "monitor.h"

static const struct djed_capability_name *capability_of(const struct range *range)
{
	const struct djed_start_info *start = djed_start();

	for (uint32_t i = 0; i < start->capabilities && i < DJED_CAPABILITIES_MAX; i++)
		if (start->capability[i].type == DJED_CAP_ENDPOINT &&
		    start->capability[i].slot == range->slot)
			return &start->capability[i];
	return NULL;
}

static unsigned ranges_granted(void)
{
	const struct djed_start_info *start = djed_start();
	unsigned count = 0;

	for (uint32_t i = 0; i < start->capabilities && i < DJED_CAPABILITIES_MAX; i++)
		count += start->capability[i].type == DJED_CAP_ENDPOINT && start->capability[i].linux_last &&
			 start->capability[i].linux_last < NUMBERS - 1;
	return count < RANGES_MAX ? count : RANGES_MAX;
}

void monitor_audit(struct djed_audit *audit)
{
	for (uint32_t number = 0; number < LINUX_CALLS; number++)
		djed_check(audit, monitor.route[number] == route_find(number), "call %u goes to slot %u",
			   number, monitor.route[number]);
	for (uint32_t i = 0; i < djed_start()->capabilities && i < DJED_CAPABILITIES_MAX; i++) {
		const struct djed_capability_name *c = &djed_start()->capability[i];

		djed_check(audit,
			   c->type != DJED_CAP_ENDPOINT || c->slot >= NOBODY ||
			       monitor.service[c->slot] == c->service,
			   "service %u is recorded as %u", c->service, monitor.service[c->slot & 0xff]);
	}
	djed_check(audit, monitor.records == (djed_start()->monitor == DJED_MONITOR_BROKER),
		   "mode %u, and calls are%s noted", djed_start()->monitor, monitor.records ? "" : " not");
	djed_check(audit, monitor.ranges == ranges_granted(), "%u ranges of calls, %u granted",
		   monitor.ranges, ranges_granted());
	for (uint8_t i = 0; i < monitor.ranges && i < RANGES_MAX; i++) {
		const struct range *range = &monitor.range[i];
		const struct djed_capability_name *c = capability_of(range);

		djed_check(audit, c && range->first == c->linux_first && range->last == c->linux_last,
			   "calls %u to %u are not as granted", range->first, range->last);
	}
	for (uint32_t number = 0; number < NUMBERS; number++)
		djed_check(audit,
			   !(monitor.named[number / 8] >> number % 8 & 1) || route_find(number) == NOBODY,
			   "call %u was named as absent and is served", number);
	djed_check(audit, djed_ring.capacity == DJED_RING_EVENTS, "the ring has %u places",
		   djed_ring.capacity);
	for (unsigned i = 0; i < DJED_RING_EVENTS && i < djed_ring.written; i++) {
		const struct djed_event *event = &djed_ring.event[i];

		djed_check(audit, event->kind >= DJED_EVENT_SEEN_CALL && event->kind <= DJED_EVENT_EXIT,
			   "event %u is of kind %u", i, event->kind);
		djed_check(audit, event->time <= djed_clock(), "event %u is of the future", i);
	}
	audit->resource[0] = djed_ring.written;
}
