/* kernel.h: the kernel's operations as its callers see them; kernel_operations.h: as the kernel sees them. */
#include "emit.h"

static unsigned count_fields(const struct idl_message *operation, enum idl_direction direction)
{
	unsigned count = 0;

	for (const struct idl_field *field = operation->fields; field; field = field->next)
		count += field->direction == direction;
	return count;
}

static const char opening[] =
    "#include \"abi/layout.h\"\n"
    "#include \"abi/recovery.h\"\n"
    "#include \"abi/types.h\"\n"
    "\n"
    "/* Registers: rax = number, then status; rdi rsi rdx r10 r8 r9 = `in` fields in order; rdx r8 r9 = "
    "`out` fields in order.\n"
    " * The kernel changes rax, rcx, r11, rdx, r8, r9 and keeps all others.\n"
    " *\n"
    " * Programs without the runtime (and the runtime itself) define KERNEL_BARE before they include this: "
    "then the stubs\n"
    " * neither mark their side-effect class nor log the memory of the caller that the kernel fills. With "
    "DJED_HOSTED the\n"
    " * stubs call djed_hosted_operation, which a host program defines. */\n"
    "#ifndef KERNEL_BARE\n"
    "void djed_effect(uint32_t effect);\n"
    "void djed_undo_range(const void *address, size_t length);\n"
    "#endif\n"
    "#ifdef DJED_HOSTED\n"
    "djed_status djed_hosted_operation(uint64_t number, const uint64_t in[6], uint64_t out[3]);\n"
    "#endif\n";

static void emit_body(FILE *to, const struct idl_message *operation)
{
	static const char *const registers[] = {"rdi", "rsi", "rdx", "r10", "r8", "r9"};
	static const char *const results[] = {"rdx", "r8", "r9"};
	unsigned ins = count_fields(operation, IDL_IN), n = 0;

	fprintf(to, "#ifdef DJED_HOSTED\n\tuint64_t in_[6] = {");
	for (const struct idl_field *field = operation->fields; field; field = field->next)
		if (field->direction == IDL_IN)
			fprintf(to, "%s%s", n++ ? ", " : "", field->name);
	fprintf(
	    to,
	    "%s}, out_[3] = {0};\n\tdjed_status rax_ = djed_hosted_operation(KERNEL_OP_%s, in_, out_);\n\n",
	    n ? "" : "0", idl_capitals(operation->name).text);
	n = 0;
	for (const struct idl_field *field = operation->fields; field; field = field->next)
		if (field->direction == IDL_OUT)
			fprintf(to, "\t*%s = out_[%u];\n", field->name, n++);
	fprintf(to, "#else\n\tint64_t rax_ = KERNEL_OP_%s;\n", idl_capitals(operation->name).text);
	n = 0;
	for (const struct idl_field *field = operation->fields; field; field = field->next)
		if (field->direction == IDL_IN) {
			fprintf(to, "\tregister uint64_t %s_ __asm__(\"%s\") = %s;\n", registers[n],
				registers[n], field->name);
			n++;
		}
	/* rdx, r8 and r9 may come back changed even where nothing is put into them. */
	if (ins < 3)
		fputs("\tregister uint64_t rdx_ __asm__(\"rdx\");\n", to);
	if (ins < 5)
		fputs("\tregister uint64_t r8_ __asm__(\"r8\");\n", to);
	if (ins < 6)
		fputs("\tregister uint64_t r9_ __asm__(\"r9\");\n", to);
	fprintf(to,
		"\t__asm__ volatile(\"syscall\"\n\t\t\t : \"+a\"(rax_), \"%cr\"(rdx_), \"%cr\"(r8_), "
		"\"%cr\"(r9_)\n\t\t\t : ",
		ins < 3 ? '=' : '+', ins < 5 ? '=' : '+', ins < 6 ? '=' : '+');
	for (unsigned i = 0, shown = 0; i < ins; i++)
		if (i < 2 || i == 3)
			fprintf(to, "%s\"r\"(%s_)", shown++ ? ", " : "", registers[i]);
	fputs("\n\t\t\t : \"rcx\", \"r11\", \"memory\");\n", to);
	n = 0;
	for (const struct idl_field *field = operation->fields; field; field = field->next)
		if (field->direction == IDL_OUT)
			fprintf(to, "\t*%s = %s_;\n", field->name, results[n++]);
	fputs("#endif\n\treturn rax_;\n}\n", to);
}

