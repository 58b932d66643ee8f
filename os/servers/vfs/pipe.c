/* Pipes: up to 64 KiB in pages that come and go with the bytes. */
#include "../../lib/heap.h"
#include "vfs.h"

#include <string.h>

struct pipe vfs_pipe[VFS_PIPES];
uint32_t vfs_pipe_free;
uint32_t vfs_pipes_used;

void pipe_start(void)
{
	for (uint32_t i = 1; i < VFS_PIPES - 1; i++)
		vfs_pipe[i].next_free = i + 1;
	vfs_pipe_free = 1;
}

djed_status pipe_create(uint32_t *index)
{
	struct pipe *pipe = &vfs_pipe[vfs_pipe_free];

	if (vfs_pipe_free == 0)
		return -ENFILE;
	*index = vfs_pipe_free;
	vfs_pipe_free = pipe->next_free;
	vfs_pipes_used++;
	pipe->used = 1;
	pipe->head = pipe->tail = 0;
	pipe->readers = pipe->writers = 0;
	pipe->reader_opens = pipe->writer_opens = 0;
	pipe->inode = 0;
	pipe->created = vfs_time();
	return 0;
}

static bool reads(uint32_t flags)
{
	return (flags & LINUX_O_ACCMODE) != LINUX_O_WRONLY;
}

static bool writes(uint32_t flags)
{
	return (flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY;
}

void pipe_open(uint32_t index, uint32_t flags)
{
	struct pipe *pipe = &vfs_pipe[index];

	pipe->readers += reads(flags);
	pipe->writers += writes(flags);
	pipe->reader_opens += reads(flags);
	pipe->writer_opens += writes(flags);
	wait_wake_pipe(index);
}

/* Gives back the page of position `at`. */
static void drop_page(struct pipe *pipe, uint64_t at)
{
	uint8_t **page = &pipe->page[at / DJED_PAGE_SIZE % VFS_PIPE_PAGES];

	heap_pages_free(*page);
	*page = NULL;
}

void pipe_close(uint32_t index, uint32_t flags)
{
	struct pipe *pipe = &vfs_pipe[index];

	djed_assert(pipe->readers >= reads(flags) && pipe->writers >= writes(flags));
	pipe->readers -= reads(flags);
	pipe->writers -= writes(flags);
	if (pipe->readers || pipe->writers) {
		wait_wake_pipe(index);
		return;
	}
	for (uint32_t i = 0; i < VFS_PIPE_PAGES; i++)
		if (pipe->page[i])
			drop_page(pipe, (uint64_t)i * DJED_PAGE_SIZE);
	if (pipe->inode)
		vfs_inode[pipe->inode].pipe = 0;
	wait_wake_pipe(index);
	pipe->used = 0;
	pipe->next_free = vfs_pipe_free;
	vfs_pipe_free = index;
	vfs_pipes_used--;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

djed_status pipe_take(struct pipe *pipe, uint64_t address, uint64_t length)
{
	uint64_t wanted = lesser(length, pipe->tail - pipe->head), done = 0, head = pipe->head;

	/* First all that may fail, then the change. */
	while (done < wanted) {
		uint64_t at = head + done, offset = at % DJED_PAGE_SIZE;
		uint64_t part = lesser(wanted - done, DJED_PAGE_SIZE - offset);
		uint64_t got = client_write_some(
		    address + done, pipe->page[at / DJED_PAGE_SIZE % VFS_PIPE_PAGES] + offset, part);

		done += got;
		if (got < part)
			break;
	}
	if (done == 0)
		return wanted ? -EFAULT : 0;
	/* Pages that are read to their end go, but not where the tail has come round to the same page
	 * already. */
	for (uint64_t at = head - head % DJED_PAGE_SIZE; at + DJED_PAGE_SIZE <= head + done;
	     at += DJED_PAGE_SIZE)
		if (pipe->tail <= at + VFS_PIPE_SIZE)
			drop_page(pipe, at);
	pipe->head = head + done;
	wait_wake_pipe((uint32_t)(pipe - vfs_pipe));
	return (djed_status)done;
}

/* Where the next bytes go; the page is made if need be. NULL: full or no memory. */
static uint8_t *tail_page(struct pipe *pipe, uint64_t *room)
{
	uint64_t offset = pipe->tail % DJED_PAGE_SIZE;
	uint8_t **page = &pipe->page[pipe->tail / DJED_PAGE_SIZE % VFS_PIPE_PAGES];

	*room = lesser(DJED_PAGE_SIZE - offset, VFS_PIPE_SIZE - (pipe->tail - pipe->head));
	if (*room == 0)
		return NULL;
	if (!*page)
		*page = heap_pages(1);
	return *page ? *page + offset : NULL;
}

djed_status pipe_put(struct pipe *pipe, uint64_t address, uint64_t length)
{
	uint64_t done = 0, room;
	uint8_t *to;

	while (done < length && (to = tail_page(pipe, &room))) {
		uint64_t part = lesser(length - done, room), got = client_read_some(to, address + done, part);

		pipe->tail += got;
		done += got;
		if (got < part) {
			if (done == 0)
				return -EFAULT;
			break;
		}
	}
	if (done)
		wait_wake_pipe((uint32_t)(pipe - vfs_pipe));
	return (djed_status)done;
}

djed_status pipe_put_own(struct pipe *pipe, const void *bytes, uint64_t length)
{
	uint64_t done = 0, room;
	uint8_t *to;

	while (done < length && (to = tail_page(pipe, &room))) {
		uint64_t part = lesser(length - done, room);

		memcpy(to, (const char *)bytes + done, part);
		pipe->tail += part;
		done += part;
	}
	if (done)
		wait_wake_pipe((uint32_t)(pipe - vfs_pipe));
	return (djed_status)done;
}

uint32_t pipe_ready(const struct pipe *pipe, uint32_t flags)
{
	uint32_t events = 0;

	if (reads(flags)) {
		if (pipe->tail != pipe->head)
			events |= LINUX_POLLIN | LINUX_POLLRDNORM;
		if (pipe->writers == 0)
			events |= LINUX_POLLHUP;
	}
	if (writes(flags)) {
		if (VFS_PIPE_SIZE - (pipe->tail - pipe->head) >= LINUX_PIPE_BUF)
			events |= LINUX_POLLOUT | LINUX_POLLWRNORM;
		if (pipe->readers == 0)
			events |= LINUX_POLLERR;
	}
	return events;
}
