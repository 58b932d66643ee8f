/* console as a server.
 *
 * Output leaves in two steps. What an application writes is processed into a ring and answered; the deadline,
 * set to a time that has passed, then brings a notification of its own, in which the ring goes to the driver.
 * So the driver only ever gets bytes of transactions that have ended, and a rolled-back write has printed
 * nothing. Positions make the second step repeatable. Input is taken and edited in notifications too. */
#include "console.h"

#include "../../abi/restart.h"
#include "../../lib/command_line.h"
#include <protocols/console_server.h>
#include <protocols/ds_client.h>
#include <protocols/uart_client.h>
#include <string.h>

struct console console;
DJED_REGIONS struct client clients[CONSOLE_CLIENTS];
struct console_slots console_slots;

enum { FROM_UART = 1, TO_VFS = 1, TO_PM = 1, UART_MESSAGE = 128, POLLIN = 1, POLLOUT = 4, SIGTTIN = 21 };

static djed_status init(void)
{
	char mode[16];
	bool raw = command_line_value(djed_start()->command_line, "console", mode, sizeof(mode)) &&
		   strcmp(mode, "raw") == 0;

	console_slots.uart = djed_capability("uart");
	console_slots.ds = djed_capability("ds");
	console_slots.vfs = djed_capability("vfs");
	console_slots.pm = djed_capability("pm");
	tty_start(&console.tty, raw);
	/* What an instance before it has left of those whom it let wait: they have been answered. */
	for (uint32_t i = 0; i < CONSOLE_CLIENTS; i++) {
		if (clients[i].waiter.kind == WAITER_FREE)
			continue;
		region_write(i, CONSOLE_CLIENTS);
		clients[i].waiter = (struct waiter){0};
	}
	console_invariants_start();
	return 0;
}

/* ---- who waits --------------------------------------------------------------------------------------------
 */

/* The first client at or behind `from` that waits; CONSOLE_CLIENTS: none. */
static uint32_t waiting_from(uint32_t from)
{
	while (console.waiters && from < CONSOLE_CLIENTS) {
		uint64_t bits = console.waiting[from / WAITING_BITS] >> from % WAITING_BITS;

		if (bits)
			return from + (uint32_t)__builtin_ctzll(bits);
		from += WAITING_BITS - from % WAITING_BITS;
	}
	return CONSOLE_CLIENTS;
}

static uint32_t caller(void)
{
	return djed_region_of((uint32_t)(djed_current()->badge >> 32), CONSOLE_CLIENTS);
}

/* What the held request has left at an earlier delivery, or NULL. */
static struct waiter *own_waiter(void)
{
	struct waiter *waiter = &clients[caller()].waiter;

	return waiter->kind != WAITER_FREE && waiter->request == djed_current()->request ? waiter : NULL;
}

/* In place of an earlier request of the same process, if recovery has ended that. */
static void park(enum waiter_kind kind, uint64_t progress)
{
	uint32_t own = caller();
	struct waiter *waiter = &clients[own].waiter;

	if (waiter->kind == WAITER_FREE) {
		console.waiters++;
		console.waiting[own / WAITING_BITS] |= UINT64_C(1) << own % WAITING_BITS;
	}
	*waiter =
	    (struct waiter){.request = djed_current()->request, .progress = progress, .kind = (uint8_t)kind};
	djed_park(progress ? (djed_status)progress : -EIO);
}

static void forget(uint32_t client)
{
	region_write(client, CONSOLE_CLIENTS);
	clients[client].waiter = (struct waiter){0};
	console.waiters--;
	console.waiting[client / WAITING_BITS] &= ~(UINT64_C(1) << client % WAITING_BITS);
}

/* The held request is about to be answered. Returns what its earlier deliveries have done. */
static uint64_t forget_waiter(void)
{
	struct waiter *waiter = own_waiter();
	uint64_t progress;

	if (!waiter)
		return 0;
	progress = waiter->progress;
	forget(caller());
	return progress;
}

/* False: recovery has ended its request. */
static bool wake_client(uint32_t client)
{
	struct waiter *waiter = &clients[client].waiter;

	region_write(client, CONSOLE_CLIENTS);
	waiter->woken = 1;
	return djed_wake(waiter->request);
}

static void wake(enum waiter_kind kind)
{
	for (uint32_t i = waiting_from(0); i < CONSOLE_CLIENTS; i = waiting_from(i + 1)) {
		const struct waiter *waiter = &clients[i].waiter;

		if (waiter->kind == kind && !waiter->woken && !wake_client(i))
			forget(i);
	}
}

