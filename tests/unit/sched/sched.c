/* sched on the harness: priorities, clocks, sleeping, and its audit under corruption. */
#include <sched.h>

#include <abi/restart.h>
#include <changes.h>
#include <criterion/criterion.h>
#include <host.h>
#include <linux_clocks.h>
#include <main.h>
#include <protocols/event.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>
#include <protocols/sched_client.h>

#include "../../../runtime/port/linux.h"

static uint8_t memory[4096];
static const uint64_t base = 0x10000;

static void fake_mm(const struct djed_delivery *d, struct djed_message *answer)
{
	(void)d;
	answer->status = -EFAULT;
}

static djed_status thread_times(const uint64_t in[6], uint64_t out[3])
{
	if (in[0] != 0x103)
		return -ESRCH;
	out[0] = 3000000000;
	out[1] = 500000000;
	return 0;
}

static void start(void)
{
	host_start(&(struct host_options){0});
	host_map(base, memory, sizeof(memory), DJED_GRANT_READ | DJED_GRANT_WRITE);
	host_add_fake("mm", fake_mm);
	host_on(KERNEL_OP_THREAD_TIMES, thread_times);
	djed_port_time = 5000000000;
	host_add_server("sched", &djed_server);
	host_protect_regions("sched", threads, THREADS_MAX, sizeof(*threads));
	for (uint32_t pid = 2; pid < 6; pid++)
		cr_assert_eq(sched_add(host_slot("sched"), pid, pid == 2 ? 0 : 2, 0x100 + pid), 0);
	host_be(2, 2);
}

static int64_t call(uint32_t pid, uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct host_outcome o;

	host_be(pid, pid);
	o = host_linux("sched", number, a, b, c, d);
	return o.next == DJED_NEXT_PARK ? 1 << 20 : o.status ? o.status : (int64_t)o.word[0];
}

static uint64_t sleep_of(int64_t seconds, int64_t nanoseconds)
{
	struct linux_timespec t = {seconds, nanoseconds};

	memcpy(memory, &t, sizeof(t));
	return base;
}

static void check(void)
{
	cr_assert_eq(host_audit("sched").violations, 0, "%s", host_log());
}

/* What the kernel was told last. */
static unsigned priority(void)
{
	struct host_effect e = {0};

	while (host_take_effect(KERNEL_OP_THREAD_PRIORITY, &e))
		;
	return (unsigned)e.in[1];
}

Test(sched, priorities)
{
	struct djed_message quantum = {.label = EVENT_QUANTUM, .word = {QUANTUM_NS}};
	struct djed_audit audit;

	start();
	cr_assert_eq(priority(), 8);
	cr_assert_eq(sched_add(host_slot("sched"), 3, 2, 9), -EEXIST);
	cr_assert_eq(sched_add(host_slot("sched"), 0, 0, 9), -EEXIST);
	cr_assert_eq(call(2, LINUX_GETPRIORITY, 0, 0, 0, 0), 20);
	cr_assert_eq(call(2, LINUX_SETPRIORITY, 0, 3, (uint64_t)-100, 0), 0);
	cr_assert_eq(priority(), 15);
	cr_assert_eq(call(2, LINUX_GETPRIORITY, 0, 3, 0, 0), 40);
	cr_assert_eq(call(2, LINUX_SETPRIORITY, 0, 3, 100, 0), 0);
	cr_assert_eq(priority(), 2);
	cr_assert_eq(call(2, LINUX_GETPRIORITY, 0, 99, 0, 0), -ESRCH);
	cr_assert_eq(call(2, LINUX_GETPRIORITY, 0, (uint64_t)-5, 0, 0), -ESRCH);
	cr_assert_eq(call(2, LINUX_GETPRIORITY, 3, 0, 0, 0), -EINVAL);
	cr_assert_eq(sched_add(host_slot("sched"), 7, 3, 0x99), 0);
	cr_assert_eq(thread_find(7)->nice, 19, "a child inherits it");
	/* Who uses its quanta up sinks, and is lifted after a second. */
	host_be(2, 2);
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(host_request("sched", &quantum).status, 0);
	cr_assert_eq(thread_find(2)->level, 2, "half of the quantum of its level is needed");
	quantum.word[0] = 8 * QUANTUM_NS;
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(host_request("sched", &quantum).status, 0);
	cr_assert_eq(thread_find(2)->level, LEVELS - 1);
	cr_assert_eq(priority(), 5);
	check();
	cr_assert_eq(host_deadline("sched"), djed_port_time + LIFT_NS);
	djed_port_time += LIFT_NS;
	host_notify("sched", 1ull << 63);
	cr_assert_eq(thread_find(2)->level, 0);
	cr_assert_eq(host_deadline("sched"), 0);
	check();
	host_request("sched", &quantum);
	cr_assert_eq(sched_remove(host_slot("sched"), 2), 0);
	cr_assert_eq(host_deadline("sched"), 0, "nobody to lift");
	cr_assert_eq(sched_remove(host_slot("sched"), 2), -ESRCH);
	cr_assert_eq(call(2, LINUX_TIME, 0, 0, 0, 0), -ESRCH);
	check();
	audit = host_audit("sched");
	cr_assert_eq(audit.processes, 4);
	cr_assert_eq(audit.process_xor, djed_mix(3) ^ djed_mix(4) ^ djed_mix(5) ^ djed_mix(7));
	for (uint32_t pid = 8; pid <= THREADS_MAX; pid++)
		cr_assert_eq(sched_add(host_slot("sched"), pid, 0, 1ull << 40 | pid), 0);
	cr_assert_eq(sched_add(host_slot("sched"), 9999, 0, 9999), -EEXIST);
	check();
}

