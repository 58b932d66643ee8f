/* console's invariants. */
#include "../../lib/heap.h"
#include "console.h"

static void check_input(struct djed_audit *audit, const struct tty *tty)
{
	djed_check(audit,
		   tty->input_head <= tty->input_ready && tty->input_ready <= tty->input_tail &&
		       tty->input_tail - tty->input_head <= TTY_INPUT,
		   "input from %lu, ready to %lu, to %lu", (unsigned long)tty->input_head,
		   (unsigned long)tty->input_ready, (unsigned long)tty->input_tail);
	djed_check(audit, tty->modes.local & ICANON || tty->input_ready == tty->input_tail,
		   "without lines, %lu bytes of input are held back",
		   (unsigned long)(tty->input_tail - tty->input_ready));
}

static void audit_end_marks(struct djed_audit *audit, const struct tty *tty)
{
	for (uint64_t i = 0; i < TTY_INPUT; i++) {
		uint64_t at = tty->input_head + i;

		if (tty->end_mark[at % TTY_INPUT / 8] >> at % 8 & 1)
			djed_check(audit, at < tty->input_ready,
				   "an end of file is marked at %lu, where nothing can be read",
				   (unsigned long)at);
	}
}

static void audit_modes(struct djed_audit *audit, const struct tty *tty)
{
	djed_check(audit,
		   tty->raw <= 1 && tty->escape <= 1 && tty->ended <= 1 && tty->literal <= 1 &&
		       tty->stopped <= 1,
		   "a flag of the terminal is broken");
	djed_check(audit, tty->raw || (!tty->escape && !tty->ended),
		   "a terminal has the marks of a byte stream");
	djed_check(audit, !tty->raw || (!tty->modes.input && !tty->modes.output && !tty->modes.local),
		   "a byte stream has modes");
	djed_check(audit, tty->foreground == 0 || tty->session != 0,
		   "group %u is in the foreground of no session", tty->foreground);
	djed_check(audit, !tty->literal || tty->modes.local & ICANON,
		   "the next byte is literal, but there are no lines");
}

static void audit_signals(struct djed_audit *audit, const struct tty *tty)
{
	if (tty->signals > TTY_SIGNALS) {
		djed_violation(audit, "%u signals are queued", tty->signals);
		return;
	}
	for (uint32_t i = 0; i < tty->signals; i++)
		djed_check(
		    audit,
		    tty->signal[i].process_group && tty->signal[i].signal >= 1 && tty->signal[i].signal <= 64,
		    "signal %u to group %u is queued", tty->signal[i].signal, tty->signal[i].process_group);
}

void waiter_check(struct djed_audit *audit, uint32_t i)
{
	const struct waiter *waiter = &clients[i].waiter;

	djed_check(audit, is_waiting(i) == (waiter->kind != WAITER_FREE), "client %u waits: %u, told %u", i,
		   waiter->kind, is_waiting(i));
	if (waiter->kind == WAITER_FREE) {
		djed_check(audit, waiter->request == 0, "client %u does not wait, and has a request", i);
		return;
	}
	djed_check(audit, waiter->kind <= WAITER_WRITES && waiter->woken <= 1 && waiter->request,
		   "client %u: what it waits for is broken: kind %u", i, waiter->kind);
	djed_check(audit, waiter->kind != WAITER_READS || waiter->progress == 0,
		   "a read has written %lu bytes", (unsigned long)waiter->progress);
	djed_check(audit,
		   waiter->kind != WAITER_READS || waiter->woken || !tty_readable(&console.tty) ||
		       console.tty.foreground,
		   "a read waits though there is input");
}

static void audit_waiters(struct djed_audit *audit)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < CONSOLE_CLIENTS; i++) {
		const struct waiter *waiter = &clients[i].waiter;

		waiter_check(audit, i);
		if (waiter->kind == WAITER_FREE)
			continue;
		used++;
		for (uint32_t k = 0; k < i; k++)
			djed_check(audit,
				   clients[k].waiter.kind == WAITER_FREE ||
				       clients[k].waiter.request != waiter->request,
				   "clients %u and %u have the same request", k, i);
	}
	djed_check(audit, used == console.waiters, "%u requests wait, told are %u", used, console.waiters);
}

void terminal_check(struct djed_audit *audit)
{
	const struct tty *tty = &console.tty;

	check_input(audit, tty);
	audit_modes(audit, tty);
	audit_signals(audit, tty);
	djed_check(
	    audit, tty->output_head <= tty->output_tail && tty->output_tail - tty->output_head <= TTY_OUTPUT,
	    "output from %lu to %lu", (unsigned long)tty->output_head, (unsigned long)tty->output_tail);
}

/* resource: bytes of output not yet sent, bytes of input not yet read, requests that wait. */
void console_audit(struct djed_audit *audit)
{
	const struct tty *tty = &console.tty;

	terminal_check(audit);
	audit_end_marks(audit, tty);
	audit_waiters(audit);
	djed_check(audit, console.vfs_watches <= 1, "the watch is %u", console.vfs_watches);
	heap_audit(audit);
	audit->resource[0] = tty->output_tail - tty->output_head;
	audit->resource[1] = tty->input_tail - tty->input_head;
	audit->resource[2] = console.waiters;
}
