/* ELF images and the archive: a good one, and every field damaged. */
#include "../../../os/lib/elf.h"
#include "../../support/good_image.h"
#include <abi/layout.h>
#include <abi/message.h>
#include <criterion/criterion.h>
#include <elf.h>
#include <lib/archive.h>
#include <stdio.h>
#include <string.h>

static const char *parse(struct elf_image *image)
{
	return elf_parse(image, &good, sizeof(good));
}

/* One change to the good image must give this reason. */
#define refused(change, part)                                                   \
	do {                                                                    \
		struct elf_image image_;                                        \
		make_good();                                                    \
		change;                                                         \
		const char *reason_ = parse(&image_);                           \
		cr_assert(reason_ &&strstr(reason_, part), "%s: '%s'", #change, \
			  reason_ ? reason_ : "accepted");                      \
	} while (0)

Test(elf, images)
{
	struct elf_image image;
	uint64_t address, length;

	make_good();
	cr_assert(parse(&image) == NULL && image.segments == 2 && image.entry == DJED_IMAGE_BASE + 8);
	cr_assert(image.segment[0].access == (DJED_ACCESS_READ | DJED_ACCESS_EXECUTE));
	cr_assert(image.segment[1].access == (DJED_ACCESS_READ | DJED_ACCESS_WRITE) &&
		  image.segment[1].memory_size == 10000);
	cr_assert(elf_section(&image, ".djed.counts", &address, &length) &&
		  address == DJED_IMAGE_BASE + 4096 + 128 && length == 256);
	cr_assert(!elf_section(&image, ".djed", &address, &length) &&
		  !elf_section(&image, ".shstrtab", &address, &length));
	good.section[1].sh_addr = DJED_IMAGE_BASE; /* text is not shown to the laboratory */
	cr_assert(!elf_section(&image, ".djed.counts", &address, &length));
	good.section[1].sh_addr = DJED_IMAGE_BASE + 4096 + 9900;
	cr_assert(!elf_section(&image, ".djed.counts", &address, &length));
	for (size_t size = 0; size < offsetof(struct image, data); size++)
		cr_assert(elf_parse(&image, &good, size) != NULL, "cut to %zu bytes", size);

	refused(good.header.e_ident[4] = 1, "not a 64-bit");
	refused(good.header.e_type = ET_DYN, "not a static");
	refused(good.header.e_machine = EM_386, "not a static");
	refused(good.header.e_phentsize = 32, "another size");
	refused(good.header.e_phoff = UINT64_MAX, "not all in the file");
	refused(good.header.e_phnum = 500, "");
	refused(good.header.e_entry = DJED_IMAGE_BASE + 4096, "entry point");
	refused(good.header.e_entry = DJED_IMAGE_BASE + 64, "entry point");
	refused(good.segment[0].p_offset = UINT64_MAX - 10, "not all in the file");
	refused(good.segment[0].p_filesz = 65, "not all in the file");
	refused(good.segment[2].p_filesz = good.segment[2].p_memsz = UINT64_MAX, "not all in the file");
	refused(good.segment[0].p_vaddr++, "start at a page");
	refused(good.segment[0].p_vaddr = 0, "outside");
	refused(good.segment[2].p_vaddr = DJED_STACK_TOP - 4096, "outside");
	refused(good.segment[2].p_memsz = UINT64_MAX, "outside");
	refused(good.segment[2].p_vaddr = DJED_IMAGE_BASE, "share a page");
	refused(good.segment[2].p_flags |= PF_X, "both writable and executable");
	refused(good.segment[0].p_flags = PF_R, "entry point");
}

static size_t add_file(char *archive, size_t at, const char *prefix, const char *name, const char *contents)
{
	char *header = archive + at;

	snprintf(header, 100, "%s", name);
	snprintf(header + 124, 12, "%011zo", strlen(contents));
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	snprintf(header + 345, 155, "%s", prefix);
	strcpy(header + 512, contents);
	return at + 512 + (strlen(contents) + 511) / 512 * 512;
}

Test(archive, files)
{
	static char archive[8192];
	size_t size, length, second;
	const char *found;

	second = add_file(archive, 0, "", "manifest", "first");
	size = add_file(archive, second, "services", "vfs", "second") + 1024;
	found = archive_find(archive, size, "manifest", &length);
	cr_assert(found == archive + 512 && length == 5);
	found = archive_find(archive, size, "services/vfs", &length);
	cr_assert(found == archive + second + 512 && length == 6);
	cr_assert(!archive_find(archive, size, "vfs", &length) &&
		  !archive_find(archive, size, "services/vf", &length));
	cr_assert(!archive_find(archive, size, "manifes", &length) &&
		  !archive_find(archive, 0, "manifest", &length));
	for (size_t cut = 0; cut < second + 512 + 6; cut++)
		cr_assert(!archive_find(archive, cut, "services/vfs", &length), "cut to %zu", cut);
	archive[124] = '9';
	cr_assert(!archive_find(archive, size, "manifest", &length));
	memcpy(archive + 124, "77777777777", 11);
	cr_assert(!archive_find(archive, size, "manifest", &length));
	memcpy(archive + 124, "00000000005", 11);
	archive[156] = '5'; /* a folder of that name */
	cr_assert(!archive_find(archive, size, "manifest", &length) &&
		  archive_find(archive, size, "services/vfs", &length));
}
