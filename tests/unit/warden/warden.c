/* The warden: crash records, scripts, heartbeats; over an rs and a kernel that may say anything. */
#include "../../../os/servers/warden/warden.h"

#include <abi/lab.h>
#include <abi/recovery.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <host.h>
#include <protocols/kernel.h>
#include <protocols/recovery.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../../../runtime/port/linux.h"

enum { WARDEN = 2, MS = 1000000, ARCHIVE = 1 << 20 };

static struct djed_system *booted;
static struct djed_crash given[64];
static uint64_t total, oldest;
static struct djed_service_information known[8];
static djed_status stop_status;
static uint64_t stopped[2], stops, flagged;

/* ---- rs and the kernel ------------------------------------------------------------------------------ */

static void rs(const struct djed_delivery *delivery, struct djed_message *answer)
{
	uint64_t number = delivery->message.word[0];
	struct djed_buffer to = {.length = delivery->message.grant[0].length, .kind = DJED_GRANT_PASS};

	cr_assert_eq(delivery->message.label, RECOVERY_CRASH);
	if (number < oldest)
		number = oldest;
	if (number >= total) {
		answer->status = -ENOENT;
		return;
	}
	djed_copy_out(to, 0, &given[number % 64], sizeof(given[0]));
	answer->word[0] = total;
	answer->word[1] = number;
}

static djed_status on_information(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	*(struct djed_service_information *)in[1] = known[in[0] % 8];
	return 0;
}

static djed_status on_stop(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	stopped[0] = in[0];
	stopped[1] = in[1];
	stops++;
	return stop_status;
}

static djed_status on_update(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	flagged |= in[0] == DJED_LAB_FLAGGED ? 1u << in[1] : 0;
	return 0;
}

/* ---- the boot archive ------------------------------------------------------------------------------- */

static char *archive_end;

static char *map(uint64_t address, size_t size)
{
	return mmap((void *)address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		    -1, 0);
}

static void add_file(const char *name, const void *bytes, size_t size)
{
	char header[512] = {0};

	snprintf(header, 100, "%s", name);
	snprintf(header + 124, 12, "%011lo", size);
	memcpy(archive_end, header, sizeof(header));
	memcpy(archive_end + 512, bytes, size);
	archive_end += 512 + (size + 511) / 512 * 512;
}

/* Services 1..6: rs, warden, a, b, c, d; `a` has the script, b can begin anew. */
static void start(const char *script)
{
	static struct djed_system system;
	static const char *const names[] = {"root", "rs", "warden", "a", "b", "c", "d"};

	system = (struct djed_system){
	    .magic = DJED_SYSTEM_MAGIC, .length = sizeof(system), .count = 7, .records = 7};
	for (unsigned i = 0; i < 7; i++) {
		strcpy(system.service[i].name, names[i]);
		strcpy(known[i].name, names[i]);
	}
	system.service[4].ladder[0] = DJED_RUNG_RESTART;
	system.service[5].heartbeat = 100;
	if (script)
		strcpy(system.service[3].policy, "its");
	archive_end = map(DJED_ARCHIVE_BASE, ARCHIVE);
	cr_assert_eq(archive_end, (char *)DJED_ARCHIVE_BASE);
	/* What the library, which AddressSanitizer watches, looks up there: address / 8 + 0x7fff8000. */
	map((DJED_ARCHIVE_BASE >> 3) + 0x7fff8000, ARCHIVE >> 3);
	add_file("system", &system, sizeof(system));
	add_file("rootfs/etc/policies/other", "flag\n", 5);
	if (script && strcmp(script, "none") != 0) {
		add_file("rootfs/etc/policies/its", "log the first one\n", 18);
		add_file("rootfs/etc/policies/its", script, strlen(script)); /* a folder laid over it */
	}
	booted = (struct djed_system *)(DJED_ARCHIVE_BASE + 512);
	host_start(&(struct host_options){.archive_size = ARCHIVE});
	djed_port_time = 5000 * (uint64_t)MS;
	host_on(KERNEL_OP_SERVICE_INFORMATION, on_information);
	host_on(KERNEL_OP_SERVICE_STOP, on_stop);
	host_on(KERNEL_OP_LAB_UPDATE, on_update);
	host_add_fake("rs", rs);
	host_add_server("warden", &djed_server);
}

