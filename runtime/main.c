/* From one delivery to the next. */
#include <abi/detect.h>
#include <abi/errors.h>

#include "runtime.h"

DJED_RUNTIME struct djed_runtime djed_runtime;
__attribute__((section(".djed.ipc"), aligned(DJED_PAGE_SIZE))) struct djed_ipc djed_ipc;
DJED_RUNTIME uint32_t djed_policy_closes;
uint64_t djed_deadline;

djed_status djed_runtime_start(void)
{
	uint32_t policy = djed_start()->policy;

	djed_port_prepare();
	djed_runtime.recovers = policy == DJED_POLICY_CHAIN || policy == DJED_POLICY_OSIRIS;
	djed_policy_closes = policy == DJED_POLICY_OSIRIS;
	djed_trace_on = djed_start()->trace;
	return djed_served.init ? djed_served.init() : 0;
}

uint32_t djed_runtime_log_state(void)
{
	size_t length = djed_undo_length();

	if (djed_runtime.log_lost || length > djed_start()->log_size)
		return DJED_LOG_LOST;
	return length ? DJED_LOG_USED : DJED_LOG_EMPTY;
}

uint64_t djed_runtime_log(void)
{
	uint32_t digest = djed_runtime.next == DJED_NEXT_ROLLED_BACK   ? djed_runtime.undone
			  : djed_ipc.in.flags & DJED_DELIVERY_CONFIRMS ? djed_undo_digest()
								       : 0;

	return DJED_LOG_WORD(djed_runtime_log_state(), djed_undo_length(), digest);
}

/* Answers protocol `audit`, the same for all servers. */
static void answer_audit(void)
{
	struct djed_audit audit = {0};

	if (DJED_LABEL_NUMBER(djed_ipc.in.message.label) != 1) {
		djed_reply(-ENOSYS);
		return;
	}
	if (djed_served.audit)
		djed_served.audit(&audit);
	const uint64_t word[] = {audit.violations,  audit.processes,   audit.process_xor, audit.resource[0],
				 audit.resource[1], audit.resource[2], audit.resource[3]};
	djed_reply_words(0, word, 7);
}

/* The log of a transaction that has ended must go before anything else happens: what it holds is not to be
 * undone. */
static void begin(void)
{
	djed_runtime.next = DJED_NEXT_NONE;
	if (!(djed_ipc.in.flags & DJED_DELIVERY_LOG_KEPT)) {
		djed_undo_reset();
		djed_runtime.log_lost = 0;
	}
	djed_runtime.transaction = djed_ipc.in.transaction;
	djed_runtime.log_from = djed_log_top;
}

/* What the handler has changed is looked at before anybody hears of it. */
static void end_work(void)
{
	djed_window_open = 0;
	if (djed_log_top != djed_runtime.log_from && djed_served.invariants &&
	    djed_start()->detect & DJED_DETECT_INVARIANTS && djed_runtime_log_state() == DJED_LOG_USED)
		djed_served.invariants(djed_runtime.log_from);
}

/* Whether the server was stopped between the delivery and begin(): the log is still that of an ended
 * transaction. */
static bool has_not_begun(void)
{
	return djed_ipc.in.kind != DJED_DELIVERY_ROLLBACK && !(djed_ipc.in.flags & DJED_DELIVERY_LOG_KEPT) &&
	       djed_runtime.transaction != djed_ipc.in.transaction;
}

static void serve_request(void)
{
	begin();
	if (DJED_LABEL_PROTOCOL(djed_ipc.in.message.label) == DJED_PROTOCOL_AUDIT) {
		answer_audit();
	} else {
		djed_window_open = djed_runtime.recovers;
		djed_served.handle(&djed_ipc.in);
		end_work();
	}
	switch (djed_runtime.next) {
	case DJED_NEXT_REPLY:
		djed_ipc.out.word[0] = 0; /* what an application gets where there is no error */
		for (uint32_t i = 0; i < djed_runtime.words; i++)
			djed_ipc.out.word[i] = djed_runtime.word[i];
		djed_ipc.out.status = djed_runtime.status;
		break;
	case DJED_NEXT_PARK:
		djed_ipc.out.status = djed_runtime.status;
		djed_ipc.out.word[0] = (uint64_t)(int64_t)djed_runtime.status;
		break;
	case DJED_NEXT_FORWARD:
		if (djed_runtime_log_state() != DJED_LOG_EMPTY)
			djed_panic("forwards message %x with a log in use", djed_ipc.out.label);
		break;
	default:
		djed_panic("message %x was neither answered, forwarded nor parked",
			   djed_ipc.in.message.label);
	}
}

static const uint64_t deadline_bit = UINT64_C(1) << 63;
enum { BACK_OFF_NS = 10000000 };

uint64_t djed_runtime_deadline(void)
{
	return djed_deadline && djed_deadline < djed_runtime.not_before ? djed_runtime.not_before
									: djed_deadline;
}

/* If the server crashes even at this, what is overdue is left alone for a while, so that others get on. */
static void serve_failure(uint64_t bits)
{
	begin();
	djed_runtime.not_before = djed_port_now() + BACK_OFF_NS;
	if (djed_ipc.in.attempt <= 1 && djed_served.failed) {
		djed_window_open = djed_runtime.recovers;
		djed_served.failed(bits);
		djed_window_open = 0;
		djed_runtime.not_before = 0;
	}
	djed_runtime.next = DJED_NEXT_FINISH;
}

static void serve_notification(void)
{
	uint64_t bits = djed_ipc.in.bits;

	/* After a rollback the bit comes back, and so does the deadline itself: one of them is too many. */
	if ((bits & deadline_bit) && (djed_deadline == 0 || djed_port_now() < djed_deadline))
		bits &= ~deadline_bit;
	begin();
	djed_window_open = djed_runtime.recovers;
	if (bits && djed_served.notified)
		djed_served.notified(bits);
	end_work();
	djed_runtime.next = DJED_NEXT_FINISH;
}

void djed_runtime_step(void)
{
	switch (djed_ipc.in.kind) {
	case DJED_DELIVERY_REQUEST:
	case DJED_DELIVERY_CANCEL:
		serve_request();
		break;
	case DJED_DELIVERY_NOTIFIED:
		if (djed_ipc.in.bits & DJED_NOTIFY_FAILED)
			serve_failure(djed_ipc.in.bits & ~DJED_NOTIFY_FAILED);
		else
			serve_notification();
		break;
	case DJED_DELIVERY_ROLLBACK:
		djed_runtime_undo();
		break;
	default:
		djed_panic("delivery of unknown kind %u", djed_ipc.in.kind);
	}
}

void djed_runtime_undo(void)
{
	djed_window_open = 0;
	djed_runtime.undone = djed_ipc.in.flags & DJED_DELIVERY_CONFIRMS ? djed_undo_digest() : 0;
	if (has_not_begun())
		djed_undo_reset();
	else if (!djed_undo_rollback() && djed_start()->handed_over != DJED_HANDED_REGIONS)
		djed_panic("the undo log is damaged");
	djed_runtime.log_lost = 0;
	djed_runtime.next = DJED_NEXT_ROLLED_BACK;
}
