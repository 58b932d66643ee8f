/* Stubs for servers that send messages of sample.
 * Made by djed-idl: change the interface file instead. */
#ifndef PROTOCOLS_SAMPLE_CLIENT_H
#define PROTOCOLS_SAMPLE_CLIENT_H

#include <djed/protocol.h>

#include "sample.h"

/* No fields at all. */
[[nodiscard]] static inline djed_status sample_plain(djed_slot to)
{
	djed_effect(DJED_READS);
	djed_begin(SAMPLE_PLAIN);
	return djed_call(to, SAMPLE_PLAIN, DJED_READS);
}

/* Hands the held request on as this message. */
static inline void sample_plain_forward(djed_slot to)
{
	djed_begin(SAMPLE_PLAIN);
	djed_forward(to);
}

/* All scalars that an application may send. Errors: -EINVAL, -ENOENT. */
[[nodiscard]] static inline djed_status sample_scalars(djed_slot to, uint8_t small, uint16_t short_number, uint32_t number, bool flag, int32_t negative, int64_t large, int64_t *status, uint64_t *word)
{
	djed_effect(DJED_UNDOABLE);
	struct djed_message *message_ = djed_begin(SAMPLE_SCALARS);

	message_->word[0] = (uint64_t)small;
	message_->word[1] = (uint64_t)short_number;
	message_->word[2] = (uint64_t)number;
	message_->word[3] = (uint64_t)flag;
	message_->word[4] = (uint64_t)negative;
	message_->word[5] = (uint64_t)large;
	djed_status status_ = djed_call(to, SAMPLE_SCALARS, DJED_UNDOABLE);

	if (status_ != 0)
		return status_;
	const struct djed_message *answer_ = djed_answer();

	if (!(answer_->word[1] >= 1u))
		return -EPROTO;
	*status = (int64_t)answer_->word[0];
	*word = (uint64_t)answer_->word[1];
	return 0;
}

/* Hands the held request on as this message. */
static inline void sample_scalars_forward(djed_slot to, uint8_t small, uint16_t short_number, uint32_t number, bool flag, int32_t negative, int64_t large)
{
	struct djed_message *message_ = djed_begin(SAMPLE_SCALARS);

	message_->word[0] = (uint64_t)small;
	message_->word[1] = (uint64_t)short_number;
	message_->word[2] = (uint64_t)number;
	message_->word[3] = (uint64_t)flag;
	message_->word[4] = (uint64_t)negative;
	message_->word[5] = (uint64_t)large;
	djed_forward(to);
}

/* Two buffers. */
[[nodiscard]] static inline djed_status sample_lends(djed_slot to, uint64_t key, struct djed_buffer malformed, struct djed_buffer target, uint32_t *reply)
{
	djed_effect(DJED_REPEATABLE);
	struct djed_message *message_ = djed_begin(SAMPLE_LENDS);

	message_->word[0] = (uint64_t)key;
	message_->grant[0] = djed_lend(malformed, 1);
	message_->grant[1] = djed_lend(target, 2);
	djed_status status_ = djed_call(to, SAMPLE_LENDS, DJED_REPEATABLE);

	if (status_ != 0)
		return status_;
	const struct djed_message *answer_ = djed_answer();

	if (!(answer_->word[0] <= 4294967295u))
		return -EPROTO;
	if (answer_->word[0] > target.length)
		return -EPROTO;
	*reply = (uint32_t)answer_->word[0];
	return 0;
}

/* Hands the held request on as this message. */
static inline void sample_lends_forward(djed_slot to, uint64_t key, struct djed_buffer malformed, struct djed_buffer target)
{
	struct djed_message *message_ = djed_begin(SAMPLE_LENDS);

	message_->word[0] = (uint64_t)key;
	message_->grant[0] = djed_lend(malformed, 1);
	message_->grant[1] = djed_lend(target, 2);
	djed_forward(to);
}

/* Hands the held request on as this message. */
static inline void sample_waits_forward(djed_slot to, int32_t how, struct djed_buffer both_ways)
{
	struct djed_message *message_ = djed_begin(SAMPLE_WAITS);

	message_->word[0] = (uint64_t)how;
	message_->grant[0] = djed_lend(both_ways, 3);
	djed_forward(to);
}

#endif
