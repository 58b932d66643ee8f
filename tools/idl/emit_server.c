/* NAME_server.h: validation and dispatch for the server that answers a protocol's messages. */
#include "emit.h"

static void emit_handler(FILE *to, const char *protocol, const struct idl_message *message)
{
	const char *comma = "";

	idl_emit_contract(to, message);
	fprintf(to, "djed_status %s_on_%s(", protocol, message->name);
	for (const struct idl_field *field = message->fields; field; field = field->next)
		if (field->direction & IDL_IN) {
			fputs(comma, to);
			idl_emit_parameter(to, field);
			comma = ", ";
		}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next) {
		fprintf(to, "%sstruct djed_buffer %s", comma, buffer->name);
		comma = ", ";
	}
	for (const struct idl_field *field = message->fields; field; field = field->next)
		if (field->direction == IDL_OUT) {
			fputs(comma, to);
			idl_emit_parameter(to, field);
			comma = ", ";
		}
	fputs(comma[0] ? ");\n" : "void);\n", to);
}

/* Whether any 64 bits are a value of the field. */
static bool unlimited(const struct idl_field *field)
{
	return field->type == IDL_BYTES ||
	       (!field->ranged && (field->type == IDL_U64 || field->type == IDL_I64));
}

/* Whether a request can be malformed. */
static bool limited(const struct idl_message *message)
{
	for (const struct idl_field *field = message->fields; field; field = field->next)
		if ((field->direction & IDL_IN) && !unlimited(field))
			return true;
	return message->buffers != NULL;
}

/* Looks whether the request is malformed, and makes the buffers. */
static void emit_conditions(FILE *to, const struct idl_message *message, bool application)
{
	unsigned argument = 0, grant = 0;
	char word[64];

	fputs("\tbool malformed_ = false;\n\n", to);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & IDL_IN))
			continue;
		snprintf(word, sizeof(word), "word_[%u]", field->in_word);
		argument = field->in_word + field->words;
		if (unlimited(field))
			continue;
		fputs("\tmalformed_ |= !(", to);
		idl_emit_fits(to, field, word);
		fputs(");\n", to);
	}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next, grant++) {
		fprintf(to, "\tstruct djed_buffer buffer_%s;\n", buffer->name);
		if (application) {
			fprintf(to,
				"\tif (application_)\n\t\tmalformed_ |= !djed_borrow_application(word_[%u], "
				"word_[%u], %d, &buffer_%s);\n\telse\n\t",
				argument, argument + 1, buffer->rights, buffer->name);
			argument += 2;
		}
		fprintf(to, "\tmalformed_ |= !djed_borrow(d, %u, %d, %s, &buffer_%s);\n", grant,
			buffer->rights, buffer->optional ? "true" : "false", buffer->name);
	}
	fputs("\tif (malformed_) {\n\t\tdjed_result(-EINVAL, 0, 0);\n\t\treturn;\n\t}\n", to);
}

/* Variables for what the handler writes; inout ones start with the request's value. */
static void emit_variables(FILE *to, const struct idl_message *message)
{
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & IDL_OUT))
			continue;
		if (field->type >= IDL_BYTES)
			fprintf(to, "\tuint64_t out_%s[%u] = {0};\n", field->name, field->words);
		else if (field->direction == IDL_INOUT)
			fprintf(to, "\t%s out_%s = (%s)word_[%u];\n", idl_c_type(field->type), field->name,
				idl_c_type(field->type), field->in_word);
		else
			fprintf(to, "\t%s out_%s = 0;\n", idl_c_type(field->type), field->name);
		if (field->type >= IDL_BYTES && field->direction == IDL_INOUT)
			fprintf(to, "\t__builtin_memcpy(out_%s, &word_[%u], %u);\n", field->name,
				field->in_word, field->bytes);
	}
}

static void emit_handler_call(FILE *to, const char *protocol, const struct idl_message *message)
{
	const char *comma = "";

	fprintf(to, "\tdjed_status status_ = %s_on_%s(", protocol, message->name);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & IDL_IN))
			continue;
		if (field->type >= IDL_BYTES && field->direction == IDL_IN)
			fprintf(to, "%s(const %s *)&word_[%u]", comma,
				field->type == IDL_TEXT ? "char" : "void", field->in_word);
		else if (field->type >= IDL_BYTES)
			fprintf(to, "%s(%s *)out_%s", comma, field->type == IDL_TEXT ? "char" : "void",
				field->name);
		else if (field->direction == IDL_INOUT)
			fprintf(to, "%s&out_%s", comma, field->name);
		else
			fprintf(to, "%s(%s)word_[%u]", comma, idl_c_type(field->type), field->in_word);
		comma = ", ";
	}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next) {
		fprintf(to, "%sbuffer_%s", comma, buffer->name);
		comma = ", ";
	}
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (field->direction != IDL_OUT)
			continue;
		if (field->type >= IDL_BYTES)
			fprintf(to, "%s(%s *)out_%s", comma, field->type == IDL_TEXT ? "char" : "void",
				field->name);
		else
			fprintf(to, "%s&out_%s", comma, field->name);
		comma = ", ";
	}
	fputs(");\n", to);
}

