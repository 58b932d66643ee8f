#include "elf.h"

#include <abi/layout.h>
#include <abi/message.h>
#include <string.h>

enum {
	TYPE_EXECUTABLE = 2,
	MACHINE_X86_64 = 62,
	SEGMENT_LOAD = 1,
	FLAG_EXECUTE = 1,
	FLAG_WRITE = 2,
	FLAG_READ = 4
};
#define IMAGE_END (DJED_STACK_TOP - 2 * DJED_STACK_SIZE)

struct file_header {
	uint8_t identity[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_offset, section_offset;
	uint32_t flags;
	uint16_t size, program_size, program_count, section_size, section_count, section_names;
};
struct program_header {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_size, memory_size, alignment;
};
struct section_header {
	uint32_t name, type;
	uint64_t flags, address, offset, size;
	uint32_t link, info;
	uint64_t alignment, entry_size;
};

static const uint8_t identity[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bit */, 1 /* little endian */, 1};

/* Copies [offset, offset + length) of the image. False: that is not all in it. */
static bool fetch(const struct elf_image *image, uint64_t offset, void *to, size_t length)
{
	if (offset > image->size || length > image->size - offset)
		return false;
	memcpy(to, image->bytes + offset, length);
	return true;
}

static uint64_t page_end(const struct elf_segment *segment)
{
	uint64_t end = segment->address + segment->memory_size;

	return (end + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE * DJED_PAGE_SIZE;
}

static const char *add_segment(struct elf_image *image, const struct program_header *header)
{
	struct elf_segment *segment = &image->segment[image->segments];

	if (image->segments == ELF_SEGMENTS_MAX)
		return "too many segments";
	if (header->file_size > header->memory_size || header->offset > image->size ||
	    header->file_size > image->size - header->offset)
		return "a segment is not all in the file";
	if (header->address % DJED_PAGE_SIZE)
		return "a segment does not start at a page";
	if (header->address < DJED_IMAGE_BASE || header->address > IMAGE_END ||
	    header->memory_size > IMAGE_END - header->address)
		return "a segment lies outside of the image's place";
	if (image->segments > 0 && header->address < page_end(segment - 1))
		return "two segments share a page, or are out of order";
	if ((header->flags & FLAG_WRITE) && (header->flags & FLAG_EXECUTE))
		return "a segment is both writable and executable";
	*segment = (struct elf_segment){.address = header->address,
					.memory_size = header->memory_size,
					.file_offset = header->offset,
					.file_size = header->file_size,
					.access = DJED_ACCESS_READ};
	if (header->flags & FLAG_WRITE)
		segment->access |= DJED_ACCESS_WRITE;
	if (header->flags & FLAG_EXECUTE)
		segment->access |= DJED_ACCESS_EXECUTE;
	image->segments++;
	return NULL;
}

static bool contains(const struct elf_segment *segment, uint64_t address, uint64_t length)
{
	return address >= segment->address && length <= segment->memory_size &&
	       address - segment->address <= segment->memory_size - length;
}

const char *elf_parse(struct elf_image *image, const void *bytes, size_t size)
{
	struct file_header file;

	*image = (struct elf_image){.bytes = bytes, .size = size};
	if (!fetch(image, 0, &file, sizeof(file)) || memcmp(file.identity, identity, sizeof(identity)) != 0)
		return "not a 64-bit ELF file";
	if (file.type != TYPE_EXECUTABLE || file.machine != MACHINE_X86_64)
		return "not a static executable for x86_64";
	if (file.program_size != sizeof(struct program_header))
		return "program headers of another size";
	for (unsigned i = 0; i < file.program_count; i++) {
		struct program_header header;
		const char *reason;

		if (file.program_offset > size ||
		    !fetch(image, file.program_offset + i * sizeof(header), &header, sizeof(header)))
			return "the program headers are not all in the file";
		if (header.type != SEGMENT_LOAD || header.memory_size == 0)
			continue;
		reason = add_segment(image, &header);
		if (reason)
			return reason;
	}
	for (unsigned i = 0; i < image->segments; i++) {
		if ((image->segment[i].access & DJED_ACCESS_EXECUTE) &&
		    contains(&image->segment[i], file.entry, 1)) {
			image->entry = file.entry;
			return NULL;
		}
	}
	return "the entry point is not in an executable segment";
}

static bool is_named(const struct elf_image *image, const struct section_header *names, uint32_t offset,
		     const char *name)
{
	char text[32];
	size_t length = strlen(name) + 1;

	return length <= sizeof(text) && offset < names->size && length <= names->size - offset &&
	       names->offset <= image->size && fetch(image, names->offset + offset, text, length) &&
	       memcmp(text, name, length) == 0;
}

bool elf_section(const struct elf_image *image, const char *name, uint64_t *address, uint64_t *length)
{
	struct file_header file;
	struct section_header names, section;

	if (!fetch(image, 0, &file, sizeof(file)) || file.section_size != sizeof(section) ||
	    file.section_offset > image->size || file.section_names >= file.section_count ||
	    !fetch(image, file.section_offset + file.section_names * sizeof(section), &names, sizeof(names)))
		return false;
	for (unsigned i = 0; i < file.section_count; i++) {
		if (!fetch(image, file.section_offset + i * sizeof(section), &section, sizeof(section)))
			return false;
		if (!is_named(image, &names, section.name, name) || section.size == 0)
			continue;
		for (unsigned k = 0; k < image->segments; k++) {
			if (!(image->segment[k].access & DJED_ACCESS_WRITE) ||
			    !contains(&image->segment[k], section.address, section.size))
				continue;
			*address = section.address;
			*length = section.size;
			return true;
		}
	}
	return false;
}
