/* The table of Linux calls. */
#include <string.h>

#include "parse.h"

static struct idl_argument *parse_argument(struct idl_lexer *lexer)
{
	struct idl_argument *argument = idl_allocate(lexer->idl, sizeof(*argument));

	argument->line = lexer->token_line;
	argument->direction = idl_at_name(lexer, "in")	    ? IDL_IN
			      : idl_at_name(lexer, "out")   ? IDL_OUT
			      : idl_at_name(lexer, "inout") ? IDL_INOUT
							    : 0;
	if (argument->direction) {
		idl_advance(lexer);
		argument->kind = IDL_ADDRESS;
		argument->name = idl_expect_identifier(lexer, "an argument");
		if (!lexer->failed && !idl_take_name(lexer, "address"))
			idl_reject(lexer, "expected address, found %s", idl_describe(lexer));
		if (idl_take_name(lexer, "length"))
			argument->length = idl_expect_identifier(lexer, "an argument");
		else if (idl_take_name(lexer, "size"))
			argument->size = (unsigned)idl_expect_number(lexer, "size", 1u << 20);
	} else {
		enum idl_kind kind = IDL_VALUE;

		while (kind < IDL_ADDRESS && !idl_at_name(lexer, idl_kind_name(kind)))
			kind++;
		if (kind == IDL_ADDRESS) {
			if (!lexer->failed)
				idl_reject(lexer,
					   "unknown kind of argument %s: one of value int uint fd pid signal "
					   "flags mode id path in out inout was expected",
					   idl_describe(lexer));
			return argument;
		}
		idl_advance(lexer);
		argument->kind = kind;
		argument->name = idl_expect_identifier(lexer, "an argument");
		if (lexer->kind == IDL_NAME)
			argument->set_name = idl_expect_identifier(lexer, "a set of constants");
	}
	idl_expect_sign(lexer, ';');
	return argument;
}

static const struct idl_argument *find_argument(const struct idl_call *call, const char *name)
{
	const struct idl_argument *argument = call->arguments;

	while (argument && strcmp(argument->name, name) != 0)
		argument = argument->next;
	return argument;
}

static void parse_arguments(struct idl_lexer *lexer, struct idl_call *call)
{
	struct idl_argument **next = &call->arguments;

	while (!lexer->failed && !idl_at_sign(lexer, '}')) {
		struct idl_argument *argument = parse_argument(lexer);

		if (lexer->failed)
			return;
		if (find_argument(call, argument->name))
			idl_fail(lexer->idl, lexer->file, argument->line, "%s has two arguments called %s",
				 call->name, argument->name);
		*next = argument;
		next = &argument->next;
		if (++call->argument_count > IDL_ARGUMENTS)
			idl_fail(lexer->idl, lexer->file, argument->line, "%s has more than %d arguments",
				 call->name, IDL_ARGUMENTS);
	}
	idl_expect_sign(lexer, '}');
	for (const struct idl_argument *argument = call->arguments; argument && !lexer->failed;
	     argument = argument->next)
		if (argument->length && !find_argument(call, argument->length))
			idl_fail(lexer->idl, lexer->file, argument->line, "%s has no argument %s", call->name,
				 argument->length);
}

static void parse_gives(struct idl_lexer *lexer, struct idl_call *call)
{
	static const char *const names[] = {[IDL_GIVES_ZERO] = "zero",
					    [IDL_GIVES_DESCRIPTOR] = "descriptor",
					    [IDL_GIVES_PROCESS] = "process",
					    [IDL_GIVES_ADDRESS] = "address",
					    [IDL_GIVES_COUNT] = "count"};

	for (enum idl_gives gives = IDL_GIVES_ZERO; gives <= IDL_GIVES_COUNT; gives++)
		if (idl_take_name(lexer, names[gives])) {
			call->gives = gives;
			if (gives == IDL_GIVES_COUNT)
				call->gives_up_to = idl_expect_identifier(lexer, "an argument");
			return;
		}
	if (!lexer->failed)
		idl_reject(
		    lexer,
		    "expected what the call gives (zero, descriptor, process, address, count), found %s",
		    idl_describe(lexer));
}

static void add_call(struct idl_lexer *lexer, struct idl_call *call)
{
	struct idl_call **next = &lexer->idl->calls;

	if (lexer->failed)
		return;
	for (const struct idl_call *other = lexer->idl->calls; other; other = other->next) {
		if (other->number == call->number)
			idl_fail(lexer->idl, lexer->file, call->line, "number %u is taken by %s of line %u",
				 call->number, other->name, other->line);
		if (strcmp(other->name, call->name) == 0)
			idl_fail(lexer->idl, lexer->file, call->line, "name %s is taken by line %u",
				 call->name, other->line);
	}
	while (*next && (*next)->number < call->number)
		next = &(*next)->next;
	call->next = *next;
	*next = call;
}

