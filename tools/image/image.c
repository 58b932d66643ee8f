#include "image.h"

#include <gelf.h>
#include <libelf.h>
#include <string.h>

/* By section: what root shows to the laboratory. */
static const char *const shown_sections[DJED_REGION_CRASHES + 1] = {
    [DJED_REGION_BLOCK_COUNTS] = ".djed.counts",    [DJED_REGION_PROFILE_COUNTS] = "__llvm_prf_cnts",
    [DJED_REGION_PROFILE_BITS] = "__llvm_prf_bits", [DJED_REGION_EVENTS] = ".djed.events",
    [DJED_REGION_CRASHES] = ".djed.crashes",
};

struct djed_system *image_system(const struct text *system)
{
	return (struct djed_system *)system->bytes;
}

const char *image_start(struct text *system, const struct text *records)
{
	static const struct djed_system alone = {
	    .magic = DJED_SYSTEM_MAGIC, .count = 1, .records = 1, .service = {{.name = "root"}}};

	*system = (struct text){0};
	if (!records) {
		text_add(system, &alone, sizeof alone);
		return NULL;
	}
	if (records->length != sizeof(struct djed_system))
		return "not what djed-manifest writes";
	text_add(system, records->bytes, records->length);
	struct djed_system *s = image_system(system);
	if (s->magic != DJED_SYSTEM_MAGIC || s->checksum != djed_system_checksum(s) || s->count < 1 ||
	    s->records < s->count || s->records > DJED_SERVICES_MAX)
		return "not what djed-manifest of this version writes";
	return NULL;
}

static const char *add_segment(struct text *system, unsigned number, const GElf_Phdr *header, const char *elf,
			       size_t length)
{
	struct djed_system_service *service = &image_system(system)->service[number];
	struct djed_segment *segment = &service->segment[service->segments];

	if (service->segments == DJED_SEGMENTS_MAX)
		return "too many segments";
	if (header->p_filesz > header->p_memsz || header->p_offset > length ||
	    header->p_filesz > length - header->p_offset)
		return "a segment is not all in the file";
	if (header->p_vaddr % DJED_PAGE_SIZE)
		return "a segment does not start at a page";
	uint64_t end = djed_system_image_end(image_system(system), number);
	if (header->p_vaddr < djed_system_image_base(image_system(system), number) || header->p_vaddr > end ||
	    header->p_memsz > end - header->p_vaddr)
		return "a segment lies outside of the image's place";
	if (service->segments && header->p_vaddr / DJED_PAGE_SIZE <=
				     (segment[-1].address + segment[-1].memory_size - 1) / DJED_PAGE_SIZE)
		return "two segments share a page, or are out of order";
	if ((header->p_flags & PF_W) && (header->p_flags & PF_X))
		return "a segment is both writable and executable";
	*segment = (struct djed_segment){.address = header->p_vaddr,
					 .memory_size = header->p_memsz,
					 .offset = system->length,
					 .file_size = header->p_filesz,
					 .access = DJED_ACCESS_READ |
						   (header->p_flags & PF_W ? DJED_ACCESS_WRITE : 0u) |
						   (header->p_flags & PF_X ? DJED_ACCESS_EXECUTE : 0u)};
	service->segments++;
	text_add(system, elf + header->p_offset, header->p_filesz);
	while (system->length % sizeof(uint64_t))
		text_add(system, "", 1);
	return NULL;
}

/* The segment that holds all of [address, address + length), or NULL. */
static const struct djed_segment *segment_of(const struct djed_system_service *service, uint64_t address,
					     uint64_t length)
{
	for (uint32_t i = 0; i < service->segments; i++) {
		const struct djed_segment *s = &service->segment[i];

		if (address >= s->address && length <= s->memory_size &&
		    address - s->address <= s->memory_size - length)
			return s;
	}
	return NULL;
}

static const char *add_shown(struct djed_system_service *service, Elf *file)
{
	size_t names;
	uint64_t regions = 0; /* bytes */

	if (elf_getshdrstrndx(file, &names) < 0)
		return "the section names are damaged";
	for (Elf_Scn *at = NULL; (at = elf_nextscn(file, at));) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(at, &header) ? elf_strptr(file, names, header.sh_name) : NULL;

		if (name && strcmp(name, ".regions") == 0)
			regions = header.sh_addr == DJED_REGIONS_BASE ? header.sh_size : ~UINT64_C(0);
		for (unsigned kind = 0; name && kind <= DJED_REGION_CRASHES; kind++) {
			const struct djed_segment *segment;

			if (!shown_sections[kind] || strcmp(name, shown_sections[kind]) || !header.sh_size)
				continue;
			segment = segment_of(service, header.sh_addr, header.sh_size);
			if (!segment || !(segment->access & DJED_ACCESS_WRITE))
				return "what the laboratory is to see is not in a writable segment";
			service->shown[kind] = (struct djed_shown){header.sh_addr, header.sh_size};
		}
	}
	if (regions != (uint64_t)service->regions * service->region_size)
		return "its clients' regions are not those of its line 'regions' in the manifest";
	return NULL;
}

static const char *add_file(struct text *system, unsigned number, Elf *file, const char *elf, size_t length)
{
	struct djed_system_service *service;
	const struct djed_segment *text;
	GElf_Ehdr header;
	size_t segments;

	if (!file || elf_kind(file) != ELF_K_ELF || gelf_getclass(file) != ELFCLASS64 ||
	    !gelf_getehdr(file, &header))
		return "not a 64-bit ELF file";
	if (header.e_type != ET_EXEC || header.e_machine != EM_X86_64)
		return "not a static executable for x86_64";
	if (header.e_phentsize != sizeof(Elf64_Phdr))
		return "program headers of another size";
	if (elf_getphdrnum(file, &segments) < 0)
		return "the program headers are not all in the file";
	for (size_t i = 0; i < segments; i++) {
		GElf_Phdr segment;
		const char *reason;

		if (!gelf_getphdr(file, (int)i, &segment))
			return "the program headers are not all in the file";
		if (segment.p_type != PT_LOAD || segment.p_memsz == 0)
			continue;
		reason = add_segment(system, number, &segment, elf, length);
		if (reason)
			return reason;
	}
	service = &image_system(system)->service[number];
	text = segment_of(service, header.e_entry, 1);
	if (!text || !(text->access & DJED_ACCESS_EXECUTE))
		return "the entry point is not in an executable segment";
	service->entry = header.e_entry;
	return add_shown(service, file);
}

const char *image_add(struct text *system, unsigned number, char *elf, size_t length)
{
	const char *reason;
	Elf *file;

	elf_version(EV_CURRENT);
	file = elf_memory(elf, length);
	reason = add_file(system, number, file, elf, length);
	elf_end(file);
	return reason;
}

const char *image_finish(struct text *system)
{
	struct djed_system *records = image_system(system);

	records->length = system->length;
	records->checksum = djed_system_checksum(records);
	return djed_system_check(records, system->length);
}
