/* docs/protocols.md and docs/linux-abi.md: reference pages. */
#include <inttypes.h>
#include <string.h>

#include "emit.h"

static const char note[] =
    "<!-- Made by djed-idl from os/protocols: change the interface file instead. -->\n\n";

static void emit_type(FILE *to, const struct idl_field *field)
{
	fputs(idl_type_name(field->type), to);
	if (field->type >= IDL_BYTES)
		fprintf(to, "[%u]", field->bytes);
	if (field->ranged && (field->type == IDL_I32 || field->type == IDL_I64))
		fprintf(to, ", %" PRId64 "..%" PRId64, field->low, (int64_t)field->high);
	else if (field->ranged)
		fprintf(to, ", %" PRIu64 "..%" PRIu64, (uint64_t)field->low, field->high);
}

/* Text of a table's cell. */
static void emit_cell(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (strchr("|<>*_`", *text))
			fputc('\\', to);
		fputc(*text, to);
	}
}

static void emit_message(FILE *to, const struct idl_protocol *protocol, const struct idl_message *message,
			 bool operation)
{
	static const char *const directions[] = {"", "in", "out", "inout"};
	static const char *const rights[] = {"", "read", "write", "read and write"};

	fprintf(to, "### %s_%s\n\n", protocol->name, message->name);
	emit_cell(to, message->text);
	fprintf(to, "\n\nNumber %u, %s%s.", message->number, idl_effect_name(message->effect),
		message->parks ? ", may wait: only forwarded" : "");
	if (protocol->application)
		fprintf(to, " Linux call %u for applications.", protocol->application + message->number);
	if (message->errors) {
		fputs(" Errors:", to);
		for (const struct idl_error *error = message->errors; error; error = error->next)
			fprintf(to, " %s%s", error->name, error->next ? "," : ".");
	}
	if (!operation)
		fprintf(to, " If recovery must fail it: %s.",
			message->recover ? message->recover->name : "EIO");
	fputs("\n\n", to);
	if (!message->fields && !message->buffers)
		return;
	fputs("| field | | type | |\n|---|---|---|---|\n", to);
	for (const struct idl_field *field = message->fields; field; field = field->next) {
		fprintf(to, "| `%s` | %s | ", field->name, directions[field->direction]);
		emit_type(to, field);
		fputs(" | ", to);
		emit_cell(to, field->text);
		fputs(" |\n", to);
	}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next) {
		fprintf(to, "| `%s` | buffer | receiver may %s%s | ", buffer->name, rights[buffer->rights],
			buffer->optional ? ", optional" : "");
		emit_cell(to, buffer->text);
		fputs(" |\n", to);
	}
	fputc('\n', to);
}

static void emit_protocol(FILE *to, const struct idl_protocol *protocol, bool operation)
{
	fprintf(to, "## %s\n\n", protocol->name);
	emit_cell(to, protocol->text);
	if (operation)
		fputs(". Each is one system call of a server; all return 0 or a negated errno.\n\n", to);
	else
		fprintf(to, ". Protocol %u.\n\n", protocol->number);
	for (const struct idl_message *message = protocol->messages; message; message = message->next)
		emit_message(to, protocol, message, operation);
}

void idl_emit_protocols_page(FILE *to, const struct idl *idl)
{
	fputs("# Protocols\n\n", to);
	fputs(note, to);
	fputs("Messages between servers, and the operations of the kernel. How to read and write interface "
	      "files:\n"
	      "[interface-language.md](interface-language.md). Side-effect classes: *reads* changes nothing "
	      "in the receiver, *undoable* is taken\n"
	      "back by its undo log, *deferrable* takes effect when the transaction ends, *compensatable* "
	      "has an inverse, *repeatable* may be\n"
	      "done twice, *final* may not.\n\n",
	      to);
	fputs("| protocol | number | |\n|---|---|---|\n", to);
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next) {
		fprintf(to, "| [%s](#%s) | %u | ", protocol->name, protocol->name, protocol->number);
		emit_cell(to, protocol->text);
		fputs(" |\n", to);
	}
	if (idl->kernel)
		fputs("| [kernel](#kernel) | | operations of the kernel |\n", to);
	fputc('\n', to);
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		emit_protocol(to, protocol, false);
	if (idl->kernel)
		emit_protocol(to, idl->kernel, true);
}

/* ---- Linux calls -------------------------------------------------------------------------------- */

static void emit_call(FILE *to, const struct idl_call *call)
{
	fprintf(to, "| %u | `%s(", call->number, call->name);
	for (const struct idl_argument *argument = call->arguments; argument; argument = argument->next)
		fprintf(to, "%s%s", argument == call->arguments ? "" : ", ", argument->name);
	fprintf(to, ")` | %s | %s%s | %s | %s%s", call->owner ? call->owner : "",
		idl_effect_name(call->effect), call->parks ? ", may wait" : "", call->recover->name,
		call->support == IDL_FULL      ? "full"
		: call->support == IDL_PARTIAL ? "partial"
					       : "absent",
		call->note[0] ? ": " : "");
	emit_cell(to, call->note);
	fputs(" |\n", to);
}

void idl_emit_linux_page(FILE *to, const struct idl *idl)
{
	unsigned count[3] = {0}, in_line = 0;

	for (const struct idl_call *call = idl->calls; call; call = call->next)
		count[call->support]++;
	fputs("# Linux calls\n\n", to);
	fputs(note, to);
	fprintf(to,
		"Of the %u system calls of Linux 6.1 on x86_64, %u are there in full, %u in part, %u not at "
		"all: those return ENOSYS and are\n"
		"named once in the log. The error is what an application gets if recovery cannot repeat the "
		"call.\n\n",
		count[0] + count[1] + count[2], count[IDL_FULL], count[IDL_PARTIAL], count[IDL_ABSENT]);
	fputs("| number | call | server | class | error | support |\n|---|---|---|---|---|---|\n", to);
	for (const struct idl_call *call = idl->calls; call; call = call->next)
		if (call->arguments_known)
			emit_call(to, call);
	fputs("\nAbsent, too:\n", to);
	for (const struct idl_call *call = idl->calls; call; call = call->next)
		if (!call->arguments_known) {
			fputs(in_line++ % 8 ? " " : "\n", to);
			fprintf(to, "`%s`", call->name);
		}
	fputc('\n', to);
	bool heading = false;

	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		for (const struct idl_message *message = protocol->application ? protocol->messages : NULL;
		     message; message = message->next) {
			if (!heading)
				fputs("\nBeyond Linux, messages that applications may send by a call "
				      "number:\n\n| number | message | server |\n|---|---|---|\n",
				      to);
			heading = true;
			fprintf(to, "| %u | `%s_%s` | %s |\n", protocol->application + message->number,
				protocol->name, message->name, protocol->service);
		}
}
