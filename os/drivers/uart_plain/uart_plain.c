/* The other driver of the serial line: takes the place of os/drivers/uart when that one crashes again and
 * again. It shares no code with it. Without interrupts: it looks at the device when it is asked and every few
 * milliseconds, sends byte by byte, and keeps input in one short buffer.
 *
 * As with any driver nothing is undone. What has been sent is what the device's scratch register says (the
 * low 8 bits of the output position); that is also how it finds what the driver before it has sent. */
#include <djed/server.h>

#include <errno.h>
#define KERNEL_BARE /* no test of the recovery window around port accesses: nothing here is undone */
#include <protocols/kernel.h>
#include <protocols/uart_server.h>

#include "uart_plain.h"

enum {
	LINE = 0x3f8,
	DATA = LINE,
	INTERRUPTS = LINE + 1,
	FIFO = LINE + 2,
	FORMAT = LINE + 3,
	MODEM = LINE + 4,
	STATUS = LINE + 5,
	MODEM_STATUS = LINE + 6,
	SCRATCH = LINE + 7
};
enum { RECEIVED = 1, LOST = 2, MAY_SEND = 0x20 };
enum { LOOP_ON = 0x10, READY = 3 /* data terminal ready, request to send */ };
enum { CONSOLE_BIT = 1, POLL_NS = 5000000, MESSAGE_MAX = 128 };

struct uart_plain plain __attribute__((section(".djed.device")));
static djed_slot console;

static uint8_t read_port(unsigned port)
{
	uint64_t value = 0;

	djed_assert(kernel_port_read(port, 1, &value) == 0);
	return (uint8_t)value;
}

static void write_port(unsigned port, uint8_t value)
{
	djed_assert(kernel_port_write(port, 1, value) == 0);
}

static djed_status init(void)
{
	console = djed_capability("console");
	write_port(FORMAT, 0x80); /* the next two are the divisor: 115200 baud */
	write_port(DATA, 1);
	write_port(INTERRUPTS, 0);
	write_port(FORMAT, 3); /* 8 bits, no parity, one stop bit */
	write_port(INTERRUPTS, 0);
	write_port(FIFO, 1);
	/* It is never the first: a loop that was asked for stays, as does what the scratch register says. */
	write_port(MODEM, READY | (read_port(MODEM) & LOOP_ON));
	djed_deadline = djed_now() + POLL_NS;
	return 0;
}

static void receive(void)
{
	while (plain.held < PLAIN_INPUT) {
		uint8_t status = read_port(STATUS);

		if (!(status & RECEIVED))
			return;
		plain.lost += (status & LOST) != 0;
		plain.input[plain.held] = read_port(DATA);
		plain.held++;
	}
}

/* Forgets the first bytes of the input. */
static void drop(uint32_t count)
{
	for (uint32_t i = count; i < plain.held; i++)
		plain.input[i - count] = plain.input[i];
	plain.held -= count;
	plain.position += count;
}

static void notified(uint64_t bits)
{
	(void)bits;
	receive();
	if (plain.held || plain.unsent)
		djed_notify(console, CONSOLE_BIT);
	djed_deadline = djed_now() + POLL_NS;
}

/* How many bytes of a message of `length` bytes from `position` on the device has taken already. */
static uint32_t sent_before(uint64_t position, uint32_t length)
{
	uint8_t ahead = (uint8_t)(read_port(SCRATCH) - (uint8_t)position);
	bool anew = position + MESSAGE_MAX < plain.written; /* the writer counts from 0 again */

	return anew || ahead > length ? 0 : ahead;
}

djed_status uart_on_write(uint64_t position, struct djed_buffer data, uint32_t *taken)
{
	uint8_t bytes[MESSAGE_MAX];
	uint32_t done;

	if (data.length > MESSAGE_MAX)
		return -EINVAL;
	if (djed_copy_in(bytes, data, 0, data.length) != data.length)
		return -EFAULT;
	done = sent_before(position, data.length);
	write_port(SCRATCH, (uint8_t)(position + done));
	plain.unsent = 0;
	for (; done < data.length; done++) {
		if (!(read_port(STATUS) & MAY_SEND)) {
			plain.unsent = 1;
			break;
		}
		/* Nothing lies between the two: else the byte might be sent again. */
		djed_status sent = kernel_port_write(DATA, 1, bytes[done]);
		djed_status noted = kernel_port_write(SCRATCH, 1, (uint8_t)(position + done + 1));

		djed_assert(sent == 0 && noted == 0);
	}
	plain.written = position + done;
	*taken = done;
	return 0;
}

djed_status uart_on_read(uint64_t position, struct djed_buffer data, uint32_t *count, uint32_t *lost)
{
	if (position >= plain.position && position - plain.position <= plain.held)
		drop((uint32_t)(position - plain.position));
	else
		plain.position = position; /* one of the two has started anew: what is here comes next */
	receive();
	*count = plain.held < data.length ? plain.held : data.length;
	*count = (uint32_t)djed_copy_out(data, 0, plain.input, *count);
	*lost = plain.lost;
	plain.lost = 0;
	return 0;
}

djed_status uart_on_modem(uint32_t set, uint32_t clear, uint32_t *lines)
{
	/* The TIOCM_ bits of Linux: DTR, RTS and loop, as they stand in one register, are told and changed...
	 */
	static const uint32_t own[8] = {0x2, 0x4, 0, 0, 0x8000, 0, 0, 0};
	/* ...and those of the other end, CTS, DSR, ring and carrier, are told. */
	static const uint32_t other[8] = {0, 0, 0, 0, 0x20, 0x100, 0x80, 0x40};
	uint8_t control = read_port(MODEM), status;

	for (unsigned bit = 0; bit < 8; bit++) {
		if (clear & own[bit])
			control &= (uint8_t)~(1u << bit);
		if (set & own[bit])
			control |= (uint8_t)(1u << bit);
	}
	write_port(MODEM, control);
	status = read_port(MODEM_STATUS);
	*lines = 0;
	for (unsigned bit = 0; bit < 8; bit++)
		*lines |= (control >> bit & 1 ? own[bit] : 0) | (status >> bit & 1 ? other[bit] : 0);
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	if (!uart_dispatch(delivery))
		djed_reply(-ENOSYS);
}

static void audit(struct djed_audit *report)
{
	djed_check(report, plain.held <= PLAIN_INPUT, "%u bytes of input", plain.held);
	djed_check(report, plain.unsent <= 1, "a flag is broken");
	djed_check(report, !plain.written || read_port(SCRATCH) == (uint8_t)plain.written,
		   "output position %lu, but the device has seen %u", (unsigned long)plain.written,
		   read_port(SCRATCH));
}

DJED_SERVER(init, handle, notified, audit)
