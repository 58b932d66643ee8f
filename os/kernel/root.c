/* The first service, the only one that the kernel loads itself. */
#include "boot.h"
#include "copy.h"
#include "log.h"
#include "memory.h"

enum { ROOT_PRIORITY = 31, ROOT_HEAP = 0x100000, ROOT_LOG = 0x10000 };
enum { SEGMENT_LOAD = 1, SEGMENT_EXECUTE = 1, SEGMENT_WRITE = 2, ELF_EXECUTABLE = 2, ELF_X86_64 = 62 };

struct elf_header {
	uint8_t magic[4], class, data, version, padding[9];
	uint16_t type, machine;
	uint32_t version2;
	uint64_t entry, segments, sections;
	uint32_t flags;
	uint16_t size, segment_size, segment_count, section_size, section_count, names;
};
struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_size, memory_size, align;
};

static struct djed_start_info *root_information; /* in the kernel's map of memory */

static void load_segment(struct service *root, const uint8_t *image, uint64_t size,
			 const struct elf_segment *s)
{
	uint64_t first = s->address & ~(uint64_t)(DJED_PAGE_SIZE - 1), access = DJED_ACCESS_READ;
	struct view from = {0, (uint64_t)image + s->offset - ARCH_PHYSICAL_MAP};

	if (s->offset > size || s->file_size > size - s->offset || s->file_size > s->memory_size ||
	    s->memory_size > DJED_STACK_TOP || s->address > DJED_STACK_TOP)
		panic("root: damaged program header");
	if (s->flags & SEGMENT_WRITE)
		access |= DJED_ACCESS_WRITE;
	if (s->flags & SEGMENT_EXECUTE)
		access |= DJED_ACCESS_EXECUTE;
	if (service_map(root, first, s->address - first + s->memory_size, access) ||
	    copy_into_stopped(root, s->address, from, s->file_size))
		panic("root: segment at %p cannot be mapped", s->address);
}

static uint64_t load(struct service *root)
{
	const struct elf_header *header;
	const struct elf_segment *segment;
	uint64_t size;
	const uint8_t *image = archive_find("root", &size);

	if (!image)
		panic("no `root` in the boot archive");
	header = (const void *)image;
	if (size < sizeof(*header) || __builtin_memcmp(header->magic, "\177ELF", 4) ||
	    header->type != ELF_EXECUTABLE || header->machine != ELF_X86_64 ||
	    header->segment_size != sizeof(*segment) || header->segments > size ||
	    header->segment_count * sizeof(*segment) > size - header->segments)
		panic("root: not an executable for this machine");
	segment = (const void *)(image + header->segments);
	for (unsigned i = 0; i < header->segment_count; i++)
		if (segment[i].type == SEGMENT_LOAD && segment[i].memory_size)
			load_segment(root, image, size, &segment[i]);
	return header->entry;
}

static void grant(struct service *root, const char *name, enum djed_capability_type type)
{
	struct capability capability = {(uint8_t)type, 0, 0};
	struct djed_capability_name *line = &root_information->capability[root_information->capabilities];

	line->type = type;
	line->slot = root_information->capabilities++;
	for (unsigned i = 0; name[i]; i++)
		line->name[i] = name[i];
	if (service_grant(root, line->slot, &capability))
		panic("root: no capability %s", name);
}

void service_show_pool(void)
{
	root_information->pool_first = pool_first();
	root_information->pool_count = pool_count();
}

void root_start(const char *command_line)
{
	const struct djed_service_spec spec = {
	    .name = "root", .priority = ROOT_PRIORITY, .log_size = ROOT_LOG};
	struct service *root;
	uint64_t entry;

	if (service_create(&spec, &root))
		panic("root: no memory");
	entry = load(root);
	if (service_map(root, DJED_HEAP_BASE, ROOT_HEAP, DJED_ACCESS_READ | DJED_ACCESS_WRITE) ||
	    service_map(root, DJED_ARCHIVE_BASE, DJED_PAGE_SIZE, DJED_ACCESS_READ))
		panic("root: no memory for its heap and the archive");
	root_information = arch_memory(service_contiguous(root, DJED_START_INFO, DJED_PAGE_SIZE));
	__builtin_memcpy(root_information->name, spec.name, DJED_NAME_MAX);
	root_information->heap_size = ROOT_HEAP;
	root_information->log_size = ROOT_LOG;
	(void)boot_archive(&root_information->archive_size);
	for (size_t i = 0; command_line[i] && i < DJED_COMMAND_LINE_MAX - 1; i++)
		root_information->command_line[i] = command_line[i];
	grant(root, "boot", DJED_CAP_BOOT);
	grant(root, "recovery", DJED_CAP_RECOVERY);
	grant(root, "halt", DJED_CAP_HALT);
	service_show_pool();
	if (txn_service_open(&rules, 0, false))
		panic("root: cannot be opened");
	service_start(root, entry);
	thread_ready(&root->thread);
}