/* After input has come in or room was made. */
static void tell_change(void)
{
	if (tty_readable(&console.tty))
		wake(WAITER_READS);
	if (tty_output_room(&console.tty) >= TTY_OUTPUT / 2)
		wake(WAITER_WRITES);
	if (console.vfs_watches) {
		console.vfs_watches = 0;
		djed_notify(console_slots.vfs, TO_VFS);
	}
	if (console.tty.signals)
		djed_notify(console_slots.pm, TO_PM);
}

/* Asks for a notification as soon as this transaction has ended, if there is something to send. */
static void send_soon(void)
{
	const struct tty *tty = &console.tty;

	if (tty->output_tail != tty->output_head && !tty->stopped && djed_deadline == 0)
		djed_deadline = 1;
}

/* ---- the serial line --------------------------------------------------------------------------------- */

/* Sends of what is committed as much as one message holds: after a rollback the line knows of no more than
 * that how much of it the device has taken (os/drivers/uart). False: there is more; it goes with the next
 * notification, which comes at once, or when the line takes something again. */
static bool send_output(void)
{
	struct tty *tty = &console.tty;
	uint32_t start = (uint32_t)(tty->output_head % TTY_OUTPUT), taken;
	uint64_t length = tty->output_tail - tty->output_head;

	if (length > UART_MESSAGE)
		length = UART_MESSAGE;
	if (length > TTY_OUTPUT - start)
		length = TTY_OUTPUT - start;
	if (length == 0)
		return true;
	if (tty->stopped ||
	    uart_write(console_slots.uart, tty->output_head, djed_own(tty->output + start, (uint32_t)length),
		       &taken) ||
	    taken > length)
		return false;
	if (taken)
		tty->output_head += taken;
	if (taken == length && tty->output_head != tty->output_tail)
		djed_deadline = 1;
	return tty->output_head == tty->output_tail;
}

void console_take_input(void)
{
	struct tty *tty = &console.tty;

	for (;;) {
		uint8_t bytes[256];
		uint32_t room = tty_input_room(tty), count, lost;

		if (room > sizeof(bytes))
			room = sizeof(bytes);
		if (room == 0 || uart_read(console_slots.uart, console.line_position,
					   djed_own_writable(bytes, room), &count, &lost))
			return;
		if (lost)
			console.lost += lost;
		if (count == 0 || count > room)
			return;
		console.line_position += count;
		for (uint32_t i = 0; i < count; i++)
			tty_receive(tty, bytes[i]);
	}
}

static void notified(uint64_t bits)
{
	bool sent;

	if (bits >> 63)
		djed_deadline = 0;
	sent = send_output(); /* what earlier transactions wrote; the echo of this one goes with the next */
	if (bits & FROM_UART)
		console_take_input();
	tell_change();
	if (sent)
		send_soon();
}

/* Some of that crashes: one piece of output at a time is tried in its stead, and what cannot be sent is lost.
 * Whoever waits looks again, whether or not there is something for it. */
static void failed(uint64_t bits)
{
	struct tty *tty = &console.tty;
	uint32_t start = (uint32_t)(tty->output_head % TTY_OUTPUT), taken = 0;
	uint64_t length = tty->output_tail - tty->output_head;

	(void)bits;
	djed_deadline = 0;
	if (length > UART_MESSAGE)
		length = UART_MESSAGE;
	if (length > TTY_OUTPUT - start)
		length = TTY_OUTPUT - start;
	if (uart_write(console_slots.uart, tty->output_head, djed_own(tty->output + start, (uint32_t)length),
		       &taken) ||
	    taken > length)
		taken = (uint32_t)length;
	tty->output_head += taken;
	if (taken && tty->output_head != tty->output_tail)
		djed_deadline = 1; /* else the line says when it takes more */
	for (uint32_t i = 0; i < CONSOLE_CLIENTS; i++)
		if (clients[i].waiter.kind != WAITER_FREE && !clients[i].waiter.woken)
			(void)wake_client(i);
	console.vfs_watches = 0;
	djed_notify(console_slots.vfs, TO_VFS);
	djed_notify(console_slots.pm, TO_PM);
}

/* ---- messages ---------------------------------------------------------------------------------------- */

static bool in_background(uint32_t process_group)
{
	return console.tty.foreground && process_group != console.tty.foreground && !console.tty.raw;
}

