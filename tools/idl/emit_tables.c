/* labels.h: every message with its fields, by label; linux_trace.h: arguments of the Linux calls. Both are
 * plain tables, for rs, the trace decoder and the tests' generators. */
#include <inttypes.h>
#include <string.h>

#include "emit.h"

static const char label_types[] =
    "#include \"abi/errors.h\"\n#include \"abi/message.h\"\n\n"
    "enum djed_field_type "
    "{\n\tDJED_FIELD_U8,\n\tDJED_FIELD_U16,\n\tDJED_FIELD_U32,\n\tDJED_FIELD_U64,\n\tDJED_FIELD_I32,\n"
    "\tDJED_FIELD_I64,\n\tDJED_FIELD_BOOL,\n\tDJED_FIELD_BYTES,\n\tDJED_FIELD_TEXT,\n};\n"
    "enum { DJED_FIELD_IN = 1, DJED_FIELD_OUT = 2 };\n"
    "struct djed_label_field {\n"
    "\tconst char *name;\n"
    "\tuint8_t type;      /* enum djed_field_type */\n"
    "\tuint8_t direction; /* DJED_FIELD_* bits */\n"
    "\tuint8_t size;      /* bytes and texts: their size */\n"
    "\tuint8_t in_word;   /* first word in the request */\n"
    "\tuint8_t out_word;  /* first word in the reply */\n"
    "\tuint64_t low, high; /* values allowed; signed for i32 and i64 */\n"
    "};\n"
    "struct djed_label_buffer {\n"
    "\tconst char *name;\n"
    "\tuint8_t rights; /* DJED_GRANT_* bits that the receiver needs */\n"
    "\tbool optional;\n"
    "};\n"
    "struct djed_label {\n"
    "\tuint32_t label;\n"
    "\tconst char *protocol, *message;\n"
    "\tuint8_t effect;  /* enum djed_effect */\n"
    "\tuint8_t recover; /* errno to give if recovery must fail it */\n"
    "\tbool parks;\n"
    "\tuint8_t fields, buffers;\n"
    "\tconst struct djed_label_field *field;\n"
    "\tstruct djed_label_buffer buffer[DJED_GRANTS_MAX];\n"
    "};\n";

static void emit_limits(FILE *to, const struct idl_field *field)
{
	static const uint64_t highs[] = {UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX, INT32_MAX,
					 INT64_MAX, 1,		0,	    0};
	uint64_t low = field->type == IDL_I32	? (uint64_t)INT32_MIN
		       : field->type == IDL_I64 ? (uint64_t)INT64_MIN
						: 0;

	fprintf(to, "0x%" PRIx64 ", 0x%" PRIx64, field->ranged ? (uint64_t)field->low : low,
		field->ranged ? field->high : highs[field->type]);
}

static unsigned emit_fields(FILE *to, const struct idl_protocol *protocol, const struct idl_message *message)
{
	unsigned count = 0;

	if (!message->fields)
		return 0;
	fprintf(to, "static const struct djed_label_field djed_fields_%s_%s[] = {\n", protocol->name,
		message->name);
	for (const struct idl_field *field = message->fields; field; field = field->next, count++) {
		fprintf(to, "\t{\"%s\", DJED_FIELD_%s, %d, %u, %u, %u, ", field->name,
			idl_capitals(idl_type_name(field->type)).text, field->direction, field->bytes,
			field->in_word, field->out_word);
		emit_limits(to, field);
		fputs("},\n", to);
	}
	fputs("};\n", to);
	return count;
}

static void emit_label(FILE *to, const struct idl_protocol *protocol, const struct idl_message *message)
{
	unsigned fields = 0;

	for (const struct idl_field *field = message->fields; field; field = field->next)
		fields++;
	fprintf(to, "\t{DJED_LABEL(%u, %u), \"%s\", \"%s\", %s, %s, %s, %u, %u, ", protocol->number,
		message->number, protocol->name, message->name, idl_effect_constant(message->effect),
		message->recover ? message->recover->name : "EIO", message->parks ? "true" : "false", fields,
		message->buffer_count);
	if (fields)
		fprintf(to, "djed_fields_%s_%s, {", protocol->name, message->name);
	else
		fputs("0, {", to);
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next)
		fprintf(to, "{\"%s\", %d, %s}%s", buffer->name, buffer->rights,
			buffer->optional ? "true" : "false", buffer->next ? ", " : "");
	fputs(message->buffers ? "}},\n" : "{0}}},\n", to);
}

