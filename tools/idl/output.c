#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit.h"

void idl_open(struct idl_output *output, const char *folder, const char *format, ...)
{
	char name[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name, sizeof(name), format, arguments);
	va_end(arguments);
	size_t size = strlen(folder) + strlen(name) + 2;

	*output = (struct idl_output){.path = malloc(size)};
	output->stream = open_memstream(&output->text, &output->length);
	if (!output->path || !output->stream) {
		fputs("djed-idl: out of memory\n", stderr);
		exit(2);
	}
	snprintf(output->path, size, "%s/%s", folder, name);
}

static bool already_there(const struct idl_output *output)
{
	FILE *file = fopen(output->path, "rb");
	char block[4096];
	size_t at = 0, n;
	bool same = file != NULL;

	while (same && (n = fread(block, 1, sizeof(block), file)) > 0) {
		same = n <= output->length - at && memcmp(block, output->text + at, n) == 0;
		at += n;
	}
	if (file)
		fclose(file);
	return same && at == output->length;
}

bool idl_close(struct idl_output *output)
{
	size_t size = strlen(output->path) + 32;
	char *temporary = malloc(size);
	bool good = !ferror(output->stream);

	good = fclose(output->stream) == 0 && good && temporary;

	if (!good) {
		fputs("djed-idl: out of memory\n", stderr);
	} else if (!already_there(output)) {
		snprintf(temporary, size, "%s.%ld", output->path, (long)getpid());
		FILE *file = fopen(temporary, "wb");

		good = file != NULL;
		if (good) {
			good = fwrite(output->text, 1, output->length, file) == output->length;
			good &= fclose(file) == 0;
			good = good && rename(temporary, output->path) == 0;
		}
		if (!good) {
			fprintf(stderr, "djed-idl: cannot write %s: %s\n", output->path, strerror(errno));
			unlink(temporary);
		}
	}
	free(temporary);
	free(output->text);
	free(output->path);
	return good;
}

void idl_emit_opening(FILE *to, const char *guard, const char *what)
{
	fprintf(
	    to,
	    "/* %s\n * Made by djed-idl: change the interface file instead. */\n#ifndef %s\n#define %s\n\n",
	    what, guard, guard);
}

void idl_emit_closing(FILE *to)
{
	fputs("\n#endif\n", to);
}

struct idl_capitals idl_capitals(const char *name)
{
	struct idl_capitals capitals = {{0}};

	for (size_t i = 0; name[i] && i < IDL_NAME_MAX; i++)
		capitals.text[i] = (char)toupper((unsigned char)name[i]);
	return capitals;
}

const char *idl_effect_constant(enum idl_effect effect)
{
	static const char *const names[] = {"DJED_READS",	  "DJED_UNDOABLE",   "DJED_DEFERRABLE",
					    "DJED_COMPENSATABLE", "DJED_REPEATABLE", "DJED_FINAL"};

	return names[effect];
}

const char *idl_c_type(enum idl_type type)
{
	static const char *const names[] = {"uint8_t", "uint16_t", "uint32_t", "uint64_t",
					    "int32_t", "int64_t",  "bool"};

	return names[type];
}

static void emit_signed(FILE *to, int64_t value)
{
	/* The most negative number has no literal of its own. */
	if (value == INT64_MIN)
		fputs("INT64_MIN", to);
	else
		fprintf(to, "%" PRId64, value);
}

bool idl_emit_fits(FILE *to, const struct idl_field *field, const char *expression)
{
	static const uint64_t highs[] = {UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX};

	switch (field->type) {
	case IDL_BOOL:
		fprintf(to, "%s <= 1", expression);
		return true;
	case IDL_I32:
	case IDL_I64: {
		int64_t low = field->ranged ? field->low : field->type == IDL_I32 ? INT32_MIN : INT64_MIN;
		int64_t high = field->ranged		? (int64_t)field->high
			       : field->type == IDL_I32 ? INT32_MAX
							: INT64_MAX;

		if (low == INT64_MIN && high == INT64_MAX)
			return false;
		fprintf(to, "(int64_t)%s >= ", expression);
		emit_signed(to, low);
		fprintf(to, " && (int64_t)%s <= ", expression);
		emit_signed(to, high);
		return true;
	}
	case IDL_BYTES:
		return false;
	case IDL_TEXT:
		fprintf(to, "!((const char *)&%s)[%u]", expression, field->bytes - 1);
		return true;
	default: {
		uint64_t low = field->ranged ? (uint64_t)field->low : 0;
		uint64_t high = field->ranged ? field->high : highs[field->type];

		if (low > 0)
			fprintf(to, "%s >= %" PRIu64 "u%s", expression, low, high < UINT64_MAX ? " && " : "");
		if (high < UINT64_MAX)
			fprintf(to, "%s <= %" PRIu64 "u", expression, high);
		return low > 0 || high < UINT64_MAX;
	}
	}
}

void idl_emit_contract(FILE *to, const struct idl_message *message)
{
	fprintf(to, "/* %s", message->text);
	for (const struct idl_error *error = message->errors; error; error = error->next)
		fprintf(to, "%s-%s", error == message->errors ? " Errors: " : ", ", error->name);
	fputs(message->errors ? ". */\n" : " */\n", to);
}

void idl_emit_effects(FILE *to, const struct idl *idl)
{
	fputs("# Functions that send messages or call the kernel, with their side-effect classes. Made by "
	      "djed-idl.\n",
	      to);
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		for (const struct idl_message *message = protocol->messages; message; message = message->next)
			if (!message->parks)
				fprintf(to, "%s_%s %s\n", protocol->name, message->name,
					idl_effect_name(message->effect));
	for (const struct idl_message *message = idl->kernel ? idl->kernel->messages : NULL; message;
	     message = message->next)
		fprintf(to, "kernel_%s %s\n", message->name, idl_effect_name(message->effect));
}
