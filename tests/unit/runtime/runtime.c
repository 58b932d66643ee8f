/* The runtime's own promises, on the harness: dispositions, log state, when a log is dropped and when it is
 * rolled back, deadlines, audit, policies. The servers here are not instrumented: they log what they change
 * by hand. */
#include "../../../runtime/runtime.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/kernel.h>
#include <string.h>

#include "../../../runtime/port/linux.h"
#include "host.h"

enum {
	SET = DJED_LABEL(300, 1),
	PARK,
	FORWARD,
	FORWARD_CHANGED,
	SILENT,
	ROUND_TRIP,
	COPY,
	WAKE,
	FINAL,
	TWICE
};

static struct {
	uint64_t value, woken, failed;
	djed_handle parked;
	uint32_t cancelled;
} state;

static void set(uint64_t value)
{
	djed_undo_range(&state, sizeof(state));
	state.value = value;
}

static void call(const struct djed_delivery *d)
{
	*djed_out() = (struct djed_message){.word = {d->message.word[0]}};
	djed_status status = djed_call(host_slot("echo"), SET, DJED_UNDOABLE);
	cr_assert(djed_current() == d && d->message.label == ROUND_TRIP,
		  "a nested call disturbs the delivery");
	djed_reply_words(status, djed_answer()->word, 1);
}

static void handle(const struct djed_delivery *d)
{
	char text[8];

	switch (d->message.label) {
	case SET:
		set(d->message.word[0]);
		djed_reply_words(0, (uint64_t[]){state.value, 2}, 2);
		break;
	case PARK:
		state.cancelled += d->kind == DJED_DELIVERY_CANCEL;
		if (d->kind == DJED_DELIVERY_CANCEL || (d->flags & DJED_DELIVERY_RESUMED)) {
			djed_reply(d->kind == DJED_DELIVERY_CANCEL ? -EINTR : 5);
			break;
		}
		set(1);
		state.parked = d->request;
		djed_park(-EIO);
		break;
	case FORWARD_CHANGED:
		set(2);
		[[fallthrough]];
	case FORWARD:
		*djed_out() = (struct djed_message){.label = SET, .word = {77}};
		djed_forward(host_slot("echo"));
		break;
	case ROUND_TRIP:
		call(d);
		break;
	case COPY:
		text[7] = 0;
		djed_reply((djed_status)djed_client_in(text, d->message.word[0], 7, true));
		break;
	case WAKE:
		djed_wake(state.parked);
		djed_answer_parked(state.parked, -EIO, 9);
		djed_notify(host_slot("echo"), 4);
		djed_reply(0);
		break;
	case FINAL:
		set(3);
		*djed_out() = (struct djed_message){0};
		djed_reply(djed_call(host_slot("echo"), SET, DJED_FINAL));
		break;
	case TWICE:
		djed_reply(1);
		djed_result(2, NULL, 0); /* what a dispatch function does behind the handler's back */
		break;
	case SILENT:
		break;
	default:
		djed_reply(-ENOSYS);
	}
}

static void notified(uint64_t bits)
{
	state.woken |= bits;
	djed_deadline = 0;
}

static void audit(struct djed_audit *audit)
{
	djed_check(audit, state.value != 13, "value is %d", 13);
	audit->processes = 3;
	audit->resource[3] = 4;
}

static void failed(uint64_t bits)
{
	state.failed |= bits;
}

static const struct djed_server server = {NULL, handle, notified, audit, failed, NULL};

static void echo(const struct djed_delivery *d, struct djed_message *answer)
{
	answer->word[0] = d->message.word[0] + 1;
}

static void start(uint32_t policy)
{
	memset(&state, 0, sizeof(state));
	host_start(&(struct host_options){.heap = 1 << 20, .policy = policy, .log = 1 << 16});
	host_add_fake("echo", echo);
	host_add_server("server", &server);
}

static struct host_outcome send(uint32_t label, uint64_t word)
{
	return host_request("server", &(struct djed_message){.label = label, .word = {word}});
}

