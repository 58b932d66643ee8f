/* Memory lent with messages. */
#define KERNEL_BARE /* the logging and marking is done here */
#include <protocols/kernel.h>

#include "runtime.h"

enum { SOURCE_APPLICATION = 2 };

struct djed_buffer djed_own(const void *memory, uint32_t length)
{
	return (struct djed_buffer){(uintptr_t)memory, length, DJED_GRANT_OWN, DJED_GRANT_READ, 0};
}

struct djed_buffer djed_own_writable(void *memory, uint32_t length)
{
	/* The callee's bytes arrive behind the pass's back. */
	djed_undo_range(memory, length);
	return (struct djed_buffer){(uintptr_t)memory, length, DJED_GRANT_OWN,
				    DJED_GRANT_READ | DJED_GRANT_WRITE, 0};
}

struct djed_buffer djed_client(uint64_t address, uint32_t length, uint8_t rights)
{
	return (struct djed_buffer){address, length, DJED_GRANT_CLIENT, rights, 0};
}

struct djed_buffer djed_part(struct djed_buffer received, uint64_t offset, uint32_t length)
{
	if (offset > received.length)
		offset = received.length;
	if (length > received.length - offset)
		length = (uint32_t)(received.length - offset);
	received.base += offset;
	received.length = length;
	return received;
}

struct djed_buffer djed_frame(uint64_t frame, uint32_t offset, uint32_t length, uint8_t rights)
{
	djed_assert(offset <= DJED_PAGE_SIZE && length <= DJED_PAGE_SIZE - offset);
	return (struct djed_buffer){frame, length, DJED_GRANT_FRAME, rights, (uint16_t)offset};
}

struct djed_buffer djed_nothing(void)
{
	return (struct djed_buffer){0};
}

/* Bytes of [offset, offset + length) that lie in the buffer. */
static uint64_t clamp(struct djed_buffer buffer, uint64_t offset, uint64_t length)
{
	if (buffer.kind != DJED_GRANT_PASS || offset >= buffer.length)
		return 0;
	return length < buffer.length - offset ? length : buffer.length - offset;
}

uint64_t djed_copy_in_fresh(void *destination, struct djed_buffer from, uint64_t offset, uint64_t length)
{
	uint64_t copied = 0;

	length = clamp(from, offset, length);
	if (length == 0 ||
	    kernel_copy_in(from.index, from.base + offset, (uintptr_t)destination, length, 0, &copied))
		return 0;
	return copied;
}

uint64_t djed_copy_in(void *destination, struct djed_buffer from, uint64_t offset, uint64_t length)
{
	djed_undo_range(destination, clamp(from, offset, length));
	return djed_copy_in_fresh(destination, from, offset, length);
}

uint64_t djed_copy_out(struct djed_buffer to, uint64_t offset, const void *source, uint64_t length)
{
	uint64_t copied = 0;

	length = clamp(to, offset, length);
	if (length == 0 || kernel_copy_out(to.index, to.base + offset, (uintptr_t)source, length, 0, &copied))
		return 0;
	return copied;
}

uint64_t djed_client_in(void *destination, uint64_t address, uint64_t length, bool until_nul)
{
	uint64_t copied = 0;

	djed_undo_range(destination, length);
	if (length == 0 ||
	    kernel_copy_in(SOURCE_APPLICATION, address, (uintptr_t)destination, length, until_nul, &copied))
		return 0;
	return copied;
}

uint64_t djed_client_out(uint64_t address, const void *source, uint64_t length, bool replaces)
{
	uint64_t copied = 0;

	if (length == 0 ||
	    kernel_copy_out(SOURCE_APPLICATION, address, (uintptr_t)source, length, replaces, &copied))
		return 0;
	return copied;
}
