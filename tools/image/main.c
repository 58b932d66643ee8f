/* djed-image: completes djed-manifest's records with the services' images: the first file of a boot archive.
 * A build-time tool: see os/image. */
#include "image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: djed-image --out FILE --services FOLDER [--manifest RECORDS] [NAME=OTHER]...\n"
    "\n"
    "Writes the records and, for each service NAME that they list, what is loaded of FOLDER/NAME.elf (or of\n"
    "FOLDER/OTHER.elf). Without records: root alone.\n";

int main(int argc, char **argv)
{
	const char *out = NULL, *folder = NULL, *manifest = NULL, *reason;
	struct text system, records;
	int argument = 1;

	tool_name = "djed-image";
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	for (; argument + 1 < argc && !strncmp(argv[argument], "--", 2); argument += 2) {
		const char **value = !strcmp(argv[argument], "--out")	     ? &out
				     : !strcmp(argv[argument], "--services") ? &folder
				     : !strcmp(argv[argument], "--manifest") ? &manifest
									     : NULL;
		if (!value)
			die("unknown option '%s' (see: djed-image --help)", argv[argument]);
		*value = argv[argument + 1];
	}
	if (!out || !folder)
		die("--out and --services are needed (see: djed-image --help)");
	if (manifest)
		records = read_file(manifest);
	reason = image_start(&system, manifest ? &records : NULL);
	if (reason)
		die("%s: %s", manifest, reason);
	for (unsigned i = 0; i < image_system(&system)->records; i++) {
		const char *name = image_system(&system)->service[i].name, *file = name;

		for (int k = argument; k < argc; k++)
			if (!strncmp(argv[k], name, strlen(name)) && argv[k][strlen(name)] == '=')
				file = argv[k] + strlen(name) + 1;
		char *path = format_string("%s/%s.elf", folder, file);
		struct text elf = read_file(path);

		reason = image_add(&system, i, elf.bytes, elf.length);
		if (reason)
			die("%s: %s", path, reason);
		text_free(&elf);
		free(path);
	}
	reason = image_finish(&system);
	if (reason)
		die("%s: %s", out, reason);
	write_file(out, system.bytes, system.length);
	return 0;
}
