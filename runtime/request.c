/* The request in hand: its answer, deferred effects, and calls to other servers. */
#define KERNEL_BARE /* the logging and marking is done here */
#include <abi/errors.h>
#include <protocols/kernel.h>

#include "runtime.h"

void djed_reply(djed_status status)
{
	djed_runtime.next = DJED_NEXT_REPLY;
	djed_runtime.status = (int32_t)status;
	djed_runtime.words = 0;
}

void djed_reply_words(djed_status status, const uint64_t *word, unsigned count)
{
	djed_assert(count <= DJED_WORDS_MAX);
	djed_reply(status);
	djed_runtime.words = count;
	for (unsigned i = 0; i < count; i++)
		djed_runtime.word[i] = word[i];
}

bool djed_answered(void)
{
	return djed_runtime.next != DJED_NEXT_NONE;
}

void djed_result(djed_status status, const uint64_t *word, unsigned count)
{
	if (djed_runtime.next == DJED_NEXT_NONE)
		djed_reply_words(status, word, count);
}

void djed_park(djed_status result_if_lost)
{
	djed_runtime.next = DJED_NEXT_PARK;
	djed_runtime.status = (int32_t)result_if_lost;
}

void djed_forward(djed_slot to)
{
	if (djed_runtime_log_state() != DJED_LOG_EMPTY)
		djed_panic("forwards message %x after it changed its state", djed_ipc.out.label);
	djed_runtime.next = DJED_NEXT_FORWARD;
	djed_runtime.target = to;
}

/* Without djed-window, which turns calls of it into an inline test. */
void djed_effect(uint32_t effect)
{
	if (effect != DJED_READS && djed_policy_closes)
		djed_window_effect(effect);
}

/* Policy osiris: from here on this server's changes may be known to others, so they are not taken back any
 * more. The clones that are active go on logging; what they log is dropped at the next delivery. */
DJED_HOOK void djed_window_effect(uint32_t effect)
{
	(void)effect;
	if (!djed_window_open)
		return;
	djed_window_open = 0;
	djed_undo_reset();
	djed_runtime.log_lost = 1;
}

bool djed_wake(djed_handle parked)
{
	djed_effect(DJED_DEFERRABLE);
	djed_status status = kernel_wake(parked);
	djed_assert(status == 0 || status == -ESRCH); /* recovery may have answered it */
	return status == 0;
}

void djed_answer_parked(djed_handle parked, djed_status result, uint64_t word0)
{
	djed_effect(DJED_DEFERRABLE);
	djed_ipc.out.status = (int32_t)result;
	djed_ipc.out.word[0] = word0;
	djed_status status = kernel_answer_parked(parked);
	djed_assert(status == 0 || status == -ESRCH); /* recovery may have answered it */
}

void djed_notify(djed_slot to, uint64_t bits)
{
	djed_effect(DJED_DEFERRABLE);
	djed_status status = kernel_notify(to, bits);
	djed_assert(status == 0);
}

djed_status djed_call(djed_slot to, uint32_t label, enum djed_effect effect)
{
	djed_status status;

	djed_ipc.out.label = label;
	if (effect == DJED_FINAL)
		djed_runtime.log_lost = 1; /* nothing takes the callee's effect back (rule 4) */
	status = kernel_call(to, djed_runtime_log());
	return status ? status : djed_ipc.answer.status;
}