Test(runtime, dispositions)
{
	struct host_outcome o;
	struct host_effect effect;
	char memory[] = "abc\0def";

	start(DJED_POLICY_CHAIN);
	o = send(SET, 5);
	cr_assert(o.next == DJED_NEXT_REPLY && o.status == 0 && o.word[0] == 5 && o.word[1] == 2 &&
		  o.log == DJED_LOG_USED);
	o = send(99, 0);
	cr_assert(o.status == -ENOSYS && o.word[0] == 0 && o.log == DJED_LOG_EMPTY);
	o = send(TWICE, 0);
	cr_assert(o.status == 1);
	o = send(ROUND_TRIP, 41);
	cr_assert(o.status == 0 && o.word[0] == 42);
	o = send(FORWARD, 0);
	cr_assert(o.next == DJED_NEXT_FORWARD && o.target == host_slot("echo") && o.message.word[0] == 77);
	cr_assert(host_follow(o).word[0] == 78);
	o = send(PARK, 0);
	cr_assert(o.next == DJED_NEXT_PARK && o.status == -EIO && o.log == DJED_LOG_USED);
	cr_assert(send(WAKE, 0).status == 0);
	cr_assert(host_take_effect(KERNEL_OP_WAKE, &effect) && effect.in[0] == o.request);
	cr_assert(host_take_effect(KERNEL_OP_ANSWER_PARKED, &effect) && effect.message.status == -EIO &&
		  effect.message.word[0] == 9);
	cr_assert(host_take_effect(KERNEL_OP_NOTIFY, &effect) && effect.in[1] == 4);
	cr_assert(!host_take_effect(KERNEL_OP_NOTIFY, &effect));
	cr_assert(host_wake(o.request).status == 5);
	o = send(PARK, 0);
	cr_assert(host_cancel(o.request).status == -EINTR && state.cancelled == 1);
	host_map(0x1000, memory, sizeof(memory), DJED_GRANT_READ);
	cr_assert(send(COPY, 0x1000).status == 4 && send(COPY, 0x1004).status == 4 &&
		  send(COPY, 0x5000).status == 0);
	cr_assert(strstr(host_panic_of(send(SILENT, 0)), "neither answered"));
}

Test(runtime, forwards_with_empty_log_only)
{
	start(DJED_POLICY_CHAIN);
	cr_assert(strstr(host_panic_of(send(FORWARD_CHANGED, 0)), "after it changed its state"));
}

Test(runtime, rollback_takes_back_the_last_transaction_only)
{
	start(DJED_POLICY_CHAIN);
	send(SET, 5);
	send(SET, 6);
	cr_assert(state.value == 6 && host_rollback() && state.value == 5);
	/* The log of the transaction that ended is gone, also where the next one logs nothing, or is an
	 * audit. */
	send(SET, 7);
	send(99, 0);
	cr_assert(host_rollback() && state.value == 7);
	host_request("server", &(struct djed_message){.label = DJED_LABEL(DJED_PROTOCOL_AUDIT, 1)});
	cr_assert(host_rollback() && state.value == 7);
	host_notify("server", 8);
	cr_assert(state.woken == 8 && host_rollback() && state.value == 7);
}

Test(runtime, unwinding_before_the_handler_began)
{
	uint64_t log[64];

	start(DJED_POLICY_CHAIN);
	/* As the kernel does it: a log of transaction 1 stands, transaction 2 is delivered, and the server is
	 * sent to its recovery stub before it ran. */
	djed_undo_attach(log);
	djed_ipc.in = (struct djed_delivery){
	    .kind = DJED_DELIVERY_REQUEST, .transaction = 1, .message = {.label = SET, .word = {5}}};
	djed_runtime_step();
	cr_assert(state.value == 5 && djed_runtime_log_state() == DJED_LOG_USED);
	djed_ipc.in.transaction = 2;
	djed_runtime_undo();
	cr_assert(state.value == 5 && djed_undo_length() == 0 && djed_runtime.next == DJED_NEXT_ROLLED_BACK);
	/* But a second visit of the same transaction, or a delivery that asks for it, is undone. */
	djed_ipc.in = (struct djed_delivery){
	    .kind = DJED_DELIVERY_REQUEST, .transaction = 3, .message = {.label = SET, .word = {6}}};
	djed_runtime_step();
	djed_ipc.in.flags = DJED_DELIVERY_LOG_KEPT;
	djed_runtime_undo();
	cr_assert(state.value == 5);
	djed_ipc.in.transaction = 4;
	djed_ipc.in.flags = 0;
	djed_runtime_step();
	cr_assert(state.value == 6);
	djed_ipc.in = (struct djed_delivery){.kind = DJED_DELIVERY_ROLLBACK};
	djed_runtime_step();
	cr_assert(state.value == 5 && djed_runtime.next == DJED_NEXT_ROLLED_BACK);
}

Test(runtime, kept_log_grows)
{
	uint64_t log[64];

	start(DJED_POLICY_CHAIN);
	djed_undo_attach(log);
	djed_ipc.in = (struct djed_delivery){
	    .kind = DJED_DELIVERY_REQUEST, .transaction = 1, .message = {.label = SET, .word = {5}}};
	djed_runtime_step();
	djed_ipc.in.flags = DJED_DELIVERY_LOG_KEPT;
	djed_ipc.in.message.word[0] = 6;
	djed_runtime_step();
	cr_assert(state.value == 6);
	djed_runtime_undo();
	cr_assert(state.value == 0);
}

Test(runtime, log_states)
{
	start(DJED_POLICY_CHAIN);
	cr_assert(send(FINAL, 0).log == DJED_LOG_LOST, "a final effect cannot be taken back");
	cr_assert(send(SET, 1).log == DJED_LOG_USED);
	djed_port_start.log_size = 8; /* the record is longer: it ended in the sink */
	cr_assert(send(SET, 1).log == DJED_LOG_LOST);
}

