#include "roundtrip.h"

#include <abi/detect.h>
#include <protocols/kernel.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

static struct djed_start_info start_info; /* no detector is on */
static bool answered, answers_itself;
static jmp_buf panicked;

const struct djed_start_info *djed_start(void)
{
	return &start_info;
}

bool djed_answered(void)
{
	return answered || answers_itself;
}

void djed_panic(const char *format, ...)
{
	(void)format;
	longjmp(panicked, 1);
}

#include "roundtrip_generated.h"

static const char *where = "start";

static void fail_at(int line, const char *condition)
{
	fprintf(stderr, "%s: line %d of the test: not true: %s\n", where, line, condition);
	exit(1);
}

/* ---- random values -------------------------------------------------------------------------------- */

static uint64_t seed = 1;
static uint64_t any(void)
{
	return djed_mix(seed++);
}

static uint64_t any_in(const struct djed_label_field *field)
{
	uint64_t span = field->high - field->low; /* of signed ranges as well, modulo 2^64 */

	switch (any() % 4) {
	case 0:
		return field->low;
	case 1:
		return field->high;
	default:
		return field->low + (span == UINT64_MAX ? any() : any() % (span + 1));
	}
}

static void fill(struct values *values, const struct djed_label *label)
{
	for (unsigned i = 0; i < label->fields; i++) {
		const struct djed_label_field *field = &label->field[i];

		values->value[i] = field->type < DJED_FIELD_BYTES ? any_in(field) : 0;
		for (unsigned j = 0; j < 48; j++)
			values->bytes[i][j] = (uint8_t)any();
		if (field->type != DJED_FIELD_TEXT)
			continue;
		unsigned length = (unsigned)(any() % field->size);

		for (unsigned j = 0; j < field->size; j++)
			values->bytes[i][j] = j < length ? (uint8_t)(1 + any() % 255) : 0;
	}
	for (unsigned i = 0; i < label->buffers; i++)
		values->buffer[i] = any() % 4 == 0 && label->buffer[i].optional
					? djed_nothing()
					: (struct djed_buffer){.base = any(),
							       .length = (uint32_t)any(),
							       .kind = DJED_GRANT_OWN,
							       .rights = DJED_GRANT_READ | DJED_GRANT_WRITE,
							       .index = (uint16_t)any()};
	values->status = 0;
}

/* ---- the fake kernel and runtime -------------------------------------------------------------------- */

static bool spoil; /* make the next reply malformed if its label allows it */
#define out djed_ipc.out
#define answer djed_ipc.answer

struct djed_ipc djed_ipc;

void djed_effect(uint32_t effect)
{
	must(effect <= DJED_FINAL);
}

void djed_undo_range(const void *address, size_t length)
{
	(void)address;
	(void)length;
}

void djed_log(const char *format, ...)
{
	(void)format;
}

struct djed_buffer djed_nothing(void)
{
	return (struct djed_buffer){.kind = DJED_GRANT_NONE};
}

void djed_result(djed_status status, const uint64_t *word, unsigned count)
{
	must(!answered && count <= DJED_WORDS_MAX);
	answered = true;
	answer = (struct djed_message){.status = (int32_t)status};
	for (unsigned i = 0; i < count; i++)
		answer.word[i] = word[i];
}

static bool deliver(struct djed_message message)
{
	struct djed_delivery delivery = {.kind = DJED_DELIVERY_REQUEST, .message = message};

	answered = false;
	bool known = dispatch_any(&delivery);

	must(known == answered);
	return known;
}

/* A value that the field may not have; false: every value is allowed. */
static bool bad_value(const struct djed_label_field *field, uint64_t *words)
{
	if (field->type == DJED_FIELD_TEXT) {
		memset(words, 'x', (size_t)(field->size + 7) / 8 * 8);
		return true;
	}
	if (field->type == DJED_FIELD_BYTES || field->high + 1 == field->low)
		return false;
	bool is_signed = field->type == DJED_FIELD_I32 || field->type == DJED_FIELD_I64;
	bool above = is_signed ? (int64_t)field->high < INT64_MAX : field->high < UINT64_MAX;
	bool below = is_signed ? (int64_t)field->low > INT64_MIN : field->low > 0;

	if (!above && !below)
		return false;
	if (above && (!below || any() % 2))
		*words = any() % 2 ? field->high + 1 : is_signed ? (uint64_t)INT64_MAX : UINT64_MAX;
	else
		*words = any() % 2 ? field->low - 1 : is_signed ? (uint64_t)INT64_MIN : 0;
	return true;
}

static void spoil_reply(const struct djed_label *label)
{
	for (unsigned i = 0, start = (unsigned)any(); i < label->fields; i++) {
		const struct djed_label_field *field = &label->field[(start + i) % label->fields];

		if ((field->direction & DJED_FIELD_OUT) && bad_value(field, &answer.word[field->out_word])) {
			spoiled_ = true;
			return;
		}
	}
}

