/* Round trips of every message of every protocol: stub, fake kernel, dispatch, handler and back. The part
 * that knows the messages is made by generate.c and included by roundtrip.c. */
#ifndef ROUNDTRIP_H
#define ROUNDTRIP_H

#include <djed/server.h>
#include <errno.h>
#include <protocols/labels.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 400, FIELDS_MAX = 16 };

/* Values of a message's fields, by their index in the label's table. */
struct values {
	uint64_t value[FIELDS_MAX];    /* scalars, sign-extended */
	uint8_t bytes[FIELDS_MAX][56]; /* bytes and texts */
	struct djed_buffer buffer[2];
	djed_status status;
};
static struct values given_;	/* in fields of the message being sent */
static struct values taken_;	/* out fields that the handler gives */
static struct values sentinel_; /* what stands where nothing is written */
static unsigned handler_calls_;
static bool spoiled_;  /* the reply was made malformed on its way */
static bool too_long_; /* a text that was given does not fit */

#define must(condition) ((condition) ? (void)0 : fail_at(__LINE__, #condition))
[[noreturn]] static void fail_at(int line, const char *condition);

/* New random values; `round` chooses the special cases: ~0u none of them. */
static void begin_round(const struct djed_label *label, unsigned round);
/* The buffer is grant `index` as it was lent, cut down to `rights`. */
static bool buffer_arrived(struct djed_buffer buffer, unsigned index, uint8_t rights);
/* The forwarded message reached its handler, and the reply words are what that gave. */
static void check_forwarded(const struct djed_label *label);

/* Operations of the kernel: registers as the fake saw them, results as it gave them. */
static uint64_t operation_in[6], operation_out[3], operation_got[3];
static djed_status operation_status;
static void begin_operation(void);
static void check_operation(uint64_t number, unsigned in, unsigned out);

/* Linux calls. */
static uint64_t call_word_[6];
static int64_t call_result_;
typedef bool dispatcher(const struct djed_delivery *d);
static void test_call(dispatcher *dispatch, uint32_t number);
static void test_absent_call(dispatcher *dispatch);

#endif
