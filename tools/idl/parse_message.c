/* Messages and operations: their fields, buffers and errors. */
#include <string.h>

#include "parse.h"

/* ---- fields ------------------------------------------------------------------------------------ */

static void parse_type(struct idl_lexer *lexer, struct idl_field *field)
{
	field->words = 1;
	for (enum idl_type type = IDL_U8; type <= IDL_TEXT; type++) {
		if (!idl_take_name(lexer, idl_type_name(type)))
			continue;
		field->type = type;
		if (type < IDL_BYTES)
			return;
		idl_expect_sign(lexer, '[');
		field->bytes = (unsigned)idl_expect_number(lexer, "size", IDL_BYTES_MAX);
		if (!lexer->failed && field->bytes < (type == IDL_TEXT ? 2 : 1))
			idl_reject(lexer, "size of %s is too small: %u", field->name, field->bytes);
		idl_expect_sign(lexer, ']');
		field->words = (field->bytes + 7) / 8;
		return;
	}
	if (!lexer->failed)
		idl_reject(
		    lexer,
		    "unknown type %s: one of u8 u16 u32 u64 i32 i64 bool bytes[N] text[N] was expected",
		    idl_describe(lexer));
}

/* Smallest and largest value of a scalar type; for u64 `low` is 0. */
static void type_limits(enum idl_type type, int64_t *low, uint64_t *high)
{
	static const int64_t lows[] = {0, 0, 0, 0, INT32_MIN, INT64_MIN, 0};
	static const uint64_t highs[] = {UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX,
					 INT32_MAX, INT64_MAX,	1};

	*low = lows[type];
	*high = highs[type];
}

static int64_t expect_bound(struct idl_lexer *lexer, const struct idl_field *field)
{
	int64_t low;
	uint64_t high;

	type_limits(field->type, &low, &high);
	if (lexer->failed)
		return 0;
	if (lexer->kind != IDL_NUMBER) {
		idl_reject(lexer, "expected a bound of the range, found %s", idl_describe(lexer));
		return 0;
	}
	int64_t bound = lexer->negative ? (int64_t)(0 - lexer->number) : (int64_t)lexer->number;
	bool fits = lexer->negative ? low < 0 && bound >= low : lexer->number <= high;

	if (!fits)
		idl_reject(lexer, "%s is outside of %s", lexer->text, idl_type_name(field->type));
	idl_advance(lexer);
	return bound;
}

static void parse_range(struct idl_lexer *lexer, struct idl_field *field)
{
	if (field->type >= IDL_BOOL) {
		idl_reject(lexer, "%s cannot have a range", idl_type_name(field->type));
		return;
	}
	field->ranged = true;
	field->low = expect_bound(lexer, field);
	field->high = (uint64_t)expect_bound(lexer, field);
	bool is_signed = field->type == IDL_I32 || field->type == IDL_I64;

	if (!lexer->failed &&
	    (is_signed ? field->low > (int64_t)field->high : (uint64_t)field->low > field->high))
		idl_reject(lexer, "range of %s is empty", field->name);
}

/* Takes ';' and, if nothing else describes the field, the comment behind it. */
static const char *end_of_field(struct idl_lexer *lexer, const char *text)
{
	unsigned line = lexer->token_line;

	lexer->comment_line = 0;
	idl_expect_sign(lexer, ';');
	return !text && lexer->comment_line == line ? lexer->comment : text ? text : "";
}

static struct idl_field *parse_field(struct idl_lexer *lexer, enum idl_direction direction, bool operation)
{
	struct idl_field *field = idl_allocate(lexer->idl, sizeof(*field));
	const char *text = NULL;

	field->line = lexer->token_line;
	field->direction = direction;
	field->name = idl_expect_identifier(lexer, "a field");
	parse_type(lexer, field);
	if (!lexer->failed && operation && (field->type != IDL_U64 || direction == IDL_INOUT))
		idl_reject(lexer, "fields of operations are registers: in or out, u64");
	while (!lexer->failed && !idl_at_sign(lexer, ';')) {
		if (lexer->kind == IDL_STRING && !text) {
			text = idl_expect_string(lexer, "a text");
		} else if (idl_at_name(lexer, "range") && !field->ranged && !operation) {
			idl_advance(lexer);
			parse_range(lexer, field);
		} else if (idl_at_name(lexer, "within") && !field->within && direction == IDL_OUT &&
			   field->type <= IDL_U64 && !operation) {
			idl_advance(lexer);
			field->within = idl_expect_identifier(lexer, "a buffer");
		} else if (idl_at_name(lexer, "fills") && !field->fills && operation && direction == IDL_IN) {
			idl_advance(lexer);
			field->fills = true;
			if (idl_take_name(lexer, "struct"))
				field->fills_struct = idl_expect_identifier(lexer, "a structure");
			else
				field->fills_length = idl_expect_identifier(lexer, "a field");
		} else {
			idl_reject(lexer, "expected ';', found %s", idl_describe(lexer));
		}
	}
	field->text = end_of_field(lexer, text);
	return field;
}

static struct idl_buffer *parse_buffer(struct idl_lexer *lexer)
{
	struct idl_buffer *buffer = idl_allocate(lexer->idl, sizeof(*buffer));
	const char *text = NULL;

