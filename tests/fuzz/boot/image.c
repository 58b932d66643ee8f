/* elf_parse, elf_section and archive_find on any bytes: no access outside of them, and what elf_parse accepts lies where
 * an image may lie. */
#include <abi/layout.h>
#include <assert.h>
#include <lib/archive.h>
#include <lib/elf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {".djed.counts", "__llvm_prf_cnts"};
	struct elf_image image;
	uint64_t address, length;
	size_t found;
	const uint8_t *file = archive_find(data, size, "manifest", &found);

	assert(!file || (file >= data && file <= data + size && found <= size - (size_t)(file - data)));
	if (elf_parse(&image, data, size))
		return 0;
	for (uint32_t i = 0; i < image.segments; i++) {
		const struct elf_segment *s = &image.segment[i];

		assert(s->address >= DJED_IMAGE_BASE && s->memory_size > 0 && s->address + s->memory_size < DJED_STACK_TOP);
		assert(s->file_offset <= size && s->file_size <= size - s->file_offset && s->file_size <= s->memory_size);
		assert(i == 0 || s->address >= s[-1].address + s[-1].memory_size);
	}
	for (int i = 0; i < 2; i++)
		if (elf_section(&image, names[i], &address, &length))
			assert(length > 0 && address >= DJED_IMAGE_BASE && address + length < DJED_STACK_TOP);
	return 0;
}
