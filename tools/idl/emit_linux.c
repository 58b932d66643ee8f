/* Linux calls: linux.h, linux_table.h, linux_client.h and linux_OWNER_server.h. */
#include <inttypes.h>
#include <string.h>

#include "emit.h"

static const char *support_constant(enum idl_support support)
{
	return support == IDL_FULL ? "LINUX_FULL" : support == IDL_PARTIAL ? "LINUX_PARTIAL" : "LINUX_ABSENT";
}

/* Numbers of the sparse list end before the first application's message. */
static unsigned table_size(const struct idl *idl)
{
	unsigned size = 0;

	for (const struct idl_call *call = idl->calls; call; call = call->next)
		size = call->number + 1;
	return size;
}

void idl_emit_linux(FILE *to, const struct idl *idl)
{
	idl_emit_opening(to, "PROTOCOLS_LINUX_H", idl->linux_text);
	fputs("#include \"abi/message.h\"\n\n"
	      "/* A system call is a message with label DJED_LABEL(DJED_PROTOCOL_LINUX, number) and the six "
	      "arguments in word[0..5];\n"
	      " * a number above 0xfffe has label number 0xffff. The answer: rax = status if it is negative, "
	      "else word[0]. */\n"
	      "#define LINUX_LABEL(number) DJED_LABEL(DJED_PROTOCOL_LINUX, number)\n\nenum {\n",
	      to);
	for (const struct idl_call *call = idl->calls; call; call = call->next)
		fprintf(to, "\tLINUX_%s = %u,\n", idl_capitals(call->name).text, call->number);
	fprintf(to, "\tLINUX_CALLS = %u, /* above the largest number */\n};\n", table_size(idl));
	idl_emit_closing(to);
}

/* ---- the table ----------------------------------------------------------------------------------- */

static const char table_types[] =
    "#include \"abi/errors.h\"\n#include \"linux.h\"\n\n"
    "enum linux_support { LINUX_ABSENT = 0, LINUX_PARTIAL = 1, LINUX_FULL = 2 };\n"
    "enum linux_argument_kind {\n"
    "\tLINUX_ARGUMENT_NONE,\n\tLINUX_ARGUMENT_VALUE,\n\tLINUX_ARGUMENT_INT,\n\tLINUX_ARGUMENT_UINT,\n\tLINUX_"
    "ARGUMENT_FD,\n"
    "\tLINUX_ARGUMENT_PID,\n\tLINUX_ARGUMENT_SIGNAL,\n\tLINUX_ARGUMENT_FLAGS,\n\tLINUX_ARGUMENT_MODE,\n"
    "\tLINUX_ARGUMENT_ID,\n\tLINUX_ARGUMENT_PATH,\n\tLINUX_ARGUMENT_IN,\n\tLINUX_ARGUMENT_OUT,\n\tLINUX_"
    "ARGUMENT_INOUT,\n};\n"
    "struct linux_call {\n"
    "\tconst char *name;   /* NULL: there is no such call */\n"
    "\tconst char *owner;  /* service that receives it; NULL: nobody */\n"
    "\tuint8_t effect;     /* enum djed_effect */\n"
    "\tuint8_t support;    /* enum linux_support */\n"
    "\tbool parks;\n"
    "\tuint8_t recover;    /* errno to give if recovery must fail it */\n"
    "\tuint8_t arguments;\n"
    "\tuint8_t kind[6];    /* enum linux_argument_kind */\n"
    "};\n";

static const char *argument_kind(const struct idl_argument *argument)
{
	if (argument->kind == IDL_ADDRESS)
		return argument->direction == IDL_IN	? "in"
		       : argument->direction == IDL_OUT ? "out"
							: "inout";
	return idl_kind_name(argument->kind);
}

static void emit_call_entry(FILE *to, const struct idl_call *call)
{
	const char *quote = call->owner ? "\"" : "";

	fprintf(to, "\t[%u] = {\"%s\", %s%s%s, %s, %s, %s, %s, %u, {", call->number, call->name, quote,
		call->owner ? call->owner : "0", quote, idl_effect_constant(call->effect),
		support_constant(call->support), call->parks ? "true" : "false", call->recover->name,
		call->argument_count);
	for (const struct idl_argument *argument = call->arguments; argument; argument = argument->next)
		fprintf(to, "%sLINUX_ARGUMENT_%s", argument == call->arguments ? "" : ", ",
			idl_capitals(argument_kind(argument)).text);
	fputs(call->arguments ? "}},\n" : "0}},\n", to);
}

