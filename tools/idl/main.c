/* djed-idl: compiles interface files. Usage and language: docs/interface-language.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emit.h"

static const char usage[] =
	"usage: djed-idl [--out DIR] [--docs DIR] FILE...\n"
	"Reads interface files; writes C headers, tables and decoders to DIR/protocols, reference pages to the --docs DIR.\n"
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

	if (mkdir(path, 0777) == 0 || (errno == EEXIST && stat(path, &information) == 0 && S_ISDIR(information.st_mode)))
		return true;
	fprintf(stderr, "djed-idl: cannot make folder %s: %s\n", path, strerror(errno));
	return false;
}

static bool write_protocol(const char *folder, const struct idl_protocol *protocol)
{
	struct idl_output output;
	bool good;

	idl_open(&output, folder, "%s.h", protocol->name);
	idl_emit_protocol(output.stream, protocol);
	good = idl_close(&output);
	idl_open(&output, folder, "%s_client.h", protocol->name);
	idl_emit_client(output.stream, protocol);
	good &= idl_close(&output);
	idl_open(&output, folder, "%s_server.h", protocol->name);
	idl_emit_server(output.stream, protocol);
	return good & idl_close(&output);
}

static bool write_kernel(const char *folder, const struct idl_protocol *kernel)
{
	struct idl_output output;
	bool good;

	idl_open(&output, folder, "kernel.h");
	idl_emit_kernel(output.stream, kernel);
	good = idl_close(&output);
	idl_open(&output, folder, "kernel_operations.h");
	idl_emit_operations(output.stream, kernel);
	return good & idl_close(&output);
}

/* The header of each owner, once. */
static bool write_owners(const char *folder, const struct idl *idl)
{
	const char *done[64];
	size_t count = 0;
	bool good = true;

	for (const struct idl_call *call = idl->calls; call; call = call->next) {
		const char *owners[2] = {call->owner, call->second_owner};

		for (unsigned i = 0; i < 2; i++) {
			struct idl_output output;
			size_t j = 0;

			if (!owners[i] || call->support == IDL_ABSENT)
				continue;
			while (j < count && strcmp(done[j], owners[i]) != 0)
				j++;
			if (j < count)
				continue;
			if (count == sizeof(done) / sizeof(done[0])) {
				fputs("djed-idl: too many owners of Linux calls\n", stderr);
				return false;
			}
			done[count++] = owners[i];
			idl_open(&output, folder, "linux_%s_server.h", owners[i]);
			idl_emit_linux_server(output.stream, idl, owners[i]);
			good &= idl_close(&output);
		}
	}
	return good;
}

static bool write_linux(const char *folder, const struct idl *idl)
{
	struct idl_output output;
	bool good;

	idl_open(&output, folder, "linux.h");
	idl_emit_linux(output.stream, idl);
	good = idl_close(&output);
	idl_open(&output, folder, "linux_table.h");
	idl_emit_linux_table(output.stream, idl);
	good &= idl_close(&output);
	idl_open(&output, folder, "linux_client.h");
	idl_emit_linux_client(output.stream);
	good &= idl_close(&output);
	return good & write_owners(folder, idl);
}

static bool write_all(const char *out, const struct idl *idl)
{
	char folder[4096];
	struct idl_output output;
	bool good = true;

	if ((size_t)snprintf(folder, sizeof(folder), "%s/protocols", out) >= sizeof(folder)) {
		fprintf(stderr, "djed-idl: name of the folder is too long: %s\n", out);
		return false;
	}
	if (!make_folder(out) || !make_folder(folder))
		return false;
	for (const struct idl_protocol *protocol = idl->protocols; protocol; protocol = protocol->next)
		good &= write_protocol(folder, protocol);
	if (idl->kernel)
		good &= write_kernel(folder, idl->kernel);
	if (idl->linux_text)
		good &= write_linux(folder, idl);
	idl_open(&output, folder, "effects.tbl");
	idl_emit_effects(output.stream, idl);
	return good & idl_close(&output);
}

int main(int argc, char **argv)
{
	const char *out = NULL, *docs = NULL;
	struct idl idl;
	bool good = true;
	int files = 0;

	for (int i = 1; i < argc; i++) {
		const char **option = strcmp(argv[i], "--out") == 0 ? &out : strcmp(argv[i], "--docs") == 0 ? &docs : NULL;

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
		fputs(usage, stderr);
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
	if (good && out)
		good = write_all(out, &idl);
	idl_end(&idl);
	return good ? 0 : 1;
}
