/* Driver of the serial line: a 16550 at port 0x3f8, interrupt 4.
 *
 * Nothing here is undone (rule 15): bytes that the device has taken are gone, and bytes that it gave
 * cannot be given back. So all state lies in a section that the undo log leaves out, and both directions are
 * made repeatable by absolute positions instead. A restarted driver, whose memory is new, finds its place
 * again: for output from the device's scratch register, in which it keeps the low 8 bits of its position (a
 * message has at most 128 bytes, so they are enough); for input from the reader's next position. */
#include <djed/server.h>

#include <errno.h>
#define KERNEL_BARE /* no test of the recovery window around port accesses: nothing here is undone */
#include <protocols/kernel.h>
#include <protocols/uart_server.h>

#include "uart.h"

enum { PORT = 0x3f8, LINE = 4 };
enum uart_register {
	DATA = 0,
	INTERRUPTS = 1,
	FIFO = 2,
	LINE_CONTROL = 3,
	MODEM_CONTROL = 4,
	LINE_STATUS = 5,
	MODEM_STATUS = 6,
	SCRATCH = 7
};
enum modem_control { DTR = 1, RTS = 2, INTERRUPT_GATE = 8, LOOP = 0x10 };
enum line_status { DATA_READY = 1, OVERRUN = 2, TRANSMITTER_EMPTY = 0x20 };
enum interrupt_enable { ON_RECEIVE = 1, ON_TRANSMITTER_EMPTY = 2 };
enum { DEVICE_FIFO = 16, CONSOLE_BIT = 1 };

struct uart uart __attribute__((section(".djed.device")));
static djed_slot console;

static uint8_t get(enum uart_register number)
{
	uint64_t value = 0;
	djed_status status = kernel_port_read(PORT + number, 1, &value);

	djed_assert(status == 0);
	return (uint8_t)value;
}

static void set(enum uart_register number, uint8_t value)
{
	djed_status status = kernel_port_write(PORT + number, 1, value);

	djed_assert(status == 0);
}

/* Takes what the device has received, as far as there is room: the rest stays in the device, which holds the
 * sender back. Its interrupt stays masked then, until the reader has made room. */
static void receive(void)
{
	uint8_t status;

	while (uart.input_end - uart.input_start < UART_INPUT && (status = get(LINE_STATUS)) & DATA_READY) {
		uart.lost += (status & OVERRUN) != 0;
		uart.input[(uart.input_end - uart.input_base) % UART_INPUT] = get(DATA);
		uart.input_end++;
	}
	if (uart.masked && uart.input_end - uart.input_start < UART_INPUT) {
		djed_status acknowledged = kernel_irq_acknowledge(LINE);

		djed_assert(acknowledged == 0);
		uart.masked = 0;
	}
}

static djed_status init(void)
{
	console = djed_capability("console");
	set(INTERRUPTS, 0);
	set(LINE_CONTROL, 0x80); /* divisor latch: 115200 baud */
	set(DATA, 1);
	set(INTERRUPTS, 0);
	set(LINE_CONTROL, 3); /* 8 bits, no parity, one stop bit */
	set(FIFO, 0xc1);      /* an interrupt for 14 bytes, or after a pause */
	/* A loop outlives the instance, as all that it was asked for. */
	set(MODEM_CONTROL,
	    DTR | RTS | INTERRUPT_GATE | (djed_start()->restarts ? get(MODEM_CONTROL) & LOOP : 0));
	if (djed_start()->restarts == 0)
		set(SCRATCH, 0);
	uart.masked = 1; /* an interrupt may have come in that the former instance did not acknowledge */
	set(INTERRUPTS, ON_RECEIVE);
	receive();
	return 0;
}

static void notified(uint64_t bits)
{
	(void)bits;
	uart.masked = 1;
	if (uart.stalled) {
		uart.stalled = 0;
		set(INTERRUPTS, ON_RECEIVE);
	}
	receive();
	djed_notify(console, CONSOLE_BIT);
}

/* Gives the device one byte and notes the position behind it. Nothing lies between the two writes, no access
 * to memory either: if the driver could be stopped there, its next instance would send the byte again. */
static void put(uint8_t byte, uint8_t position)
{
	djed_status sent = kernel_port_write(PORT + DATA, 1, byte);
	djed_status noted = kernel_port_write(PORT + SCRATCH, 1, position);

	djed_assert(sent == 0 && noted == 0);
}

/* Makes sure that the driver knows where the device stands, given a message of `length` bytes from `position`
 * on. */