djed_status djed_call(djed_slot to, uint32_t label, enum djed_effect effect)
{
	const struct djed_label *known = djed_label_find(label);

	must(to == 7 && label == out.label && known && effect == known->effect && !known->parks);
	must(deliver(out));
	if (spoil && answer.status == 0)
		spoil_reply(known);
	return answer.status;
}

void djed_forward(djed_slot to)
{
	must(to == 7);
	must(deliver(out));
}

/* ---- what the generated tests use ------------------------------------------------------------------- */

/* Makes one of the texts that go in too long by a byte or more. */
static void lengthen_text(const struct djed_label *label)
{
	for (unsigned i = 0; i < label->fields; i++) {
		const struct djed_label_field *field = &label->field[i];

		if (field->type != DJED_FIELD_TEXT || !(field->direction & DJED_FIELD_IN))
			continue;
		memset(given_.bytes[i], 'x', field->size + any() % 4);
		too_long_ = true;
	}
}

static void begin_round(const struct djed_label *label, unsigned round)
{
	fill(&given_, label);
	fill(&taken_, label);
	memset(&sentinel_, 0, sizeof(sentinel_));
	for (unsigned i = 0; i < label->fields; i++)
		if (label->field[i].type < DJED_FIELD_BYTES)
			sentinel_.value[i] = label->field[i].low;
	taken_.status = round != ~0u && round % 4 == 1 ? -(int64_t)(1 + any() % 133) : 0;
	spoil = round != ~0u && round % 4 == 2;
	spoiled_ = false;
	too_long_ = false;
	handler_calls_ = 0;
	if (round != ~0u && round % 4 == 3)
		lengthen_text(label);
	memset(&out, 0xff, sizeof(out));
	memset(&answer, 0xff, sizeof(answer));
}

static bool from_application; /* the message is a Linux call */

static bool buffer_arrived(struct djed_buffer buffer, unsigned index, uint8_t rights)
{
	if (from_application)
		return buffer.kind == DJED_GRANT_CLIENT && buffer.base == given_.buffer[index].base &&
		       buffer.length == given_.buffer[index].length && buffer.rights == rights;
	if (given_.buffer[index].kind == DJED_GRANT_NONE)
		return buffer.kind == DJED_GRANT_NONE && buffer.length == 0 && buffer.rights == 0;
	const struct djed_grant *lent = &out.grant[index];

	return buffer.kind == DJED_GRANT_PASS && buffer.index == index &&
	       buffer.length == given_.buffer[index].length && buffer.rights == rights && buffer.base == 0 &&
	       lent->base == given_.buffer[index].base && lent->index == given_.buffer[index].index &&
	       lent->kind == DJED_GRANT_OWN && lent->rights == rights;
}

/* The words of `values`, as they must stand in a message. */
static void put(struct djed_message *message, const struct djed_label *label, const struct values *values,
		uint8_t direction)
{
	for (unsigned i = 0; i < label->fields; i++) {
		const struct djed_label_field *field = &label->field[i];
		uint64_t *word =
		    &message->word[direction == DJED_FIELD_IN ? field->in_word : field->out_word];

		if (!(field->direction & direction))
			continue;
		if (field->type >= DJED_FIELD_BYTES)
			memcpy(word, values->bytes[i], field->size);
		else
			*word = values->value[i];
	}
}

static void check_forwarded(const struct djed_label *label)
{
	struct djed_message expected = {0}, sent = {.label = label->label};

	put(&expected, label, &taken_, DJED_FIELD_OUT);
	put(&sent, label, &given_, DJED_FIELD_IN);
	must(handler_calls_ == 1 && answer.status == 0);
	must(memcmp(answer.word, expected.word, sizeof(expected.word)) == 0);
	must(out.label == sent.label && memcmp(out.word, sent.word, sizeof(sent.word)) == 0);
}

static void begin_operation(void)
{
	for (unsigned i = 0; i < 6; i++)
		operation_in[i] = any();
	for (unsigned i = 0; i < 3; i++)
		operation_out[i] = any();
	/* Addresses that the kernel fills are logged by the stub, through djed_undo_range above. */
	operation_status = -(int64_t)(any() % 134);
}

static uint64_t seen_number, seen_in[6];
djed_status djed_hosted_operation(uint64_t number, const uint64_t in[6], uint64_t results[3])
{
	seen_number = number;
	memcpy(seen_in, in, sizeof(seen_in));
	memcpy(results, operation_out, sizeof(operation_out));
	return operation_status;
}

static void check_operation(uint64_t number, unsigned in, unsigned results)
{
	must(seen_number == number);
	must(memcmp(seen_in, operation_in, in * sizeof(uint64_t)) == 0);
	must(memcmp(operation_got, operation_out, results * sizeof(uint64_t)) == 0);
}

