/* The terminal server: who waits, what goes to the line, what happens when the line stalls. */
#include "console.h"
#include "host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/console_client.h>
#include <protocols/ds_client.h>
#include <protocols/kernel.h>
#include <protocols/mm.h>
#include <protocols/uart.h>
#include <string.h>

extern const struct djed_server djed_server, ds_server;
extern uint64_t djed_port_time;

enum { BASE = 0x10000 };
static uint8_t memory[65536];
static uint8_t sent[65536], typed[65536];
static uint64_t sent_end, typed_end, calls, limit = ~0ull; /* the line takes no bytes beyond `limit` */
static bool broken;					   /* the line answers with an error */
static uint64_t asked;					   /* position of the last write */

static void uart(const struct djed_delivery *delivery, struct djed_message *answer)
{
	const uint64_t *word = delivery->message.word;
	struct djed_buffer data = {.length = delivery->message.grant[0].length, .kind = DJED_GRANT_PASS};
	uint64_t count = 0;

	calls++;
	if (broken) {
		answer->status = -EIO;
		return;
	}
	if (delivery->message.label == UART_WRITE) {
		uint64_t skip = sent_end - word[0];

		asked = word[0];
		cr_assert_leq(data.length, 128);
		cr_assert(word[0] <= sent_end && skip <= data.length, "output position %lu, %lu were sent",
			  (unsigned long)word[0], (unsigned long)sent_end);
		for (count = skip; count < data.length && sent_end < limit; count++)
			sent_end += djed_copy_in(sent + sent_end, data, count, 1);
		answer->word[0] = count;
	} else {
		count = typed_end - word[0] < data.length ? typed_end - word[0] : data.length;
		answer->word[0] = djed_copy_out(data, 0, typed + word[0], count);
	}
}

static void (*wild_write)(void); /* what console does, by mistake, while mm is asked for memory */

static void mm(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	answer->status = -EFAULT;
	if (wild_write)
		wild_write();
}

static void nobody(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	(void)answer;
}

static void start(const char *command_line)
{
	djed_port_time = 1000;
	host_start(&(struct host_options){.command_line = command_line});
	host_add_fake("mm", mm);
	host_add_fake("uart", uart);
	host_add_fake("vfs", nobody);
	host_add_fake("pm", nobody);
	host_add_server("ds", &ds_server);
	host_add_server("console", &djed_server);
	host_protect_regions("console", clients, CONSOLE_CLIENTS, sizeof(*clients));
	host_map(BASE, memory, sizeof(memory), DJED_GRANT_READ | DJED_GRANT_WRITE);
}

static void check(void)
{
	struct djed_audit audit = host_audit("console");

	cr_assert_eq(audit.violations, 0, "%s", host_log());
}

/* What the kernel does when the deadline has passed. */
static void run_late(void)
{
	for (int i = 0; host_deadline("console") && i < 1000; i++)
		host_notify("console", 1ull << 63);
	cr_assert_eq(host_deadline("console"), 0, "it never comes to rest");
}

static void press(const char *text)
{
	size_t length = strlen(text);

	memcpy(typed + typed_end, text, length);
	typed_end += length;
	host_notify("console", 1);
	run_late();
}

static struct host_outcome request(uint32_t label, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct djed_message message = {.label = label, .word = {a, b, c, d, e}};

	return host_request("console", &message);
}

static int64_t result(struct host_outcome outcome)
{
	cr_assert_eq(outcome.next, DJED_NEXT_REPLY);
	return outcome.status ? outcome.status : (int64_t)outcome.word[0];
}

static bool wakes(struct host_outcome parked)
{
	struct host_effect wake;

	return host_take_effect(KERNEL_OP_WAKE, &wake) && wake.in[0] == parked.request;
}

