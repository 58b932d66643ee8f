/* djed-manifest: makes the system's records (os/abi/system.h) out of the text of the boot manifest. A
 * build-time tool: see os/image. */
#include "manifest.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: djed-manifest --out FILE MANIFEST...\n"
    "\n"
    "Checks the manifests, which follow each other as if they were one file, and writes "
    "the records that the boot archive begins\n"
    "with. A mistake is named as FILE:LINE: REASON, and nothing is written.\n";

int main(int argc, char **argv)
{
	static struct manifest manifest;

	tool_name = "djed-manifest";
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (argc < 4 || strcmp(argv[1], "--out") != 0) {
		fputs(usage_text, stderr);
		return EXIT_DJED;
	}
	unsigned count = (unsigned)argc - 3;
	struct manifest_text *texts = calloc(count, sizeof *texts);

	if (!texts)
		die("out of memory");
	for (unsigned i = 0; i < count; i++) {
		struct text text = read_file(argv[3 + i]);

		texts[i] = (struct manifest_text){argv[3 + i], text.bytes, text.length};
	}
	if (!manifest_parse(&manifest, texts, count)) {
		fprintf(stderr, "%s\n", manifest.error);
		return EXIT_DJED;
	}
	write_file(argv[2], &manifest.system, sizeof manifest.system);
	return 0;
}