Test(sched, clocks)
{
	uint64_t value[2];

	start();
	for (uint32_t clock = LINUX_CLOCK_PROCESS_CPUTIME; clock <= LINUX_CLOCK_THREAD_CPUTIME; clock++) {
		cr_assert_eq(call(3, LINUX_CLOCK_GETTIME, clock, base, 0, 0), 0);
		memcpy(value, memory, 16);
		cr_assert(value[0] == 3 && value[1] == 500000000, "user and system time of the caller");
	}
	cr_assert_eq(call(2, LINUX_CLOCK_GETTIME, LINUX_CLOCK_MONOTONIC, base, 0, 0), 0);
	memcpy(value, memory, 16);
	cr_assert_eq(value[0], 5);
	cr_assert_eq(call(2, LINUX_CLOCK_GETTIME, LINUX_CLOCK_REALTIME, base, 0, 0), 0);
	memcpy(value, memory, 16);
	cr_assert_eq(value[0], djed_wall_seconds() + 5);
	cr_assert_eq(call(2, LINUX_CLOCK_GETTIME, 12, base, 0, 0), -EINVAL);
	cr_assert_eq(call(2, LINUX_CLOCK_GETTIME, (uint64_t)-2, base, 0, 0), -EINVAL);
	cr_assert_eq(call(2, LINUX_CLOCK_GETTIME, 1, 8, 0, 0), -EFAULT);
	cr_assert_eq(call(2, LINUX_CLOCK_GETRES, 1, 0, 0, 0), 0);
	cr_assert_eq(call(2, LINUX_TIME, base, 0, 0, 0), (int64_t)value[0]);
	cr_assert_eq(call(2, LINUX_GETTIMEOFDAY, base, base + 16, 0, 0), 0);
	cr_assert_eq(call(2, LINUX_GETTIMEOFDAY, 8, 0, 0, 0), -EFAULT);
	cr_assert_eq(call(2, LINUX_SCHED_GETAFFINITY, 0, 8, base, 0), 8);
	cr_assert_eq(call(2, LINUX_SCHED_GETAFFINITY, 0, 7, base, 0), -EINVAL);
	cr_assert_eq(call(2, LINUX_SCHED_GETAFFINITY, 99, 8, base, 0), -ESRCH);
	cr_assert_eq(call(2, LINUX_SCHED_YIELD, 0, 0, 0, 0), 0);
	cr_assert_eq(call(2, 0xfffe, 0, 0, 0, 0), -ENOSYS);
	check();
}

