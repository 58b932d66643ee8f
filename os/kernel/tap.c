#include "tap.h"
#include "../abi/ring.h"
#include "service.h"

static struct djed_ring *rings[DJED_SERVICES_MAX]; /* in the kernel's map of memory */
static unsigned tapped = TXN_NONE;		   /* the monitor */
static bool kernel_records;

void tap_set(unsigned monitor, bool records)
{
	tapped = monitor;
	kernel_records = records;
}

void tap_ring(unsigned service, uint64_t physical, uint64_t length)
{
	if (length >= sizeof(struct djed_ring) && physical % 8 == 0)
		rings[service] = arch_memory(physical);
}

/* `written` is the monitor's memory and may be anything; the place is within the ring for every value. */
static struct djed_event *record(const struct djed_ring *ring, uint64_t number)
{
	return (struct djed_event *)&ring->event[number % DJED_RING_EVENTS];
}

void tap_call(struct application *a, unsigned target, const struct djed_message *message)
{
	struct djed_ring *ring = tapped == TXN_NONE ? NULL : rings[tapped];

	a->tapped = false;
	if (!ring)
		return;
	a->called_at = clock_now();
	if (!kernel_records)
		return;
	a->tapped = true;
	a->record = ring->written++;
	*record(ring, a->record) = (struct djed_event){
	    .time = a->called_at,
	    .source = (uint32_t)(a->badge >> 32),
	    .call = message->label,
	    .arguments = djed_event_hash(message->word),
	    .target = (uint16_t)target,
	    .kind = DJED_EVENT_SEEN_CALL,
	};
}

void tap_forwarded(unsigned service, struct application *a)
{
	if (service != tapped || kernel_records || !rings[service])
		return;
	a->tapped = true;
	a->record = rings[service]->written - 1;
}

void tap_answer(struct application *a, int64_t result)
{
	const struct djed_ring *ring = a->tapped ? rings[tapped] : NULL;
	uint64_t latency = clock_now() - a->called_at;
	struct djed_event *event;

	a->tapped = false;
	if (!ring || ring->written - a->record > DJED_RING_EVENTS)
		return; /* newer records took its place */
	event = record(ring, a->record);
	event->result = result < 0 && result >= -4095 ? (int32_t)result : 0;
	event->latency = latency > 0xffffffff ? 0xffffffffu : (uint32_t)latency;
}