static void test_call(dispatcher *dispatch, uint32_t number)
{
	for (unsigned i = 0; i < 8; i++) {
		struct djed_delivery delivery = {.kind = DJED_DELIVERY_REQUEST};

		delivery.message.label = DJED_LABEL(DJED_PROTOCOL_LINUX, number);
		for (unsigned j = 0; j < 6; j++)
			delivery.message.word[j] = call_word_[j] = any();
		call_result_ = i < 4 ? -(int64_t)(1 + any() % 4095) : (int64_t)any();
		if (i == 7)
			call_result_ = -4096; /* as an address this high could be */
		handler_calls_ = 0;
		answered = false;
		must(dispatch(&delivery) && answered && handler_calls_ == 1);
		bool failed = call_result_ < 0 && call_result_ >= -4095;

		must(answer.status == (failed ? call_result_ : 0));
		must(answer.word[0] == (failed ? 0 : (uint64_t)call_result_));
	}
}

static void test_absent_call(dispatcher *dispatch)
{
	struct djed_delivery delivery = {.kind = DJED_DELIVERY_REQUEST};

	handler_calls_ = 0;
	for (uint32_t number = 0xffff; number >= 0xfff0; number--) {
		delivery.message.label = DJED_LABEL(DJED_PROTOCOL_LINUX, number);
		answered = false;
		must(dispatch(&delivery) && answered && answer.status == -ENOSYS && handler_calls_ == 0);
	}
	delivery.message.label = DJED_LABEL(16, 0);
	must(!dispatch(&delivery));
}

/* ---- malformed messages, application's calls ---------------------------------------------------------- */

static struct djed_message well_formed(const struct djed_label *label)
{
	struct djed_message message = {.label = label->label};

	begin_round(label, ~0u);
	put(&message, label, &given_, DJED_FIELD_IN);
	for (unsigned i = 0; i < label->buffers; i++) {
		given_.buffer[i].kind = DJED_GRANT_OWN;
		given_.buffer[i].rights = label->buffer[i].rights;
		message.grant[i] = (struct djed_grant){.base = given_.buffer[i].base,
						       .length = given_.buffer[i].length,
						       .kind = DJED_GRANT_OWN,
						       .rights = label->buffer[i].rights,
						       .index = given_.buffer[i].index};
	}
	out = message;
	return message;
}

static void must_refuse(struct djed_message message)
{
	handler_calls_ = 0;
	must(deliver(message));
	must(handler_calls_ == 0 && answer.status == -EINVAL);
}

static void test_malformed(const struct djed_label *label)
{
	struct djed_message message;

	for (unsigned round = 0; round < ROUNDS; round++) {
		message = well_formed(label);
		must(deliver(message) && handler_calls_ == 1 && answer.status == 0);
		for (unsigned i = 0; i < label->fields; i++) {
			const struct djed_label_field *field = &label->field[i];

			message = well_formed(label);
			if ((field->direction & DJED_FIELD_IN) &&
			    bad_value(field, &message.word[field->in_word]))
				must_refuse(message);
		}
		for (unsigned i = 0; i < label->buffers; i++) {
			message = well_formed(label);
			message.grant[i].rights =
			    label->buffer[i].rights == 3 ? 1 + round % 2 : (uint8_t)~label->buffer[i].rights;
			must_refuse(message);
			message = well_formed(label);
			message.grant[i] = (struct djed_grant){0};
			given_.buffer[i] = djed_nothing();
			if (!label->buffer[i].optional)
				must_refuse(message);
			else
				must(deliver(message) && handler_calls_ == 1);
		}
	}
	message = well_formed(label);
	message.label = DJED_LABEL(DJED_LABEL_PROTOCOL(label->label), 0xfff1);
	must(!deliver(message));
}

/* As an application sends it: arguments in order, a buffer as address and length. */
static void test_application(uint32_t number, const struct djed_label *label)
{
	struct djed_message message = well_formed(label),
			    sent = {.label = DJED_LABEL(DJED_PROTOCOL_LINUX, number)};
	unsigned argument = 0;

	for (unsigned i = 0; i < label->fields; i++)
		if (label->field[i].direction & DJED_FIELD_IN)
			sent.word[argument++] = message.word[label->field[i].in_word];
	for (unsigned i = 0; i < label->buffers; i++) {
		sent.word[argument++] = given_.buffer[i].base;
		sent.word[argument++] = given_.buffer[i].length;
	}
	from_application = true;
	must(deliver(sent) && handler_calls_ == 1 && answer.status == 0);
	if (label->buffers) {
		sent.word[argument - 1] = 1ull << 32 | any();
		must_refuse(sent);
	}
	from_application = false;
}

/* ---- checked answers ------------------------------------------------------------------------------------
 */

