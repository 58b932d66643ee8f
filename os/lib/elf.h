/* Servers' ELF images, for root and rs. The image may hold anything: elf_parse checks all that the others
 * rely on. */
#ifndef DJED_LIB_ELF_H
#define DJED_LIB_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_SEGMENTS_MAX = 8 };

struct elf_segment {
	uint64_t address;     /* start of a page */
	uint64_t memory_size; /* bytes; what is beyond file_size is zero */
	uint64_t file_offset, file_size;
	uint32_t access; /* enum djed_access bits; never both WRITE and EXECUTE */
};
struct elf_image {
	const uint8_t *bytes;
	size_t size;
	uint64_t entry; /* in an executable segment */
	uint32_t segments;
	struct elf_segment
	    segment[ELF_SEGMENTS_MAX]; /* in the order of their addresses; no two share a page */
};

/* NULL: `image` describes a static x86_64 executable whose segments lie in [DJED_IMAGE_BASE, the stacks).
 * Else the reason why not. `bytes` must stay where they are. */
[[nodiscard]] const char *elf_parse(struct elf_image *image, const void *bytes, size_t size);

/* Address and size of a section by its name. False: there is none, it is empty, or does not lie in a writable
 * segment. */
bool elf_section(const struct elf_image *image, const char *name, uint64_t *address, uint64_t *length);

#endif