static void crash(uint64_t service)
{
	given[total++ % 64] =
	    (struct djed_crash){.report = {service, DJED_CRASH_EXCEPTION, 14, 0, 0x400100 + service},
				.at = djed_port_time,
				.rung = 1,
				.action = 1};
	host_notify("warden", DJED_NOTIFY_CRASH);
}

static unsigned lines(const char *with)
{
	unsigned found = 0;

	for (const char *at = host_log(); (at = strstr(at, with)); at++)
		found++;
	return found;
}

/* Lets time pass until the next deadline. */
static void wait(uint64_t ms)
{
	uint64_t end = djed_port_time + ms * MS;

	while (host_deadline("warden") && host_deadline("warden") <= end) {
		djed_port_time = host_deadline("warden");
		host_notify("warden", UINT64_C(1) << 63);
	}
	djed_port_time = end;
}

static void sound(void)
{
	cr_expect_eq(host_audit("warden").violations, 0, "%s", host_log());
}

/* ---- crash records ---------------------------------------------------------------------------------- */

Test(warden, records)
{
	start(NULL);
	for (unsigned i = 0; i < 9; i++)
		crash(5);
	cr_assert(crashes.records == 1 && crashes.record[0].count == 9 && crashes.total == 9);
	cr_assert_str_eq(crashes.record[0].name, "c");
	cr_assert(lines("c crashed") == 4 && lines("8 times by now") == 1, "%s", host_log());
	for (unsigned i = 0; i < 20; i++) { /* more kinds than there is room for: each is told */
		given[total++ % 64] = (struct djed_crash){
		    .report = {6, DJED_CRASH_PANIC, 1, 0, 0x500000 + i}, .at = djed_port_time, .rung = 1};
		host_notify("warden", DJED_NOTIFY_CRASH);
	}
	cr_assert(crashes.records == DJED_CRASH_RECORDS && crashes.forgotten == 9 && crashes.total == 29);
	cr_assert_eq(lines("d crashed"), 20);
	sound();
}

/* What rs no longer has is counted; a new instance of rs counts anew. */
Test(warden, gaps)
{
	start(NULL);
	crash(5);
	total += 20;
	for (oldest = total - 3; oldest < total; oldest++)
		given[oldest % 64] = given[0];
	oldest = total - 3;
	host_notify("warden", DJED_NOTIFY_CRASH);
	cr_assert(crashes.total == 21 && crashes.forgotten == 17 && crashes.record[0].count == 4);
	total = oldest = 0;
	sound();
}

/* A corrupt record: one line, and the system runs on. */
Test(warden, corrupt_record)
{
	static const struct djed_crash wrong[] = {
	    {.report = {0, DJED_CRASH_PANIC}},
	    {.report = {99, DJED_CRASH_PANIC}},
	    {.report = {~0ull, DJED_CRASH_PANIC}},
	    {.report = {3, 0}},
	    {.report = {3, 77}},
	    {.report = {3, DJED_CRASH_PANIC}, .rung = 9},
	    {.report = {3, DJED_CRASH_PANIC}, .stack_length = DJED_CRASH_STACK + 1},
	    {.report = {3, DJED_CRASH_PANIC}, .at = ~0ull},
	};

	start("record\n");
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		given[total++] = wrong[i];
		host_notify("warden", DJED_NOTIFY_CRASH);
		cr_expect_eq(lines("it is left out"), i + 1, "case %u: %s", i, host_log());
	}
	crash(3);
	cr_assert_eq(lines("a crashed"), 1);
	cr_assert(crashes.records == 1 && crashes.forgotten == 8 && crashes.total == 9);
	sound();
}

/* ---- scripts ---------------------------------------------------------------------------------------- */

