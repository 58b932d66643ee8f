/* Messages: receive, call, notify, and the requests a server has parked. The rules are those of
 * transaction.h; here is what they need from a service: its page, its capabilities, the memory it lends. */
#include "copy.h"
#include "lab.h"
#include "log.h"
#include "operations.h"
#include "tap.h"

enum { LOG_LINE_MAX = 512 };

/* attach(ipc, recover_entry, recover_stack) */
djed_status operation_attach(struct service *caller, const uint64_t *in, uint64_t *out)
{
	uint64_t physical = arch_translate(caller->thread.tables, in[0], true);

	(void)out;
	if (!physical || in[0] % 8 || in[0] % DJED_PAGE_SIZE + sizeof(struct djed_ipc) > DJED_PAGE_SIZE)
		return -EINVAL;
	caller->ipc = arch_memory(physical); /* a service's memory never moves */
	caller->recover_entry = in[1];
	caller->recover_stack = in[2];
	return 0;
}

/* Labels that only the kernel sends, or that an application must have sent first, cannot be made up. */
static bool label_allowed(const struct service *sender, uint32_t label)
{
	unsigned held = txn_held(&rules, service_number(sender));

	if (DJED_LABEL_PROTOCOL(label) > DJED_PROTOCOL_EVENT)
		return true;
	return held != TXN_NONE && rules.request[held].message.label == label;
}

[[gnu::noinline]] static djed_status forward(struct service *caller, enum djed_log_state log, uint64_t slot)
{
	const struct service *target = service_target(caller, slot, DJED_MAY_FORWARD);
	unsigned number = service_number(caller), held = txn_held(&rules, number);
	struct lent_pair lent;
	djed_status status;

	if (!target)
		return -EPERM;
	if (held == TXN_NONE || !label_allowed(caller, caller->ipc->out.label))
		return -EINVAL;
	status = lend(caller, &caller->ipc->out, &lent);
	if (!status)
		status = txn_receive(&rules, number, DJED_NEXT_FORWARD, log, service_number(target),
				     &caller->ipc->out);
	if (status)
		return status;
	lend_commit(held, &lent);
	if (txn_thread_of(held) != TXN_NONE)
		tap_forwarded(number, &application_table[txn_thread_of(held)]);
	return 0;
}

/* receive(next, log, target, deadline) */
djed_status operation_receive(struct service *caller, const uint64_t *in, uint64_t *out)
{
	enum djed_log_state log = (enum djed_log_state)(in[1] & 3);
	djed_status status;

	(void)out;

	if (!caller->ipc || in[0] > DJED_NEXT_ROLLED_BACK || in[3] >> 62)
		return -EINVAL;
	if (in[0] == DJED_NEXT_FORWARD) {
		status = forward(caller, log, in[2]);
	} else {
		txn_shape(&rules, service_number(caller), (uint32_t)caller->ipc->out.status,
			  (uint32_t)in[1] >> 2);
		if (in[1] >> 32)
			txn_digest(&rules, service_number(caller), (enum djed_next)in[0],
				   (uint32_t)(in[1] >> 32));
		status = txn_receive(&rules, service_number(caller), (enum djed_next)in[0], log, 0,
				     &caller->ipc->out);
	}
	if (status)
		return status;
	if (in[0] == DJED_NEXT_ROLLED_BACK || in[0] == DJED_NEXT_NONE)
		lab_recovery_goes_on(service_number(caller), in[0] == DJED_NEXT_ROLLED_BACK);
	if (caller->deadline != in[3]) {
		caller->deadline = in[3];
		if (in[3])
			timer_want(clock_ticks(in[3]));
	}
	return 0;
}

/* call(target, log) */
djed_status operation_call(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct service *target = service_target(caller, in[0], DJED_MAY_CALL);
	unsigned number = service_number(caller);
	struct lent_pair lent;
	djed_status status;

	(void)out;
	if (!target)
		return -EPERM;
	if (!caller->ipc || !label_allowed(caller, caller->ipc->out.label))
		return -EINVAL;
	status = lend(caller, &caller->ipc->out, &lent);
	if (!status)
		status = txn_call(&rules, number, service_number(target), (enum djed_log_state)(in[1] & 3),
				  &caller->ipc->out);
	txn_shape(&rules, number, caller->ipc->out.label, (uint32_t)in[1] >> 2);
	if (!status)
		lend_commit(number * TXN_PER_SERVICE + TXN_CALL, &lent);
	return status;
}

/* notify(target, bits); bit 63 is the deadline's, bits 62 and 61 the kernel's */
djed_status operation_notify(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct service *target = service_target(caller, in[0], DJED_MAY_NOTIFY);

	(void)out;
	if (!target)
		return -EPERM;
	if (in[1] & (DJED_NOTIFY_TOMBSTONE | DJED_NOTIFY_FAILED | 1ull << 63))
		return -EINVAL;
	return txn_notify(&rules, service_number(caller), service_number(target), in[1]);
}

/* answer_parked(request) */
djed_status operation_answer_parked(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	return caller->ipc ? txn_answer_parked(&rules, service_number(caller), in[0], &caller->ipc->out)
			   : -EINVAL;
}

/* wake(request) */
djed_status operation_wake(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	return txn_wake(&rules, service_number(caller), in[0]);
}

/* Logs as much of the caller's text as can be read. */
static void log_text(const struct service *caller, uint64_t address, uint64_t length)
{
	char text[LOG_LINE_MAX];

	if (length > LOG_LINE_MAX)
		length = LOG_LINE_MAX;
	if (copy_from_service(caller, text, address, length))
		log_line(caller->name, "(unreadable text)", 17);
	else
		log_line(caller->name, text, length);
}

/* panic(text, length, line) */
djed_status operation_panic(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	log_text(caller, in[0], in[1]);
	service_crash(caller, DJED_CRASH_PANIC, in[2], 0);
	return 0;
}

/* log(text, length) */
djed_status operation_log(struct service *caller, const uint64_t *in, uint64_t *out)
{
	(void)out;
	if (!txn_confirms(&rules, service_number(caller))) /* it was told the first time */
		log_text(caller, in[0], in[1]);
	return 0;
}
