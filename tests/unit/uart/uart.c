/* The driver on a model of the device: nothing lost, nothing doubled, through repetitions and restarts. */
#include "uart.h"
#include "host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/kernel.h>
#include <protocols/uart_client.h>
#include <string.h>

#include "../../../runtime/port/linux.h"

extern const struct djed_server djed_server;

/* The device. */
static uint8_t sent[65536], received[16], scratch, interrupts, latch, modem;
static uint32_t sent_count, received_count, busy_after = ~0u, overruns;
static bool acknowledged;

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
	case 6:
		out[0] = 0xb0; /* carrier, DSR, CTS */
		break;
	case 5:
		out[0] = (received_count > 0) | (overruns ? 2 : 0) | (sent_count < busy_after ? 0x20 : 0);
		overruns = 0;
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
		if (!latch)
			sent[sent_count++] = (uint8_t)in[2];
		break;
	case 1:
		if (!latch)
			interrupts = (uint8_t)in[2];
		break;
	case 3:
		latch = in[2] >> 7;
		break;
	case 4:
		modem = (uint8_t)in[2];
		break;
	case 7:
		scratch = (uint8_t)in[2];
	}
	return 0;
}

static djed_status acknowledge(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	cr_assert_eq(in[0], 4);
	acknowledged = true;
	return 0;
}

static void console(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	(void)answer;
}

static void start(void)
{
	host_start(&(struct host_options){0});
	host_on(KERNEL_OP_PORT_READ, read_port);
	host_on(KERNEL_OP_PORT_WRITE, write_port);
	host_on(KERNEL_OP_IRQ_ACKNOWLEDGE, acknowledge);
	host_add_fake("console", console);
	host_add_server("uart", &djed_server);
	cr_assert_eq(interrupts, 1);
}

/* The memory of a restarted driver is new. */
static void restart(void)
{
	memset(&uart, 0, sizeof(uart));
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

static void check(void)
{
	cr_assert_eq(host_audit("uart").violations, 0, "%s", host_log());
}

/* Bytes come in as the device has room for them. Returns how many did. */
static uint32_t come_in(const uint8_t *bytes, uint32_t length)
{
	uint32_t count = 0;

	while (count < length && received_count < sizeof(received))
		received[received_count++] = bytes[count++];
	if (acknowledged) {
		acknowledged = false;
		host_notify("uart", 1);
	}
	return count;
}

Test(uart, output_positions)
{
	static uint8_t text[4000];
	uint64_t position = 0;
	uint32_t seed = 1;

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + i / 256);
	start();
	/* Random parts, some repeated as after a rollback, with restarts in between, also in the middle of a
	 * part. */
	while (position < sizeof(text)) {
		uint32_t length, taken;

		seed = seed * 1103515245 + 12345;
		length = (seed >> 16) % 128 + 1;
		if (length > sizeof(text) - position)
			length = (uint32_t)(sizeof(text) - position);
		switch (seed >> 28) {
		case 0:
			restart();
			break;
		case 1:
			cr_assert_eq(write_line(position, text + position, length), length);
			restart();
			break;
		case 2:
			busy_after = sent_count + length / 2;
			taken = write_line(position, text + position, length);
			cr_assert_lt(taken, length + 1);
			busy_after = ~0u;
			break;
		}
		cr_assert_eq(write_line(position, text + position, length), length);
		cr_assert_eq(write_line(position, text + position, length), length);
		position += length;
		cr_assert_eq(sent_count, position);
		check();
	}
	cr_assert_eq(memcmp(sent, text, sizeof(text)), 0);
	cr_assert_eq(write_line(0, "new", 3), 3); /* the writer starts anew */
	cr_assert_eq(memcmp(sent + sizeof(text), "new", 3), 0);
	struct djed_message long_one = {
	    .label = UART_WRITE,
	    .grant = {{.base = (uint64_t)text, .length = 200, .kind = DJED_GRANT_OWN, .rights = 3}}};
	cr_assert_eq(host_request("uart", &long_one).status, -EINVAL);
}

Test(uart, stalls)
{
	static const char text[100] = "stalled";
	struct host_effect notify;

	start();
	busy_after = 0;
	cr_assert_eq(write_line(0, text, 100), 0);
	cr_assert_eq(interrupts, 3, "it must want to hear when the device is ready");
	busy_after = ~0u;
	host_forget_effects();
	host_notify("uart", 1);
	cr_assert(host_take_effect(KERNEL_OP_NOTIFY, &notify) && notify.in[0] == host_slot("console"));
	cr_assert_eq(interrupts, 1);
	cr_assert_eq(write_line(0, text, 100), 100);
	check();
}