Test(warden, script)
{
	start("record\nlog first\nbackoff 10 40\nlog later\nrestart b\n");
	crash(3);
	cr_assert(lines("a crashed") == 1 && lines("policy its of a: first") == 1 && lines("later") == 0);
	sound();
	wait(9);
	cr_assert_eq(stops, 0);
	wait(1);
	cr_assert(lines("later") == 1 && stops == 1 && stopped[0] == 4 && stopped[1] == DJED_CRASH_ASKED);
	/* 20, 40, 40 ms; after a quiet time 10 again. */
	for (unsigned i = 0; i < 3; i++) {
		crash(3);
		wait(i ? 39 : 19);
		cr_assert_eq(stops, i + 1, "crash %u", i);
		wait(1);
		cr_assert_eq(stops, i + 2, "crash %u", i);
	}
	wait(500);
	crash(3);
	wait(10);
	cr_assert_eq(stops, 5);
	cr_assert_eq(lines("the first one"), 0, "what is laid over a file counts");
	sound();
}

Test(warden, conditions)
{
	start("go often 3 1000\nend\nat often\nflag\n");
	for (unsigned i = 0; i < 10; i++) {
		crash(3);
		wait(600);
	}
	cr_assert_eq(flagged, 0);
	crash(3);
	crash(3);
	cr_assert_eq(flagged, 1u << 3);
	crash(3);
	cr_assert_eq(lines("somebody should look"), 1);
}

/* It waits until the service is between two transactions, and not for ever. */
Test(warden, restart_waits)
{
	start("restart b\nlog done\n");
	stop_status = -EBUSY;
	crash(3);
	wait(20);
	cr_assert(stops > 10 && lines("done") == 0);
	sound();
	stop_status = 0;
	wait(2);
	cr_assert(lines("done") == 1 && host_deadline("warden") == 0);
	stop_status = -EBUSY;
	crash(3);
	wait(5000);
	cr_assert_eq(lines("line 1: restart: that service is always at work: it is given up"), 1, "%s",
		     host_log());
	cr_assert_eq(host_deadline("warden"), 0);
	sound();
}

/* What a script that is wrong says, in one line; the crash is recorded as without one. */
static void hostile(const char *script, const char *line)
{
	start(script);
	for (unsigned i = 0; i < 5; i++)
		crash(3);
	wait(100);
	cr_expect_eq(lines(line), 1, "%s", host_log());
	cr_expect(lines("a crashed") >= 1 && crashes.record[0].count == 5, "%s", host_log());
	cr_expect_eq(host_deadline("warden"), 0);
	sound();
}

Test(warden, missing)
{
	hostile("none", "policy its of a is missing: its crashes are recorded, no more");
}

Test(warden, no_script)
{
	hostile("record\nexec /bin/sh\n",
		"policy its of a, line 2: there is no such statement: it is not used");
}

Test(warden, unknown_service)
{
	hostile("record\nrestart nobody\n",
		"policy its of a, line 2: restart: there is no such service: it is given up");
}

Test(warden, refused_service)
{
	hostile("record\nrestart c\n",
		"line 2: restart: a new instance of that service would be empty: it is given up");
}

Test(warden, refused_by_the_kernel)
{
	stop_status = -EPERM;
	hostile("record\nrestart b\n", "line 2: restart: refused: it is given up");
}

Test(warden, loops)
{
	hostile("record\nat a\nlog again\ngo a 1 1000\n", "it does not come to an end: it is given up");
}

Test(warden, archive_cut_off)
{
	start("record\n");
	djed_port_start.archive_size = 600; /* in the middle of the first file */
	cr_assert_null(archive_find("rootfs/etc/policies/its", &(uint64_t){0}));
	djed_port_start.archive_size = ARCHIVE;
	strcpy((char *)DJED_ARCHIVE_BASE + 124, "77777777777");
	cr_assert_null(archive_find("rootfs/etc/policies/its", &(uint64_t){0}));
}

/* ---- heartbeats ------------------------------------------------------------------------------------- */

static void at_work(unsigned service, uint32_t state, uint64_t deliveries, uint64_t ms)
{
	known[service].state = state;
	known[service].transaction = 7;
	known[service].deliveries = deliveries;
	known[service].time = ms * MS;
}

