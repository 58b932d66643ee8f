#include "events.h"

#include <inttypes.h>
#include <protocols/labels.h>
#include <protocols/linux_table.h>

enum { EVENTS_SHOWN = 8 };

const char *message_name(uint32_t label)
{
	static char text[96];
	const struct djed_label *known = djed_label_find(label);
	uint32_t number = DJED_LABEL_NUMBER(label);
	if (!label)
		return "no request";
	if (known)
		snprintf(text, sizeof text, "%s.%s", known->protocol, known->message);
	else if (DJED_LABEL_PROTOCOL(label) == DJED_PROTOCOL_LINUX && number < LINUX_CALLS &&
		 linux_table[number].name)
		snprintf(text, sizeof text, "%s", linux_table[number].name);
	else
		snprintf(text, sizeof text, "message 0x%x", label);
	return text;
}

/* The service's own events where it was traced, else the system calls that the monitor saw. NULL: there are
 * none. */
static const struct djed_ring *find_ring(const struct crashes_file *file, uint32_t service, bool *own)
{
	const struct crashes_ring *rings = (const void *)(file + 1), *seen = NULL;
	*own = false;
	for (unsigned i = 0; i < file->rings; i++) {
		if (!rings[i].ring.written)
			continue;
		bool calls = rings[i].ring.event[0].kind == DJED_EVENT_SEEN_CALL;
		if (rings[i].service == service && !calls) {
			*own = true;
			return &rings[i].ring;
		}
		if (calls)
			seen = &rings[i];
	}
	return seen ? &seen->ring : NULL;
}

static void print_event(FILE *out, const struct djed_event *e, uint64_t crashed_at)
{
	fprintf(out, "    %10.3f us  ", -(double)(crashed_at - e->time) / 1000);
	if (e->kind == DJED_EVENT_SEEN_CALL)
		fprintf(out, "call  %s (by process %u, to service %u)\n", message_name(e->call), e->source,
			e->target);
	else
		fprintf(out, "%-5s %s (caller %u)\n", e->kind == DJED_EVENT_ENTER ? "enter" : "exit",
			message_name(e->call), e->source);
}

void events_print(FILE *out, const struct crashes_file *file, const struct djed_crash_record *record)
{
	bool own;
	const struct djed_ring *ring = find_ring(file, record->service, &own);
	if (!ring)
		return;
	uint64_t end = ring->written;
	uint64_t oldest = end > DJED_RING_EVENTS ? end - DJED_RING_EVENTS : 0;
	while (end > oldest && ring->event[(end - 1) % DJED_RING_EVENTS].time > record->first_at)
		end--;
	uint64_t from = end - oldest > EVENTS_SHOWN ? end - EVENTS_SHOWN : oldest;
	const char *what =
	    own ? "last events of this service" : "last events of the system (calls of all programs)";
	if (from < end)
		fprintf(out, "  %s before its first crash:\n", what);
	else if (oldest)
		fprintf(out, "  %s before its first crash: overwritten by later ones\n", what);
	else
		fprintf(out, "  %s before its first crash: there were none\n", what);
	for (; from < end; from++)
		print_event(out, &ring->event[from % DJED_RING_EVENTS], record->first_at);
}
