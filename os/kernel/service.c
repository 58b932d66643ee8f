#include "service.h"
#include "boot.h"
#include "lab.h"
#include "log.h"
#include "memory.h"

_Static_assert(TXN_SERVICES == DJED_SERVICES_MAX, "a service has one number everywhere");

struct service service_table[DJED_SERVICES_MAX];
struct txn rules;

static unsigned services;
enum {
	ENTRY_STACK = DJED_STACK_TOP - 8, /* as after a call: an entry point may be a C function */
	ROOT_ATTEMPTS = 8,		  /* of root, at one crash of the recoverer */
};

struct service *service_numbered(uint64_t number)
{
	return number < services ? &service_table[number] : NULL;
}

unsigned service_number(const struct service *service)
{
	return service->thread.number;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static djed_status map_range(struct service *service, uint64_t address, uint64_t physical, uint64_t pages,
			     uint32_t access)
{
	for (uint64_t i = 0; i < pages; i++)
		if (arch_map(service->thread.tables, address + i * DJED_PAGE_SIZE,
			     physical + i * DJED_PAGE_SIZE, access))
			return -ENOMEM;
	return 0;
}

static bool range_empty(const struct service *service, uint64_t address, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		if (arch_translate(service->thread.tables, address + i * DJED_PAGE_SIZE, false))
			return false;
	return true;
}

static djed_status map_archive(struct service *service, uint64_t access)
{
	uint64_t size, physical = boot_archive(&size), pages = (size + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE;

	if (access != DJED_ACCESS_READ || !physical || physical % DJED_PAGE_SIZE)
		return -EINVAL;
	return map_range(service, DJED_ARCHIVE_BASE, physical, pages, DJED_ACCESS_READ);
}

djed_status service_map(struct service *service, uint64_t address, uint64_t length, uint64_t access)
{
	const uint64_t known = DJED_ACCESS_READ | DJED_ACCESS_WRITE | DJED_ACCESS_EXECUTE;
	uint64_t pages = length / DJED_PAGE_SIZE + (length % DJED_PAGE_SIZE != 0), physical;

	if (!access || access & ~known || ((access & DJED_ACCESS_WRITE) && (access & DJED_ACCESS_EXECUTE)))
		return -EINVAL;
	if (address == DJED_ARCHIVE_BASE)
		return map_archive(service, access);
	if (!pages || !space_range_valid(address, pages))
		return -EINVAL;
	if (pages > pool_count())
		return -ENOMEM;
	if (!range_empty(service, address, pages))
		return -EEXIST;
	physical = resident_allocate(pages);
	if (!physical)
		return -ENOMEM;
	return map_range(service, address, physical, pages, (uint32_t)access);
}

uint64_t service_contiguous(const struct service *service, uint64_t address, uint64_t length)
{
	uint64_t first = arch_translate(service->thread.tables, address, false), offset;

	if (!first || !length || length > DJED_LOG_SPAN || address + length < address)
		return 0;
	for (offset = DJED_PAGE_SIZE - address % DJED_PAGE_SIZE; offset < length; offset += DJED_PAGE_SIZE)
		if (arch_translate(service->thread.tables, address + offset, false) != first + offset)
			return 0;
	return first;
}

/* ---- life ------------------------------------------------------------------------------------ */

static djed_status map_fixed_parts(struct service *service)
{
	const uint32_t read = DJED_ACCESS_READ, both = DJED_ACCESS_READ | DJED_ACCESS_WRITE;
	uint64_t fault = DJED_FAULT_PHYSICAL + (uint64_t)service_number(service) * DJED_PAGE_SIZE;
	uint64_t regions = (uint64_t)service->regions * service->region_size, *entry;
	const struct {
		uint64_t address, length;
		uint32_t access;
	} part[] = {{DJED_START_INFO, DJED_PAGE_SIZE, read},
		    {DJED_RUNTIME_BASE, 2 * DJED_PAGE_SIZE, both},
		    {DJED_STACK_TOP - DJED_STACK_SIZE, DJED_STACK_SIZE, both},
		    {DJED_RECOVERY_STACK_TOP - DJED_RECOVERY_STACK_SIZE, DJED_RECOVERY_STACK_SIZE, both},
		    {DJED_LOG_BASE, service->log_size, both},
		    {DJED_REGIONS_BASE, regions, read}};
	djed_status status = map_range(service, DJED_FAULT_PAGE, fault, 1, both);

	if (!status)
		status =
		    map_range(service, DJED_TIME_PAGE, (uint64_t)clock_page - ARCH_PHYSICAL_MAP, 1, read);
	for (unsigned i = 0; !status && i < sizeof(part) / sizeof(part[0]); i++)
		if (part[i].length)
			status = service_map(service, part[i].address, part[i].length, part[i].access);
	service->sink_frame = resident_allocate(1);
	service->sink_table = resident_allocate(1);
	if (!service->sink_frame || !service->sink_table)
		return -ENOMEM;
	if (status || !regions)
		return status;
	/* Table frames come in rising order as long as none was freed, so these follow each other. */
	service->region_entry = arch_entry(service->thread.tables, DJED_REGIONS_BASE);
	entry = arch_entry(service->thread.tables, DJED_REGIONS_BASE + regions - DJED_PAGE_SIZE);
	return entry == service->region_entry + regions / DJED_PAGE_SIZE - 1 ? 0 : -ENOMEM;
}

djed_status service_create(const struct djed_service_spec *spec, struct service **made)
{
	struct service *service = &service_table[services];
	djed_status status;

	if (spec->name[0] == 0 || spec->name[DJED_NAME_MAX - 1] != 0 || spec->priority < PRIORITY_SERVICE ||
	    spec->priority >= PRIORITIES || spec->flags & ~(uint32_t)DJED_SPEC_RECOVERER ||
	    spec->log_size % DJED_PAGE_SIZE || spec->log_size >= DJED_LOG_SPAN ||
	    spec->regions > DJED_REGIONS_MAX || spec->region_size % DJED_PAGE_SIZE)
		return -EINVAL;
	if (services == DJED_SERVICES_MAX)
		return -ENOSPC;
	if (!service->thread.tables)
		service->thread.tables = arch_tables_create();
	if (!service->thread.tables)
		return -ENOMEM;
	arch_thread_clear(&service->thread.arch);
	service->thread.number = (uint16_t)services;
	service->thread.priority = (uint8_t)spec->priority;
	service->log_size = spec->log_size;
	service->regions = spec->regions;
	service->region_size = spec->region_size;
	service->recoverer = spec->flags & DJED_SPEC_RECOVERER;
	__builtin_memcpy(service->name, spec->name, DJED_NAME_MAX);
	status = map_fixed_parts(service);
	if (status)
		return status; /* its number stays free; what it took of the memory does not come back */
	services++;
	lab()->services = services;
	__builtin_memcpy(lab()->service[services - 1].name, spec->name, DJED_NAME_MAX);
	*made = service;
	return 0;
}

void service_begins(struct service *service)
{
	service->thread.begun_at = service->thread.user_ticks;
	service->stop_cause = 0;
}

void service_start(struct service *service, uint64_t entry)
{
	service->entry = entry;
	/* The thread base makes %fs:0x28, which the compiler's own libraries read as stack canary, a readable
	 * place. */
	arch_thread_start(&service->thread.arch, entry, ENTRY_STACK, DJED_START_INFO);
	service->ipc = NULL;
	service->deadline = 0;
	service_begins(service);
	service_log_reset(service);
	lab()->service[service_number(service)].alive = 1;
}

void service_crash(struct service *service, enum djed_crash_cause cause, uint64_t code, uint64_t address)
{
	unsigned number = service_number(service);
	struct djed_message report = {
	    .label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH),
	    .word = {number, cause, code, address, arch_instruction(&service->thread.arch)},
	};
	bool heard;

	lab_crashed(number);
	lab()->service[number].crashes++;
	thread_block(&service->thread);
	heard = !txn_crash(&rules, number, &report);
	if (!heard || service->recoverer) /* else rs says it, when it has recovered it */
		kernel_log("%s crashed: cause %u, code %u, address %p, instruction %p", service->name,
			   (uint32_t)cause, (uint32_t)code, address, arch_instruction(&service->thread.arch));
	/* What root does for the recoverer it can do again: a new instance is made from the start. */
	if (number == 0 && rules.service[0].report.word[7] < ROOT_ATTEMPTS &&
	    !txn_recover(&rules, 0, DJED_RECOVER_RETRY, 0))
		return;
	heard &= number != 0 || rules.service[rules.recoverer].state != DJED_SERVICE_STOPPED;
	if (!heard) {
		lab()->service[number].alive = 0;
		if (number == 0 || service->recoverer)
			panic("nobody can recover %s", service->name);
		kernel_log("%s stays stopped: nobody hears of its crash", service->name);
	}
}

/* ---- the log's end --------------------------------------------------------------------------- */

bool service_log_overflow(struct service *service, uint64_t address)
{
	if (service->sink_shown || !service->log_size || address < DJED_LOG_BASE + service->log_size ||
	    address >= DJED_LOG_BASE + DJED_LOG_SPAN)
		return false;
	txn_log_lost(&rules, service_number(service));
	service->sink_shown = true;
	arch_sink(service->thread.tables, address, service->log_size, service->sink_table,
		  service->sink_frame, true);
	return true;
}

void service_log_reset(struct service *service)
{
	if (!service->sink_shown)
		return;
	service->sink_shown = false;
	arch_sink(service->thread.tables, DJED_LOG_BASE, service->log_size, service->sink_table,
		  service->sink_frame, false);
}
