/* Writes the round-trip test of given_ interface files: for each message a handler that compares what arrives
 * with what was sent, and a test that calls its stub with random values (roundtrip.h has the common parts).
 */
#include <stdlib.h>
#include <string.h>

#include "emit.h"

static const char *const types[] = {"uint8_t", "uint16_t", "uint32_t", "uint64_t",
				    "int32_t", "int64_t",  "bool"};

static void write_parameters(const struct idl_message *message, const char *first)
{
	const char *comma = first;

	for (int pass = 0; pass < 2; pass++) {
		for (const struct idl_field *field = message->fields; field; field = field->next) {
			if ((field->direction == IDL_OUT) != (pass == 1))
				continue;
			printf("%s", comma);
			comma = ", ";
			if (field->type >= IDL_BYTES)
				printf("%s%s *%s", field->direction == IDL_IN ? "const " : "",
				       field->type == IDL_TEXT ? "char" : "void", field->name);
			else
				printf("%s %s%s", types[field->type], field->direction == IDL_IN ? "" : "*",
				       field->name);
		}
		for (const struct idl_buffer *buffer = message->buffers; pass == 0 && buffer;
		     buffer = buffer->next) {
			printf("%sstruct djed_buffer %s", comma, buffer->name);
			comma = ", ";
		}
	}
	printf("%s", comma[0] ? "" : "void");
}

static void write_handler(const struct idl_protocol *protocol, const struct idl_message *message)
{
	unsigned k = 0, b = 0;

	printf("djed_status %s_on_%s(", protocol->name, message->name);
	write_parameters(message, "");
	printf(")\n{\n\thandler_calls_++;\n");
	for (const struct idl_field *field = message->fields; field; field = field->next, k++) {
		const char *star = field->direction == IDL_INOUT ? "*" : "";

		if (!(field->direction & IDL_IN))
			continue;
		if (field->type == IDL_TEXT)
			printf("\tmust(strcmp(%s, (char *)given_.bytes[%u]) == 0);\n", field->name, k);
		else if (field->type == IDL_BYTES)
			printf("\tmust(memcmp(%s, given_.bytes[%u], %u) == 0);\n", field->name, k,
			       field->bytes);
		else
			printf("\tmust((uint64_t)%s%s == given_.value[%u]);\n", star, field->name, k);
	}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next, b++)
		printf("\tmust(buffer_arrived(%s, %u, %d));\n", buffer->name, b, buffer->rights);
	k = 0;
	for (const struct idl_field *field = message->fields; field; field = field->next, k++) {
		if (!(field->direction & IDL_OUT))
			continue;
		if (field->type >= IDL_BYTES)
			printf("\tmemcpy(%s, taken_.bytes[%u], %u);\n", field->name, k, field->bytes);
		else
			printf("\t*%s = (%s)taken_.value[%u];\n", field->name, types[field->type], k);
	}
	printf("\treturn taken_.status;\n}\n");
}

static void write_arguments(const struct idl_message *message, bool outs)
{
	unsigned k = 0, b = 0;

	printf("7");
	for (const struct idl_field *field = message->fields; field; field = field->next, k++) {
		if (field->direction == IDL_OUT)
			continue;
		if (field->type >= IDL_BYTES && field->direction == IDL_IN)
			printf(", (const void *)given_.bytes[%u]", k);
		else if (field->type >= IDL_BYTES || field->direction == IDL_INOUT)
			printf(", %s%s", field->type >= IDL_BYTES ? "" : "&", field->name);
		else
			printf(", (%s)given_.value[%u]", types[field->type], k);
	}
	for (const struct idl_buffer *buffer = message->buffers; buffer; buffer = buffer->next, b++)
		printf(", given_.buffer[%u]", b);
	for (const struct idl_field *field = message->fields; outs && field; field = field->next)
		if (field->direction == IDL_OUT)
			printf(", %s%s", field->type >= IDL_BYTES ? "" : "&", field->name);
}

/* Variables for what a stub writes; `sentinel_` shows that it was not written. */
static void write_variables(const struct idl_message *message, bool outs)
{
	unsigned k = 0;

	for (const struct idl_field *field = message->fields; field; field = field->next, k++) {
		if (!(field->direction & IDL_OUT) || (!outs && field->direction == IDL_OUT))
			continue;
		if (field->type >= IDL_BYTES)
			printf("\t\tchar %s[%u];\n\t\tmemcpy(%s, sentinel_.bytes[%u], sizeof(%s));\n",
			       field->name, field->bytes, field->name, k, field->name);
		else
			printf("\t\t%s %s = (%s)sentinel_.value[%u];\n", types[field->type], field->name,
			       types[field->type], k);
		if (field->direction == IDL_INOUT && field->type >= IDL_BYTES)
			printf("\t\tmemcpy(%s, given_.bytes[%u], %u);\n", field->name, k, field->bytes);
		else if (field->direction == IDL_INOUT)
			printf("\t\t%s = (%s)given_.value[%u];\n", field->name, types[field->type], k);
	}
}

