/* The first service, the only one that the kernel loads itself. */
#include "../abi/system.h"
#include "boot.h"
#include "copy.h"
#include "log.h"
#include "memory.h"

enum { ROOT_PRIORITY = 31, ROOT_HEAP = 0x100000, ROOT_LOG = 0x10000 };
static struct djed_start_info *root_information; /* in the kernel's map of memory */

/* What the boot archive begins with, checked for all who read it later. */
static const struct djed_system *find_system(void)
{
	uint64_t size, physical = boot_archive(&size);
	const struct djed_system *system = arch_memory(physical + DJED_SYSTEM_OFFSET);
	const char *reason = "there is none";

	if (physical && size > DJED_SYSTEM_OFFSET)
		reason = djed_system_check(system, size - DJED_SYSTEM_OFFSET);
	if (reason)
		panic("boot archive: %s", reason);
	return system;
}

static void load(struct service *root, const struct djed_system *system)
{
	const struct djed_system_service *line = &system->service[0];

	for (uint32_t i = 0; i < line->segments; i++) {
		const struct djed_segment *s = &line->segment[i];
		struct view from = {0, (uint64_t)system + s->offset - ARCH_PHYSICAL_MAP};

		if (service_map(root, s->address, s->memory_size, s->access) ||
		    copy_into_stopped(root, s->address, from, s->file_size))
			panic("root: segment at %p cannot be mapped", s->address);
	}
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
	const struct djed_system *system = find_system();
	struct service *root;

	if (service_create(&spec, &root))
		panic("root: no memory");
	load(root, system);
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
	service_start(root, system->service[0].entry);
	thread_ready(&root->thread);
}
