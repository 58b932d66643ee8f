/* Text for Linux calls, in the manner of strace, and for messages between servers. The knowledge is in the
 * tables that djed-idl makes (linux_trace.h, labels.h). Each function writes at most `size` bytes with the
 * final NUL, cutting off what does not fit, and returns the text's length. Numbers and words may be anything.
 */
#ifndef DECODE_H
#define DECODE_H

#include "abi/message.h"

/* The application's memory, for paths and what is written. */
struct decode_memory {
	/* Copies up to `length` bytes from `address`; returns how many are there. */
	size_t (*read)(void *context, uint64_t address, void *to, size_t length);
	void *context;
};

/* `open("/etc/passwd", O_RDONLY|O_CLOEXEC)`. `memory` may be NULL: then addresses are shown. */
size_t decode_call(char *text, size_t size, uint64_t number, const uint64_t argument[6],
		   const struct decode_memory *memory);
/* `3`, `0x7f0000001000` or `-1 ENOENT (No such file or directory)`. */
size_t decode_result(char *text, size_t size, int64_t result);
/* `store.read(object=5, offset=0, data=<4096 bytes>)`; a Linux call as decode_call without memory. */
size_t decode_request(char *text, size_t size, const struct djed_message *message);
/* `0 (count=12, size=12)` or `-1 ENOENT (No such file or directory)`: the answer to a message with `label`.
 */
size_t decode_reply(char *text, size_t size, uint32_t label, const struct djed_message *reply);

#endif