Test(runtime, policies)
{
	start(DJED_POLICY_NONE);
	cr_assert(send(SET, 1).log == DJED_LOG_EMPTY && host_rollback() && state.value == 1);
	cr_assert(djed_policy_closes == 0);
}

Test(runtime, policy_restart)
{
	start(DJED_POLICY_RESTART);
	cr_assert(send(SET, 1).log == DJED_LOG_EMPTY);
}

Test(runtime, policy_osiris)
{
	start(DJED_POLICY_OSIRIS);
	cr_assert(djed_policy_closes == 1);
	cr_assert(send(SET, 1).log == DJED_LOG_USED);
	state.parked = 1;
	djed_window_open = 1;
	djed_undo_range(&state, sizeof(state));
	djed_effect(DJED_READS);
	cr_assert(djed_window_open && djed_undo_length() > 0, "reading others keeps the window open");
	djed_effect(DJED_UNDOABLE);
	cr_assert(!djed_window_open && djed_undo_length() == 0 && djed_runtime_log_state() == DJED_LOG_LOST);
	cr_assert(send(WAKE, 0).log == DJED_LOG_LOST, "a message to a third party closes the window");
	cr_assert(send(SET, 2).log == DJED_LOG_USED, "the next request opens it again");
}

Test(runtime, deadline_is_reported_once)
{
	const uint64_t passed = UINT64_C(1) << 63;

	start(DJED_POLICY_CHAIN);
	djed_port_time = 1000;
	host_notify("server", passed | 1);
	cr_assert(state.woken == 1, "no deadline is set");
	djed_port_server = &server;
	djed_ipc.in =
	    (struct djed_delivery){.kind = DJED_DELIVERY_NOTIFIED, .transaction = 50, .bits = passed};
	djed_deadline = 1001;
	djed_runtime_step();
	cr_assert(state.woken == 1 && djed_deadline == 1001 && djed_runtime.next == DJED_NEXT_FINISH,
		  "it lies in the future");
	djed_port_time = 1001;
	djed_runtime_step();
	cr_assert(state.woken == (1 | passed) && djed_deadline == 0);
}

Test(runtime, failed_work)
{
	const uint64_t passed = UINT64_C(1) << 63;

	start(DJED_POLICY_CHAIN);
	djed_port_time = 1000;
	djed_port_server = &server;
	djed_deadline = 900;
	djed_ipc.in = (struct djed_delivery){
	    .kind = DJED_DELIVERY_NOTIFIED, .transaction = 50, .bits = DJED_NOTIFY_FAILED | passed | 4};
	djed_runtime_step();
	cr_assert(state.woken == 0 && state.failed == (passed | 4) && djed_runtime.next == DJED_NEXT_FINISH);
	cr_assert(djed_runtime_deadline() == 900);
	/* It has crashed even at that: once more, then the server is left alone, and the deadline moves away.
	 */
	state.failed = 0;
	djed_ipc.in.attempt = 1;
	djed_runtime_step();
	cr_assert(state.failed == (passed | 4) && djed_runtime_deadline() == 900);
	state.failed = 0;
	djed_ipc.in.attempt = 2;
	djed_runtime_step();
	cr_assert(state.failed == 0 && djed_deadline == 900 && djed_runtime_deadline() > 1000);
	djed_deadline = 0;
	cr_assert(djed_runtime_deadline() == 0, "none stays none");
}

Test(runtime, audits)
{
	struct host_outcome o;

	start(DJED_POLICY_CHAIN);
	o = send(DJED_LABEL(DJED_PROTOCOL_AUDIT, 1), 0);
	cr_assert(o.status == 0 && o.word[0] == 0 && o.word[1] == 3 && o.word[6] == 4);
	state.value = 13;
	o = send(DJED_LABEL(DJED_PROTOCOL_AUDIT, 1), 0);
	cr_assert(o.word[0] == 1 && strstr(host_log(), "violation: value is 13\n"));
	cr_assert(send(DJED_LABEL(DJED_PROTOCOL_AUDIT, 2), 0).status == -ENOSYS);
	cr_assert(host_audit("server").violations == 1);
}

Test(runtime, capabilities_and_panics)
{
	start(DJED_POLICY_CHAIN);
	cr_assert(djed_capability("echo") == host_slot("echo"));
	cr_assert(strstr(host_panic_of((void)djed_capability("nobody")), "does not grant 'nobody'"));
	cr_assert(strstr(host_panic_of(djed_assert(1 == 2)), "assertion failed: 1 == 2"));
	djed_ipc.in.kind = 77;
	cr_assert(strstr(host_panic_of(djed_runtime_step()), "unknown kind 77"));
}