static void parse_call(struct idl_lexer *lexer)
{
	struct idl_call *call = idl_allocate(lexer->idl, sizeof(*call));

	call->file = lexer->file;
	call->line = lexer->token_line;
	call->name = idl_expect_identifier(lexer, "a call");
	call->number = (unsigned)idl_expect_number(lexer, "the call's number", IDL_CALLS_MAX - 1);
	call->owner = idl_expect_identifier(lexer, "the call's owner");
	if (idl_take_sign(lexer, '|'))
		call->second_owner = idl_expect_identifier(lexer, "the call's second owner");
	call->effect = idl_expect_effect(lexer);
	call->parks = idl_take_name(lexer, "parks");
	if (!lexer->failed && !idl_take_name(lexer, "recover"))
		idl_reject(lexer, "expected recover and an errno, found %s", idl_describe(lexer));
	unsigned line = lexer->token_line;

	call->recover = idl_expect_error(lexer);
	/* Programs repeat the call for ever on these. */
	if (!lexer->failed &&
	    (call->recover->number == idl_errno("EINTR") || call->recover->number == idl_errno("EAGAIN")))
		idl_fail(lexer->idl, lexer->file, line,
			 "%s may not recover with %s: programs would repeat it for ever", call->name,
			 call->recover->name);
	if (idl_take_name(lexer, "gives"))
		parse_gives(lexer, call);
	if (idl_take_name(lexer, "full"))
		call->support = IDL_FULL;
	else if (idl_take_name(lexer, "partial"))
		call->support = IDL_PARTIAL;
	else if (idl_take_name(lexer, "absent"))
		call->support = IDL_ABSENT;
	else if (!lexer->failed)
		idl_reject(lexer, "expected full, partial or absent, found %s", idl_describe(lexer));
	line = lexer->token_line;
	call->note = idl_expect_string(lexer, "a note");
	if (!lexer->failed && call->support == IDL_PARTIAL && !call->note[0])
		idl_fail(lexer->idl, lexer->file, line, "%s is partial: its note must say what is missing",
			 call->name);
	call->arguments_known = true;
	idl_expect_sign(lexer, '{');
	parse_arguments(lexer, call);
	if (!lexer->failed && call->gives_up_to && !find_argument(call, call->gives_up_to))
		idl_fail(lexer->idl, lexer->file, call->line, "%s has no argument %s", call->name,
			 call->gives_up_to);
	add_call(lexer, call);
}

/* absent NAME NUMBER NAME NUMBER ...; */
static void parse_absent(struct idl_lexer *lexer)
{
	while (!lexer->failed && !idl_at_sign(lexer, ';')) {
		struct idl_call *call = idl_allocate(lexer->idl, sizeof(*call));

		call->file = lexer->file;
		call->line = lexer->token_line;
		call->name = idl_expect_name(lexer, "a call");
		call->number = (unsigned)idl_expect_number(lexer, "the call's number", IDL_CALLS_MAX - 1);
		call->support = IDL_ABSENT;
		call->note = "";
		call->recover = idl_allocate(lexer->idl, sizeof(*call->recover));
		call->recover->name = "ENOSYS";
		call->recover->number = idl_errno("ENOSYS");
		add_call(lexer, call);
	}
	idl_expect_sign(lexer, ';');
}

static void parse_set(struct idl_lexer *lexer, bool flags)
{
	struct idl_set *set = idl_allocate(lexer->idl, sizeof(*set)), **last = &lexer->idl->sets;
	struct idl_constant **next = &set->constants;

	set->file = lexer->file;
	set->line = lexer->token_line;
	set->flags = flags;
	set->name = idl_expect_identifier(lexer, "a set of constants");
	if (flags && idl_take_name(lexer, "mask"))
		set->mask = idl_expect_number(lexer, "the mask", UINT64_MAX);
	idl_expect_sign(lexer, '{');
	while (!lexer->failed && !idl_at_sign(lexer, '}')) {
		struct idl_constant *constant = idl_allocate(lexer->idl, sizeof(*constant));

		constant->line = lexer->token_line;
		constant->name = idl_expect_name(lexer, "a constant");
		constant->value = idl_expect_number(lexer, "its value", UINT64_MAX);
		idl_expect_sign(lexer, ';');
		*next = constant;
		next = &constant->next;
	}
	idl_expect_sign(lexer, '}');
	for (; *last; last = &(*last)->next)
		if (strcmp((*last)->name, set->name) == 0)
			idl_fail(lexer->idl, lexer->file, set->line, "set %s is already there in line %u",
				 set->name, (*last)->line);
	*last = set;
}

void idl_parse_linux(struct idl_lexer *lexer)
{
	unsigned line = lexer->token_line;
	const char *text = idl_expect_string(lexer, "a description");

	if (lexer->idl->linux_text)
		idl_fail(lexer->idl, lexer->file, line, "Linux calls are already described in another file");
	lexer->idl->linux_text = text;
	while (!lexer->failed && lexer->kind != IDL_END) {
		if (idl_take_name(lexer, "call"))
			parse_call(lexer);
		else if (idl_take_name(lexer, "absent"))
			parse_absent(lexer);
		else if (idl_take_name(lexer, "flags"))
			parse_set(lexer, true);
		else if (idl_take_name(lexer, "values"))
			parse_set(lexer, false);
		else
			idl_reject(lexer, "expected call, absent, flags or values, found %s",
				   idl_describe(lexer));
	}
}
