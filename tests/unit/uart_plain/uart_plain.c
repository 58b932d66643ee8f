/* The plain driver on a model of the device, after another driver that has sent something: nothing lost,
 * nothing doubled. */
#include "uart_plain.h"
#include "host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/kernel.h>
#include <protocols/uart_client.h>
#include <string.h>

#include "../../../runtime/port/linux.h"

enum { DTR = 0x2, RTS = 0x4, LOOP = 0x8000, OTHER_END = 0x160, POLL_NS = 5000000 };

static uint8_t sent[8192], received[16], scratch, modem, divisor;
static uint32_t sent_count, received_count, busy_after = ~0u, overruns, interrupts = 1;

static djed_status read_port(const uint64_t in[6], uint64_t out[3])
{
	cr_assert(in[0] >= 0x3f8 && in[0] <= 0x3ff && in[1] == 1);
	out[0] = 0;
	switch (in[0] - 0x3f8) {
	case 0:
		if (received_count) {
			out[0] = received[0];
			memmove(received, received + 1, --received_count);
		}
		break;
	case 4:
		out[0] = modem;
		break;
	case 5:
		out[0] = (received_count > 0) | (overruns ? 2 : 0) | (sent_count < busy_after ? 0x20 : 0);
		overruns = 0;
		break;
	case 6:
		out[0] = 0xb0; /* carrier, DSR, CTS */
		break;
	case 7:
		out[0] = scratch;
	}
	return 0;
}

static djed_status write_port(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	switch (in[0] - 0x3f8) {
	case 0:
		if (!divisor)
			sent[sent_count++] = (uint8_t)in[2];
		break;
	case 1:
		if (!divisor)
			interrupts = (uint32_t)in[2];
		break;
	case 3:
		divisor = in[2] >> 7;
		break;
	case 4:
		modem = (uint8_t)in[2];
		break;
	case 7:
		scratch = (uint8_t)in[2];
	}
	return 0;
}

static void console(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	(void)answer;
}

/* The driver before it has sent all up to `position`. */
static void start(uint64_t position)
{
	host_start(&(struct host_options){0});
	djed_port_start.restarts = 3;
	host_on(KERNEL_OP_PORT_READ, read_port);
	host_on(KERNEL_OP_PORT_WRITE, write_port);
	host_add_fake("console", console);
	scratch = (uint8_t)position;
	host_add_server("uart", &djed_server);
	cr_assert(interrupts == 0 && !divisor && scratch == (uint8_t)position && sent_count == 0);
}

static uint32_t write_line(uint64_t position, const void *bytes, uint32_t length)
{
	uint32_t taken = 0;

	cr_assert_eq(uart_write(host_slot("uart"), position, djed_own(bytes, length), &taken), 0);
	return taken;
}

static uint32_t read_line(uint64_t position, void *bytes, uint32_t length)
{
	uint32_t count = 0, lost = 0;

	cr_assert_eq(uart_read(host_slot("uart"), position, djed_own_writable(bytes, length), &count, &lost),
		     0);
	return count;
}

/* Lets the time of the next look at the device come. True: the console was told something. */
static bool poll(void)
{
	struct host_effect notify;

	cr_assert(host_deadline("uart") > djed_port_time &&
		  host_deadline("uart") <= djed_port_time + POLL_NS);
	djed_port_time = host_deadline("uart");
	host_forget_effects();
	host_notify("uart", UINT64_C(1) << 63);
	return host_take_effect(KERNEL_OP_NOTIFY, &notify) && notify.in[0] == host_slot("console") &&
	       notify.in[1] == 1;
}

static void check(void)
{
	cr_assert_eq(host_audit("uart").violations, 0, "%s", host_log());
}

