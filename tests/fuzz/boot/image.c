/* elf_parse, elf_section and archive_find on any bytes, and on a good image with any bytes changed: no access
 * outside of them, and what elf_parse accepts lies where an image may lie. */
#include <abi/layout.h>
#undef NDEBUG
#include <assert.h>
#include <lib/archive.h>
#include <lib/elf.h>

#include "../../support/good_image.h"

static void check_image(const uint8_t *data, size_t size)
{
	static const char *const names[] = {".djed.counts", "__llvm_prf_cnts"};
	struct elf_image image;
	uint64_t address, length;

	if (elf_parse(&image, data, size))
		return;
	for (uint32_t i = 0; i < image.segments; i++) {
		const struct elf_segment *s = &image.segment[i];

		assert(s->address >= DJED_IMAGE_BASE && s->memory_size > 0 &&
		       s->address + s->memory_size < DJED_STACK_TOP);
		assert(s->file_offset <= size && s->file_size <= size - s->file_offset &&
		       s->file_size <= s->memory_size);
		assert(i == 0 || s->address >= s[-1].address + s[-1].memory_size);
	}
	for (int i = 0; i < 2; i++)
		if (elf_section(&image, names[i], &address, &length))
			assert(length > 0 && address >= DJED_IMAGE_BASE && address + length < DJED_STACK_TOP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t found;
	const uint8_t *file = archive_find(data, size, "manifest", &found);

	assert(!file || (file >= data && file <= data + size && found <= size - (size_t)(file - data)));
	check_image(data, size);
	make_good();
	for (size_t i = 0; i + 2 < size; i += 3) /* offset, new byte */
		((uint8_t *)&good)[(data[i] | data[i + 1] << 8) % sizeof(good)] = data[i + 2];
	check_image((const uint8_t *)&good, sizeof(good));
	return 0;
}