Test(sched, sleeping)
{
	struct host_outcome o[4];
	struct host_effect e;
	struct linux_timespec left;

	start();
	cr_assert_eq(call(2, LINUX_NANOSLEEP, sleep_of(0, 0), 0, 0, 0), 0);
	cr_assert_eq(call(2, LINUX_NANOSLEEP, sleep_of(0, 1000000000), 0, 0, 0), -EINVAL);
	cr_assert_eq(call(2, LINUX_NANOSLEEP, sleep_of(-1, 0), 0, 0, 0), -EINVAL);
	cr_assert_eq(call(2, LINUX_NANOSLEEP, 8, 0, 0, 0), -EFAULT);
	cr_assert_eq(call(2, LINUX_CLOCK_NANOSLEEP, LINUX_CLOCK_THREAD_CPUTIME, 0, base, 0), -EINVAL);
	cr_assert_eq(call(2, LINUX_CLOCK_NANOSLEEP, LINUX_CLOCK_MONOTONIC_RAW, 0, base, 0), -EOPNOTSUPP);
	cr_assert_eq(call(2, LINUX_CLOCK_NANOSLEEP, LINUX_CLOCK_MONOTONIC, 1, sleep_of(4, 0), 0), 0,
		     "long ago");
	for (unsigned i = 0; i < 4; i++) {
		static const int seconds[] = {3, 1, 4, 2};

		host_be(2 + i, 2 + i);
		o[i] = host_linux("sched", LINUX_NANOSLEEP, sleep_of(seconds[i], 0), base + 64);
		cr_assert_eq(o[i].next, DJED_NEXT_PARK);
		check();
	}
	cr_assert_eq(host_deadline("sched"), 6000000000);
	djed_port_time = 7500000000;
	host_notify("sched", 1ull << 63);
	cr_assert(host_take_effect(KERNEL_OP_ANSWER_PARKED, &e) && e.in[0] == o[1].request &&
		  e.message.status == 0);
	cr_assert(host_take_effect(KERNEL_OP_ANSWER_PARKED, &e) && e.in[0] == o[3].request);
	cr_assert(!host_take_effect(KERNEL_OP_ANSWER_PARKED, &e));
	cr_assert_eq(host_deadline("sched"), 8000000000);
	check();
	/* Recovery has ended a sleep without telling: the next one takes its place. */
	host_be(3, 3);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(host_linux("sched", LINUX_NANOSLEEP, sleep_of(100 + i, 0), 0).next,
			     DJED_NEXT_PARK);
	check();
	cr_assert_eq(call(3, LINUX_NANOSLEEP, sleep_of(0, 0), 0, 0, 0), 0);
	check();
	cr_assert_eq(host_deadline("sched"), 8000000000);
	/* A signal: the rest is told, and restart_syscall continues to the same end. */
	host_be(2, 2);
	cr_assert_eq(host_cancel(o[0].request).status, -DJED_ERESTART_BLOCK);
	memcpy(&left, memory + 64, sizeof(left));
	cr_assert(left.seconds == 0 && left.nanoseconds == 500000000);
	djed_port_time += 100000000;
	o[0] = host_linux("sched", LINUX_RESTART_SYSCALL);
	cr_assert_eq(o[0].next, DJED_NEXT_PARK);
	cr_assert_eq(host_deadline("sched"), 8000000000);
	djed_port_time = 8000000000;
	cr_assert_eq(host_cancel(o[0].request).status, 0, "it was over anyway");
	cr_assert_eq(host_linux("sched", LINUX_RESTART_SYSCALL).status, -EINTR);
	o[0] = host_linux("sched", LINUX_CLOCK_NANOSLEEP, LINUX_CLOCK_REALTIME, LINUX_TIMER_ABSTIME,
			  sleep_of((int64_t)djed_wall_seconds() + 20, 0));
	cr_assert_eq(host_cancel(o[0].request).status, -DJED_ERESTARTNOHAND);
	/* The end of a sleeper, and of time. */
	o[0] = host_linux("sched", LINUX_NANOSLEEP, sleep_of(INT64_MAX, 999999999), 0);
	cr_assert_eq(o[0].next, DJED_NEXT_PARK);
	check();
	for (uint32_t pid = 2; pid < 6; pid++)
		cr_assert_eq(sched_remove(host_slot("sched"), pid), 0);
	cr_assert_eq(host_deadline("sched"), 0);
	check();
}

