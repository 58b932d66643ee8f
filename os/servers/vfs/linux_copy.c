/* Linux calls that copy between files inside vfs, and those about a file's size and position. */
#include "handlers.h"

#include <protocols/linux_vfs_server.h>
#include <protocols/store_client.h>

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

enum { COPY_BUFFER = 16384 };

static djed_status put_copied(const struct file *to, uint64_t offset, const uint8_t *bytes, uint32_t length)
{
	switch (to->kind) {
	case FILE_INODE:
		return transfer_write_own(&vfs_inode[to->node.inode], offset, bytes, length);
	case FILE_PIPE:
		return pipe_put_own(&vfs_pipe[to->pipe], bytes, length);
	case FILE_DEVICE:
		return device_write(vfs_inode[to->node.inode].device, length);
	default:
		return -EINVAL;
	}
}

djed_status copy_step(const struct file *from, uint64_t from_offset, const struct file *to,
		      uint64_t to_offset, uint64_t length)
{
	uint8_t bytes[COPY_BUFFER];
	uint64_t done = 0;

	length = lesser(length, VFS_STEP);
	while (done < length) {
		uint32_t part = (uint32_t)lesser(length - done, sizeof(bytes));
		djed_status got, put;

		if (to->kind == FILE_PIPE) {
			const struct pipe *pipe = &vfs_pipe[to->pipe];

			part = (uint32_t)lesser(part, VFS_PIPE_SIZE - (pipe->tail - pipe->head));
			if (part == 0)
				break;
		}
		got = transfer_read_own(&vfs_inode[from->node.inode], from_offset + done, bytes, part);
		if (got <= 0)
			return done ? (djed_status)done : got;
		put = put_copied(to, to_offset + done, bytes, (uint32_t)got);
		if (put < 0)
			return done ? (djed_status)done : put;
		done += (uint64_t)put;
		if (put < got)
			break;
	}
	return (djed_status)done;
}

/* An offset that the caller may have given in its memory. */
static djed_status fetch_offset(uint64_t address, uint64_t otherwise, uint64_t *offset)
{
	*offset = otherwise;
	if (!address)
		return 0;
	if (client_read(offset, address, sizeof(*offset)))
		return -EFAULT;
	return *offset > INT64_MAX ? -EINVAL : 0;
}

/* What both calls do once the descriptors are known to be right. With `waits`, a full pipe is waited for. */
static int64_t copy(struct process *process, struct file *from, uint64_t from_address, struct file *to,
		    uint64_t to_address, uint64_t count)
{
	uint64_t done = wait_progress(process), from_offset, to_offset;
	djed_status moved, status = fetch_offset(from_address, from->position - done, &from_offset);

	if (status == 0)
		status = fetch_offset(to_address, to->position - done, &to_offset);
	if (status)
		return status;
	count = lesser(count, LINUX_MAX_RW_COUNT);
	moved = count > done ? copy_step(from, from_offset + done, to, to_offset + done, count - done) : 0;
	if (moved < 0 && done == 0)
		return moved;
	if (moved > 0)
		done += (uint64_t)moved;
	if (!from_address && moved > 0)
		from->position = from_offset + done;
	if (!to_address && to->kind == FILE_INODE && moved > 0)
		to->position = to_offset + done;
	if (moved == VFS_STEP && done < count && from_offset + done < vfs_inode[from->node.inode].size) {
		wait_step(process, done);
		return 0;
	}
	/* Written only with the last answer: an earlier step that is repeated must find what was there. */
	from_offset += done;
	to_offset += done;
	if ((from_address && client_replace(from_address, &from_offset, sizeof(from_offset), from_address)) ||
	    (to_address && client_replace(to_address, &to_offset, sizeof(to_offset), to_address)))
		return -EFAULT;
	return (int64_t)done;
}

int64_t linux_on_sendfile(int32_t to_fd, int32_t from_fd, uint64_t offset, uint64_t count)
{
	struct process *process = process_caller();
	struct file *to = process ? descriptor_file(process, (uint64_t)to_fd) : NULL;
	struct file *from = process ? descriptor_file(process, (uint64_t)from_fd) : NULL;

	if (!to || !from || !file_readable(from) || !file_writable(to))
		return -EBADF;
	if (from->kind != FILE_INODE)
		return offset && (from->kind == FILE_PIPE || from->kind == FILE_TERMINAL) ? -ESPIPE : -EINVAL;
	/* A terminal would have to be forwarded to, which a copy inside vfs cannot: callers then read and
	 * write. */
	if (to->kind == FILE_TERMINAL || to->flags & LINUX_O_APPEND)
		return -EINVAL;
	if (to->kind == FILE_PIPE) {
		const struct pipe *pipe = &vfs_pipe[to->pipe];

		if (pipe->readers == 0)
			return -EINVAL; /* a plain write raises the signal */
		if (pipe->tail - pipe->head == VFS_PIPE_SIZE && wait_progress(process) == 0) {
			if (to->flags & LINUX_O_NONBLOCK)
				return -EAGAIN;
			wait_park(process, WAIT_WRITE, to->pipe, 0, 0);
			return 0;
		}
	}
	return copy(process, from, offset, to, 0, count);
}

