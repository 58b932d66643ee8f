/* Records of Linux calls in the monitor's event ring. Word `broker` on the command line: the monitor has the
 * calls in its path and writes the records; else the kernel does (tap). In both ways the kernel completes
 * them. */
#include "abi/lab.h"
#include "abi/ring.h"
#include "kit.h"

enum {
	TO_OTHER = 2,
	TO_ROOT,
	CAP_SPACES,
	CAP_FRAMES,
	CAP_THREADS,
	SUM = 300,
	FAIL = 301,
	END = 302,
	CALLS = 3000
};

static _Alignas(DJED_PAGE_SIZE) struct djed_ring ring;

static bool broker(void)
{
	const char *line = ((const struct djed_start_info *)DJED_START_INFO)->command_line;

	while (*line && (line[0] != 'b' || line[1] != 'r'))
		line++;
	return *line;
}

static void application(void)
{
	for (uint64_t i = 0; i < CALLS; i++)
		linux_call(SUM, i, 1, 2);
	linux_call(FAIL, 1, 2, 3);
	linux_call(END, 0, 0, 0);
}

static void owner(void)
{
	uint64_t frame = first_frame();
	djed_handle space;

	attach(NULL);
	space = make_space(&frame, 1);
	make_thread(space, 7ull << 32 | 8, application, APPLICATION_STACK);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		uint32_t number = DJED_LABEL_NUMBER(ipc.in.message.label);

		if (number == END)
			REQUIRE(kernel_notify(TO_OTHER, 1) == 0 && kernel_thread_destroy(ipc.in.thread) == 0);
		REQUIRE(reply(number == FAIL ? -ENOSPC : 0, ipc.in.message.word[0] + 3) == 0);
	}
}

static void check_ring(void)
{
	const struct djed_event *event = &ring.event[(ring.written - 2) % DJED_RING_EVENTS],
				*before = event - 1;

	REQUIRE(ring.written == CALLS + 2);
	REQUIRE(event->kind == DJED_EVENT_SEEN_CALL && event->source == 7 && event->result == -ENOSPC);
	REQUIRE(event->call == DJED_LABEL(DJED_PROTOCOL_LINUX, FAIL) && event->latency > 0 &&
		event->latency < 1000000000);
	REQUIRE(event->arguments == djed_event_hash((const uint64_t[6]){1, 2, 3, 0, 0, 0}) || broker());
	REQUIRE(before->result == 0 && before->latency > 0 && before->time < event->time);
	REQUIRE(before->time + before->latency <= event->time);
}

static void monitor(void)
{
	attach(NULL);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	while (ipc.in.kind == DJED_DELIVERY_REQUEST) {
		const struct djed_time *time = (const struct djed_time *)DJED_TIME_PAGE;

		ring.event[ring.written++ % DJED_RING_EVENTS] = (struct djed_event){
		    .time =
			(uint64_t)((unsigned __int128)(ticks() - time->tsc_at_boot) * time->multiplier >> 32),
		    .source = (uint32_t)(ipc.in.badge >> 32),
		    .call = ipc.in.message.label,
		    .kind = DJED_EVENT_SEEN_CALL,
		};
		ipc.out = ipc.in.message;
		REQUIRE(kernel_receive(DJED_NEXT_FORWARD, DJED_LOG_EMPTY, TO_OTHER, 0) == 0);
	}
	check_ring();
	REQUIRE(kernel_notify(TO_ROOT, 1) == 0);
	(void)receive(DJED_NEXT_FINISH, DJED_LOG_EMPTY);
}

void test(void)
{
	unsigned o = make_service("owner", 20, 0), m = make_service("monitor", 19, 0);

	grant(o, CAP_SPACES, DJED_CAP_SPACES, 0, 0);
	grant(o, CAP_FRAMES, DJED_CAP_FRAMES, 0, 0);
	grant(o, CAP_THREADS, DJED_CAP_THREADS, 0, 0);
	grant_endpoint(o, TO_OTHER, m, DJED_MAY_NOTIFY);
	grant_endpoint(m, TO_OTHER, o, DJED_MAY_FORWARD);
	grant_endpoint(m, TO_ROOT, 0, DJED_MAY_NOTIFY);
	EXPECT(kernel_lab_region(m, DJED_REGION_EVENTS, (uintptr_t)&ring, sizeof(ring)) == 0);
	if (broker()) {
		EXPECT(kernel_route(~0ull, m) == 0);
	} else {
		EXPECT(kernel_route(~1ull, m) == 0);
		for (unsigned number = SUM; number <= END; number++)
			EXPECT(kernel_route(number, o) == 0);
	}
	start_service(m, monitor);
	start_service(o, owner);
	wait_for(1);
}