/* What is done when the work on a notification crashes: one sleeper at a time; what is not due stays. */
Test(sched, failed_notifications)
{
	const uint64_t failed = 1ull << 63 | DJED_NOTIFY_FAILED;
	struct djed_message quantum = {.label = EVENT_QUANTUM, .word = {QUANTUM_NS}};
	struct host_outcome o[3];
	struct host_effect e;

	start();
	for (unsigned i = 0; i < 3; i++) {
		host_be(2 + i, 2 + i);
		o[i] = host_linux("sched", LINUX_NANOSLEEP, sleep_of(1 + i, 0), 0);
	}
	host_notify("sched", failed);
	cr_assert(!host_take_effect(KERNEL_OP_ANSWER_PARKED, &e), "nobody is due");
	djed_port_time += 2500000000;
	for (unsigned i = 0; i < 2; i++) {
		host_notify("sched", failed);
		cr_assert(host_take_effect(KERNEL_OP_ANSWER_PARKED, &e) && e.in[0] == o[i].request &&
			  e.message.status == 0);
		cr_assert(!host_take_effect(KERNEL_OP_ANSWER_PARKED, &e), "one at a time");
		check();
	}
	host_notify("sched", failed);
	cr_assert(!host_take_effect(KERNEL_OP_ANSWER_PARKED, &e));
	cr_assert_eq(host_deadline("sched"), 8000000000);
	djed_port_time = 8000000000;
	host_notify("sched", failed);
	cr_assert(host_take_effect(KERNEL_OP_ANSWER_PARKED, &e) && e.in[0] == o[2].request);
	cr_assert_eq(host_deadline("sched"), 0);

	/* Without sleepers the threads that sank are lifted later. */
	host_be(2, 2);
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(host_request("sched", &quantum).status, 0);
	cr_assert_eq(host_deadline("sched"), djed_port_time + LIFT_NS);
	djed_port_time += LIFT_NS;
	host_notify("sched", failed);
	cr_assert_eq(host_deadline("sched"), djed_port_time + LIFT_NS);
	check();
	djed_port_time += LIFT_NS;
	host_notify("sched", 1ull << 63);
	cr_assert_eq(host_deadline("sched"), 0);
	check();
}

/* ---- corruptions ------------------------------------------------------------------------------------------
 */

// clang-format off
static struct thread *t(uint32_t pid)
{
	return thread_find(pid);
}
static void used(void) { sched.used--; }
static void sunken(void) { sched.sunken = 7; }
static void sleepers(void) { sched.sleepers++; }
static void pid(void) { t(3)->pid = 4; }
static void nice_value(void) { t(3)->nice = 100; }
static void level(void) { t(3)->level = LEVELS; }
static void handle(void) { t(3)->thread = 0; }
static void shared_handle(void) { t(3)->thread = t(4)->thread; }
static void request(void) { t(2)->sleeping = 0; }
static void time_lost(void) { t(2)->wake_at = 0; }
static void order(void) { t(4)->wake_at = 1ull << 60; }
static void first(void) { sched.first_sleeper = NONE; }
static void link_(void) { sched.sleeper[t(4) - threads].next = NONE; }
static void link_back(void) { sched.sleeper[t(4) - threads].previous = 1000; }
static void awake_in_list(void) { sched.first_sleeper = 4; }
static void loop(void) { sched.sleeper[t(4) - threads].next = (uint16_t)(t(4) - threads); }
static void lift(void) { sched.lift_at = 0; }
static void lift_early(void) { sched.lift_at = 1; }

// clang-format on
static const struct {
	const char *name;
	void (*make)(void);
} corruptions[] = {
#define ONE(name) {#name, name}
    ONE(used),	 ONE(sunken),	     ONE(sleepers),	 ONE(pid),	 ONE(nice_value), ONE(level),
    ONE(handle), ONE(shared_handle), ONE(request),	 ONE(time_lost), ONE(order),	  ONE(first),
    ONE(link_),	 ONE(link_back),     ONE(awake_in_list), ONE(loop),	 ONE(lift),	  ONE(lift_early),
#undef ONE
};

Test(sched, corruption)
{
	struct djed_message quantum = {.label = EVENT_QUANTUM, .word = {QUANTUM_NS}};
	static struct thread regions[THREADS_MAX];
	static struct sched sound;

	start();
	for (uint32_t pid = 2; pid < 5; pid++)
		call(pid, LINUX_NANOSLEEP, sleep_of(pid == 2 ? 2 : pid == 4 ? 1 : 3, 0), 0, 0, 0);
	host_be(5, 5);
	host_request("sched", &quantum);
	check();
	memcpy(&sound, &sched, sizeof(sched));
	memcpy(regions, threads, sizeof(threads));
	cr_assert_geq(sizeof(corruptions) / sizeof(corruptions[0]), 15);
	for (unsigned i = 0; i < sizeof(corruptions) / sizeof(corruptions[0]); i++) {
		corruptions[i].make();
		cr_expect_gt(host_audit("sched").violations, 0, "%s is not reported", corruptions[i].name);
		changes_log(&sched, &sound, sizeof(sched));
		changes_log(threads, regions, sizeof(threads));
		expect_noticed(sched_invariants, corruptions[i].name, " shared_handle ");
		memcpy(&sched, &sound, sizeof(sched));
		memcpy(threads, regions, sizeof(threads));
		cr_assert_eq(host_audit("sched").violations, 0, "%s cannot be taken back",
			     corruptions[i].name);
	}
}
