/* Images of services: a good ELF file, and every field damaged. */
#include "../../support/good_image.h"

#include <criterion/criterion.h>
#include <image.h>
#include <string.h>

static struct text made;

/* The good image as that of root, in `made`; NULL or the reason why not. */
static const char *add(size_t length)
{
	text_free(&made);
	cr_assert(image_start(&made, NULL) == NULL);
	return image_add(&made, 0, (char *)&good, length);
}

static const struct djed_system_service *root(void)
{
	return &image_system(&made)->service[0];
}

/* One change to the good image must give this reason. */
#define refused(change, part)                                                   \
	do {                                                                    \
		make_good();                                                    \
		change;                                                         \
		const char *reason_ = add(sizeof(good));                        \
		cr_assert(reason_ &&strstr(reason_, part), "%s: '%s'", #change, \
			  reason_ ? reason_ : "accepted");                      \
	} while (0)

Test(image, good_and_bad)
{
	const struct djed_shown *shown;

	make_good();
	cr_assert(add(sizeof(good)) == NULL && root()->segments == 2 && root()->entry == DJED_IMAGE_BASE + 8);
	cr_assert(root()->segment[0].access == (DJED_ACCESS_READ | DJED_ACCESS_EXECUTE));
	cr_assert(root()->segment[1].access == (DJED_ACCESS_READ | DJED_ACCESS_WRITE) &&
		  root()->segment[1].memory_size == 10000 && root()->segment[1].file_size == 64);
	cr_assert(memcmp(made.bytes + root()->segment[1].offset, good.data, sizeof(good.data)) == 0);
	shown = &root()->shown[DJED_REGION_BLOCK_COUNTS];
	cr_assert(shown->address == DJED_IMAGE_BASE + 4096 + 128 && shown->length == 256);
	cr_assert(root()->shown[DJED_REGION_EVENTS].length == 0);
	cr_assert(image_finish(&made) == NULL && image_system(&made)->length == made.length);
	cr_assert(djed_system_check(image_system(&made), made.length) == NULL);
	for (size_t length = 0; length < offsetof(struct image, data); length++)
		cr_assert(add(length) != NULL, "cut to %zu bytes", length);
	good.section[1].sh_size = good.section[1].sh_addr = 0;
	cr_assert(add(sizeof(good)) == NULL && root()->shown[DJED_REGION_BLOCK_COUNTS].length == 0);
	refused(good.section[1].sh_addr = DJED_IMAGE_BASE;
		good.section[1].sh_size = 16, "not in a writable segment");
	refused(good.section[1].sh_addr = DJED_IMAGE_BASE + 4096 + 9900, "not in a writable segment");

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

Test(image, records)
{
	struct djed_system system = {.magic = DJED_SYSTEM_MAGIC, .count = 2, .records = 3};
	struct text records = {0};

	system.checksum = djed_system_checksum(&system);
	text_add(&records, &system, sizeof(system));
	cr_assert(image_start(&made, &records) == NULL);
	/* The other implementation of a service has another place than the services. */
	make_good();
	cr_assert(image_add(&made, 1, (char *)&good, sizeof(good)) == NULL);
	const char *reason = image_add(&made, 2, (char *)&good, sizeof(good));
	cr_assert(reason && strstr(reason, "outside of the image's place"));
	for (unsigned i = 0; i < 3; i += 2)
		good.segment[i].p_vaddr += DJED_ALTERNATIVE_BASE - DJED_IMAGE_BASE;
	good.header.e_entry += DJED_ALTERNATIVE_BASE - DJED_IMAGE_BASE;
	good.section[1].sh_addr += DJED_ALTERNATIVE_BASE - DJED_IMAGE_BASE;
	cr_assert(image_add(&made, 2, (char *)&good, sizeof(good)) == NULL);
	text_free(&made);
	records.length--;
	cr_assert(image_start(&made, &records) != NULL);
	records.length++;
	records.bytes[100] ^= 1;
	cr_assert(image_start(&made, &records) != NULL);
}
