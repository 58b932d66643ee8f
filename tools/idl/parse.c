/* Protocols: their messages, and the operations of the kernel. */
#include "parse.h"

#include <ctype.h>
#include <string.h>

const char *idl_expect_string(struct idl_lexer *lexer, const char *what)
{
	const char *text = lexer->text;

	if (lexer->failed)
		return "";
	if (lexer->kind != IDL_STRING) {
		idl_reject(lexer, "expected %s in quotes, found %s", what, idl_describe(lexer));
		return "";
	}
	idl_advance(lexer);
	return text;
}

static bool keyword_of_c(const char *name)
{
	/* Keywords that can be spelled in lower case, and macros that the generated code's headers define. */
	static const char *const words[] = {
	    "alignas",	    "alignof",	 "asm",		  "assert",   "errno",
	    "auto",	    "bool",	 "break",	  "case",     "char",
	    "const",	    "constexpr", "continue",	  "default",  "do",
	    "double",	    "else",	 "enum",	  "extern",   "false",
	    "float",	    "for",	 "goto",	  "if",	      "inline",
	    "int",	    "linux",	 "long",	  "nullptr",  "offsetof",
	    "register",	    "restrict",	 "return",	  "short",    "signed",
	    "sizeof",	    "static",	 "static_assert", "struct",   "switch",
	    "thread_local", "true",	 "typedef",	  "typeof",   "typeof_unqual",
	    "union",	    "unix",	 "unreachable",	  "unsigned", "void",
	    "volatile",	    "while",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

const char *idl_expect_identifier(struct idl_lexer *lexer, const char *what)
{
	const char *name = lexer->text;

	if (!lexer->failed && lexer->kind == IDL_NAME) {
		size_t length = strlen(name);

		if (keyword_of_c(name))
			idl_reject(lexer, "%s may not be called %s, which means something in C", what, name);
		else if (name[0] == '_' || name[length - 1] == '_')
			idl_reject(lexer, "%s may not begin or end with an underscore: %s", what, name);
		else if (strncmp(name, "djed_", 5) == 0 ||
			 (length > 2 && strcmp(name + length - 2, "_t") == 0))
			idl_reject(lexer, "%s may not begin with djed_ or end with _t: %s", what, name);
		for (size_t i = 0; i < length && !lexer->failed; i++)
			if (isupper((unsigned char)name[i]))
				idl_reject(lexer, "%s must be in lower case: %s", what, name);
	}
	name = idl_expect_name(lexer, what);
	return lexer->failed ? "" : name;
}

enum idl_effect idl_expect_effect(struct idl_lexer *lexer)
{
	for (enum idl_effect effect = IDL_READS; effect <= IDL_FINAL; effect++)
		if (idl_take_name(lexer, idl_effect_name(effect)))
			return effect;
	if (!lexer->failed)
		idl_reject(lexer,
			   "expected a side-effect class (reads, undoable, deferrable, compensatable, "
			   "repeatable or final), found %s",
			   idl_describe(lexer));
	return IDL_FINAL;
}

struct idl_error *idl_expect_error(struct idl_lexer *lexer)
{
	struct idl_error *error = idl_allocate(lexer->idl, sizeof(*error));

	error->name = lexer->text;
	if (!lexer->failed && lexer->kind == IDL_NAME) {
		error->number = idl_errno(lexer->text);
		if (!error->number)
			idl_reject(lexer, "unknown errno %s", lexer->text);
	}
	idl_expect_name(lexer, "the name of an errno");
	return error;
}

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

static struct idl_message *parse_message(struct idl_lexer *lexer, bool operation)
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

static void add_message(struct idl_lexer *lexer, struct idl_protocol *protocol, struct idl_message *message)
{
	struct idl_message **next = &protocol->messages;

	if (lexer->failed)
		return;
	for (; *next; next = &(*next)->next) {
		if ((*next)->number == message->number)
			idl_fail(lexer->idl, lexer->file, message->line,
				 "number %u is taken by %s of line %u", message->number, (*next)->name,
				 (*next)->line);
		if (strcmp((*next)->name, message->name) == 0)
			idl_fail(lexer->idl, lexer->file, message->line, "name %s is taken by line %u",
				 message->name, (*next)->line);
	}
	*next = message;
}

static void parse_application(struct idl_lexer *lexer, struct idl_protocol *protocol)
{
	unsigned line = lexer->token_line;

	protocol->application =
	    (unsigned)idl_expect_number(lexer, "the first number of the application's calls", 0xffff);
	if (lexer->kind == IDL_NAME && !idl_at_name(lexer, "message"))
		protocol->service = idl_expect_identifier(lexer, "a service");
	if (!lexer->failed && protocol->application < IDL_APPLICATION_MIN)
		idl_fail(lexer->idl, lexer->file, line, "numbers below %d belong to Linux: %u",
			 IDL_APPLICATION_MIN, protocol->application);
}

static void parse_protocol(struct idl_lexer *lexer)
{
	struct idl *idl = lexer->idl;
	struct idl_protocol *protocol = idl_allocate(idl, sizeof(*protocol)), **next = &idl->protocols;

	protocol->file = lexer->file;
	protocol->line = lexer->token_line;
	protocol->name = idl_expect_identifier(lexer, "a protocol");
	protocol->service = protocol->name;
	protocol->number = (unsigned)idl_expect_number(lexer, "the protocol's number", 0xffff);
	protocol->text = idl_expect_string(lexer, "a description");
	bool kernel = protocol->number == 0;

	if (!kernel && idl_take_name(lexer, "application"))
		parse_application(lexer, protocol);
	while (!lexer->failed && lexer->kind != IDL_END) {
		if (!kernel && idl_take_name(lexer, "message"))
			add_message(lexer, protocol, parse_message(lexer, false));
		else if (kernel && idl_take_name(lexer, "operation"))
			add_message(lexer, protocol, parse_message(lexer, true));
		else
			idl_reject(lexer, "expected %s, found %s", kernel ? "operation" : "message",
				   idl_describe(lexer));
	}
	if (lexer->failed)
		return;
	if (kernel) {
		if (idl->kernel)
			idl_fail(idl, protocol->file, protocol->line,
				 "operations of the kernel are already described in %s", idl->kernel->file);
		idl->kernel = protocol;
		return;
	}
	/* By number, so that the output does not depend on the order of the files. */
	while (*next && (*next)->number <= protocol->number)
		next = &(*next)->next;
	protocol->next = *next;
	*next = protocol;
}

bool idl_parse(struct idl *idl, const char *file, const char *text, size_t length)
{
	struct idl_lexer lexer;

	idl_lexer_begin(&lexer, idl, file, text, length);
	if (idl_take_name(&lexer, "protocol"))
		parse_protocol(&lexer);
	else if (idl_take_name(&lexer, "linux"))
		idl_parse_linux(&lexer);
	else if (!lexer.failed)
		idl_reject(&lexer, "expected protocol or linux, found %s", idl_describe(&lexer));
	return !idl->error[0];
}