Test(server, reading_and_writing)
{
	struct host_outcome reader;
	uint64_t before;

	start("");
	strcpy((char *)memory, "hello\n");
	before = calls;
	cr_assert_eq(result(request(CONSOLE_WRITE, BASE, 6, 0, 1, 0)), 6);
	cr_assert_eq(calls, before, "output leaves only when its transaction has ended");
	run_late();
	cr_assert_eq(sent_end, 7);
	cr_assert_eq(memcmp(sent, "hello\r\n", 7), 0);
	reader = request(CONSOLE_READ, BASE, 100, 0, 1, 0);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	check();
	press("ab");
	cr_assert_eq(host_count_effects(KERNEL_OP_WAKE), 0);
	press("c\n");
	cr_assert(wakes(reader));
	check();
	cr_assert_eq(result(host_wake(reader.request)), 4);
	cr_assert_eq(memcmp(memory, "abc\n", 4), 0);
	cr_assert_eq(memcmp(sent + 7, "abc\r\n", 5), 0);
	cr_assert_eq(result(request(CONSOLE_READ, BASE, 100, 1, 1, 0)), -EAGAIN);
	press("line\n");
	cr_assert_eq(result(request(CONSOLE_READ, 0xdead0000, 100, 0, 1, 0)), -EFAULT);
	cr_assert_eq(result(request(CONSOLE_READ, BASE, 100, 0, 1, 0)), 5,
		     "a read that failed has taken nothing");
	cr_assert_eq(result(request(CONSOLE_WRITE, 0xdead0000, 100, 0, 1, 0)), -EFAULT);
	reader = request(CONSOLE_READ, BASE, 100, 0, 1, 0);
	cr_assert_eq(result(host_cancel(reader.request)), -512);
	check();
}

static djed_status gone(const uint64_t in[6], uint64_t out[3])
{
	(void)in;
	(void)out;
	return -ESRCH;
}

/* Recovery has answered a reader without telling: its place is free again when it is to be woken. */
Test(server, reader_that_is_gone)
{
	start("");
	cr_assert_eq(request(CONSOLE_READ, BASE, 100, 0, 1, 0).next, DJED_NEXT_PARK);
	cr_assert_eq(host_audit("console").resource[2], 1);
	host_on(KERNEL_OP_WAKE, gone);
	press("x\n");
	cr_assert_eq(host_audit("console").resource[2], 0);
	check();
}

static void write_to_another(void)
{
	clients[6].waiter.request = 1;
}

static void write_to_own(void)
{
	clients[4].waiter.request = 1;
}

/* Of two readers, each with a region of its own, the one that is not served cannot be harmed; and whoever is
 * woken is written to all the same. */
Test(server, regions)
{
	const struct djed_message read = {.label = CONSOLE_READ, .word = {0xdead0000, 100, 0, 1}};
	struct host_outcome first, second;

	start("");
	host_be(7, 7);
	first = request(CONSOLE_READ, BASE, 100, 0, 1, 0);
	host_be(8, 8);
	second = request(CONSOLE_READ, BASE, 100, 0, 1, 0);
	cr_assert(clients[6].waiter.request == first.request && clients[7].waiter.request == second.request);
	check();
	press("x\ny\n");
	cr_assert(clients[6].waiter.woken && clients[7].waiter.woken);
	cr_assert_eq(result(host_wake(second.request)), 2);
	check();
	host_be(5, 5);
	wild_write = write_to_own;
	cr_assert(!host_faults(host_request("console", &read)));
	wild_write = write_to_another;
	cr_assert(host_faults(host_request("console", &read)));
}

/* What is done when the work on a notification crashes: output goes piece by piece, and who waits looks
 * again, though there may be nothing. */
