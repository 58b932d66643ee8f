#include "program.h"

#include "area.h"

#include <errno.h>
#include <string.h>

/* ELF-64 Object File Format, version 1.5, and the System V ABI for x86_64. */
struct elf_header {
	uint8_t identity[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_offset, section_offset;
	uint32_t flags;
	uint16_t header_size, program_size, program_count, section_size, section_count, section_names;
};
struct elf_program {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_size, memory_size, alignment;
};
_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_program) == 56,
	       "layout of the file format");

enum {
	TYPE_EXECUTABLE = 2,
	TYPE_DYNAMIC = 3, /* position-independent */
	MACHINE_X86_64 = 62,
	SEGMENT_LOAD = 1,
	SEGMENT_INTERPRETER = 3,
	SEGMENT_EXECUTE = 1,
	SEGMENT_WRITE = 2,
	SEGMENT_READ = 4,
};
/* Where Linux loads position-independent programs. */
#define DYNAMIC_BASE UINT64_C(0x555555554000)
/* Room for stack and mappings above any program. */
#define PROGRAM_END (USER_END - (UINT64_C(1) << 32))

static bool header_valid(const struct elf_header *header, uint32_t length)
{
	static const uint8_t identity[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */,
					   1 /* version */};

	return length >= sizeof(*header) && memcmp(header->identity, identity, sizeof(identity)) == 0 &&
	       (header->type == TYPE_EXECUTABLE || header->type == TYPE_DYNAMIC) &&
	       header->machine == MACHINE_X86_64 && header->program_size == sizeof(struct elf_program) &&
	       header->program_count > 0 && header->program_count <= PROGRAM_HEADERS_MAX &&
	       header->program_offset <= length &&
	       header->program_count * sizeof(struct elf_program) <= length - header->program_offset;
}

static uint32_t protection_of(uint32_t flags)
{
	return (flags & SEGMENT_READ ? DJED_ACCESS_READ : 0) |
	       (flags & SEGMENT_WRITE ? DJED_ACCESS_WRITE : 0) |
	       (flags & SEGMENT_EXECUTE ? DJED_ACCESS_EXECUTE : 0);
}

/* Adds a segment that begins in a page above all earlier ones. */
static bool add_segment(struct program *program, const struct elf_program *header)
{
	struct segment *segment = &program->segment[program->segments];
	uint64_t address, end, file_end;

	if (header->memory_size == 0)
		return true;
	if (program->segments == SEGMENTS_MAX || header->file_size > header->memory_size ||
	    (header->address ^ header->offset) & PAGE_MASK ||
	    __builtin_add_overflow(header->address, program->bias, &address) ||
	    __builtin_add_overflow(address, header->memory_size, &end) ||
	    __builtin_add_overflow(header->offset, header->file_size, &file_end))
		return false;
	if (address < USER_FIRST || end > PROGRAM_END || file_end > (uint64_t)UINT32_MAX * DJED_PAGE_SIZE ||
	    PAGE_DOWN(address) < PAGE_UP(program->end))
		return false;
	*segment = (struct segment){.address = address,
				    .file_length = header->file_size,
				    .length = header->memory_size,
				    .offset = header->offset,
				    .protection = protection_of(header->flags)};
	program->segments++;
	program->end = end;
	return true;
}

/* The largest alignment that segments ask for, at most 1 GiB; what is no power of two does not count. */
static uint64_t alignment_of(const struct elf_program *headers, unsigned count)
{
	uint64_t alignment = DJED_PAGE_SIZE;

	for (unsigned i = 0; i < count; i++)
		if (headers[i].type == SEGMENT_LOAD && headers[i].alignment > alignment &&
		    headers[i].alignment <= 1 << 30 && !(headers[i].alignment & (headers[i].alignment - 1)))
			alignment = headers[i].alignment;
	return alignment;
}

djed_status program_parse(const void *head, uint32_t length, struct program *program)
{
	struct elf_program headers[PROGRAM_HEADERS_MAX];
	struct elf_header header;

	if (length < sizeof(header))
		return -ENOEXEC;
	memcpy(&header, head, sizeof(header));
	if (!header_valid(&header, length))
		return -ENOEXEC;
	memcpy(headers, (const char *)head + header.program_offset, header.program_count * sizeof(*headers));
	*program = (struct program){.header_count = header.program_count};
	if (header.type == TYPE_DYNAMIC)
		program->bias = (DYNAMIC_BASE + alignment_of(headers, header.program_count) - 1) &
				~(alignment_of(headers, header.program_count) - 1);
	for (unsigned i = 0; i < header.program_count; i++) {
		if (headers[i].type == SEGMENT_INTERPRETER)
			return -ENOENT;
		if (headers[i].type == SEGMENT_LOAD && !add_segment(program, &headers[i]))
			return -ENOEXEC;
	}
	if (!program->segments || __builtin_add_overflow(header.entry, program->bias, &program->entry) ||
	    program->entry >= USER_END)
		return -ENOEXEC;
	for (unsigned i = 0; i < program->segments; i++) {
		const struct segment *segment = &program->segment[i];

		if (header.program_offset >= segment->offset &&
		    header.program_offset - segment->offset < segment->file_length)
			program->headers = segment->address + (header.program_offset - segment->offset);
	}
	return 0;
}

djed_status program_load(struct backing *backing, const struct program **result)
{
	static struct program kept[PROGRAMS_KEPT];
	static uint32_t oldest;
	uint8_t head[DJED_PAGE_SIZE];
	struct program program;
	djed_status status;
	uint32_t id;

	for (unsigned i = 0; i < PROGRAMS_KEPT; i++)
		if (kept[i].version == backing->key) {
			*result = &kept[i];
			return 0;
		}
	status = backing_frame(backing, 0, &id);
	if (status)
		return status == -ENXIO ? -ENOEXEC : status;
	frame_read(id, 0, head, sizeof(head));
	status = program_parse(head, sizeof(head), &program);
	if (status)
		return status;
	program.version = backing->key;
	kept[oldest] = program;
	*result = &kept[oldest];
	oldest = (oldest + 1) % PROGRAMS_KEPT;
	return 0;
}
