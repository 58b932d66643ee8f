/* Protocols, and the words that all statements share. */
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
			add_message(lexer, protocol, idl_parse_message(lexer, false));
		else if (kernel && idl_take_name(lexer, "operation"))
			add_message(lexer, protocol, idl_parse_message(lexer, true));
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
