/* djed-manifest: makes the system's records (os/abi/system.h) out of the text of the boot manifest. A
 * build-time tool: see os/image. */
#include "manifest.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: djed-manifest --out FILE MANIFEST... [--policies SCRIPT...] [--images NAME...]\n"
    "\n"
    "Checks the manifests, which follow each other as if they were one file, and writes the records\n"
    "that the boot archive begins with. Checks the policy scripts, too, whose names are those of their\n"
    "files; and, where the names of all images are given, that what the manifests name is among them.\n"
    "A mistake is named as FILE:LINE: REASON, and nothing is written.\n";

/* Arguments that follow each other. */
struct part {
	char **name;
	unsigned count;
};

/* From argument `first` to the next option. */
static struct part part_from(char **argv, unsigned first)
{
	struct part part = {argv + first, 0};

	while (part.name[part.count] && strncmp(part.name[part.count], "--", 2) != 0)
		part.count++;
	return part;
}

/* Behind an option; empty where that is not given. */
static struct part part_of(char **argv, const char *option)
{
	for (unsigned i = 3; argv[i]; i++)
		if (strcmp(argv[i], option) == 0)
			return part_from(argv, i + 1);
	return (struct part){0};
}

static void read_texts(struct manifest_text *texts, struct part part)
{
	for (unsigned i = 0; i < part.count; i++) {
		struct text text = read_file(part.name[i]);

		texts[i] = (struct manifest_text){part.name[i], text.bytes, text.length};
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
	for (int i = 3; i < argc; i++)
		if (!strncmp(argv[i], "--", 2) && strcmp(argv[i], "--policies") != 0 &&
		    strcmp(argv[i], "--images") != 0)
			die("unknown option '%s' (see: djed-manifest --help)", argv[i]);
	struct part manifests = part_from(argv, 3), policies = part_of(argv, "--policies"),
		    images = part_of(argv, "--images");
	struct manifest_text *texts = calloc((size_t)argc, sizeof *texts), *scripts = texts + manifests.count;

	if (!texts)
		die("out of memory");
	read_texts(texts, manifests);
	read_texts(scripts, policies);
	if (!manifest_parse(&manifest, texts, manifests.count) ||
	    !manifest_check_policies(&manifest, scripts, policies.count) ||
	    (images.count && !manifest_check_images(&manifest, images.name, images.count))) {
		fprintf(stderr, "%s\n", manifest.error);
		return EXIT_DJED;
	}
	write_file(argv[2], &manifest.system, sizeof manifest.system);
	return 0;
}
