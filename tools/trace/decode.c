#include "decode.h"

#include <inttypes.h>
#include <protocols/labels.h>
#include <protocols/linux_trace.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 32 /* bytes of memory that are shown */, PATH_SHOWN = 256 };

struct text {
	char *start;
	size_t size, length;
};

static void add(struct text *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *to, const char *format, ...)
{
	va_list arguments;

	if (to->length + 1 >= to->size)
		return;
	va_start(arguments, format);
	int length = vsnprintf(to->start + to->length, to->size - to->length, format, arguments);
	va_end(arguments);
	if (length > 0)
		to->length +=
		    (size_t)length < to->size - to->length ? (size_t)length : to->size - to->length - 1;
}

static struct text begin(char *start, size_t size)
{
	if (size)
		start[0] = 0;
	return (struct text){start, size, 0};
}

/* Counts and small negative numbers in decimal, what looks like an address in hexadecimal. */
static void add_number(struct text *to, uint64_t number)
{
	if (number > UINT64_MAX - 4096)
		add(to, "%" PRId64, (int64_t)number);
	else
		add(to, number > UINT32_MAX ? "0x%" PRIx64 : "%" PRIu64, number);
}

static void add_quoted(struct text *to, const uint8_t *bytes, size_t length, bool more)
{
	add(to, "\"");
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] == '\r')
			add(to, "\\%c", bytes[i] == '\n' ? 'n' : bytes[i] == '\t' ? 't' : 'r');
		else if (bytes[i] == '"' || bytes[i] == '\\')
			add(to, "\\%c", bytes[i]);
		else
			add(to, bytes[i] < 32 || bytes[i] > 126 ? "\\x%02x" : "%c", bytes[i]);
	}
	add(to, more ? "\"..." : "\"");
}

static void add_error(struct text *to, int64_t error)
{
	static const struct {
		int number;
		const char *name, *text;
	} errors[] = {
#define ENTRY(name, text) {name, #name, text},
	    DJED_ERRORS(ENTRY)
#undef ENTRY
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == error) {
			add(to, "-1 %s (%s)", errors[i].name, errors[i].text);
			return;
		}
	add(to, "-1 (error %" PRId64 ")", error);
}

/* ---- Linux calls ---------------------------------------------------------------------------------- */

static void add_flags(struct text *to, const struct linux_set *set, uint64_t value)
{
	uint64_t left = value & ~set->mask;
	const char *bar = "";

	for (const struct linux_constant *c = set->constant; c->name; c++)
		if (set->mask && (c->value & ~set->mask) == 0 && c->value == (value & set->mask)) {
			add(to, "%s", c->name);
			bar = "|";
			break;
		}
	if (!bar[0])
		left |= value & set->mask;
	/* Larger constants may contain smaller ones (O_SYNC has the bit of O_DSYNC): largest first. */
	for (uint64_t below = UINT64_MAX;;) {
		const struct linux_constant *best = NULL;

		for (const struct linux_constant *c = set->constant; c->name; c++)
			if ((c->value & ~set->mask) != 0 && c->value < below &&
			    (!best || c->value > best->value))
				best = c;
		if (!best)
			break;
		below = best->value;
		if ((left & best->value) != best->value)
			continue;
		add(to, "%s%s", bar, best->name);
		bar = "|";
		left &= ~best->value;
	}
	if (left || !bar[0])
		add(to, left ? "%s0x%" PRIx64 : "%s%" PRIu64, bar, left);
}

static bool add_constant(struct text *to, const struct linux_set *set, uint64_t value)
{
	for (const struct linux_constant *c = set->constant; c->name; c++)
		if (c->value == value) {
			add(to, "%s", c->name);
			return true;
		}
	return false;
}

static void add_memory(struct text *to, uint64_t address, uint64_t length, bool path,
		       const struct decode_memory *memory)
{
	uint8_t bytes[PATH_SHOWN];
	size_t wanted = path ? PATH_SHOWN : length < SHOWN ? (size_t)length : SHOWN, n = 0;

	if (address && memory && wanted)
		n = memory->read(memory->context, address, bytes, wanted);
	if (!address) {
		add(to, "NULL");
	} else if (!n || n > wanted) {
		add(to, "0x%" PRIx64, address);
	} else if (path) {
		const uint8_t *end = memchr(bytes, 0, n);

		add_quoted(to, bytes, end ? (size_t)(end - bytes) : n, !end);
	} else {
		add_quoted(to, bytes, n, length > n);
	}
}

static void add_argument(struct text *to, unsigned kind, const struct linux_argument *argument,
			 uint64_t value, const uint64_t all[6], const struct decode_memory *memory)
{
	bool narrow =
	    kind == LINUX_ARGUMENT_UINT || kind == LINUX_ARGUMENT_INT || kind == LINUX_ARGUMENT_SIGNAL;

	if (argument && argument->set && kind == LINUX_ARGUMENT_VALUE &&
	    add_constant(to, argument->set, value))
		return;
	if (argument && argument->set && (kind == LINUX_ARGUMENT_FLAGS || argument->set->flags)) {
		add_flags(to, argument->set, (uint32_t)value);
		return;
	}
	if (argument && argument->set && narrow && add_constant(to, argument->set, (uint32_t)value))
		return;
	switch (kind) {
	case LINUX_ARGUMENT_FD:
		if ((int32_t)value == -100)
			add(to, "AT_FDCWD");
		else
			add(to, "%" PRId32, (int32_t)value);
		break;
	case LINUX_ARGUMENT_INT:
	case LINUX_ARGUMENT_PID:
	case LINUX_ARGUMENT_SIGNAL:
	case LINUX_ARGUMENT_ID: /* -1 means: leave as it is */
		add(to, "%" PRId32, (int32_t)value);
		break;
	case LINUX_ARGUMENT_UINT:
		add(to, "%" PRIu32, (uint32_t)value);
		break;
	case LINUX_ARGUMENT_FLAGS:
		add(to, "0x%" PRIx32, (uint32_t)value);
		break;
	case LINUX_ARGUMENT_MODE:
		add(to, "0%" PRIo32, (uint32_t)value);
		break;
	case LINUX_ARGUMENT_PATH:
		add_memory(to, value, 0, true, memory);
		break;
	case LINUX_ARGUMENT_IN:
		add_memory(to, value,
			   !argument		   ? 0
			   : argument->length >= 0 ? all[argument->length]
						   : 0,
			   false, memory);
		break;
	case LINUX_ARGUMENT_OUT:
	case LINUX_ARGUMENT_INOUT:
		add_memory(to, value, 0, false, NULL);
		break;
	default:
		add_number(to, value);
		break;
	}
}

