/* djed-manifest: makes the system's records (os/abi/system.h) out of the text of the boot manifest. A
 * build-time tool: see os/image. */
#include "manifest.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: djed-manifest --out FILE MANIFEST... [--policies SCRIPT...]\n"
    "\n"
    "Checks the manifests, which follow each other as if they were one file, and writes "
    "the records that the boot archive begins\n"
    "with. Checks the policy scripts, too, whose names are those of their files. A mistake is named as "
    "FILE:LINE: "
    "REASON, and nothing\n"
    "is written.\n";

static void read_texts(struct manifest_text *texts, char **names, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct text text = read_file(names[i]);

		texts[i] = (struct manifest_text){names[i], text.bytes, text.length};
	}
}

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
	unsigned all = (unsigned)argc - 3, count = 0, first; /* manifests; first script */
	while (count < all && strcmp(argv[3 + count], "--policies") != 0)
		count++;
	first = count + (count < all);
	struct manifest_text *texts = calloc(all, sizeof *texts);

	if (!texts)
		die("out of memory");
	read_texts(texts, argv + 3, count);
	read_texts(texts + first, argv + 3 + first, all - first);
	if (!manifest_parse(&manifest, texts, count) ||
	    !manifest_check_policies(&manifest, texts + first, all - first)) {
		fprintf(stderr, "%s\n", manifest.error);
		return EXIT_DJED;
	}
	write_file(argv[2], &manifest.system, sizeof manifest.system);
	return 0;
}