djed_status console_on_read(uint64_t address, uint64_t length, bool nonblocking, uint32_t process_group,
			    uint64_t *result)
{
	uint8_t bytes[TTY_INPUT];
	uint32_t count, used, wanted = length < sizeof(bytes) ? (uint32_t)length : (uint32_t)sizeof(bytes);
	bool full = tty_input_room(&console.tty) < TTY_INPUT / 2;

	*result = 0;
	if (length == 0)
		return 0;
	if (in_background(process_group)) {
		tty_raise(&console.tty, process_group, SIGTTIN);
		tell_change();
		park(WAITER_READS, 0);
		return 0;
	}
	if (!tty_peek(&console.tty, bytes, wanted, &count, &used)) {
		if (nonblocking)
			return -EAGAIN;
		park(WAITER_READS, 0);
		return 0;
	}
	if (client_write(address, bytes, count))
		return -EFAULT;
	tty_take(&console.tty, used);
	(void)forget_waiter();
	*result = count;
	if (full)
		console_take_input();
	return 0;
}

djed_status console_on_write(uint64_t address, uint64_t length, bool nonblocking, uint32_t process_group,
			     uint64_t *result)
{
	uint8_t bytes[1024];
	struct waiter *waiter = own_waiter();
	uint64_t done = waiter ? waiter->progress : 0;

	(void)process_group;
	while (done < length) {
		uint32_t part = length - done < sizeof(bytes) ? (uint32_t)(length - done)
							      : (uint32_t)sizeof(bytes),
			 put;
		uint64_t got = client_read_some(bytes, address + done, part);

		put = tty_write(&console.tty, bytes, (uint32_t)got);
		done += put;
		if (got < part && put == got) {
			if (done == 0)
				return -EFAULT;
			break;
		}
		if (put < got) { /* full */
			send_soon();
			if (nonblocking) {
				if (done == 0)
					return -EAGAIN;
				break;
			}
			park(WAITER_WRITES, done);
			return 0;
		}
	}
	if (waiter)
		(void)forget_waiter();
	send_soon();
	*result = done;
	return 0;
}

/* Whose terminal it is, for /proc. No call shall fail for this: after a crash it is left out. */
static void publish_owner(void)
{
	const struct tty *tty = &console.tty;

	if (djed_current()->attempt)
		return;
	if (tty->session) {
		(void)ds_publish(console_slots.ds, "console.session", tty->session);
		(void)ds_publish(console_slots.ds, "console.group", tty->foreground);
	} else {
		(void)ds_withdraw(console_slots.ds, "console.session");
		(void)ds_withdraw(console_slots.ds, "console.group");
	}
}

djed_status console_on_control(uint32_t request, uint64_t argument, uint32_t process, uint32_t process_group,
			       uint32_t session, uint64_t *result)
{
	uint32_t signals = console.tty.signals, foreground = console.tty.foreground,
		 owner = console.tty.session;
	int64_t value = console_ioctl(request, argument, process_group, session);

	(void)process;
	*result = 0;
	if (value < 0)
		return value;
	*result = (uint64_t)value;
	if (foreground != console.tty.foreground)
		wake(WAITER_READS);
	if (foreground != console.tty.foreground || owner != console.tty.session)
		publish_owner();
	send_soon(); /* the echo of a byte that was typed, or output that is no longer held */
	if (signals != console.tty.signals ||
	    ((console.waiters || console.vfs_watches) && tty_readable(&console.tty)))
		tell_change();
	return 0;
}

djed_status console_on_ready(bool watch, uint32_t *events)
{
	*events = (tty_readable(&console.tty) ? POLLIN : 0) |
		  (tty_output_room(&console.tty) >= TTY_OUTPUT / 2 ? POLLOUT : 0);
	if (watch && !console.vfs_watches)
		console.vfs_watches = 1;
	return 0;
}

djed_status console_on_take_signal(uint32_t *process_group, uint32_t *signal)
{
	struct tty *tty = &console.tty;

	*process_group = *signal = 0;
	if (tty->signals == 0)
		return 0;
	*process_group = tty->signal[0].process_group;
	*signal = tty->signal[0].signal;
	tty->signals--;
	for (uint32_t i = 0; i < tty->signals; i++)
		tty->signal[i] = tty->signal[i + 1];
	return 0;
}

djed_status console_on_drained(bool *empty)
{
	*empty = console.tty.output_head == console.tty.output_tail;
	return 0;
}

/* A signal ends the wait: with what was done so far, or so that the call is restarted where the signal allows
 * it. */
static void cancelled(void)
{
	uint64_t progress = forget_waiter();

	if (progress)
		djed_reply_words(0, &progress, 1);
	else
		djed_reply(-DJED_ERESTARTSYS);
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->kind == DJED_DELIVERY_CANCEL)
		cancelled();
	else if (!console_dispatch(delivery))
		djed_reply(-ENOSYS);
}

DJED_SERVER_CHECKED(init, handle, notified, console_audit, failed, console_invariants)
