/* Address spaces of processes: handlers of the mm protocol, of page faults and of the Linux calls about
 * memory. */
#include "audit.h"
#include "execute.h"
#include "fault.h"
#include "map.h"

#include <errno.h>
#include <protocols/event_server.h>
#include <protocols/linux_mm_server.h>
#include <protocols/mm_server.h>

/* The space of the process, to be changed; NULL: mm does not know it. */
static struct space *space_of(uint32_t pid)
{
	struct space *space = process_space(pid);

	if (space)
		space_write(space);
	return space;
}

/* That of the application whose request is held. */
static struct space *caller(void)
{
	return space_of((uint32_t)(djed_current()->badge >> 32));
}

/* ---- pm and others -------------------------------------------------------------------------------- */

djed_status mm_on_fork(uint32_t parent, uint32_t child, bool share, uint64_t *handle)
{
	struct space *space = process_space(parent);
	djed_status status;

	if (!space)
		return -ESRCH;
	if (!child)
		return -EINVAL;
	if (client_of(child)->process.pid)
		return -EEXIST;
	client_write(child);
	if (share)
		space_write(space);
	else
		space = space_copy(space, client_of(child));
	if (!space)
		return -ENOMEM;
	status = process_add(child, space);
	*handle = space->handle;
	if (!share)
		space_release(space); /* the process has a reference of its own */
	return status;
}

djed_status mm_on_create(uint32_t process, uint64_t *handle)
{
	struct space *space;
	djed_status status;

	if (!process)
		return -EINVAL;
	if (client_of(process)->process.pid)
		return -EEXIST;
	client_write(process);
	space = space_create(client_of(process));
	if (!space)
		return -ENOMEM;
	status = process_add(process, space);
	*handle = space->handle;
	space_release(space);
	return status;
}

djed_status mm_on_execute(uint32_t pid, uint64_t object, uint32_t arguments, uint32_t environment,
			  uint32_t name_length, uint32_t user, uint32_t group, struct djed_buffer strings,
			  uint64_t *handle, uint64_t *entry, uint64_t *stack)
{
	const struct start start = {.arguments = arguments,
				    .environment = environment,
				    .name_length = name_length,
				    .user = user,
				    .group = group,
				    .strings = strings};
	struct process *process = process_find(pid);
	struct space *space;
	djed_status status;

	if (!process)
		return -ESRCH;
	client_write(pid);
	status = space_execute(client_of(pid), object, &start, &space, entry, stack);
	if (status)
		return status;
	process_move(process, space);
	*handle = space->handle;
	return 0;
}

djed_status mm_on_exit(uint32_t pid)
{
	struct process *process = process_find(pid);

	if (!process)
		return -ESRCH;
	process_remove(process);
	return 0;
}

djed_status mm_on_populate(uint32_t process, uint64_t address, uint64_t length, uint32_t access)
{
	struct space *space = space_of(process);

	if (!space)
		return -ESRCH;
	return fault_populate(space, address, length, access) ? -EFAULT : 0;
}

djed_status mm_on_map_file(uint64_t address, uint64_t length, uint32_t protection, uint32_t flags,
			   uint64_t object, uint64_t offset, bool writable, uint64_t *mapped)
{
	const struct map_file file = {.object = object, .offset = offset, .writable = writable};
	struct space *space = caller();
	int64_t result = space ? map_create(space, address, length, protection, flags, &file) : -ESRCH;

	if (result < 0)
		return result;
	*mapped = (uint64_t)result;
	return 0;
}

djed_status mm_on_usage(uint32_t process, uint64_t *virtual, uint64_t *resident)
{
	const struct space *space = process_space(process);

	if (!space)
		return -ESRCH;
	*virtual = 0;
	for (const struct area *area = space->areas.first; area; area = area->next)
		*virtual += (area->end - area->start) / DJED_PAGE_SIZE;
	*resident = space->resident;
	return 0;
}

djed_status mm_on_statistics(uint64_t *total, uint64_t *available)
{
	*total = frames.count;
	*available = frames.available + frames.pending;
	return 0;
}

/* ---- the kernel --------------------------------------------------------------------------------------- */

djed_status event_on_page_fault(uint64_t address, uint64_t access, uint64_t instruction, uint64_t *signal)
{
	struct space *space = caller();
	djed_status status = space ? fault_resolve(space, address, (uint32_t)access) : -EFAULT;

	/* What this transaction gave back, the next one can use. */
	if (status == 0 || (status == -ENOMEM && frames_will_come()))
		return 0;
	if (status == -ENOMEM)
		djed_log("mm: out of memory at %#llx, instruction %#llx", (unsigned long long)address,
			 (unsigned long long)instruction);
	*signal = status == -EFAULT ? SIGNAL_SEGMENT : SIGNAL_BUS;
	return -EFAULT;
}

/* ---- Linux calls -----------------------------------------------------------------------------------------
 */

/* Files come from vfs, as map_file. */
int64_t linux_on_mmap(uint64_t address, uint64_t length, uint32_t protection, uint32_t flags, int32_t fd,
		      uint64_t offset)
{
	struct space *space = caller();

	(void)fd;
	if (offset & PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS))
		return -EBADF;
	return space ? map_create(space, address, length, protection, flags, NULL) : -ESRCH;
}

int64_t linux_on_munmap(uint64_t address, uint64_t length)
{
	struct space *space = caller();

	return space ? map_remove(space, address, length) : -ESRCH;
}

int64_t linux_on_mprotect(uint64_t address, uint64_t length, uint32_t protection)
{
	struct space *space = caller();

	return space ? map_protect(space, address, length, protection) : -ESRCH;
}

int64_t linux_on_brk(uint64_t end)
{
	struct space *space = caller();

	return space ? map_brk(space, end) : -ESRCH;
}

int64_t linux_on_mremap(uint64_t address, uint64_t old_length, uint64_t new_length, uint32_t flags,
			uint64_t new_address)
{
	struct space *space = caller();

	return space ? map_remap(space, address, old_length, new_length, flags, new_address) : -ESRCH;
}

int64_t linux_on_msync(uint64_t address, uint64_t length, uint32_t flags)
{
	struct space *space = caller();

	return space ? map_synchronize(space, address, length, flags) : -ESRCH;
}

int64_t linux_on_madvise(uint64_t address, uint64_t length, int32_t advice)
{
	struct space *space = caller();

	return space ? map_advise(space, address, length, advice) : -ESRCH;
}

/* ---- the server -------------------------------------------------------------------------------------------
 */

static djed_status init(void)
{
	djed_status status = frames_init();

	if (!status)
		status = backings_init();
	if (!status)
		status = areas_init();
	if (!status)
		status = mm_audit_init();
	if (!status)
		status = spaces_init(); /* last: takes what is left of the heap */
	if (!status)
		mm_invariants_start();
	return status;
}

static void handle(const struct djed_delivery *delivery)
{
	if (delivery->message.label == EVENT_PAGE_FAULT)
		event_serve_page_fault(delivery);
	else if (!mm_dispatch(delivery) && !linux_dispatch(delivery))
		djed_reply(-ENOSYS);
}

static void notified(uint64_t bits)
{
	djed_log("mm: unexpected notification %#llx", (unsigned long long)bits);
}

DJED_SERVER_CHECKED(init, handle, notified, mm_audit, NULL, mm_invariants)