/* What is never more than a buffer's length. */
static void write_limits(const struct idl_message *message)
{
	unsigned k = 0;

	for (const struct idl_field *field = message->fields; field; field = field->next, k++) {
		unsigned b = 0;

		if (!field->within)
			continue;
		for (const struct idl_buffer *buffer = message->buffers;
		     strcmp(buffer->name, field->within) != 0; buffer = buffer->next)
			b++;
		printf("\t\ttaken_.value[%u] %%= (uint64_t)given_.buffer[%u].length + 1;\n", k, b);
	}
}

static void write_test(const struct idl_protocol *protocol, const struct idl_message *message)
{
	unsigned k = 0;

	printf("static void test_%s_%s(const struct djed_label *label)\n{\n", protocol->name, message->name);
	if (!message->parks) {
		printf("\tfor (unsigned i = 0; i < ROUNDS; i++) {\n\t\tbegin_round(label, i);\n");
		write_limits(message);
		write_variables(message, true);
		printf("\t\tdjed_status status_ = %s_%s(", protocol->name, message->name);
		write_arguments(message, true);
		printf(");\n\t\tmust(handler_calls_ == !too_long_);\n");
		printf("\t\tmust(status_ == (too_long_ ? -ENAMETOOLONG : spoiled_ ? -EPROTO : "
		       "taken_.status));\n");
		for (const struct idl_field *field = message->fields; field; field = field->next, k++) {
			if (!(field->direction & IDL_OUT))
				continue;
			/* With an error nothing is written: inout fields keep what was given_. */
			if (field->type >= IDL_BYTES)
				printf("\t\tmust(memcmp(%s, status_ == 0 ? taken_.bytes[%u] : %s.bytes[%u], "
				       "%u) == 0);\n",
				       field->name, k, field->direction == IDL_INOUT ? "given_" : "sentinel_",
				       k, field->bytes);
			else
				printf("\t\tmust((uint64_t)%s == (status_ == 0 ? taken_ : %s).value[%u]);\n",
				       field->name, field->direction == IDL_INOUT ? "given_" : "sentinel_",
				       k);
		}
		printf("\t}\n");
	}
	printf("\tfor (unsigned i = 0; i < ROUNDS; i++) {\n\t\tbegin_round(label, ~0u);\n");
	write_variables(message, false);
	bool may_fail = false;

	for (const struct idl_field *field = message->fields; field; field = field->next)
		may_fail |= field->type == IDL_TEXT && (field->direction & IDL_IN);
	printf("\t\t%s%s_%s_forward(", may_fail ? "must(0 == " : "", protocol->name, message->name);
	write_arguments(message, false);
	printf("%s);\n\t\tcheck_forwarded(label);\n\t}\n}\n", may_fail ? ")" : "");
}

static void write_messages(const struct idl *idl)
{
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next) {
		printf("#include <protocols/%s_client.h>\n#include <protocols/%s_server.h>\n", protocol->name,
		       protocol->name);
		for (const struct idl_message *message = protocol->messages; message;
		     message = message->next) {
			write_handler(protocol, message);
			write_test(protocol, message);
		}
	}
	printf("static bool dispatch_any(const struct djed_delivery *d)\n{\n\treturn false");
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		printf(" ||\n\t       %s_dispatch(d)", protocol->name);
	printf(";\n}\nstatic void (*const tests[])(const struct djed_label *) = {\n");
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		for (const struct idl_message *message = protocol->messages; message; message = message->next)
			printf("\ttest_%s_%s,\n", protocol->name, message->name);
	printf("};\n");
	printf("static const struct {\n\tuint32_t number, label;\n} application_calls[] = {\n");
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		for (const struct idl_message *message = protocol->application ? protocol->messages : NULL;
		     message; message = message->next)
			printf("\t{%u, DJED_LABEL(%u, %u)},\n", protocol->application + message->number,
			       protocol->number, message->number);
	printf("};\n");
}

/* ---- operations and Linux calls ------------------------------------------------------------------ */

