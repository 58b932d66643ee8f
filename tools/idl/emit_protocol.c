/* NAME.h: numbers of a protocol and the structures of its messages' words. */
#include "emit.h"

static void emit_structure(FILE *to, const char *protocol, const struct idl_message *message,
			   enum idl_direction direction, unsigned words)
{
	const char *what = direction == IDL_IN ? "request" : "reply";

	if (!words)
		return;
	fprintf(to, "struct %s_%s_%s {\n", protocol, message->name, what);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		if (!(field->direction & direction))
			continue;
		if (field->type >= IDL_BYTES)
			fprintf(to, "\t_Alignas(8) %s %s[%u];", field->type == IDL_TEXT ? "char" : "uint8_t",
				field->name, field->words * 8);
		else
			fprintf(to, "\tuint64_t %s;", field->name);
		fprintf(to, field->text[0] ? " /* %s */\n" : "\n", field->text);
	}
	fprintf(to, "};\n_Static_assert(sizeof(struct %s_%s_%s) == %u * sizeof(uint64_t), \"layout\");\n",
		protocol, message->name, what, words);
}

void idl_emit_protocol(FILE *to, const struct idl_protocol *protocol)
{
	struct idl_capitals guard = idl_capitals(protocol->name);

	fprintf(to, "/* %s: %s\n * Made by djed-idl: change the interface file instead. */\n", protocol->name,
		protocol->text);
	fprintf(to,
		"#ifndef PROTOCOLS_%s_H\n#define PROTOCOLS_%s_H\n\n#include \"abi/message.h\"\n\nenum {\n",
		guard.text, guard.text);
	fprintf(to, "\t%s_PROTOCOL = %u,\n", guard.text, protocol->number);
	for (const struct idl_message *message = protocol->messages; message; message = message->next)
		fprintf(to, "\t%s_%s = DJED_LABEL(%u, %u),\n", guard.text, idl_capitals(message->name).text,
			protocol->number, message->number);
	fputs("};\n", to);
	if (protocol->application) {
		fputs("\n/* Numbers of the Linux calls by which applications send them. */\nenum {\n", to);
		for (const struct idl_message *message = protocol->messages; message; message = message->next)
			fprintf(to, "\t%s_CALL_%s = %u,\n", idl_capitals(protocol->name).text,
				idl_capitals(message->name).text, protocol->application + message->number);
		fputs("};\n", to);
	}
	for (const struct idl_message *message = protocol->messages; message; message = message->next) {
		fputc('\n', to);
		idl_emit_contract(to, message);
		emit_structure(to, protocol->name, message, IDL_IN, message->in_words);
		emit_structure(to, protocol->name, message, IDL_OUT, message->out_words);
		for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next)
			if (buffer->text[0])
				fprintf(to, "/* Buffer %s: %s */\n", buffer->name, buffer->text);
	}
	idl_emit_closing(to);
}
