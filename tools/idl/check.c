/* What can be checked only when all files are there. */
#include <string.h>

#include "abi/errors.h"
#include "idl.h"

int idl_errno(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {
#define ENTRY(name, text) {#name, name},
		DJED_ERRORS(ENTRY)
#undef ENTRY
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	return 0;
}

/* Numbers below 16 are fixed by abi/message.h, each with its name. */
static void check_reserved(struct idl *idl, const struct idl_protocol *protocol)
{
	static const char *const reserved[16] = {[2] = "event", [3] = "audit"};

	if (protocol->number < 16 && (!reserved[protocol->number] || strcmp(reserved[protocol->number], protocol->name) != 0))
		idl_fail(idl, protocol->file, protocol->line, "protocol number %u is reserved; servers' protocols start at 16",
			 protocol->number);
	if (strcmp(protocol->name, "kernel") == 0 || strncmp(protocol->name, "linux", 5) == 0 ||
	    strncmp(protocol->name, "djed", 4) == 0)
		idl_fail(idl, protocol->file, protocol->line, "a protocol may not be called %s", protocol->name);
}

static void check_application(struct idl *idl, const struct idl_protocol *protocol)
{
	for (const struct idl_message *message = protocol->messages; message; message = message->next) {
		unsigned arguments = message->in_words + 2 * message->buffer_count;

		for (const struct idl_field *field = message->fields; field; field = field->next)
			if (field->type >= IDL_BYTES || field->direction == IDL_INOUT)
				idl_fail(idl, protocol->file, field->line,
					 "%s cannot be an argument of an application's call: %s", field->name,
					 field->direction == IDL_INOUT ? "inout" : idl_type_name(field->type));
		if (arguments > IDL_ARGUMENTS)
			idl_fail(idl, protocol->file, message->line,
				 "%s takes %u arguments from an application; a call has %d", message->name, arguments,
				 IDL_ARGUMENTS);
		if (protocol->application + message->number > 0xfffe)
			idl_fail(idl, protocol->file, message->line, "application's call number of %s is above 65534: %u",
				 message->name, protocol->application + message->number);
		for (const struct idl_protocol *other = idl->protocols; other != protocol; other = other->next)
			for (const struct idl_message *m = other->messages; other->application && m; m = m->next)
				if (other->application + m->number == protocol->application + message->number)
					idl_fail(idl, protocol->file, message->line,
						 "application's call number %u of %s is taken by %s of %s",
						 protocol->application + message->number, message->name, m->name,
						 other->file);
	}
}

static void check_protocol(struct idl *idl, const struct idl_protocol *protocol)
{
	check_reserved(idl, protocol);
	for (const struct idl_protocol *other = idl->protocols; other != protocol; other = other->next) {
		if (other->number == protocol->number)
			idl_fail(idl, protocol->file, protocol->line, "protocol number %u is taken by %s in %s",
				 protocol->number, other->name, other->file);
		if (strcmp(other->name, protocol->name) == 0)
			idl_fail(idl, protocol->file, protocol->line, "protocol name %s is taken by %s", protocol->name,
				 other->file);
	}
	for (const struct idl_message *message = protocol->messages; message; message = message->next)
		for (const struct idl_field *field = message->fields; field; field = field->next)
			if (strcmp(field->name, "to") == 0 && field->direction != IDL_OUT)
				idl_fail(idl, protocol->file, field->line,
					 "a field may not be called to: the stub's first parameter is");
	if (protocol->application)
		check_application(idl, protocol);
}

static void check_operations(struct idl *idl, const struct idl_protocol *kernel)
{
	for (const struct idl_message *message = kernel->messages; message; message = message->next)
		for (const struct idl_field *field = message->fields; field; field = field->next) {
			const struct idl_field *length = message->fields;

			if (!field->fills_length)
				continue;
			while (length && strcmp(length->name, field->fills_length) != 0)
				length = length->next;
			if (!length || length->direction != IDL_IN)
				idl_fail(idl, kernel->file, field->line, "%s has no field %s", message->name,
					 field->fills_length);
		}
}

static void check_calls(struct idl *idl)
{
	for (struct idl_call *call = idl->calls; call; call = call->next)
		for (struct idl_argument *argument = call->arguments; argument; argument = argument->next) {
			if (!argument->set_name)
				continue;
			argument->set = idl->sets;
			while (argument->set && strcmp(argument->set->name, argument->set_name) != 0)
				argument->set = argument->set->next;
			if (!argument->set)
				idl_fail(idl, call->file, argument->line, "unknown set of constants %s", argument->set_name);
		}
	for (const struct idl_set *set = idl->sets; set; set = set->next)
		for (const struct idl_constant *constant = set->constants; constant; constant = constant->next)
			for (const struct idl_set *other = idl->sets; other; other = other->next)
				for (const struct idl_constant *c = other->constants; c && c != constant; c = c->next)
					if (strcmp(c->name, constant->name) == 0 && c->line < constant->line)
						idl_fail(idl, set->file, constant->line, "constant %s is taken by line %u",
							 constant->name, c->line);
}

bool idl_check(struct idl *idl)
{
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		check_protocol(idl, protocol);
	if (idl->kernel)
		check_operations(idl, idl->kernel);
	check_calls(idl);
	return !idl->error[0];
}