Test(uart_plain, output_positions)
{
	static uint8_t text[4000];
	uint64_t position = 1000;
	uint32_t seed = 1;

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + i / 256);
	start(position + 30); /* of the first message 30 bytes have gone already */
	cr_assert_eq(write_line(position, text + position, 100), 100);
	cr_assert(sent_count == 70 && memcmp(sent, text + position + 30, 70) == 0);
	sent_count = 0;
	position += 100;
	check();
	while (position < sizeof(text)) {
		uint32_t length;

		seed = seed * 1103515245 + 12345;
		length = (seed >> 16) % 128 + 1;
		if (length > sizeof(text) - position)
			length = (uint32_t)(sizeof(text) - position);
		if (seed >> 30 == 0) { /* the device is busy in the middle of it */
			busy_after = sent_count + length / 2;
			cr_assert_eq(write_line(position, text + position, length), length / 2);
			cr_assert(poll(), "the console must hear when there may be room");
			busy_after = ~0u;
		}
		cr_assert_eq(write_line(position, text + position, length), length);
		cr_assert_eq(write_line(position, text + position, length), length);
		position += length;
		cr_assert_eq(sent_count, position - 1100);
		check();
	}
	cr_assert_eq(memcmp(sent, text + 1100, sizeof(text) - 1100), 0);
	cr_assert(!poll());
	/* The writer starts anew, when the register happens to say that two bytes of that went. */
	cr_assert_eq(write_line(sizeof(text), text, 98), 98);
	cr_assert_eq(scratch, 2);
	cr_assert_eq(write_line(0, "anew", 4), 4);
	cr_assert_eq(sent_count, sizeof(text) - 1100 + 98 + 4);
	cr_assert_eq(memcmp(sent + sent_count - 4, "anew", 4), 0);
	struct djed_message long_one = {
	    .label = UART_WRITE,
	    .grant = {{.base = (uint64_t)text, .length = 200, .kind = DJED_GRANT_OWN, .rights = 3}}};
	cr_assert_eq(host_request("uart", &long_one).status, -EINVAL);
}

Test(uart_plain, input_positions)
{
	static uint8_t text[9000], bytes[300];
	uint32_t in = 0, out = 0, seed = 3;

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 11 + i / 256);
	start(0);
	cr_assert(!poll());
	while (out < sizeof(text)) {
		uint32_t count;

		/* Far more comes in than is read, until it backs up into the device. */
		seed = seed * 1103515245 + 12345;
		for (int i = 0; i < 8; i++) {
			while (in < sizeof(text) && received_count < sizeof(received))
				received[received_count++] = text[in++];
			cr_assert_eq(poll(), in > out);
		}
		count = read_line(out, bytes, (seed >> 16) % sizeof(bytes) + 1);
		cr_assert_eq(memcmp(bytes, text + out, count), 0, "at %u", out);
		if (seed >> 29 == 0) /* the reader was rolled back, and asks for the same again */
			cr_assert(read_line(out, bytes, count) == count && !memcmp(bytes, text + out, count));
		out += count;
		check();
	}
	cr_assert_eq(read_line(out, bytes, 10), 0);
	cr_assert(!poll());
	memcpy(received, "after", 5);
	received_count = 5;
	cr_assert_eq(read_line(0, bytes, 10), 5, "a reader that starts anew gets what is there");
	cr_assert_eq(memcmp(bytes, "after", 5), 0);
}

Test(uart_plain, overruns)
{
	uint32_t count, lost;
	uint8_t byte;

	start(0);
	overruns = received_count = 1;
	cr_assert(uart_read(host_slot("uart"), 0, djed_own_writable(&byte, 1), &count, &lost) == 0);
	cr_assert(count == 1 && lost == 1);
	cr_assert(uart_read(host_slot("uart"), 1, djed_own_writable(&byte, 1), &count, &lost) == 0);
	cr_assert(count == 0 && lost == 0);
}

Test(uart_plain, modem_lines)
{
	djed_slot to;
	uint32_t lines;

	modem = 0x10; /* the driver before it was asked for a loop */
	start(0);
	to = host_slot("uart");
	cr_assert(uart_modem(to, 0, 0, &lines) == 0 && lines == (DTR | RTS | LOOP | OTHER_END));
	cr_assert(uart_modem(to, 0, LOOP | RTS, &lines) == 0 && lines == (DTR | OTHER_END) && modem == 1);
	cr_assert(uart_modem(to, RTS, RTS | DTR, &lines) == 0 && lines == (RTS | OTHER_END) && modem == 2);
}

Test(uart_plain, corruptions)
{
	start(0);
	write_line(0, "some output", 11);
	check();
	plain.written ^= 4;
	cr_expect_gt(host_audit("uart").violations, 0);
	plain.written ^= 4;
	plain.held = PLAIN_INPUT + 1;
	cr_expect_gt(host_audit("uart").violations, 0);
	plain.held = 0;
	plain.unsent = 2;
	cr_expect_gt(host_audit("uart").violations, 0);
	plain.unsent = 0;
	check();
}
