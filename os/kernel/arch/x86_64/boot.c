/* From the loader's description of the machine to kernel_main. PVH: Xen, public/arch-x86/hvm/start_info.h. */
#include "../../log.h"
#include "cpu.h"

struct start_information {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, command_line, rsdp;
	uint64_t memory_map; /* version 1 */
	uint32_t memory_map_entries, reserved;
};
struct module {
	uint64_t address, size, command_line, reserved;
};
struct memory_range {
	uint64_t address, size;
	uint32_t type, reserved;
};
enum { START_MAGIC = 0x336ec578, RANGE_RAM = 1 };

extern char kernel_end[], kernel_counters_start[], kernel_counters_end[];

static struct machine machine;

static void copy_command_line(const char *from)
{
	size_t length = 0;

	while (from[length] && length < sizeof(machine.command_line) - 1) {
		machine.command_line[length] = from[length];
		length++;
	}
	if (from[length])
		kernel_log("command line cut after %u bytes", (uint32_t)length);
}

/* The one range of RAM that holds the kernel; what lies elsewhere (above 4 GiB) is not used. */
static void find_memory(const struct memory_range *range, uint32_t count)
{
	uint64_t image_end = (uint64_t)kernel_end - ARCH_KERNEL_BASE;

	for (uint32_t i = 0; i < count; i++)
		if (range[i].type == RANGE_RAM && range[i].address < image_end &&
		    range[i].address + range[i].size > image_end) {
			machine.memory_first = image_end;
			machine.memory_end =
			    (range[i].address + range[i].size) & ~(uint64_t)(DJED_PAGE_SIZE - 1);
		}
	if (!machine.memory_end)
		panic("the loader's memory map does not hold the kernel");
}

/* The archive may lie in the middle: the larger part on either side of it is kept. */
static void exclude_archive(void)
{
	uint64_t first = machine.archive & ~(uint64_t)(DJED_PAGE_SIZE - 1);
	uint64_t end =
	    (machine.archive + machine.archive_size + DJED_PAGE_SIZE - 1) & ~(uint64_t)(DJED_PAGE_SIZE - 1);

	if (end <= machine.memory_first || first >= machine.memory_end)
		return;
	if (first > machine.memory_first && first - machine.memory_first >= machine.memory_end - end)
		machine.memory_end = first;
	else
		machine.memory_first = end;
}

void arch_boot(uint32_t start_information)
{
	const struct start_information *start = (void *)(uint64_t)start_information;
	const struct module *module;

	cpu_init();
	if (start->magic != START_MAGIC || start->version < 1)
		panic("not started by a PVH loader (version 1 or later)");
	copy_command_line((const char *)start->command_line);
	find_memory((const void *)start->memory_map, start->memory_map_entries);
	machine.counters = (uint64_t)kernel_counters_start - ARCH_KERNEL_BASE;
	machine.counters_size = (uint64_t)(kernel_counters_end - kernel_counters_start);
	if (start->modules) {
		module = (const void *)start->module_list;
		machine.archive = module->address;
		machine.archive_size = module->size;
		exclude_archive();
	}
	kernel_main(&machine);
}
