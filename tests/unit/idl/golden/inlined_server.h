/* Validation and dispatch for the server that answers inlined. It defines the inlined_on_ functions.
 * Made by djed-idl: change the interface file instead. */
#ifndef PROTOCOLS_INLINED_SERVER_H
#define PROTOCOLS_INLINED_SERVER_H

#include <djed/protocol.h>

#include "inlined.h"

/* Texts, bytes and inout fields. */
djed_status inlined_on_mixed(const char *name, uint32_t *counter, const void *raw, int64_t *flags, char *answer);
static inline void inlined_serve_mixed(const struct djed_delivery *d)
{
	const uint64_t *word_ = d->message.word;
	bool malformed_ = false;

	malformed_ |= !(!((const char *)&word_[0])[8]);
	malformed_ |= !(word_[2] >= 1u && word_[2] <= 100u);
	if (malformed_) {
		djed_result(-EINVAL, 0, 0);
		return;
	}
	uint32_t out_counter = (uint32_t)word_[2];
	uint64_t out_answer[3] = {0};
	int64_t out_flags = (int64_t)word_[4];
	djed_status status_ = inlined_on_mixed((const char *)&word_[0], &out_counter, (const void *)&word_[3], &out_flags, (char *)out_answer);
	bool sound_ = status_ == 0 || status_ == -EDEADLK;
	sound_ &= status_ != 0 || (out_counter >= 1u && out_counter <= 100u);
	djed_answer_must(sound_);
	uint64_t reply_[5] = {0};

	reply_[0] = (uint64_t)out_counter;
	__builtin_memcpy(&reply_[1], out_answer, 17);
	reply_[4] = (uint64_t)out_flags;
	djed_result(status_, reply_, 5);
}

/* The longest text, both ways. */
djed_status inlined_on_largest(char *text, uint64_t word, uint16_t last, bool *done);
static inline void inlined_serve_largest(const struct djed_delivery *d)
{
	const uint64_t *word_ = d->message.word;
	bool malformed_ = false;

	malformed_ |= !(!((const char *)&word_[0])[47]);
	malformed_ |= !(word_[7] <= 65535u);
	if (malformed_) {
		djed_result(-EINVAL, 0, 0);
		return;
	}
	uint64_t out_text[6] = {0};
	__builtin_memcpy(out_text, &word_[0], 48);
	bool out_done = 0;
	djed_status status_ = inlined_on_largest((char *)out_text, (uint64_t)word_[6], (uint16_t)word_[7], &out_done);
	bool sound_ = status_ == 0 || status_ == -EDEADLK;
	djed_answer_must(sound_);
	uint64_t reply_[7] = {0};

	__builtin_memcpy(&reply_[0], out_text, 48);
	reply_[6] = (uint64_t)out_done;
	djed_result(status_, reply_, 7);
}

/* The shortest of both. */
djed_status inlined_on_short_text(const void *one, const char *two, void *copy);
static inline void inlined_serve_short_text(const struct djed_delivery *d)
{
	const uint64_t *word_ = d->message.word;
	bool malformed_ = false;

	malformed_ |= !(!((const char *)&word_[1])[1]);
	if (malformed_) {
		djed_result(-EINVAL, 0, 0);
		return;
	}
	uint64_t out_copy[6] = {0};
	djed_status status_ = inlined_on_short_text((const void *)&word_[0], (const char *)&word_[1], (void *)out_copy);
	bool sound_ = status_ == 0 || status_ == -EDEADLK;
	djed_answer_must(sound_);
	uint64_t reply_[6] = {0};

	__builtin_memcpy(&reply_[0], out_copy, 48);
	djed_result(status_, reply_, 6);
}

/* Validates the message (else it is answered with -EINVAL), calls its handler, answers with what that gives.
 * False: not a message of this protocol, nothing was done. */
static inline bool inlined_dispatch(const struct djed_delivery *d)
{
	switch (d->message.label) {
	case INLINED_MIXED:
		inlined_serve_mixed(d);
		return true;
	case INLINED_LARGEST:
		inlined_serve_largest(d);
		return true;
	case INLINED_SHORT_TEXT:
		inlined_serve_short_text(d);
		return true;
	default:
		return false;
	}
}

#endif
