/* Validation and dispatch for the server that answers sample. It defines the sample_on_ functions.
 * Made by djed-idl: change the interface file instead. */
#ifndef PROTOCOLS_SAMPLE_SERVER_H
#define PROTOCOLS_SAMPLE_SERVER_H

#include <djed/protocol.h>

#include "sample.h"

/* No fields at all. */
djed_status sample_on_plain(void);
static inline void sample_serve_plain(const struct djed_delivery *d)
{
	(void)d;
	djed_status status_ = sample_on_plain();
	bool sound_ = status_ == 0 || status_ == -EDEADLK;
	djed_answer_must(sound_);
	djed_result(status_, 0, 0);
}

/* All scalars that an application may send. Errors: -EINVAL, -ENOENT. */
djed_status sample_on_scalars(uint8_t small, uint16_t short_number, uint32_t number, bool flag, int32_t negative, int64_t large, int64_t *status, uint64_t *word);
static inline void sample_serve_scalars(const struct djed_delivery *d)
{
	const uint64_t *word_ = d->message.word;
	bool malformed_ = false;

	malformed_ |= !(word_[0] >= 3u && word_[0] <= 15u);
	malformed_ |= !(word_[1] <= 65535u);
	malformed_ |= !(word_[2] >= 16u && word_[2] <= 4294967295u);
	malformed_ |= !(word_[3] <= 1);
	malformed_ |= !((int64_t)word_[4] >= -5 && (int64_t)word_[4] <= 5);
	malformed_ |= !((int64_t)word_[5] >= INT64_MIN && (int64_t)word_[5] <= -1);
	if (malformed_) {
		djed_result(-EINVAL, 0, 0);
		return;
	}
	int64_t out_status = 0;
	uint64_t out_word = 0;
	djed_status status_ = sample_on_scalars((uint8_t)word_[0], (uint16_t)word_[1], (uint32_t)word_[2], (bool)word_[3], (int32_t)word_[4], (int64_t)word_[5], &out_status, &out_word);
	bool sound_ = status_ == 0 || status_ == -EDEADLK || status_ == -ENOENT || status_ == -EINVAL || status_ == -ENOENT;
	sound_ &= status_ != 0 || (out_word >= 1u);
	djed_answer_must(sound_);
	uint64_t reply_[2] = {0};

	reply_[0] = (uint64_t)out_status;
	reply_[1] = (uint64_t)out_word;
	djed_result(status_, reply_, 2);
}

/* Two buffers. */
djed_status sample_on_lends(uint64_t key, struct djed_buffer malformed, struct djed_buffer target, uint32_t *reply);
static inline void sample_serve_lends(const struct djed_delivery *d)
{
	const uint64_t *word_ = d->message.word;
	bool application_ = DJED_LABEL_PROTOCOL(d->message.label) == DJED_PROTOCOL_LINUX;
	bool malformed_ = false;

	struct djed_buffer buffer_malformed;
	if (application_)
		malformed_ |= !djed_borrow_application(word_[1], word_[2], 1, &buffer_malformed);
	else
		malformed_ |= !djed_borrow(d, 0, 1, false, &buffer_malformed);
	struct djed_buffer buffer_target;
	if (application_)
		malformed_ |= !djed_borrow_application(word_[3], word_[4], 2, &buffer_target);
	else
		malformed_ |= !djed_borrow(d, 1, 2, true, &buffer_target);
	if (malformed_) {
		djed_result(-EINVAL, 0, 0);
		return;
	}
	uint32_t out_reply = 0;
	djed_status status_ = sample_on_lends((uint64_t)word_[0], buffer_malformed, buffer_target, &out_reply);
	bool sound_ = status_ == 0 || status_ == -EDEADLK;
	sound_ &= out_reply <= buffer_target.length;
	djed_answer_must(sound_);
	uint64_t reply_[1] = {0};

	reply_[0] = (uint64_t)out_reply;
	djed_result(status_, reply_, 1);
}

/* Only forwarded. */
djed_status sample_on_waits(int32_t how, struct djed_buffer both_ways, int64_t *result);
static inline void sample_serve_waits(const struct djed_delivery *d)
{
	const uint64_t *word_ = d->message.word;
	bool application_ = DJED_LABEL_PROTOCOL(d->message.label) == DJED_PROTOCOL_LINUX;
	bool malformed_ = false;

	malformed_ |= !((int64_t)word_[0] >= -2147483648 && (int64_t)word_[0] <= 2147483647);
	struct djed_buffer buffer_both_ways;
	if (application_)
		malformed_ |= !djed_borrow_application(word_[1], word_[2], 3, &buffer_both_ways);
	else
		malformed_ |= !djed_borrow(d, 0, 3, false, &buffer_both_ways);
	if (malformed_) {
		djed_result(-EINVAL, 0, 0);
		return;
	}
	int64_t out_result = 0;
	djed_status status_ = sample_on_waits((int32_t)word_[0], buffer_both_ways, &out_result);
	bool sound_ = status_ == 0 || status_ == -EDEADLK;
	djed_answer_must(sound_);
	uint64_t reply_[1] = {0};

	reply_[0] = (uint64_t)out_result;
	djed_result(status_, reply_, 1);
}

/* Validates the message (else it is answered with -EINVAL), calls its handler, answers with what that gives.
 * False: not a message of this protocol, nothing was done. */
static inline bool sample_dispatch(const struct djed_delivery *d)
{
	switch (d->message.label) {
	case SAMPLE_PLAIN:
	case DJED_LABEL(DJED_PROTOCOL_LINUX, 8193):
		sample_serve_plain(d);
		return true;
	case SAMPLE_SCALARS:
	case DJED_LABEL(DJED_PROTOCOL_LINUX, 8194):
		sample_serve_scalars(d);
		return true;
	case SAMPLE_LENDS:
	case DJED_LABEL(DJED_PROTOCOL_LINUX, 8195):
		sample_serve_lends(d);
		return true;
	case SAMPLE_WAITS:
	case DJED_LABEL(DJED_PROTOCOL_LINUX, 8197):
		sample_serve_waits(d);
		return true;
	default:
		return false;
	}
}

#endif