static void emit_message_entry(FILE *to, const struct idl_protocol *protocol,
			       const struct idl_message *message)
{
	const char *comma = "";

	fprintf(to, "\t{%u, {\"%s_%s\", \"%s\", %s, LINUX_FULL, %s, %s, %u, {",
		protocol->application + message->number, protocol->name, message->name, protocol->service,
		idl_effect_constant(message->effect), message->parks ? "true" : "false",
		message->recover ? message->recover->name : "EIO",
		message->in_words + 2 * message->buffer_count);
	for (const struct idl_field *field = message->fields; field; field = field->next)
		if (field->direction == IDL_IN) {
			fprintf(to, "%sLINUX_ARGUMENT_VALUE", comma);
			comma = ", ";
		}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next) {
		fprintf(to, "%sLINUX_ARGUMENT_%s, LINUX_ARGUMENT_VALUE", comma,
			buffer->rights == IDL_READ    ? "IN"
			: buffer->rights == IDL_WRITE ? "OUT"
						      : "INOUT");
		comma = ", ";
	}
	fputs(comma[0] ? "}}},\n" : "0}}},\n", to);
}

void idl_emit_linux_table(FILE *to, const struct idl *idl)
{
	unsigned messages = 0;

	idl_emit_opening(to, "PROTOCOLS_LINUX_TABLE_H",
			 "The Linux calls by number, and the messages that applications may send.");
	fputs(table_types, to);
	fputs("\nstatic const struct linux_call linux_table[LINUX_CALLS] = {\n", to);
	for (const struct idl_call *call = idl->calls; call; call = call->next)
		emit_call_entry(to, call);
	fputs(
	    "};\n\n/* Messages of servers' protocols, which applications send as Linux calls. */\n"
	    "static const struct {\n\tuint32_t number;\n\tstruct linux_call call;\n} linux_messages[] = {\n",
	    to);
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		for (const struct idl_message *message = protocol->application ? protocol->messages : NULL;
		     message; message = message->next, messages++)
			emit_message_entry(to, protocol, message);
	/* An array may not be empty; no call has this number. */
	fprintf(to, "%s};\nenum { LINUX_MESSAGES = %u };\n", messages ? "" : "\t{0xffffffffu, {0}},\n",
		messages);
	fputs("\n/* What is known about a number; NULL: nothing. */\n"
	      "static inline const struct linux_call *linux_find(uint64_t number)\n{\n"
	      "\tif (number < LINUX_CALLS)\n\t\treturn linux_table[number].name ? &linux_table[number] : 0;\n"
	      "\tfor (unsigned i = 0; i < sizeof(linux_messages) / sizeof(linux_messages[0]); i++)\n"
	      "\t\tif (number <= 0xfffe && linux_messages[i].number == number)\n\t\t\treturn "
	      "&linux_messages[i].call;\n"
	      "\treturn 0;\n}\n",
	      to);
	idl_emit_closing(to);
}

void idl_emit_linux_client(FILE *to, const struct idl *idl)
{
	(void)idl; /* the same for every set of calls */
	idl_emit_opening(to, "PROTOCOLS_LINUX_CLIENT_H", "For servers that hand Linux calls on.");
	fputs("#include <djed/protocol.h>\n\n#include \"linux.h\"\n\n"
	      "/* Hands the held Linux call on as it is. */\n"
	      "static inline void linux_forward(djed_slot to, const struct djed_delivery *d)\n{\n"
	      "\t*djed_out() = d->message;\n\tdjed_forward(to);\n}\n",
	      to);
	idl_emit_closing(to);
}

/* ---- owners ---------------------------------------------------------------------------------------- */

static const char *argument_type(enum idl_kind kind)
{
	switch (kind) {
	case IDL_INT:
	case IDL_FD:
	case IDL_PID:
	case IDL_SIGNAL:
		return "int32_t";
	case IDL_UINT:
	case IDL_FLAGS:
	case IDL_MODE:
	case IDL_ID:
		return "uint32_t";
	default:
		return "uint64_t";
	}
}

bool idl_serves(const struct idl_call *call, const char *owner)
{
	return call->support != IDL_ABSENT && call->owner &&
	       (strcmp(call->owner, owner) == 0 ||
		(call->second_owner && strcmp(call->second_owner, owner) == 0));
}