static void write_operations(const struct idl_protocol *kernel)
{
	printf("static void test_operations(void)\n{\n");
	for (const struct idl_message *operation = kernel->messages; operation; operation = operation->next) {
		unsigned in = 0, out = 0;

		printf("\tbegin_operation();\n\tmust(kernel_%s(", operation->name);
		for (const struct idl_field *field = operation->fields; field; field = field->next) {
			if (field->direction == IDL_IN)
				printf("%soperation_in[%u]", field == operation->fields ? "" : ", ", in++);
			else
				printf("%s&operation_got[%u]", field == operation->fields ? "" : ", ", out++);
		}
		printf(") == operation_status);\n\tcheck_operation(%u, %u, %u);\n", operation->number, in,
		       out);
	}
	printf("}\n");
}

static const char *cut(enum idl_kind kind)
{
	switch (kind) {
	case IDL_INT:
	case IDL_FD:
	case IDL_PID:
	case IDL_SIGNAL:
		return "(int64_t)(int32_t)";
	case IDL_UINT:
	case IDL_FLAGS:
	case IDL_MODE:
	case IDL_ID:
		return "(uint32_t)";
	default:
		return "";
	}
}

static bool served_by(const struct idl_call *call, const char *owner)
{
	return call->support != IDL_ABSENT && call->owner &&
	       (strcmp(call->owner, owner) == 0 ||
		(call->second_owner && strcmp(call->second_owner, owner) == 0));
}

static void write_calls(const struct idl *idl)
{
	static const char *const owners[] = {"pm", "vfs", "mm", "sched", "console"};

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		bool any = false;

		for (const struct idl_call *call = idl->calls; call; call = call->next)
			any |= served_by(call, owners[i]);
		if (any)
			printf("#define linux_dispatch linux_dispatch_%s\n#include "
			       "<protocols/linux_%s_server.h>\n#undef linux_dispatch\n",
			       owners[i], owners[i]);
	}
	for (const struct idl_call *call = idl->calls; call; call = call->next) {
		unsigned n = 0, known = 0;

		for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
			known += served_by(call, owners[i]);
		if (known != (call->support != IDL_ABSENT) + (call->second_owner != NULL)) {
			fprintf(stderr, "%s: an owner of %s is not in the list of this test\n", call->file,
				call->name);
			exit(1);
		}
		if (call->support == IDL_ABSENT || !call->owner)
			continue;
		printf("int64_t linux_on_%s(", call->name);
		for (const struct idl_argument *a = call->arguments; a; a = a->next)
			printf("%s%s %s", a == call->arguments ? "" : ", ",
			       cut(a->kind)[0] == 0	? "uint64_t"
			       : cut(a->kind)[1] == 'i' ? "int32_t"
							: "uint32_t",
			       a->name);
		printf("%s)\n{\n\thandler_calls_++;\n", call->arguments ? "" : "void");
		for (const struct idl_argument *a = call->arguments; a; a = a->next)
			printf("\tmust((uint64_t)%s == (uint64_t)%scall_word_[%u]);\n", a->name, cut(a->kind),
			       n++);
		printf("\treturn call_result_;\n}\n");
	}
	printf("static void test_calls(void)\n{\n");
	for (const struct idl_call *call = idl->calls; call; call = call->next)
		for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
			if (served_by(call, owners[i]))
				printf("\ttest_call(linux_dispatch_%s, %u);\n", owners[i], call->number);
	printf("\ttest_absent_call(linux_dispatch_%s);\n}\n", owners[0]);
}

int main(int argc, char **argv)
{
	struct idl idl;

	if (argc < 3 || !freopen(argv[1], "w", stdout)) {
		fputs("usage: idl-generate OUTPUT FILE...\n", stderr);
		return 2;
	}
	idl_begin(&idl);
	for (int i = 2; i < argc; i++) {
		static char text[1 << 20];
		FILE *file = fopen(argv[i], "rb");
		size_t length = file ? fread(text, 1, sizeof(text), file) : 0;

		if (!file || !idl_parse(&idl, argv[i], text, length)) {
			fprintf(stderr, "%s: %s\n", argv[i], idl.error);
			return 1;
		}
		fclose(file);
	}
	if (!idl_check(&idl) || !idl.kernel || !idl.linux_text) {
		fprintf(stderr, "%s\n", idl.error);
		return 1;
	}
	puts("/* Made by generate.c. */");
	write_messages(&idl);
	write_operations(idl.kernel);
	write_calls(&idl);
	idl_end(&idl);
	return fclose(stdout) != 0;
}