/* An answer has an error that the interface names, or values in their ranges. */
static void emit_checks(FILE *to, const struct idl_message *message)
{
	char word[64];

	fputs("\tbool sound_ = status_ == 0 || status_ == -EDEADLK", to);
	if (message->recover)
		fprintf(to, " || status_ == -%s", message->recover->name);
	for (const struct idl_error *error = message->errors; error; error = error->next)
		fprintf(to, " || status_ == -%s", error->name);
	fputs(";\n", to);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & IDL_OUT))
			continue;
		if (field->within)
			fprintf(to, "\tsound_ &= out_%s <= buffer_%s.length;\n", field->name, field->within);
		if (field->type >= IDL_BYTES || !field->ranged)
			continue;
		snprintf(word, sizeof(word), "out_%s", field->name);
		fputs("\tsound_ &= status_ != 0 || (", to);
		idl_emit_fits(to, field, word);
		fputs(");\n", to);
	}
	fputs("\tdjed_answer_must(sound_);\n", to);
}

static void emit_result(FILE *to, const struct idl_message *message)
{
	if (!message->out_words) {
		fputs("\tdjed_result(status_, 0, 0);\n", to);
		return;
	}
	fprintf(to, "\tuint64_t reply_[%u] = {0};\n\n", message->out_words);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & IDL_OUT))
			continue;
		if (field->type >= IDL_BYTES)
			fprintf(to, "\t__builtin_memcpy(&reply_[%u], out_%s, %u);\n", field->out_word,
				field->name, field->bytes);
		else
			fprintf(to, "\treply_[%u] = (uint64_t)out_%s;\n", field->out_word, field->name);
	}
	fprintf(to, "\tdjed_result(status_, reply_, %u);\n", message->out_words);
}

static void emit_serve(FILE *to, const struct idl_protocol *protocol, const struct idl_message *message)
{
	bool application = protocol->application != 0;

	fputc('\n', to);
	emit_handler(to, protocol->name, message);
	fprintf(to, "static inline void %s_serve_%s(const struct djed_delivery *d)\n{\n", protocol->name,
		message->name);
	if (message->in_words || (application && message->buffers))
		fputs("\tconst uint64_t *word_ = d->message.word;\n", to);
	else if (!message->buffers)
		fputs("\t(void)d;\n", to);
	if (application && message->buffers)
		fputs("\tbool application_ = DJED_LABEL_PROTOCOL(d->message.label) == DJED_PROTOCOL_LINUX;\n",
		      to);
	if (limited(message))
		emit_conditions(to, message, application);
	emit_variables(to, message);
	emit_handler_call(to, protocol->name, message);
	emit_checks(to, message);
	emit_result(to, message);
	fputs("}\n", to);
}

void idl_emit_server(FILE *to, const struct idl_protocol *protocol)
{
	struct idl_capitals guard = idl_capitals(protocol->name);

	fprintf(
	    to,
	    "/* Validation and dispatch for the server that answers %s. It defines the %s_on_ functions.\n",
	    protocol->name, protocol->name);
	fputs(" * Made by djed-idl: change the interface file instead. */\n", to);
	fprintf(to,
		"#ifndef PROTOCOLS_%s_SERVER_H\n#define PROTOCOLS_%s_SERVER_H\n\n#include "
		"<djed/protocol.h>\n\n#include \"%s.h\"\n",
		guard.text, guard.text, protocol->name);
	for (const struct idl_message *message = protocol->messages; message; message = message->next)
		emit_serve(to, protocol, message);
	fprintf(to,
		"\n/* Validates the message (else it is answered with -EINVAL), calls its handler, answers "
		"with what that gives.\n * False: not a message of this protocol, nothing was done. */\n");
	fprintf(to,
		"static inline bool %s_dispatch(const struct djed_delivery *d)\n{\n\tswitch "
		"(d->message.label) {\n",
		protocol->name);
	for (const struct idl_message *message = protocol->messages; message; message = message->next) {
		fprintf(to, "\tcase %s_%s:\n", idl_capitals(protocol->name).text,
			idl_capitals(message->name).text);
		if (protocol->application)
			fprintf(to, "\tcase DJED_LABEL(DJED_PROTOCOL_LINUX, %u):\n",
				protocol->application + message->number);
		fprintf(to, "\t\t%s_serve_%s(d);\n\t\treturn true;\n", protocol->name, message->name);
	}
	fputs("\tdefault:\n\t\treturn false;\n\t}\n}\n", to);
	idl_emit_closing(to);
}