static void find_output_position(uint64_t position, uint32_t length)
{
	uint8_t ahead = (uint8_t)(get(SCRATCH) - (uint8_t)position);

	if (!uart.output_known)
		uart.output = position + (ahead <= length ? ahead : 0);
	else if (uart.output < position || (position == 0 && uart.output > length))
		uart.output = position; /* the writer has started anew */
	else
		return;
	uart.output_known = 1;
	set(SCRATCH, (uint8_t)uart.output);
}

djed_status uart_on_write(uint64_t position, struct djed_buffer data, uint32_t *taken)
{
	uint8_t bytes[UART_MESSAGE];
	uint32_t done, room = 0;
	uint64_t output;

	if (data.length > sizeof(bytes))
		return -EINVAL;
	if (djed_copy_in(bytes, data, 0, data.length) != data.length)
		return -EFAULT;
	find_output_position(position, data.length);
	output = uart.output;
	done = output - position < data.length ? (uint32_t)(output - position) : data.length;
	for (; done < data.length; done++) {
		if (room == 0) {
			if (!(get(LINE_STATUS) & TRANSMITTER_EMPTY)) {
				uart.stalled = 1;
				set(INTERRUPTS, ON_RECEIVE | ON_TRANSMITTER_EMPTY);
				break;
			}
			room = DEVICE_FIFO;
		}
		room--;
		output++;
		put(bytes[done], (uint8_t)output);
		uart.output = output;
	}
	*taken = done;
	return 0;
}

djed_status uart_on_read(uint64_t position, struct djed_buffer data, uint32_t *count, uint32_t *lost)
{
	uint32_t wanted, start, first;

	if (!uart.input_known || position < uart.input_start || position > uart.input_end) {
		/* One of the two has started anew: what is here is what the reader wants next. */
		uart.input_base += position - uart.input_start;
		uart.input_end += position - uart.input_start;
		uart.input_known = 1;
	}
	uart.input_start = position;
	receive();
	wanted = (uint32_t)(uart.input_end - position);
	if (wanted > data.length)
		wanted = data.length;
	start = (uint32_t)((position - uart.input_base) % UART_INPUT);
	first = wanted < UART_INPUT - start ? wanted : UART_INPUT - start;
	*count = (uint32_t)djed_copy_out(data, 0, uart.input + start, first);
	if (*count == first && wanted > first)
		*count += (uint32_t)djed_copy_out(data, first, uart.input, wanted - first);
	*lost = uart.lost;
	uart.lost = 0;
	return 0;
}

/* Linux's number of each line and its bit in the device's register. */
static const struct line {
	uint32_t number;
	uint8_t bit;
} controlled[] = {{0x2, DTR}, {0x4, RTS}, {0x8000, LOOP}},
  shown[] = {{0x20, 0x10}, {0x100, 0x20}, {0x80, 0x40}, {0x40, 0x80}};

static uint8_t bits_of(uint32_t lines)
{
	uint8_t bits = 0;

	for (unsigned i = 0; i < sizeof(controlled) / sizeof(*controlled); i++)
		bits |= lines & controlled[i].number ? controlled[i].bit : 0;
	return bits;
}

djed_status uart_on_modem(uint32_t set_lines, uint32_t clear, uint32_t *lines)
{
	uint8_t control = (uint8_t)((get(MODEM_CONTROL) & ~bits_of(clear)) | bits_of(set_lines)), status;

	set(MODEM_CONTROL, control);
	status = get(MODEM_STATUS);
	*lines = 0;
	for (unsigned i = 0; i < sizeof(controlled) / sizeof(*controlled); i++)
		*lines |= control & controlled[i].bit ? controlled[i].number : 0;
	for (unsigned i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		*lines |= status & shown[i].bit ? shown[i].number : 0;
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	if (!uart_dispatch(delivery))
		djed_reply(-ENOSYS);
}

static void audit(struct djed_audit *report)
{
	djed_check(report,
		   uart.input_start <= uart.input_end && uart.input_end - uart.input_start <= UART_INPUT,
		   "input from %lu to %lu", (unsigned long)uart.input_start, (unsigned long)uart.input_end);
	djed_check(report, !uart.output_known || get(SCRATCH) == (uint8_t)uart.output,
		   "output position %lu, but the device has seen %u", (unsigned long)uart.output,
		   get(SCRATCH));
	djed_check(report, !uart.masked || uart.input_end - uart.input_start == UART_INPUT,
		   "the interrupt is masked without need");
	djed_check(report,
		   uart.masked <= 1 && uart.stalled <= 1 && uart.output_known <= 1 && uart.input_known <= 1,
		   "a flag is broken");
}

DJED_SERVER(init, handle, notified, audit)