Test(uart, input_positions)
{
	static uint8_t text[30000], bytes[700];
	uint32_t in = 0, out = 0, seed = 3;

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 11 + i / 256);
	start();
	while (out < sizeof(text)) {
		uint32_t count;

		seed = seed * 1103515245 + 12345;
		/* Far more comes in than is read, until it backs up into the device. */
		for (int i = 0; i < 40 && in < sizeof(text); i++)
			in += come_in(text + in, (uint32_t)(sizeof(text) - in));
		check();
		count = read_line(out, bytes, (seed >> 16) % sizeof(bytes) + 1);
		cr_assert_eq(memcmp(bytes, text + out, count), 0, "at %u", out);
		if (seed >> 29 == 0) { /* the reader was rolled back, and asks for the same again */
			uint32_t again = read_line(out, bytes, count);

			cr_assert_eq(again, count);
			cr_assert_eq(memcmp(bytes, text + out, count), 0);
		}
		out += count;
	}
	cr_assert_eq(read_line(out, bytes, 10), 0);
	/* A restart forgets what was not read, and finds the reader's position. */
	received_count = 0;
	restart();
	host_notify("uart", 1);
	come_in((const uint8_t *)"after", 5);
	host_notify("uart", 1);
	cr_assert_eq(read_line(out, bytes, 10), 5);
	cr_assert_eq(memcmp(bytes, "after", 5), 0);
	cr_assert_eq(read_line(0, bytes, 10), 5, "a reader that starts anew gets what is there");
	check();
}

static void input_start(void)
{
	uart.input_start = uart.input_end + 1;
}
static void input_end(void)
{
	uart.input_end = uart.input_start + UART_INPUT + 1;
}
static void output_position(void)
{
	uart.output++;
}
static void output_far(void)
{
	uart.output += 77;
}
static void device_position(void)
{
	scratch++;
}
static void masked(void)
{
	uart.masked = 1;
}
static void flag_masked(void)
{
	uart.masked = 9;
}
static void flag_stalled(void)
{
	uart.stalled = 2;
}
static void flag_output(void)
{
	uart.output_known = 5;
}
static void flag_input(void)
{
	uart.input_known = 3;
}

Test(uart, corruptions)
{
	static void (*const corruptions[])(void) = {input_start,     input_end, output_position, output_far,
						    device_position, masked,	flag_masked,	 flag_stalled,
						    flag_output,     flag_input};
	struct uart sound;
	uint8_t byte;

	start();
	write_line(0, "some output", 11);
	come_in((const uint8_t *)"input", 5);
	read_line(0, &byte, 1);
	check();
	sound = uart;
	byte = scratch;
	for (unsigned i = 0; i < sizeof(corruptions) / sizeof(*corruptions); i++) {
		corruptions[i]();
		cr_expect_gt(host_audit("uart").violations, 0, "corruption %u was not reported", i);
		uart = sound;
		scratch = byte;
	}
	for (unsigned bit = 0; bit < 8; bit++) { /* what the device knows of the position */
		uart.output ^= 1u << bit;
		cr_expect_gt(host_audit("uart").violations, 0, "bit %u of the output position was not missed",
			     bit);
		uart = sound;
	}
	for (unsigned bit = 13; bit < 64; bit++) {
		uart.input_end ^= UINT64_C(1) << bit;
		cr_expect_gt(host_audit("uart").violations, 0, "bit %u of the input position was not missed",
			     bit);
		uart = sound;
	}
	check();
}

Test(uart, modem_lines)
{
	enum { DTR = 0x2, RTS = 0x4, LOOP = 0x8000, OTHER_END = 0x160 };
	djed_slot to;
	uint32_t lines;

	start();
	to = host_slot("uart");
	cr_assert(uart_modem(to, 0, 0, &lines) == 0 && lines == (DTR | RTS | OTHER_END));
	cr_assert_eq(modem, 0x0b);
	cr_assert(uart_modem(to, LOOP, RTS, &lines) == 0 && lines == (DTR | LOOP | OTHER_END));
	cr_assert_eq(modem, 0x19, "the interrupt gate stays open");
	cr_assert(uart_modem(to, RTS, RTS | DTR, &lines) == 0 && lines == (RTS | LOOP | OTHER_END));
	/* A new instance finds the loop as it was. */
	restart();
	djed_port_start.restarts = 1;
	cr_assert_eq(djed_server.init(), 0);
	cr_assert_eq(modem, 0x1b);
	djed_port_start.restarts = 0;
	cr_assert_eq(djed_server.init(), 0);
	cr_assert_eq(modem, 0x0b);
	check();
}