/* What a result that is no error must be. */
static void emit_gives(FILE *to, const struct idl_call *call)
{
	unsigned at = 0;

	switch (call->gives) {
	case IDL_GIVES_ANY:
		return;
	case IDL_GIVES_ZERO:
		fputs("\t\tsound_ = result_ <= 0;\n", to);
		return;
	case IDL_GIVES_DESCRIPTOR:
		fputs("\t\tsound_ = result_ < 1024;\n", to);
		return;
	case IDL_GIVES_PROCESS:
		fputs("\t\tsound_ = result_ != 0 && result_ < 32768;\n", to);
		return;
	case IDL_GIVES_ADDRESS:
		fputs("\t\tsound_ = result_ < 0 || (result_ < 0x800000000000 && !(result_ & 4095));\n", to);
		return;
	case IDL_GIVES_COUNT:
		for (const struct idl_argument *argument = call->arguments;
		     strcmp(argument->name, call->gives_up_to) != 0; argument = argument->next)
			at++;
		fprintf(to, "\t\tsound_ = result_ <= 0 || (uint64_t)result_ <= word_[%u];\n", at);
	}
}

void idl_emit_linux_server(FILE *to, const struct idl *idl, const char *owner)
{
	struct idl_capitals guard = idl_capitals(owner);

	fprintf(to,
		"/* The Linux calls that %s serves. It defines the linux_on_ functions.\n * Made by "
		"djed-idl: change the interface file instead. */\n",
		owner);
	fprintf(to,
		"#ifndef PROTOCOLS_LINUX_%s_SERVER_H\n#define PROTOCOLS_LINUX_%s_SERVER_H\n\n#include "
		"<djed/protocol.h>\n\n#include \"linux.h\"\n\n",
		guard.text, guard.text);
	fputs("/* Each gives the call's result or a negated errno. Arguments are cut to 32 bits where Linux "
	      "does it. */\n",
	      to);
	for (const struct idl_call *call = idl->calls; call; call = call->next) {
		if (!idl_serves(call, owner))
			continue;
		fprintf(to, "int64_t linux_on_%s(", call->name);
		for (const struct idl_argument *argument = call->arguments; argument;
		     argument = argument->next)
			fprintf(to, "%s%s %s", argument == call->arguments ? "" : ", ",
				argument_type(argument->kind), argument->name);
		fprintf(to, "%s);%s%s%s\n", call->arguments ? "" : "void", call->note[0] ? " /* " : "",
			call->note, call->note[0] ? " */" : "");
	}
	fputs("\n/* Calls the handler of a Linux call and answers with its result, unless it has replied, "
	      "parked or forwarded. A call that\n"
	      " * this server does not serve is answered with -ENOSYS. False: not a Linux "
	      "call, nothing was done. */\n"
	      "static inline bool linux_dispatch(const struct djed_delivery *d)\n{\n"
	      "\tconst uint64_t *word_ = d->message.word;\n\tint64_t result_;\n\tbool sound_ = true;\n\n"
	      "\tif (DJED_LABEL_PROTOCOL(d->message.label) != DJED_PROTOCOL_LINUX)\n\t\treturn false;\n"
	      "\tswitch (DJED_LABEL_NUMBER(d->message.label)) {\n",
	      to);
	for (const struct idl_call *call = idl->calls; call; call = call->next) {
		unsigned n = 0;

		if (!idl_serves(call, owner))
			continue;
		fprintf(to, "\tcase LINUX_%s:\n\t\tresult_ = linux_on_%s(", idl_capitals(call->name).text,
			call->name);
		for (const struct idl_argument *argument = call->arguments; argument;
		     argument = argument->next) {
			bool cut = strcmp(argument_type(argument->kind), "uint64_t") != 0;

			fprintf(to, "%s%s%s%sword_[%u]", n ? ", " : "", cut ? "(" : "",
				cut ? argument_type(argument->kind) : "", cut ? ")" : "", n);
			n++;
		}
		fputs(");\n", to);
		emit_gives(to, call);
		fputs("\t\tbreak;\n", to);
	}
	fputs("\tdefault:\n\t\tresult_ = -ENOSYS;\n\t\tbreak;\n\t}\n"
	      "\tdjed_answer_must(sound_ && (result_ >= 0 || djed_known_error(result_)));\n"
	      "\tif (result_ < 0 && result_ >= -4095)\n\t\tdjed_result(result_, 0, 0);\n\telse\n"
	      "\t\tdjed_result(0, (const uint64_t *)&result_, 1);\n\treturn true;\n}\n",
	      to);
	idl_emit_closing(to);
}
