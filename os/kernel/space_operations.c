/* Address spaces of applications and the frames in them, for mm. A page table is a cache of mm's own state:
 * what is dropped comes back by a page fault. */
#include "copy.h"
#include "memory.h"
#include "operations.h"

static unsigned space_object(const struct space *space)
{
	return TXN_THREADS + space_number(space);
}

/* space_create() -> space */
djed_status operation_space_create(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct space *space;
	djed_status status;

	(void)in;
	if (!service_holds(caller, DJED_CAP_SPACES))
		return -EPERM;
	space = space_create();
	if (!space)
		return -ENOMEM;
	status = txn_object_created(&rules, service_number(caller), space_object(space));
	if (status) {
		space_destroy(space);
		return status;
	}
	out[0] = space_handle(space);
	return 0;
}

/* space_destroy(space) */
djed_status operation_space_destroy(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct space *space = space_of(in[0]);

	(void)out;
	if (!service_holds(caller, DJED_CAP_SPACES))
		return -EPERM;
	if (!space)
		return -ESRCH;
	return txn_object_defer(&rules, service_number(caller), space_object(space), 1);
}

/* space_map(space, address, frame, access) */
djed_status operation_space_map(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const uint64_t known =
	    DJED_ACCESS_READ | DJED_ACCESS_WRITE | DJED_ACCESS_EXECUTE | DJED_ACCESS_PRESENT;
	const struct space *space = space_of(in[0]);
	djed_status status;

	(void)out;
	if (!service_holds(caller, DJED_CAP_SPACES))
		return -EPERM;
	if (!space)
		return -ESRCH;
	if (!space_range_valid(in[1], 1) || !pool_has(in[2]) || in[3] & ~known)
		return -EINVAL;
	do
		status = arch_map(space->tables, in[1], in[2] * DJED_PAGE_SIZE, (uint32_t)in[3]);
	while (status && space_reclaim(space));
	return status;
}

/* space_unmap(space, address, pages) */
djed_status operation_space_unmap(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct space *space = space_of(in[0]);

	(void)out;
	if (!service_holds(caller, DJED_CAP_SPACES))
		return -EPERM;
	if (!space)
		return -ESRCH;
	if (!space_range_valid(in[1], in[2]))
		return -EINVAL;
	if (in[1] == 0 && !space_range_valid(0, in[2] + 1))
		(void)arch_tables_clear(space->tables); /* everything */
	else
		arch_unmap(space->tables, in[1], in[2]);
	return 0;
}

/* space_share(from, to, address, pages) -> copied; what does not fit into the table frames is left to page
 * faults */
djed_status operation_space_share(struct service *caller, const uint64_t *in, uint64_t *out)
{
	const struct space *from = space_of(in[0]), *to = space_of(in[1]);

	if (!service_holds(caller, DJED_CAP_SPACES))
		return -EPERM;
	if (!from || !to)
		return -ESRCH;
	if (from == to || !space_range_valid(in[2], in[3]))
		return -EINVAL;
	out[0] = arch_share(from->tables, to->tables, in[2], in[3]);
	return 0;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* A part of a frame of the pool; false: there is no such. */
static bool frame_part(uint64_t frame, uint64_t offset, uint64_t length, struct view *view)
{
	if (!pool_has(frame) || offset > DJED_PAGE_SIZE || length > DJED_PAGE_SIZE - offset)
		return false;
	*view = (struct view){0, frame * DJED_PAGE_SIZE + offset};
	return true;
}

/* frame_zero(frame) */
djed_status operation_frame_zero(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct view view;

	(void)out;
	if (!service_holds(caller, DJED_CAP_FRAMES))
		return -EPERM;
	if (!frame_part(in[0], 0, DJED_PAGE_SIZE, &view))
		return -EINVAL;
	__builtin_memset(arch_memory(view.base), 0, DJED_PAGE_SIZE);
	return 0;
}

/* frame_copy(to, from) */
djed_status operation_frame_copy(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct view to, from;

	(void)out;
	if (!service_holds(caller, DJED_CAP_FRAMES))
		return -EPERM;
	if (!frame_part(in[0], 0, DJED_PAGE_SIZE, &to) || !frame_part(in[1], 0, DJED_PAGE_SIZE, &from))
		return -EINVAL;
	__builtin_memcpy(arch_memory(to.base), arch_memory(from.base), DJED_PAGE_SIZE);
	return 0;
}

/* frame_write(frame, offset, buffer, length) */
djed_status operation_frame_write(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct view view;

	(void)out;
	if (!service_holds(caller, DJED_CAP_FRAMES))
		return -EPERM;
	if (!frame_part(in[0], in[1], in[3], &view))
		return -EINVAL;
	return copy_from_service(caller, arch_memory(view.base), in[2], in[3]);
}

/* frame_read(frame, offset, buffer, length) */
djed_status operation_frame_read(struct service *caller, const uint64_t *in, uint64_t *out)
{
	struct view view;

	(void)out;
	if (!service_holds(caller, DJED_CAP_FRAMES))
		return -EPERM;
	if (!frame_part(in[0], in[1], in[3], &view))
		return -EINVAL;
	return copy_to_service(caller, in[2], arch_memory(view.base), in[3]);
}
