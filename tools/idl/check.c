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
		{"EWOULDBLOCK", EWOULDBLOCK},
	    {"EDEADLOCK", EDEADLOCK},
	    {"ENOTSUP", ENOTSUP},
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

	if (protocol->number < 16 &&
	    (!reserved[protocol->number] || strcmp(reserved[protocol->number], protocol->name) != 0))
		idl_fail(idl, protocol->file, protocol->line,
			 "protocol number %u is reserved; servers' protocols start at 16", protocol->number);
	/* Names of other generated files, and prefixes of other functions. */
	if (strncmp(protocol->name, "kernel", 6) == 0 || strncmp(protocol->name, "linux", 5) == 0 ||
	    strncmp(protocol->name, "djed", 4) == 0 || strcmp(protocol->name, "labels") == 0)
		idl_fail(idl, protocol->file, protocol->line, "a protocol may not be called %s",
			 protocol->name);
}

static void check_application(struct idl *idl, const struct idl_protocol *protocol)
{
	for (const struct idl_message *message = protocol->messages; message; message = message->next) {
		unsigned arguments = message->in_words + 2 * message->buffer_count;

		for (const struct idl_field *field = message->fields; field; field = field->next)
			if (field->type >= IDL_BYTES || field->direction == IDL_INOUT)
				idl_fail(idl, protocol->file, field->line,
					 "%s cannot be an argument of an application's call: %s",
					 field->direction == IDL_INOUT ? "inout" : idl_type_name(field->type),
					 field->name);
		if (arguments > IDL_ARGUMENTS)
			idl_fail(idl, protocol->file, message->line,
				 "%s takes %u arguments from an application; a call has %d", message->name,
				 arguments, IDL_ARGUMENTS);
		if (protocol->application + message->number > 0xfffe)
			idl_fail(idl, protocol->file, message->line,
				 "application's call number of %s is above 65534: %u", message->name,
				 protocol->application + message->number);
		for (const struct idl_protocol *other = idl->protocols; other != protocol;
		     other = other->next)
			for (const struct idl_message *m = other->messages; other->application && m;
			     m = m->next)
				if (other->application + m->number == protocol->application + message->number)
					idl_fail(idl, protocol->file, message->line,
						 "application's call number %u of %s is taken by %s of %s",
						 protocol->application + message->number, message->name,
						 m->name, other->file);
	}
}

/* Whether `name` is `prefix` followed by `rest`. */
static bool joined(const char *name, const char *prefix, const char *rest)
{
	size_t length = strlen(prefix);

	return strncmp(name, prefix, length) == 0 && strcmp(name + length, rest) == 0;
}

/* Functions made for a message must not have another message's name: PROTOCOL_NAME is a stub. */
static void check_names(struct idl *idl, const struct idl_protocol *protocol)
{
	for (const struct idl_message *m = protocol->messages; m; m = m->next) {
		if (strcmp(m->name, "dispatch") == 0)
			idl_fail(idl, protocol->file, m->line,
				 "name dispatch is taken: the protocol has that function");
		for (const struct idl_message *n = protocol->messages; n; n = n->next) {
			const char *what = joined(m->name, n->name, "_forward") ? "stub"
					   : joined(m->name, "on_", n->name)	? "handler"
					   : joined(m->name, "serve_", n->name) ? "function"
										: NULL;

			if (what)
				idl_fail(idl, protocol->file, m->line,
					 "name %s is taken: %s of line %u has that %s", m->name, n->name,
					 n->line, what);
		}
	}
}

static void check_parameter(struct idl *idl, const struct idl_protocol *protocol, const char *what,
			    const char *name, unsigned line)
{
	if (strcmp(name, "to") == 0)
		idl_fail(idl, protocol->file, line,
			 "a %s may not be called to: the stub's first parameter is", what);
}

static void check_protocol(struct idl *idl, const struct idl_protocol *protocol)
{
	check_reserved(idl, protocol);
	for (const struct idl_protocol *other = idl->protocols; other; other = other->next)
		if (joined(protocol->name, other->name, "_client") ||
		    joined(protocol->name, other->name, "_server"))
			idl_fail(idl, protocol->file, protocol->line,
				 "protocol %s would overwrite the headers of %s in %s", protocol->name,
				 other->name, other->file);
	for (const struct idl_protocol *other = idl->protocols; other != protocol; other = other->next) {
		if (other->number == protocol->number)
			idl_fail(idl, protocol->file, protocol->line,
				 "protocol number %u is taken by %s in %s", protocol->number, other->name,
				 other->file);
		if (strcmp(other->name, protocol->name) == 0)
			idl_fail(idl, protocol->file, protocol->line, "protocol name %s is taken by %s",
				 protocol->name, other->file);
	}
	check_names(idl, protocol);
	for (const struct idl_message *message = protocol->messages; message; message = message->next) {
		for (const struct idl_field *field = message->fields; field; field = field->next)
			check_parameter(idl, protocol, "field", field->name, field->line);
		for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next)
			check_parameter(idl, protocol, "buffer", buffer->name, buffer->line);
	}
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
				idl_fail(idl, call->file, argument->line, "unknown set of constants %s",
					 argument->set_name);
		}
	for (const struct idl_set *set = idl->sets; set; set = set->next)
		for (const struct idl_constant *constant = set->constants; constant;
		     constant = constant->next)
			for (const struct idl_set *other = idl->sets; other; other = other->next)
				for (const struct idl_constant *c = other->constants; c && c != constant;
				     c = c->next)
					if (strcmp(c->name, constant->name) == 0 && c->line < constant->line)
						idl_fail(idl, set->file, constant->line,
							 "constant %s is taken by line %u", constant->name,
							 c->line);
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