	buffer->line = lexer->token_line;
	buffer->name = idl_expect_identifier(lexer, "a buffer");
	if (idl_take_name(lexer, "read"))
		buffer->rights = IDL_READ;
	else if (idl_take_name(lexer, "write"))
		buffer->rights = IDL_WRITE;
	else if (idl_take_name(lexer, "both"))
		buffer->rights = IDL_BOTH;
	else if (!lexer->failed)
		idl_reject(lexer,
			   "expected what the callee does with the buffer (read, write or both), found %s",
			   idl_describe(lexer));
	buffer->optional = idl_take_name(lexer, "optional");
	if (lexer->kind == IDL_STRING)
		text = idl_expect_string(lexer, "a text");
	buffer->text = end_of_field(lexer, text);
	return buffer;
}

/* ---- messages ---------------------------------------------------------------------------------- */

static void reject_duplicate_field(struct idl_lexer *lexer, const struct idl_message *message,
				   const char *name, unsigned line)
{
	unsigned count = 0;

	for (const struct idl_field *field = message->fields; field; field = field->next)
		count += strcmp(field->name, name) == 0;
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next)
		count += strcmp(buffer->name, name) == 0;
	if (count > 1)
		idl_fail(lexer->idl, lexer->file, line, "%s has two fields called %s", message->name, name);
}

static const struct idl_buffer *find_buffer(const struct idl_message *message, const char *name)
{
	const struct idl_buffer *buffer = message->buffers;

	while (buffer && strcmp(buffer->name, name) != 0)
		buffer = buffer->next;
	return buffer;
}

static void parse_body(struct idl_lexer *lexer, struct idl_message *message, bool operation)
{
	struct idl_field **next_field = &message->fields;
	struct idl_buffer **next_buffer = &message->buffers;
	struct idl_error **next_error = &message->errors;

	while (!lexer->failed && !idl_at_sign(lexer, '}')) {
		enum idl_direction direction = idl_at_name(lexer, "in")	     ? IDL_IN
					       : idl_at_name(lexer, "out")   ? IDL_OUT
					       : idl_at_name(lexer, "inout") ? IDL_INOUT
									     : 0;

		if (direction) {
			idl_advance(lexer);
			*next_field = parse_field(lexer, direction, operation);
			reject_duplicate_field(lexer, message, (*next_field)->name, (*next_field)->line);
			next_field = &(*next_field)->next;
		} else if (!operation && idl_take_name(lexer, "buffer")) {
			*next_buffer = parse_buffer(lexer);
			reject_duplicate_field(lexer, message, (*next_buffer)->name, (*next_buffer)->line);
			next_buffer = &(*next_buffer)->next;
			message->buffer_count++;
		} else if (!operation && idl_take_name(lexer, "errors")) {
			while (lexer->kind == IDL_NAME) {
				*next_error = idl_expect_error(lexer);
				next_error = &(*next_error)->next;
			}
			idl_expect_sign(lexer, ';');
		} else if (!operation && !message->recover && idl_take_name(lexer, "recover")) {
			message->recover = idl_expect_error(lexer);
			idl_expect_sign(lexer, ';');
		} else if (!lexer->failed) {
			idl_reject(
			    lexer,
			    operation
				? "expected in, out or '}', found %s"
				: "expected in, out, inout, buffer, errors, recover (once) or '}', found %s",
			    idl_describe(lexer));
		}
	}
	idl_expect_sign(lexer, '}');
	for (const struct idl_field *field = message->fields; field && !lexer->failed; field = field->next)
		if (field->within && !find_buffer(message, field->within))
			idl_fail(lexer->idl, lexer->file, field->line, "%s has no buffer %s", message->name,
				 field->within);
}

/* Lays fields out in the words of the request and the reply. */
static void lay_out(struct idl_lexer *lexer, struct idl_message *message, bool operation)
{
	unsigned most_in = operation ? IDL_ARGUMENTS : IDL_WORDS;
	unsigned most_out = operation ? IDL_OPERATION_OUTS : IDL_WORDS;

	for (struct idl_field *field = message->fields; field; field = field->next) {
		if (field->direction & IDL_IN) {
			field->in_word = message->in_words;
			message->in_words += field->words;
		}
		if (field->direction & IDL_OUT) {
			field->out_word = message->out_words;
			message->out_words += field->words;
		}
		if (message->in_words > most_in || message->out_words > most_out)
			idl_fail(lexer->idl, lexer->file, field->line,
				 "too many words with %s: %s of %s fits %u", field->name,
				 message->in_words > most_in ? "the request" : "the reply", message->name,
				 message->in_words > most_in ? most_in : most_out);
	}
	if (message->buffer_count > IDL_BUFFERS)
		idl_fail(lexer->idl, lexer->file, message->line,
			 "%s lends %u buffers; at most %d are possible", message->name, message->buffer_count,
			 IDL_BUFFERS);
}

struct idl_message *idl_parse_message(struct idl_lexer *lexer, bool operation)
{
	struct idl_message *message = idl_allocate(lexer->idl, sizeof(*message));

	message->line = lexer->token_line;
	message->name = idl_expect_identifier(lexer, operation ? "an operation" : "a message");
	message->number =
	    (unsigned)idl_expect_number(lexer, operation ? "the operation's number" : "the message's number",
					operation ? IDL_OPERATIONS_MAX - 1 : 0xffff);
	message->effect = idl_expect_effect(lexer);
	message->parks = !operation && idl_take_name(lexer, "parks");
	message->text = idl_expect_string(lexer, "a description");
	idl_expect_sign(lexer, '{');
	parse_body(lexer, message, operation);
	if (!lexer->failed)
		lay_out(lexer, message, operation);
	return message;
}