Test(server, failed_notifications)
{
	const uint64_t failed = 1 | DJED_NOTIFY_FAILED;
	struct host_outcome reader;
	struct host_effect e;
	unsigned told = 0;

	start("");
	memset(memory, 'x', 200);
	cr_assert_eq(result(request(CONSOLE_WRITE, BASE, 200, 0, 1, 0)), 200);
	reader = request(CONSOLE_READ, BASE, 100, 0, 1, 0);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	host_forget_effects();
	host_notify("console", failed);
	cr_assert_eq(sent_end, 128, "one message of the line");
	cr_assert(wakes(reader));
	while (host_take_effect(KERNEL_OP_NOTIFY, &e))
		told |= 1u << e.in[0];
	cr_assert_eq(told, 1u << host_slot("vfs") | 1u << host_slot("pm"));
	cr_assert_neq(host_deadline("console"), 0, "there is more to send");
	reader = host_wake(reader.request);
	cr_assert_eq(reader.next, DJED_NEXT_PARK, "nothing has come");
	check();
	run_late();
	cr_assert_eq(sent_end, 200);

	/* A line that takes nothing is not tried again at once; one that refuses loses the piece. */
	limit = sent_end;
	cr_assert_eq(result(request(CONSOLE_WRITE, BASE, 10, 0, 1, 0)), 10);
	host_notify("console", failed);
	cr_assert_eq(host_deadline("console"), 0);
	check();
	broken = true;
	host_notify("console", failed);
	broken = false;
	cr_assert_eq(result(request(CONSOLE_WRITE, BASE, 3, 0, 1, 0)), 3);
	limit = ~0ull;
	sent_end += 10; /* the line's count goes on */
	run_late();
	cr_assert_eq(asked, 210, "what was lost is sent again");
	cr_assert_eq(sent_end, 213);
	check();
}

Test(server, a_stalled_line)
{
	struct host_outcome writer;
	int64_t extra;

	start("");
	limit = 100;
	memset(memory, 'x', sizeof(memory));
	writer = request(CONSOLE_WRITE, BASE, 40000, 0, 1, 0);
	cr_assert_eq(writer.next, DJED_NEXT_PARK);
	cr_assert_geq(writer.status, TTY_OUTPUT - 2);
	check();
	run_late(); /* it must not try for ever */
	cr_assert_eq(sent_end, 100);
	extra = result(request(CONSOLE_WRITE, BASE, 4096, 1, 1, 0));
	cr_assert(extra > 0 && extra <= 100);
	cr_assert_eq(result(request(CONSOLE_WRITE, BASE, 10, 1, 1, 0)), -EAGAIN);
	bool empty;
	cr_assert_eq(console_drained(host_slot("console"), &empty), 0);
	cr_assert(!empty);
	limit = ~0ull;
	for (int rounds = 0; writer.next == DJED_NEXT_PARK && rounds < 100; rounds++) {
		host_notify("console", 1); /* the driver: go on */
		run_late();
		check();
		if (wakes(writer))
			writer = host_wake(writer.request);
	}
	cr_assert_eq(result(writer), 40000);
	run_late();
	cr_assert_eq(sent_end, 40000 + (uint64_t)extra);
	limit = sent_end;
	writer = request(CONSOLE_WRITE, BASE, 40000, 0, 1, 0);
	cr_assert_geq(result(host_cancel(writer.request)), TTY_OUTPUT - 2); /* what was done counts */
	check();
}

