/* sample: Everything a protocol can say
 * Made by djed-idl: change the interface file instead. */
#ifndef PROTOCOLS_SAMPLE_H
#define PROTOCOLS_SAMPLE_H

#include "abi/message.h"

enum {
	SAMPLE_PROTOCOL = 60000,
	SAMPLE_PLAIN = DJED_LABEL(60000, 1),
	SAMPLE_SCALARS = DJED_LABEL(60000, 2),
	SAMPLE_LENDS = DJED_LABEL(60000, 3),
	SAMPLE_WAITS = DJED_LABEL(60000, 5),
};

/* Numbers of the Linux calls by which applications send them. */
enum {
	SAMPLE_CALL_PLAIN = 8193,
	SAMPLE_CALL_SCALARS = 8194,
	SAMPLE_CALL_LENDS = 8195,
	SAMPLE_CALL_WAITS = 8197,
};

/* No fields at all. */

/* All scalars that an application may send. Errors: -EINVAL, -ENOENT. */
struct sample_scalars_request {
	uint64_t small;
	uint64_t short_number;
	uint64_t number;
	uint64_t flag;
	uint64_t negative; /* between -5 and 5 */
	uint64_t large;
};
_Static_assert(sizeof(struct sample_scalars_request) == 6 * sizeof(uint64_t), "layout");
struct sample_scalars_reply {
	uint64_t status;
	uint64_t word;
};
_Static_assert(sizeof(struct sample_scalars_reply) == 2 * sizeof(uint64_t), "layout");

/* Two buffers. */
struct sample_lends_request {
	uint64_t key;
};
_Static_assert(sizeof(struct sample_lends_request) == 1 * sizeof(uint64_t), "layout");
struct sample_lends_reply {
	uint64_t reply;
};
_Static_assert(sizeof(struct sample_lends_reply) == 1 * sizeof(uint64_t), "layout");
/* Buffer malformed: bytes to read */

/* Only forwarded. */
struct sample_waits_request {
	uint64_t how;
};
_Static_assert(sizeof(struct sample_waits_request) == 1 * sizeof(uint64_t), "layout");
struct sample_waits_reply {
	uint64_t result;
};
_Static_assert(sizeof(struct sample_waits_reply) == 1 * sizeof(uint64_t), "layout");

#endif
