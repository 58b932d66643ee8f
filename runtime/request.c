/* The request in hand: its answer, and calls to other servers. */
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

djed_status djed_call(djed_slot to, uint32_t label, enum djed_effect effect)
{
	djed_status status;

	djed_ipc.out.label = label;
	if (effect == DJED_FINAL)
		djed_runtime.log_lost = 1; /* nothing takes the callee's effect back (rule 4) */
	status = kernel_call(to, djed_runtime_log());
	return status ? status : djed_ipc.answer.status;
}