Test(warden, stuck)
{
	start(NULL);
	host_notify("warden", DJED_NOTIFY_BUSY);
	cr_assert_eq(host_deadline("warden"), 0, "nobody is at work: nobody is watched");
	/* a waits for c, which loops over calls of b: c has 100 ms. */
	at_work(3, DJED_SERVICE_CALLING, 5, 1);
	at_work(5, DJED_SERVICE_CALLING, 9, 10);
	at_work(4, DJED_SERVICE_WORKING, 100, 3);
	host_notify("warden", DJED_NOTIFY_BUSY);
	for (unsigned i = 0; i < 3; i++) {
		wait(25);
		known[5].time += 2 * MS;
		known[4].time += 20 * MS;
		known[4].deliveries++;
	}
	cr_assert_eq(stops, 0);
	wait(25);
	cr_assert(stops == 1 && stopped[0] == 5 && stopped[1] == DJED_CRASH_HEARTBEAT);
	cr_assert_eq(lines("c has been at one delivery for 100 ms: it is stopped"), 1, "%s", host_log());
	at_work(3, DJED_SERVICE_RECEIVING, 5, 1);
	at_work(4, DJED_SERVICE_RECEIVING, 5, 1);
	at_work(5, DJED_SERVICE_RECEIVING, 5, 1);
	wait(1000);
	cr_assert(host_deadline("warden") == 0 && stops == 1, "all are at rest: nobody is watched");
	sound();
}

/* Who comes back in time, starts up, or waits for others is not stopped. */
Test(warden, not_stuck)
{
	start(NULL);
	at_work(3, DJED_SERVICE_WORKING, 5, 1);
	at_work(4, DJED_SERVICE_WORKING, 0, 1);
	known[4].transaction = 0;
	at_work(6, DJED_SERVICE_CALLING, 3, 1);
	host_notify("warden", DJED_NOTIFY_BUSY);
	for (unsigned i = 0; i < 100; i++) {
		wait(250);
		known[3].deliveries++;
		known[3].time += 100 * MS;
		known[4].time += 100 * MS;
	}
	cr_assert_eq(stops, 0, "%s", host_log());
}

Test(warden, greedy)
{
	start(NULL);
	at_work(5, DJED_SERVICE_WORKING, 5, 1);	  /* starved */
	at_work(6, DJED_SERVICE_WORKING, 100, 1); /* short deliveries, one behind the other */
	host_notify("warden", DJED_NOTIFY_BUSY);
	for (unsigned i = 0; i < 4; i++) {
		known[6].deliveries += 1000;
		known[6].time += 24 * MS;
		wait(25);
	}
	cr_assert(stops == 1 && stopped[0] == 6, "%s", host_log());
	cr_assert_eq(lines("d has left no time to others"), 1);
}

/* ---- its own crashes -------------------------------------------------------------------------------- */

Test(warden, gives_up)
{
	start("record\nbackoff 10\nlog later\n");
	crash(3);
	total++; /* the one that it crashes at */
	given[1] = given[0];
	host_notify("warden", DJED_NOTIFY_FAILED | DJED_NOTIFY_CRASH);
	cr_assert_eq(host_deadline("warden"), 0);
	crash(3);
	cr_assert_eq(crashes.record[0].count, 2, "one is left out");
	sound();
}

#define CORRUPTIONS(one)                           \
	one(warden.system++);                      \
	one(warden.watched[0].crashes = 1);        \
	one(warden.watched[9].script.runs = true); \
	one(warden.watched[3].script.runs = true); \
	one(warden.watched[3].record = NULL);      \
	one(warden.watched[3].crashes = 99);       \
	one(warden.watched[3].beat.since = ~0ull); \
	one(warden.policy[3].lines = 33);          \
	one(crashes.magic ^= 1);                   \
	one(crashes.records = 0);                  \
	one(crashes.records = 13);                 \
	one(crashes.total++);                      \
	one(crashes.forgotten = 1);                \
	one(crashes.record[0].count = 0);          \
	one(crashes.record[0].service = 99);       \
	one(crashes.record[0].last_at = 4);        \
	one(crashes.record[11].stack_length = 1u << 20)

Test(warden, corruptions)
{
	static struct warden saved;
	static struct djed_crashes saved_crashes;

	start("record\n");
	crash(3);
	saved = warden;
	saved_crashes = crashes;
	sound();
#define REPORTED(corruption)                                                                      \
	do {                                                                                      \
		warden = saved;                                                                   \
		crashes = saved_crashes;                                                          \
		corruption;                                                                       \
		cr_expect_gt(host_audit("warden").violations, 0, #corruption " is not reported"); \
	} while (0)
	CORRUPTIONS(REPORTED);
}