void idl_emit_labels(FILE *to, const struct idl *idl)
{
	unsigned count = 0;

	idl_emit_opening(to, "PROTOCOLS_LABELS_H", "Every message with its fields, by label.");
	fputs(label_types, to);
	fputc('\n', to);
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		for (const struct idl_message *message = protocol->messages; message;
		     message = message->next, count++)
			emit_fields(to, protocol, message);
	fputs("static const struct djed_label djed_labels[] = {\n", to);
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		for (const struct idl_message *message = protocol->messages; message; message = message->next)
			emit_label(to, protocol, message);
	/* An array may not be empty. */
	fprintf(to, "%s};\nenum { DJED_LABELS = %u };\n", count ? "" : "\t{0},\n", count);
	fputs("\n/* What is known about a label; NULL: nothing (Linux calls are in linux_table.h). */\n"
	      "static inline const struct djed_label *djed_label_find(uint32_t label)\n{\n"
	      "\tfor (unsigned i = 0; i < DJED_LABELS; i++)\n\t\tif (djed_labels[i].label == "
	      "label)\n\t\t\treturn &djed_labels[i];\n"
	      "\treturn 0;\n}\n",
	      to);
	idl_emit_closing(to);
}

/* ---- Linux calls -------------------------------------------------------------------------------- */

static const char trace_types[] =
    "#include \"linux_table.h\"\n\n"
    "struct linux_constant {\n\tconst char *name; /* NULL: end of the list */\n\tuint64_t value;\n};\n"
    "struct linux_set {\n"
    "\tbool flags;    /* bits to be ored; else alternatives */\n"
    "\tuint64_t mask; /* flags: these bits together are one value */\n"
    "\tconst struct linux_constant *constant;\n"
    "};\n"
    "struct linux_argument {\n"
    "\tconst char *name;\n"
    "\tconst struct linux_set *set; /* or NULL */\n"
    "\tint8_t length; /* memory: argument with its length in bytes, -1: none */\n"
    "\tuint32_t size; /* memory: its size in bytes, 0: not stated */\n"
    "};\n";

static int argument_index(const struct idl_call *call, const char *name)
{
	int index = 0;

	for (const struct idl_argument *argument = call->arguments; argument;
	     argument = argument->next, index++)
		if (name && strcmp(argument->name, name) == 0)
			return index;
	return -1;
}

void idl_emit_linux_trace(FILE *to, const struct idl *idl)
{
	idl_emit_opening(to, "PROTOCOLS_LINUX_TRACE_H",
			 "Arguments of the Linux calls and their constants, for traces.");
	fputs(trace_types, to);
	for (const struct idl_set *set = idl->sets; set; set = set->next) {
		fprintf(to,
			"\nstatic const struct linux_set linux_set_%s = {\n\t%s, 0x%" PRIx64
			", (const struct linux_constant[]){\n",
			set->name, set->flags ? "true" : "false", set->mask);
		for (const struct idl_constant *constant = set->constants; constant;
		     constant = constant->next)
			fprintf(to, "\t\t{\"%s\", 0x%" PRIx64 "},\n", constant->name, constant->value);
		fputs("\t\t{0, 0}}};\n", to);
	}
	fputs("\nstatic const struct linux_argument linux_arguments[LINUX_CALLS][6] = {\n", to);
	for (const struct idl_call *call = idl->calls; call; call = call->next) {
		if (!call->arguments)
			continue;
		fprintf(to, "\t[%u] = {", call->number);
		for (const struct idl_argument *argument = call->arguments; argument;
		     argument = argument->next)
			fprintf(to, "%s{\"%s\", %s%s, %d, %u}", argument == call->arguments ? "" : ", ",
				argument->name, argument->set ? "&linux_set_" : "0",
				argument->set ? argument->set->name : "",
				argument_index(call, argument->length), argument->size);
		fputs("},\n", to);
	}
	fputs("};\n", to);
	idl_emit_closing(to);
}