size_t decode_call(char *start, size_t size, uint64_t number, const uint64_t argument[6],
		   const struct decode_memory *memory)
{
	struct text text = begin(start, size);
	const struct linux_call *call = linux_find(number);

	if (call)
		add(&text, "%s(", call->name);
	else
		add(&text, "syscall_%" PRIu64 "(", number);
	/* Of calls whose arguments are not known all six are shown. */
	bool known = call && (call->support != LINUX_ABSENT || call->arguments);
	unsigned count = known ? call->arguments : 6;

	for (unsigned i = 0; i < count; i++) {
		add(&text, i ? ", " : "");
		add_argument(&text, known ? call->kind[i] : LINUX_ARGUMENT_VALUE,
			     known && number < LINUX_CALLS ? &linux_arguments[number][i] : NULL, argument[i],
			     argument, memory);
	}
	add(&text, ")");
	return text.length;
}

size_t decode_result(char *start, size_t size, int64_t result)
{
	struct text text = begin(start, size);

	if (result < 0 && result >= -4095)
		add_error(&text, -result);
	else
		add_number(&text, (uint64_t)result);
	return text.length;
}

/* ---- messages ----------------------------------------------------------------------------------------- */

static void add_field(struct text *to, const struct djed_label_field *field, const uint64_t *word)
{
	const uint8_t *bytes = (const uint8_t *)word;

	add(to, "%s=", field->name);
	switch (field->type) {
	case DJED_FIELD_TEXT: {
		const uint8_t *end = memchr(bytes, 0, field->size);

		add_quoted(to, bytes, end ? (size_t)(end - bytes) : field->size, !end);
		break;
	}
	case DJED_FIELD_BYTES:
		for (unsigned i = 0; i < field->size; i++)
			add(to, "%02x", bytes[i]);
		break;
	case DJED_FIELD_BOOL:
		if (*word <= 1)
			add(to, *word ? "true" : "false");
		else
			add(to, "0x%" PRIx64, *word);
		break;
	case DJED_FIELD_I32:
	case DJED_FIELD_I64:
		add(to, "%" PRId64, (int64_t)*word);
		break;
	default:
		add_number(to, *word);
		break;
	}
}

static void add_words(struct text *to, const struct djed_message *message, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		add(to, i ? ", " : "");
		add_number(to, message->word[i]);
	}
}

size_t decode_request(char *start, size_t size, const struct djed_message *message)
{
	struct text text = begin(start, size);
	const struct djed_label *label = djed_label_find(message->label);
	const char *comma = "";

	if (!label && DJED_LABEL_PROTOCOL(message->label) == DJED_PROTOCOL_LINUX)
		return decode_call(start, size, DJED_LABEL_NUMBER(message->label), message->word, NULL);
	if (!label) {
		add(&text, "message_%u_%u(", DJED_LABEL_PROTOCOL(message->label),
		    DJED_LABEL_NUMBER(message->label));
		add_words(&text, message, DJED_WORDS_MAX);
		add(&text, ")");
		return text.length;
	}
	add(&text, "%s.%s(", label->protocol, label->message);
	for (unsigned i = 0; i < label->fields; i++)
		if (label->field[i].direction & DJED_FIELD_IN) {
			add(&text, "%s", comma);
			add_field(&text, &label->field[i], &message->word[label->field[i].in_word]);
			comma = ", ";
		}
	for (unsigned i = 0; i < label->buffers; i++, comma = ", ")
		if (message->grant[i].kind == DJED_GRANT_NONE)
			add(&text, "%s%s=nothing", comma, label->buffer[i].name);
		else
			add(&text, "%s%s=<%" PRIu32 " bytes>", comma, label->buffer[i].name,
			    message->grant[i].length);
	add(&text, ")");
	return text.length;
}

size_t decode_reply(char *start, size_t size, uint32_t number, const struct djed_message *reply)
{
	struct text text = begin(start, size);
	const struct djed_label *label = djed_label_find(number);
	const char *comma = " (";

	if (reply->status < 0) {
		add_error(&text, -(int64_t)reply->status);
		return text.length;
	}
	if (DJED_LABEL_PROTOCOL(number) == DJED_PROTOCOL_LINUX)
		return decode_result(start, size, (int64_t)reply->word[0]);
	add(&text, "%" PRId32, reply->status);
	for (unsigned i = 0; label && i < label->fields; i++)
		if (label->field[i].direction & DJED_FIELD_OUT) {
			add(&text, "%s", comma);
			add_field(&text, &label->field[i], &reply->word[label->field[i].out_word]);
			comma = ", ";
		}
	add(&text, comma[0] == ',' ? ")" : "");
	return text.length;
}
