/* Memory of the picture, its errors, and the names of its enumerations. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "idl.h"

struct idl_memory {
	struct idl_memory *next;
	max_align_t bytes[];
};

void idl_begin(struct idl *idl)
{
	*idl = (struct idl){0};
}

void idl_end(struct idl *idl)
{
	while (idl->memory) {
		struct idl_memory *next = idl->memory->next;

		free(idl->memory);
		idl->memory = next;
	}
}

void *idl_allocate(struct idl *idl, size_t size)
{
	struct idl_memory *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		fputs("djed-idl: out of memory\n", stderr);
		exit(2);
	}
	block->next = idl->memory;
	idl->memory = block;
	return block->bytes;
}

const char *idl_copy(struct idl *idl, const char *text, size_t length)
{
	char *copy = idl_allocate(idl, length + 1);

	memcpy(copy, text, length);
	return copy;
}

const char *idl_format(struct idl *idl, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return "";
	text = idl_allocate(idl, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

void idl_fail(struct idl *idl, const char *file, unsigned line, const char *format, ...)
{
	va_list arguments;

	if (idl->error[0])
		return;
	int length = snprintf(idl->error, sizeof(idl->error), "%s:%u: ", file, line);
	if (length < 0 || (size_t)length >= sizeof(idl->error))
		return;
	va_start(arguments, format);
	vsnprintf(idl->error + length, sizeof(idl->error) - (size_t)length, format, arguments);
	va_end(arguments);
}

const char *idl_effect_name(enum idl_effect effect)
{
	static const char *const names[] = {"reads",	     "undoable",   "deferrable",
					    "compensatable", "repeatable", "final"};

	return names[effect];
}

const char *idl_type_name(enum idl_type type)
{
	static const char *const names[] = {"u8", "u16", "u32", "u64", "i32", "i64", "bool", "bytes", "text"};

	return names[type];
}

const char *idl_kind_name(enum idl_kind kind)
{
	static const char *const names[] = {"value", "int",  "uint", "fd",   "pid",    "signal",
					    "flags", "mode", "id",   "path", "address"};

	return names[kind];
}
