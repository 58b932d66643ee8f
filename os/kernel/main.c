/* The kernel's start, in order. */
#include "application.h"
#include "boot.h"
#include "lab.h"
#include "log.h"
#include "memory.h"
#include "service.h"

/* Of a server's own time. The longest honest deliveries take a few milliseconds, but where the host stops
 * QEMU for a while the clock goes on: such a false alarm costs a redelivery. */
enum { DELIVERY_LIMIT_NS = 500000000, WATCH_INTERVAL_NS = 250000000 };

static const struct machine *machine;

uint64_t boot_archive(uint64_t *size)
{
	*size = machine->archive_size;
	return machine->archive;
}

void kernel_main(const struct machine *given)
{
	uint64_t clock;

	machine = given;
	memory_init(machine->memory_first, machine->memory_end);
	arch_memory_init(machine->archive + machine->archive_size > machine->memory_end
			     ? machine->archive + machine->archive_size
			     : machine->memory_end);
	arch_devices_init();
	clock = table_frame_allocate();
	clock_page = arch_memory(clock);
	arch_time_init(clock_page);
	delivery_limit = arch_ns_to_ticks(DELIVERY_LIMIT_NS);
	watch_interval = arch_ns_to_ticks(WATCH_INTERVAL_NS);
	lab_init();
	space_init();
	application_init();
	txn_init(&rules);
	if (machine->counters_size)
		(void)lab_add_region(~0u, DJED_REGION_KERNEL_PROFILE, machine->counters,
				     machine->counters_size);
	kernel_log("%u MiB, pool of %u frames, %u table frames, archive of %u KiB",
		   (uint32_t)(machine->memory_end >> 20), (uint32_t)pool_count(), table_frames_total(),
		   (uint32_t)(machine->archive_size >> 10));
	root_start(machine->command_line);
	schedule();
}
