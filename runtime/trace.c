/* The event ring and the hooks that djed-trace plants. */
#include "include/djed/ring.h"
#include "runtime.h"

__attribute__((section(".djed.events"), aligned(DJED_PAGE_SIZE))) struct djed_ring djed_ring = {
    .capacity = DJED_RING_EVENTS};
DJED_RUNTIME uint32_t djed_trace_on;

void djed_ring_add(const struct djed_event *event)
{
	struct djed_event *slot = &djed_ring.event[djed_ring.written % DJED_RING_EVENTS];

	*slot = *event;
	slot->time = djed_port_now();
	djed_ring.written++;
}

static void add(uint32_t label, int32_t result, enum djed_event_kind kind)
{
	struct djed_event event = {.source = (uint32_t)(djed_ipc.in.badge >> 32),
				   .call = label,
				   .result = result,
				   .target = (uint16_t)djed_start()->service,
				   .kind = (uint16_t)kind};

	djed_ring_add(&event);
}

DJED_HOOK void djed_trace_enter(uint32_t label)
{
	add(label, 0, DJED_EVENT_ENTER);
}

DJED_HOOK void djed_trace_exit(int64_t status)
{
	add(djed_ipc.in.message.label, (int32_t)status, DJED_EVENT_EXIT);
}
