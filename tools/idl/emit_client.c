/* NAME_client.h: stubs for servers that send a protocol's messages. */
#include "emit.h"

void idl_emit_parameter(FILE *to, const struct idl_field *field)
{
	bool in = field->direction == IDL_IN;

	if (field->type >= IDL_BYTES)
		fprintf(to, "%s%s *%s", in ? "const " : "", field->type == IDL_TEXT ? "char" : "void",
			field->name);
	else
		fprintf(to, "%s %s%s", idl_c_type(field->type), in ? "" : "*", field->name);
}

static void emit_parameters(FILE *to, const struct idl_message *message, bool outs)
{
	fputs("djed_slot to", to);
	for (const struct idl_field *field = message->fields; field; field = field->next)
		if (field->direction & IDL_IN) {
			fputs(", ", to);
			idl_emit_parameter(to, field);
		}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next)
		fprintf(to, ", struct djed_buffer %s", buffer->name);
	for (const struct idl_field *field = message->fields; outs && field; field = field->next)
		if (field->direction == IDL_OUT) {
			fputs(", ", to);
			idl_emit_parameter(to, field);
		}
}

/* Statements that fill djed_out(). */
static void emit_filling(FILE *to, const char *label, const struct idl_message *message)
{
	unsigned grant = 0;

	fprintf(to,
		message->in_words || message->buffers
		    ? "\tstruct djed_message *message_ = djed_begin(%s);\n\n"
		    : "\tdjed_begin(%s);\n",
		label);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & IDL_IN))
			continue;
		if (field->type == IDL_TEXT)
			fprintf(
			    to,
			    "\tif (!djed_put_text(&message_->word[%u], %s, %u))\n\t\treturn -ENAMETOOLONG;\n",
			    field->in_word, field->name, field->bytes);
		else if (field->type == IDL_BYTES)
			fprintf(to, "\t__builtin_memcpy(&message_->word[%u], %s, %u);\n", field->in_word,
				field->name, field->bytes);
		else
			fprintf(to, "\tmessage_->word[%u] = (uint64_t)%s%s;\n", field->in_word,
				field->direction == IDL_INOUT ? "*" : "", field->name);
	}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next)
		fprintf(to, "\tmessage_->grant[%u] = djed_lend(%s, %d);\n", grant++, buffer->name,
			buffer->rights);
}

/* Checks the whole reply first, then gives it to the caller. */
static void emit_answer(FILE *to, const struct idl_message *message)
{
	char word[64];

	fputs("\tconst struct djed_message *answer_ = djed_answer();\n\n", to);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		bool checked = field->type != IDL_BYTES && !(field->type == IDL_U64 && !field->ranged) &&
			       !(field->type == IDL_I64 && !field->ranged);

		if (!(field->direction & IDL_OUT) || !checked)
			continue;
		snprintf(word, sizeof(word), "answer_->word[%u]", field->out_word);
		fputs("\tif (!(", to);
		idl_emit_fits(to, field, word);
		fputs("))\n\t\treturn -EPROTO;\n", to);
	}
	for (const struct idl_field *field = message->fields; field; field = field->next)
		if (field->within)
			fprintf(to, "\tif (answer_->word[%u] > %s.length)\n\t\treturn -EPROTO;\n",
				field->out_word, field->within);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & IDL_OUT))
			continue;
		if (field->type >= IDL_BYTES)
			fprintf(to, "\t__builtin_memcpy(%s, &answer_->word[%u], %u);\n", field->name,
				field->out_word, field->bytes);
		else
			fprintf(to, "\t*%s = (%s)answer_->word[%u];\n", field->name, idl_c_type(field->type),
				field->out_word);
	}
}

static void emit_call(FILE *to, const char *protocol, const char *label, const struct idl_message *message)
{
	fputc('\n', to);
	idl_emit_contract(to, message);
	fprintf(to, "[[nodiscard]] static inline djed_status %s_%s(", protocol, message->name);
	emit_parameters(to, message, true);
	fprintf(to, ")\n{\n\tdjed_effect(%s);\n", idl_effect_constant(message->effect));
	emit_filling(to, label, message);
	if (!message->out_words) {
		fprintf(to, "\treturn djed_call(to, %s, %s);\n}\n", label,
			idl_effect_constant(message->effect));
		return;
	}
	fprintf(to, "\tdjed_status status_ = djed_call(to, %s, %s);\n", label,
		idl_effect_constant(message->effect));
	fputs("\n\tif (status_ != 0)\n\t\treturn status_;\n", to);
	emit_answer(to, message);
	fputs("\treturn 0;\n}\n", to);
}

static void emit_forward(FILE *to, const char *protocol, const char *label, const struct idl_message *message)
{
	bool may_fail = false;

	for (const struct idl_field *field = message->fields; field; field = field->next)
		may_fail |= field->type == IDL_TEXT && (field->direction & IDL_IN);
	fprintf(to, "\n/* Hands the held request on as this message%s. */\n",
		may_fail ? "; -ENAMETOOLONG: a text is too long, nothing was forwarded" : "");
	fprintf(to, "%sstatic inline %s %s_%s_forward(", may_fail ? "[[nodiscard]] " : "",
		may_fail ? "djed_status" : "void", protocol, message->name);
	/* What goes in and out comes back to the request's sender, not to the one who forwards. */
	emit_parameters(to, message, false);
	fputs(")\n{\n", to);
	emit_filling(to, label, message);
	fprintf(to, "\tdjed_forward(to);\n%s}\n", may_fail ? "\treturn 0;\n" : "");
}

void idl_emit_client(FILE *to, const struct idl_protocol *protocol)
{
	struct idl_capitals guard = idl_capitals(protocol->name);

	fprintf(to,
		"/* Stubs for servers that send messages of %s.\n * Made by djed-idl: change the interface "
		"file instead. */\n",
		protocol->name);
	fprintf(to,
		"#ifndef PROTOCOLS_%s_CLIENT_H\n#define PROTOCOLS_%s_CLIENT_H\n\n#include "
		"<djed/protocol.h>\n\n#include \"%s.h\"\n",
		guard.text, guard.text, protocol->name);
	for (const struct idl_message *message = protocol->messages; message; message = message->next) {
		char label[2 * IDL_NAME_MAX + 2];

		snprintf(label, sizeof(label), "%s_%s", idl_capitals(protocol->name).text,
			 idl_capitals(message->name).text);
		/* A message that may wait for the outside world is only ever forwarded (rule 6). */
		if (!message->parks)
			emit_call(to, protocol->name, label, message);
		emit_forward(to, protocol->name, label, message);
	}
	idl_emit_closing(to);
}
