/* libFuzzer target: any bytes as interface files. Two files, separated by a zero byte, so that checks across
 * files run, too; what is accepted is also emitted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

static void emit(const struct idl *idl, FILE *to)
{
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next) {
		idl_emit_protocol(to, protocol);
		idl_emit_client(to, protocol);
		idl_emit_server(to, protocol);
	}
	if (idl->kernel) {
		idl_emit_kernel(to, idl);
		idl_emit_operations(to, idl);
	}
	if (idl->linux_text) {
		idl_emit_linux(to, idl);
		idl_emit_linux_table(to, idl);
		idl_emit_linux_trace(to, idl);
		idl_emit_linux_server(to, idl, "pm");
		idl_emit_linux_page(to, idl);
	}
	idl_emit_labels(to, idl);
	idl_emit_effects(to, idl);
	idl_emit_protocols_page(to, idl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	const uint8_t *second = memchr(data, 0, size);
	size_t first_size = second ? (size_t)(second - data) : size;
	struct idl idl;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	idl_begin(&idl);
	/* Copies of the exact size, so that the sanitizer sees a byte too far. */
	char *first = malloc(first_size), *rest = malloc(size - first_size);

	if (!nowhere || (first_size && !first) || (size > first_size && !rest))
		abort();
	memcpy(first, data, first_size);
	memcpy(rest, data + first_size, size - first_size);
	bool good = idl_parse(&idl, "a", first, first_size);

	if (good && second)
		good = idl_parse(&idl, "b", rest + 1, size - first_size - 1);
	good = good && idl_check(&idl);
	/* Refused means: with a reason that has a file and a line. */
	if (good != !idl.error[0] || (!good && (!strchr("ab", idl.error[0]) || idl.error[1] != ':')))
		abort();
	if (good)
		emit(&idl, nowhere);
	idl_end(&idl);
	free(first);
	free(rest);
	return 0;
}
