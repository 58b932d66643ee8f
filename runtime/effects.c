/* What else becomes of a request: parked, forwarded; and effects on others, deferred to its end. */
#define KERNEL_BARE /* the logging and marking is done here */
#include <abi/errors.h>
#include <protocols/kernel.h>

#include "runtime.h"

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