int64_t linux_on_copy_file_range(int32_t from_fd, uint64_t from_offset, int32_t to_fd, uint64_t to_offset,
				 uint64_t count, uint32_t flags)
{
	struct process *process = process_caller();
	struct file *to = process ? descriptor_file(process, (uint64_t)to_fd) : NULL;
	struct file *from = process ? descriptor_file(process, (uint64_t)from_fd) : NULL;

	if (!to || !from)
		return -EBADF;
	if (flags)
		return -EINVAL;
	if (from->kind == FILE_DIRECTORY || to->kind == FILE_DIRECTORY)
		return -EISDIR;
	if (from->kind != FILE_INODE || to->kind != FILE_INODE)
		return -EINVAL;
	if (!file_readable(from) || !file_writable(to) || to->flags & LINUX_O_APPEND)
		return -EBADF;
	if (from->node.inode == to->node.inode && !wait_resumed()) {
		uint64_t a, b;

		if (fetch_offset(from_offset, from->position, &a) ||
		    fetch_offset(to_offset, to->position, &b))
			return -EFAULT;
		if (a < b + count && b < a + count)
			return -EINVAL;
	}
	return copy(process, from, from_offset, to, to_offset, count);
}

int64_t linux_on_lseek(int32_t fd, uint64_t offset, uint32_t whence)
{
	struct process *process = process_caller();
	struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	int64_t size = 0, base;

	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (file->kind == FILE_PIPE || file->kind == FILE_TERMINAL)
		return -ESPIPE;
	if (file->kind == FILE_DEVICE)
		return 0;
	if (file->kind == FILE_INODE)
		size = (int64_t)vfs_inode[file->node.inode].size;
	switch (whence) {
	case LINUX_SEEK_SET:
		base = 0;
		break;
	case LINUX_SEEK_CUR:
		base = (int64_t)file->position;
		break;
	case LINUX_SEEK_END:
		base = size;
		break;
	case LINUX_SEEK_DATA: /* holes are not told apart: all up to the end is data */
	case LINUX_SEEK_HOLE:
		if ((int64_t)offset < 0 || (int64_t)offset >= size)
			return -ENXIO;
		base = whence == LINUX_SEEK_HOLE ? size - (int64_t)offset : 0;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, (int64_t)offset, &base))
		return -EOVERFLOW;
	if (base < 0)
		return -EINVAL;
	if (file->position != (uint64_t)base)
		file->position = (uint64_t)base;
	return base;
}

static int64_t sync_file(int32_t fd)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;

	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (file->kind == FILE_PIPE || file->kind == FILE_TERMINAL || file->kind == FILE_PROC)
		return -EINVAL;
	return store_sync(vfs_slots.store);
}

int64_t linux_on_fsync(int32_t fd)
{
	return sync_file(fd);
}

int64_t linux_on_fdatasync(int32_t fd)
{
	return sync_file(fd);
}

int64_t linux_on_sync(void)
{
	return store_sync(vfs_slots.store);
}

int64_t linux_on_fadvise64(int32_t fd, uint64_t offset, uint64_t length, int32_t advice)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;

	(void)offset;
	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (file->kind == FILE_PIPE)
		return -ESPIPE;
	return advice < 0 || advice > 5 || length > INT64_MAX ? -EINVAL : 0;
}

int64_t linux_on_ftruncate(int32_t fd, uint64_t length)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;

	if (length > INT64_MAX)
		return -EINVAL;
	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (file->kind != FILE_INODE || !file_writable(file))
		return -EINVAL;
	return inode_truncate(&vfs_inode[file->node.inode], length);
}

int64_t linux_on_truncate(uint64_t path, uint64_t length)
{
	struct process *process = process_caller();
	struct place place;
	struct inode *inode;
	djed_status status;

	if (length > INT64_MAX)
		return -EINVAL;
	if (!process)
		return -ESRCH;
	status = path_find(process, LINUX_AT_FDCWD, path, WALK_FOLLOW, false, &place);
	if (status)
		return status;
	inode = &vfs_inode[place.node.inode];
	if (node_is_directory(place.node))
		return -EISDIR;
	if (!place.node.inode || !is_type(inode, LINUX_S_IFREG))
		return -EINVAL;
	if (!inode_permits(process, inode, MAY_WRITE))
		return -EACCES;
	if (inode->runners)
		return -ETXTBSY;
	return inode_truncate(inode, length);
}
