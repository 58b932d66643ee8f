/* monitor on the harness: every call goes to its owner, and its audit under corruption. */
#include <monitor.h>

#include <criterion/criterion.h>
#include <host.h>

#include "../../../runtime/port/linux.h"

static void nothing(const struct djed_delivery *d, struct djed_message *answer)
{
	(void)d;
	(void)answer;
}

static void start_in(enum djed_monitor_mode mode)
{
	static const char *const owners[] = {"pm", "vfs", "mm", "sched", "console", "counter"};

	host_start(&(struct host_options){0});
	djed_port_start.monitor = mode;
	for (unsigned i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		host_add_fake(owners[i], nothing);
	for (uint32_t i = 0; i < djed_port_start.capabilities; i++) {
		if (strcmp(djed_port_start.capability[i].name, "counter") == 0) {
			djed_port_start.capability[i].linux_first = 4096;
			djed_port_start.capability[i].linux_last = 4127;
		}
	}
	for (uint32_t i = 0; i < djed_port_start.capabilities; i++)
		djed_port_start.capability[i].service = djed_port_start.capability[i].slot + 10;
	host_add_server("monitor", &djed_server);
}

static void start(void)
{
	start_in(DJED_MONITOR_BROKER);
}

Test(monitor, forwards)
{
	unsigned served = 0;

	start();
	host_be(7, 7);
	for (uint32_t number = 0; number < 5000; number++) {
		const struct linux_call *call = linux_find(number);
		bool counter = number >= 4096 && number <= 4127;
		struct host_outcome o = host_linux("monitor", number, 1, 2, 3, 4, 5, 6);

		if ((call && call->support != LINUX_ABSENT) || counter) {
			cr_assert_eq(o.next, DJED_NEXT_FORWARD, "call %u", number);
			cr_assert_eq(o.target, host_slot(counter ? "counter" : call->owner), "call %u",
				     number);
			cr_assert_eq(o.message.label, LINUX_LABEL(number));
			cr_assert_eq(o.message.word[5], 6);
			cr_assert_eq(o.log, DJED_LOG_EMPTY);
			served++;
		} else {
			cr_assert(o.next == DJED_NEXT_REPLY && o.status == -ENOSYS, "call %u", number);
		}
	}
	cr_assert_gt(served, 100);
	cr_assert(strstr(host_log(), "Linux call 435 (clone3) is not served"));
	cr_assert(strstr(host_log(), "Linux call 4999 (unknown) is not served"));
	host_linux("monitor", 435);
	cr_assert(!strstr(strstr(host_log(), "(clone3)") + 1, "(clone3)"), "named once");
	cr_assert_eq(djed_ring.written, 5001);
	cr_assert_eq(djed_ring.event[5000 % DJED_RING_EVENTS].call, LINUX_LABEL(435));
	cr_assert_eq(djed_ring.event[5000 % DJED_RING_EVENTS].source, 7);
	cr_assert_eq(djed_ring.event[4127 % DJED_RING_EVENTS].target, host_slot("counter") + 10);
	cr_assert_eq(host_linux("monitor", 0xffff).status, -ENOSYS, "a number too large for a label");
	cr_assert_eq(host_request("monitor", &(struct djed_message){.label = DJED_LABEL(9, 1)}).status,
		     -ENOSYS);
	cr_assert_eq(host_audit("monitor").violations, 0, "%s", host_log());
}

/* With `tap` and `off` only what nobody serves comes here; the kernel makes the record, or nobody. */
Test(monitor, names_only)
{
	start_in(DJED_MONITOR_TAP);
	cr_assert_eq(host_linux("monitor", 435).status, -ENOSYS);
	cr_assert(strstr(host_log(), "Linux call 435 (clone3) is not served"));
	cr_assert_eq(djed_ring.written, 0);
	cr_assert_eq(host_audit("monitor").violations, 0, "%s", host_log());
	monitor.records = true;
	cr_assert_gt(host_audit("monitor").violations, 0);
}

/* ---- corruptions ------------------------------------------------------------------------------------------
 */

// clang-format off
static void route(void) { monitor.route[39] = 3; }
static void route_flip(void) { monitor.route[0] ^= 1; }
static void route_lost(void) { monitor.route[1] = NOBODY; }
static void route_absent(void) { monitor.route[435] = 1; }
static void route_last(void) { monitor.route[LINUX_CALLS - 1] ^= 0x40; }
static void route_wild(void) { monitor.route[57] = 200; }
static void route_zeroed(void) { memset(monitor.route, 0, sizeof(monitor.route)); }
static void ranges(void) { monitor.ranges = 0; }
static void ranges_many(void) { monitor.ranges = RANGES_MAX + 1; }
static void ranges_two(void) { monitor.ranges = 2; }
static void range_first(void) { monitor.range[0].first--; }
static void range_last(void) { monitor.range[0].last = 5000; }
static void range_slot(void) { monitor.range[0].slot ^= 1; }
static void range_wild(void) { monitor.range[0].slot = 99; }
static void named_served(void) { monitor.named[39 / 8] |= 1 << 39 % 8; }
static void named_counter(void) { monitor.named[4100 / 8] |= 1 << 4100 % 8; }
static void named_all(void) { memset(monitor.named, 0xff, sizeof(monitor.named)); }
static void service_number(void) { monitor.service[2] = 9; }
static void ring_capacity(void) { djed_ring.capacity = 5; }
static void event_kind(void) { djed_ring.event[0].kind = 0; }
static void event_kind_high(void) { djed_ring.event[2].kind = 77; }
static void event_future(void) { djed_ring.event[1].time = ~0ull; }

// clang-format on
static const struct {
	const char *name;
	void (*make)(void);
} corruptions[] = {
#define ONE(name) {#name, name}
    ONE(route),		  ONE(route_flip),   ONE(route_lost),	 ONE(route_absent), ONE(route_last),
    ONE(route_wild),	  ONE(route_zeroed), ONE(ranges),	 ONE(ranges_many),  ONE(ranges_two),
    ONE(range_first),	  ONE(range_last),   ONE(range_slot),	 ONE(range_wild),   ONE(named_served),
    ONE(named_counter),	  ONE(named_all),    ONE(ring_capacity), ONE(event_kind),   ONE(service_number),
    ONE(event_kind_high), ONE(event_future),
#undef ONE
};

Test(monitor, corruption)
{
	static struct monitor sound;
	static struct djed_ring ring;

	start();
	for (uint32_t number = 0; number < 10; number++)
		host_linux("monitor", number);
	cr_assert_eq(host_audit("monitor").violations, 0, "%s", host_log());
	memcpy(&sound, &monitor, sizeof(sound));
	memcpy(&ring, &djed_ring, sizeof(ring));
	cr_assert_geq(sizeof(corruptions) / sizeof(corruptions[0]), 20);
	for (unsigned i = 0; i < sizeof(corruptions) / sizeof(corruptions[0]); i++) {
		corruptions[i].make();
		cr_expect_gt(host_audit("monitor").violations, 0, "%s is not reported", corruptions[i].name);
		memcpy(&monitor, &sound, sizeof(sound));
		memcpy(&djed_ring, &ring, sizeof(ring));
		cr_assert_eq(host_audit("monitor").violations, 0, "%s cannot be taken back",
			     corruptions[i].name);
	}
}