Test(server, modes_groups_and_signals)
{
	struct host_effect effect;
	struct host_outcome reader;
	uint32_t group, signal, events;
	uint64_t published;
	int32_t value;

	start("");
#define CONTROL(call, argument, group, session) \
	result(request(CONSOLE_CONTROL, call, argument, group, group, session))
	cr_assert_eq(CONTROL(0x540f, BASE, 7, 7), -ENOTTY); /* nobody's terminal */
	cr_assert_eq(ds_look_up(host_slot("ds"), "console.session", &published), -ENOENT);
	cr_assert_eq(CONTROL(0x540e, 0, 7, 7), 0);
	cr_assert(ds_look_up(host_slot("ds"), "console.session", &published) == 0 && published == 7);
	cr_assert(ds_look_up(host_slot("ds"), "console.group", &published) == 0 && published == 7);
	cr_assert_eq(CONTROL(0x540e, 0, 9, 9), -EPERM);
	cr_assert_eq(CONTROL(0x540f, BASE, 7, 7), 0);
	memcpy(&value, memory, 4);
	cr_assert_eq(value, 7);
	cr_assert_eq(CONTROL(0x540f, 0xdead0000, 7, 7), -EFAULT);
	cr_assert_eq(CONTROL(0x9999, 0, 7, 7), -ENOTTY);
	value = 8;
	memcpy(memory, &value, 4);
	cr_assert_eq(CONTROL(0x5410, BASE, 7, 9), -ENOTTY);
	reader = request(CONSOLE_READ, BASE, 10, 0, 8, 0); /* from the background */
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	cr_assert_eq(console_take_signal(host_slot("console"), &group, &signal), 0);
	cr_assert(group == 8 && signal == 21);
	cr_assert_eq(CONTROL(0x5410, BASE, 7, 7), 0);
	cr_assert(wakes(reader));
	reader = host_wake(reader.request);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	host_forget_effects();
	cr_assert_eq(console_ready(host_slot("console"), true, &events), 0);
	cr_assert_eq(events, 4);
	press("\003");
	cr_assert(host_take_effect(KERNEL_OP_NOTIFY, &effect) && effect.in[0] == host_slot("vfs"));
	cr_assert(host_take_effect(KERNEL_OP_NOTIFY, &effect) && effect.in[0] == host_slot("pm"));
	cr_assert_eq(console_take_signal(host_slot("console"), &group, &signal), 0);
	cr_assert(group == 8 && signal == 2);
	cr_assert_eq(console_take_signal(host_slot("console"), &group, &signal), 0);
	cr_assert_eq(group, 0);
	cr_assert_eq(CONTROL(0x5401, BASE, 8, 7), 0);
	((struct tty_modes *)memory)->local &= ~(uint32_t)ICANON;
	cr_assert_eq(CONTROL(0x5404, BASE, 8, 7), 0);
	press("k");
	cr_assert(wakes(reader));
	cr_assert_eq(result(host_wake(reader.request)), 1);
	check();
}

Test(server, byte_stream)
{
	struct host_outcome reader;

	start("policy=chain console=raw -- cat");
	cr_assert_eq(CONTROL(0x5401, BASE, 1, 1), -ENOTTY);
	strcpy((char *)memory, "a\nb\n");
	cr_assert_eq(result(request(CONSOLE_WRITE, BASE, 4, 0, 1, 0)), 4);
	run_late();
	cr_assert_eq(sent_end, 4);
	press("input");
	cr_assert_eq(result(request(CONSOLE_READ, BASE, 3, 0, 1, 0)), 3);
	cr_assert_eq(result(request(CONSOLE_READ, BASE, 30, 0, 1, 0)), 2);
	reader = request(CONSOLE_READ, BASE, 30, 0, 1, 0);
	memcpy(typed + typed_end, "\xff\0", 2);
	typed_end += 2;
	press("");
	cr_assert(wakes(reader));
	cr_assert_eq(result(host_wake(reader.request)), 0);
	/* More than fits waits in the driver until it is read. */
	check();
}

Test(server, much_input)
{
	uint64_t got = 0;

	start("console=raw");
	for (unsigned i = 0; i < 60000; i++)
		typed[i] = (uint8_t)(i * 7 % 251);
	typed_end = 60000;
	host_notify("console", 1);
	while (got < 60000) {
		int64_t count = result(request(CONSOLE_READ, BASE, 1000, 1, 1, 0));

		cr_assert_gt(count, 0, "after %lu bytes", (unsigned long)got);
		cr_assert_eq(memcmp(memory, typed + got, (size_t)count), 0);
		got += (uint64_t)count;
		check();
	}
}