static void emit_stub(FILE *to, const struct idl_message *operation)
{
	const char *comma = "";

	fputc('\n', to);
	idl_emit_contract(to, operation);
	fprintf(to, "static inline djed_status kernel_%s(", operation->name);
	for (const struct idl_field *field = operation->fields; field; field = field->next) {
		fputs(comma, to);
		idl_emit_parameter(to, field);
		comma = ", ";
	}
	fprintf(to, "%s)\n{\n#ifndef KERNEL_BARE\n\tdjed_effect(%s);\n", comma[0] ? "" : "void",
		idl_effect_constant(operation->effect));
	for (const struct idl_field *field = operation->fields; field; field = field->next) {
		if (field->fills && field->fills_struct)
			fprintf(to, "\tdjed_undo_range((const void *)%s, sizeof(struct %s));\n", field->name,
				field->fills_struct);
		else if (field->fills)
			fprintf(to, "\tdjed_undo_range((const void *)%s, %s);\n", field->name,
				field->fills_length);
	}
	fputs("#endif\n", to);
	emit_body(to, operation);
}

void idl_emit_kernel(FILE *to, const struct idl *idl)
{
	const struct idl_protocol *kernel = idl->kernel;
	unsigned largest = 0;

	idl_emit_opening(to, "PROTOCOLS_KERNEL_H", kernel->text);
	fputs(opening, to);
	fputs("\nenum {\n", to);
	for (const struct idl_message *operation = kernel->messages; operation; operation = operation->next) {
		fprintf(to, "\tKERNEL_OP_%s = %u,\n", idl_capitals(operation->name).text, operation->number);
		largest = operation->number > largest ? operation->number : largest;
	}
	fprintf(to, "\tKERNEL_OPERATIONS_END = %u, /* above the largest number */\n};\n", largest + 1);
	fputs("\n#ifndef KERNEL_NUMBERS_ONLY\n", to);
	for (const struct idl_message *operation = kernel->messages; operation; operation = operation->next)
		emit_stub(to, operation);
	fputs("\n#endif\n", to);
	idl_emit_closing(to);
}

void idl_emit_operations(FILE *to, const struct idl *idl)
{
	const struct idl_protocol *kernel = idl->kernel;

	idl_emit_opening(to, "PROTOCOLS_KERNEL_OPERATIONS_H", "The kernel's operations, by number.");
	fputs("#include \"abi/types.h\"\n\n"
	      "/* X(NAME, name, number, in fields, out fields, effect) */\n#define KERNEL_OPERATIONS(X)",
	      to);
	for (const struct idl_message *operation = kernel->messages; operation; operation = operation->next)
		fprintf(to, " \\\n\tX(%s, %s, %u, %u, %u, %s)", idl_capitals(operation->name).text,
			operation->name, operation->number, count_fields(operation, IDL_IN),
			count_fields(operation, IDL_OUT), idl_effect_constant(operation->effect));
	fputs("\n\nstruct kernel_operation {\n"
	      "\tconst char *name; /* NULL: there is no such operation */\n"
	      "\tuint8_t in;       /* fields in rdi rsi rdx r10 r8 r9 */\n"
	      "\tuint8_t out;      /* fields in rdx r8 r9 */\n"
	      "\tuint8_t effect;   /* enum djed_effect */\n"
	      "};\n"
	      "static const struct kernel_operation kernel_operations[] = {\n",
	      to);
	for (const struct idl_message *operation = kernel->messages; operation; operation = operation->next)
		fprintf(to, "\t[%u] = {\"%s\", %u, %u, %s},\n", operation->number, operation->name,
			count_fields(operation, IDL_IN), count_fields(operation, IDL_OUT),
			idl_effect_constant(operation->effect));
	fputs("};\n", to);
	idl_emit_closing(to);
}
