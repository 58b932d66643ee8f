/* Each corruption of a sound console must be reported by its audit. */
#include "changes.h"
#include "console.h"
#include "host.h"

#include <criterion/criterion.h>
#include <protocols/console.h>
#include <string.h>

extern const struct djed_server djed_server, ds_server;

static void nobody(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	(void)answer;
}

#define T console.tty
static void input_head(void)
{
	T.input_head = T.input_tail + 1;
}
static void input_ready(void)
{
	T.input_ready = T.input_tail + 5;
}
static void input_tail(void)
{
	T.input_tail += TTY_INPUT + 1;
}
static void input_backwards(void)
{
	T.input_ready = T.input_head - 1;
}
static void output_head(void)
{
	T.output_head = T.output_tail + 1;
}
static void output_tail(void)
{
	T.output_tail = T.output_head + TTY_OUTPUT + 1;
}
static void end_mark(void)
{
	T.end_mark[200] = 1;
}
static void held_back(void)
{
	T.modes.local &= ~(uint32_t)ICANON;
}
static void escape(void)
{
	T.escape = 1;
}
static void ended(void)
{
	T.ended = 1;
}
static void stopped(void)
{
	T.stopped = 40;
}
static void literal(void)
{
	T.literal = 2;
}
static void raw(void)
{
	T.raw = 1;
}
static void foreground(void)
{
	T.session = 0;
}
static void signals(void)
{
	T.signals = TTY_SIGNALS + 1;
}
static void signal_number(void)
{
	T.signal[0].signal = 99;
}
static void signal_group(void)
{
	T.signal[0].process_group = 0;
}
static void waiter_count(void)
{
	console.waiters--;
}
static void waiter_kind(void)
{
	clients[0].waiter.kind = 9;
}
static void waiter_request(void)
{
	clients[0].waiter.request = 0;
}
static void waiter_twice(void)
{
	clients[1].waiter = clients[0].waiter, console.waiters++, console.waiting[0] |= 2;
}
static void waiter_progress(void)
{
	clients[0].waiter.progress = 3;
}
static void waiter_woken(void)
{
	clients[0].waiter.woken = 7;
}
static void waiter_freed(void)
{
	clients[0].waiter.kind = WAITER_FREE;
}
static void waiter_unknown(void)
{
	console.waiting[0] = 0;
}
static void waiter_made_up(void)
{
	console.waiting[3] = 16;
}
static void watch(void)
{
	console.vfs_watches = 2;
}

static const struct {
	const char *name;
	void (*corrupt)(void);
} corruptions[] = {
#define C(name) {#name, name}
    C(input_head),     C(input_ready),	   C(input_tail),   C(input_backwards), C(output_head),
    C(output_tail),    C(end_mark),	   C(held_back),    C(escape),		C(ended),
    C(stopped),	       C(literal),	   C(raw),	    C(foreground),	C(signals),
    C(signal_number),  C(signal_group),	   C(waiter_count), C(waiter_kind),	C(waiter_request),
    C(waiter_twice),   C(waiter_progress), C(waiter_woken), C(waiter_freed),	C(waiter_unknown),
    C(waiter_made_up), C(watch),
#undef C
};

Test(corruption, each_is_reported)
{
	static struct console sound;
	static struct client sound_clients[CONSOLE_CLIENTS];
	struct djed_message read = {.label = CONSOLE_READ, .word = {0x1000, 10, 0, 1}};

	host_start(&(struct host_options){0});
	host_add_fake("uart", nobody);
	host_add_fake("vfs", nobody);
	host_add_fake("pm", nobody);
	host_add_server("ds", &ds_server);
	host_add_server("console", &djed_server);
	T.session = T.foreground = 1;
	tty_receive(&T, 'a');
	tty_raise(&T, 1, 2);
	cr_assert_eq(host_request("console", &read).next, DJED_NEXT_PARK);
	cr_assert_eq(host_audit("console").violations, 0, "%s", host_log());
	sound = console;
	memcpy(sound_clients, clients, sizeof(clients));
	cr_assert_geq(sizeof(corruptions) / sizeof(*corruptions), 20);
	for (unsigned i = 0; i < sizeof(corruptions) / sizeof(*corruptions); i++) {
		corruptions[i].corrupt();
		cr_expect_gt(host_audit("console").violations, 0, "%s was not reported", corruptions[i].name);
		changes_log(&console, &sound, sizeof(console));
		changes_log(clients, sound_clients, sizeof(clients));
		expect_noticed(console_invariants, corruptions[i].name, " end_mark waiter_twice ");
		console = sound;
		memcpy(clients, sound_clients, sizeof(clients));
	}
	cr_assert_eq(host_audit("console").violations, 0);
}