/* Whether an answer of sample_lends is let through. */
static bool lends_passes(djed_status status, uint64_t reply, uint32_t room)
{
	struct djed_message message = well_formed(djed_label_find(SAMPLE_LENDS));

	message.grant[1].length = given_.buffer[1].length = room;
	taken_.status = status;
	taken_.value[1] = reply;
	if (setjmp(panicked))
		return false;
	must(deliver(message));
	return true;
}

static bool scalars_pass(djed_status status, uint64_t word)
{
	struct djed_message message = well_formed(djed_label_find(SAMPLE_SCALARS));

	taken_.status = status;
	taken_.value[7] = word;
	if (setjmp(panicked))
		return false;
	must(deliver(message));
	return true;
}

static bool call_passes(dispatcher *dispatch, uint32_t number, int64_t result, bool already)
{
	struct djed_delivery delivery = {.kind = DJED_DELIVERY_REQUEST};

	delivery.message.label = DJED_LABEL(DJED_PROTOCOL_LINUX, number);
	for (unsigned j = 0; j < 6; j++)
		delivery.message.word[j] = call_word_[j] = 100;
	call_result_ = result;
	answers_itself = already;
	answered = false;
	bool panic = setjmp(panicked) != 0;
	if (!panic)
		dispatch(&delivery);
	answers_itself = false;
	return !panic;
}

static void test_answers(void)
{
	start_info.detect = DJED_DETECT_ALL;
	must(lends_passes(0, 7, 7) && !lends_passes(0, 8, 7) && lends_passes(0, 0, 0));
	must(!lends_passes(-EIO, 0, 7) && !lends_passes(1, 0, 7) && lends_passes(-EDEADLK, 0, 7));
	must(scalars_pass(0, 1) && !scalars_pass(0, 0) && scalars_pass(-EINVAL, 0) &&
	     scalars_pass(-ENOENT, 0) && !scalars_pass(-EIO, 1));
	must(call_passes(linux_dispatch_vfs, LINUX_CLOSE, 0, false));
	must(!call_passes(linux_dispatch_vfs, LINUX_CLOSE, 1, false));
	must(call_passes(linux_dispatch_vfs, LINUX_CLOSE, 1, true)); /* what it returns then is no answer */
	must(call_passes(linux_dispatch_vfs, LINUX_CLOSE, -EBADF, false));
	must(!call_passes(linux_dispatch_vfs, LINUX_CLOSE, -200, false));
	must(!call_passes(linux_dispatch_vfs, LINUX_CLOSE, -4096, false));
	must(call_passes(linux_dispatch_vfs, LINUX_READ, 100, false));
	must(!call_passes(linux_dispatch_vfs, LINUX_READ, 101, false));
	must(call_passes(linux_dispatch_vfs, LINUX_OPEN, 1023, false));
	must(!call_passes(linux_dispatch_vfs, LINUX_OPEN, 1024, false));
	must(call_passes(linux_dispatch_pm, LINUX_GETPID, 32767, false));
	must(!call_passes(linux_dispatch_pm, LINUX_GETPID, 0, false));
	must(call_passes(linux_dispatch_mm, LINUX_MREMAP, 0x7fff00001000, false));
	must(!call_passes(linux_dispatch_mm, LINUX_MREMAP, 0x7fff00001001, false));
	start_info.detect = DJED_DETECT_ALL & ~DJED_DETECT_CHECKS;
	must(lends_passes(-EIO, 8, 7) && call_passes(linux_dispatch_vfs, LINUX_CLOSE, 1, false));
	start_info.detect = 0;
}

int main(void)
{
	for (unsigned i = 0; i < DJED_LABELS; i++) {
		static char name[128];

		snprintf(name, sizeof(name), "%s_%s", djed_labels[i].protocol, djed_labels[i].message);
		where = name;
		tests[i](&djed_labels[i]);
		test_malformed(&djed_labels[i]);
	}
	where = "application's calls";
	for (unsigned i = 0; i < sizeof(application_calls) / sizeof(application_calls[0]); i++)
		for (unsigned j = 0; j < ROUNDS; j++)
			test_application(application_calls[i].number,
					 djed_label_find(application_calls[i].label));
	where = "checked answers";
	test_answers();
	where = "operations";
	test_operations();
	where = "Linux calls";
	test_calls();
	must(EVENT_PAGE_FAULT == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_PAGE_FAULT) &&
	     EVENT_EXCEPTION == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_EXCEPTION) &&
	     EVENT_SIGNAL == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_SIGNAL) &&
	     EVENT_QUANTUM == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_QUANTUM) &&
	     EVENT_CRASH == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH) &&
	     EVENT_START == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_START));
	printf("%d messages, %u rounds each\n", DJED_LABELS, ROUNDS);
	return 0;
}
