/* What `djed crashes` says of the time before a crash. */
#include "events.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MONITOR = 3, VFS = 8, SHOWN = 8 };

static struct {
	struct crashes_file head;
	struct crashes_ring ring[2];
} file;

static void see(struct djed_ring *ring, uint64_t time, uint16_t kind)
{
	ring->event[ring->written++ % DJED_RING_EVENTS] =
	    (struct djed_event){.time = time, .source = 77, .target = VFS, .kind = kind};
}

/* What is printed of a crash at `time`; the caller frees it. */
static char *printed(uint64_t time)
{
	static struct djed_crash_record record;
	char *bytes = NULL;
	size_t length;
	FILE *out = open_memstream(&bytes, &length);
	record.service = VFS;
	record.first_at = time;
	events_print(out, &file.head, &record);
	fclose(out);
	return bytes;
}

static void expect(uint64_t time, const char *head, unsigned lines)
{
	char *text = printed(time);
	unsigned count = 0;
	for (const char *at = text; *at; at++)
		count += *at == '\n';
	cr_expect(!strncmp(text, head, strlen(head)), "'%s' for '%s'", text, head);
	cr_expect_eq(count, lines, "%s", text);
	free(text);
}

Test(events, before_a_crash)
{
	file.head.rings = 2;
	file.ring[0].service = MONITOR;
	file.ring[1].service = VFS;
	expect(1000, "", 0);

	struct djed_ring *calls = &file.ring[0].ring, *own = &file.ring[1].ring;
	see(calls, 500, DJED_EVENT_SEEN_CALL);
	expect(
	    400,
	    "  last events of the system (calls of all programs) before its first crash: there were none\n",
	    1);
	expect(1000, "  last events of the system (calls of all programs) before its first crash:\n", 2);
	char *text = printed(1000);
	cr_expect_not_null(strstr(text, "-0.500 us  call  no request (by process 77, to service 8)\n"), "%s",
			   text);
	free(text);

	for (uint64_t time = 2000; time < 2000 + DJED_RING_EVENTS; time++)
		see(calls, time, DJED_EVENT_SEEN_CALL);
	expect(1000,
	       "  last events of the system (calls of all programs) before its first crash: overwritten by "
	       "later ones\n",
	       1);
	expect(5000, "  last events of the system (calls of all programs) before its first crash:\n",
	       1 + SHOWN);

	/* Its own are better. */
	see(own, 100, DJED_EVENT_ENTER);
	expect(1000, "  last events of this service before its first crash:\n", 2);
	expect(50, "  last events of this service before its first crash: there were none\n", 1);

	/* The monitor's ring is of calls of programs also when it is the monitor that crashes. */
	file.ring[1].service = VFS + 1;
	file.ring[0].service = VFS;
	expect(5000, "  last events of the system (calls", 1 + SHOWN);
}
