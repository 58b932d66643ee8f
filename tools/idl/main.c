/* djed-idl: compiles interface files. Usage and language: docs/interface-language.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emit.h"

static const char usage[] = "usage: djed-idl [--out DIR] [--docs DIR] FILE...\n"
			    "Reads interface files; writes C headers, tables and decoders to DIR/protocols, "
			    "reference pages to the --docs DIR.\n"
			    "With neither it only checks the files.\n";

/* Biggest interface file that is read. */
enum { FILE_MAX = 16 << 20 };

static bool read_file(const char *path, char **text, size_t *length)
{
	FILE *file = fopen(path, "rb");
	bool good = false;

	*text = NULL;
	*length = 0;
	if (!file) {
		fprintf(stderr, "djed-idl: cannot read %s: %s\n", path, strerror(errno));
		return false;
	}
	for (;;) {
		char *larger = realloc(*text, *length + 65536);

		if (!larger) {
			fputs("djed-idl: out of memory\n", stderr);
			break;
		}
		*text = larger;
		size_t n = fread(*text + *length, 1, 65536, file);

		*length += n;
		if (n == 0) {
			good = !ferror(file);
			if (!good)
				fprintf(stderr, "djed-idl: cannot read %s: %s\n", path, strerror(errno));
			break;
		}
		if (*length > FILE_MAX) {
			fprintf(stderr, "djed-idl: %s is larger than %d bytes\n", path, FILE_MAX);
			break;
		}
	}
	fclose(file);
	return good;
}

static bool make_folder(const char *path)
{
	struct stat information;

	if (mkdir(path, 0777) == 0 ||
	    (errno == EEXIST && stat(path, &information) == 0 && S_ISDIR(information.st_mode)))
		return true;
	fprintf(stderr, "djed-idl: cannot make folder %s: %s\n", path, strerror(errno));
	return false;
}

typedef void emitter(FILE *to, const struct idl *idl);

/* A file that is made from the whole picture. */
static bool write_file(const char *folder, const char *name, emitter *emit, const struct idl *idl)
{
	struct idl_output output;

	idl_open(&output, folder, "%s", name);
	emit(output.stream, idl);
	return idl_close(&output);
}

static bool write_protocol(const char *folder, const struct idl_protocol *protocol)
{
	static const struct {
		const char *ending;
		void (*emit)(FILE *to, const struct idl_protocol *protocol);
	} files[] = {
	    {".h", idl_emit_protocol},
	    {"_client.h", idl_emit_client},
	    {"_server.h", idl_emit_server},
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && good; i++) {
		struct idl_output output;

		idl_open(&output, folder, "%s%s", protocol->name, files[i].ending);
		files[i].emit(output.stream, protocol);
		good = idl_close(&output);
	}
	return good;
}

/* Whether an earlier call than `call` (or its first owner, for the second) has the same owner. */
static bool owner_done(const struct idl *idl, const struct idl_call *call, const char *owner)
{
	for (const struct idl_call *other = idl->calls; other != call; other = other->next)
		if (idl_serves(other, owner))
			return true;
	return owner == call->second_owner && strcmp(owner, call->owner) == 0;
}

/* The header of each owner, once. */
static bool write_owners(const char *folder, const struct idl *idl)
{
	bool good = true;

	for (const struct idl_call *call = idl->calls; call; call = call->next) {
		const char *owners[2] = {call->owner, call->second_owner};

		for (unsigned i = 0; i < 2 && good; i++) {
			struct idl_output output;

			if (!owners[i] || !idl_serves(call, owners[i]) || owner_done(idl, call, owners[i]))
				continue;
			idl_open(&output, folder, "linux_%s_server.h", owners[i]);
			idl_emit_linux_server(output.stream, idl, owners[i]);
			good = idl_close(&output);
		}
	}
	return good;
}

static bool write_headers(const char *out, const struct idl *idl)
{
	char folder[4096];
	bool good = true;

	if ((size_t)snprintf(folder, sizeof(folder), "%s/protocols", out) >= sizeof(folder)) {
		fprintf(stderr, "djed-idl: name of the folder is too long: %s\n", out);
		return false;
	}
	if (!make_folder(out) || !make_folder(folder))
		return false;
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		good = good && write_protocol(folder, protocol);
	if (idl->kernel)
		good = good && write_file(folder, "kernel.h", idl_emit_kernel, idl) &&
		       write_file(folder, "kernel_operations.h", idl_emit_operations, idl);
	if (idl->linux_text)
		good = good && write_file(folder, "linux.h", idl_emit_linux, idl) &&
		       write_file(folder, "linux_table.h", idl_emit_linux_table, idl) &&
		       write_file(folder, "linux_client.h", idl_emit_linux_client, idl) &&
		       write_file(folder, "linux_trace.h", idl_emit_linux_trace, idl) &&
		       write_owners(folder, idl);
	return good && write_file(folder, "labels.h", idl_emit_labels, idl) &&
	       write_file(folder, "effects.tbl", idl_emit_effects, idl);
}

static bool write_pages(const char *docs, const struct idl *idl)
{
	return make_folder(docs) && write_file(docs, "protocols.md", idl_emit_protocols_page, idl) &&
	       (!idl->linux_text || write_file(docs, "linux-abi.md", idl_emit_linux_page, idl));
}

int main(int argc, char **argv)
{
	const char *out = NULL, *docs = NULL;
	struct idl idl;
	bool good = true;
	int files = 0;

	for (int i = 1; i < argc; i++) {
		const char **option = strcmp(argv[i], "--out") == 0    ? &out
				      : strcmp(argv[i], "--docs") == 0 ? &docs
								       : NULL;

		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return 0;
		}
		if (option) {
			if (i + 1 == argc) {
				fprintf(stderr, "djed-idl: %s needs a folder\n", argv[i]);
				return 2;
			}
			*option = argv[++i];
		} else if (argv[i][0] == '-') {
			fprintf(stderr, "djed-idl: unknown option %s\n", argv[i]);
			return 2;
		} else {
			argv[files++] = argv[i];
		}
	}
	if (!files) {
		fputs("djed-idl: no interface file is given\n", stderr);
		return 2;
	}
	idl_begin(&idl);
	for (int i = 0; i < files && good; i++) {
		char *text;
		size_t length;

		good = read_file(argv[i], &text, &length) && idl_parse(&idl, argv[i], text, length);
		free(text);
	}
	good = good && idl_check(&idl);
	if (idl.error[0])
		fprintf(stderr, "%s\n", idl.error);
	good = good && (!out || write_headers(out, &idl)) && (!docs || write_pages(docs, &idl));
	idl_end(&idl);
	return good ? 0 : 1;
}
