/* What generated stubs and dispatch functions have in common. */
#ifndef DJED_PROTOCOL_H
#define DJED_PROTOCOL_H

#include "abi/detect.h"
#include "abi/errors.h"
#include "server.h"

#define DJED_INLINE static inline __attribute__((always_inline))

/* Starts a message in djed_out(): no words, no grants. */
DJED_INLINE struct djed_message *djed_begin(uint32_t label)
{
	struct djed_message *message = djed_out();

	*message = (struct djed_message){.label = label};
	return message;
}

/* Puts a text of less than `size` bytes into (zeroed) words. False: it is too long. */
DJED_INLINE bool djed_put_text(uint64_t *words, const char *text, size_t size)
{
	size_t length = 0;

	while (length < size && text[length])
		length++;
	if (length == size)
		return false;
	__builtin_memcpy(words, text, length);
	return true;
}

/* The grant for a buffer, cut down to the rights that the message needs. */
DJED_INLINE struct djed_grant djed_lend(struct djed_buffer buffer, uint8_t rights)
{
	return (struct djed_grant){.base = buffer.base,
				   .length = buffer.length,
				   .kind = buffer.kind,
				   .rights = buffer.rights & rights,
				   .index = buffer.index};
}

/* Grant `index` of a received message as a buffer. False: it is not there, or lacks the rights; if it is
 * `optional` and not there, the buffer is empty. */
DJED_INLINE bool djed_borrow(const struct djed_delivery *delivery, unsigned index, uint8_t rights,
			     bool optional, struct djed_buffer *buffer)
{
	const struct djed_grant *grant = &delivery->message.grant[index];

	*buffer = (struct djed_buffer){.kind = DJED_GRANT_NONE};
	if (grant->kind == DJED_GRANT_NONE)
		return optional;
	if ((grant->rights & rights) != rights)
		return false;
	*buffer = (struct djed_buffer){
	    .length = grant->length, .kind = DJED_GRANT_PASS, .rights = rights, .index = (uint16_t)index};
	return true;
}

/* Memory that an application named by address and length. False: longer than a buffer can be. */
DJED_INLINE bool djed_borrow_application(uint64_t address, uint64_t length, uint8_t rights,
					 struct djed_buffer *buffer)
{
	*buffer = (struct djed_buffer){
	    .base = address, .length = (uint32_t)length, .kind = DJED_GRANT_CLIENT, .rights = rights};
	return length <= UINT32_MAX;
}

/* An answer that its interface does not allow is as bad as a crash, as long as it can still be undone. What a
 * handler returns after it has replied, parked or forwarded is no answer. */
DJED_INLINE void djed_answer_must(bool sound)
{
	if (!sound && !djed_answered() && djed_start()->detect & DJED_DETECT_CHECKS)
		djed_panic("message %x: the handler's answer is not one that its interface allows",
			   djed_current()->message.label);
}

/* Whether that is a negated error number of Linux, or one that makes a call start again (abi/restart.h). */
DJED_INLINE bool djed_known_error(int64_t result)
{
	return (result < 0 && result >= -133 && result != -41 && result != -58) ||
	       (result <= -512 && result >= -516);
}

#endif
