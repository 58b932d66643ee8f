/* Linux calls that move bytes through descriptors. */
#include "handlers.h"

#include <protocols/console_client.h>
#include <protocols/linux_vfs_server.h>
#include <protocols/pm_client.h>

enum { SIGPIPE = 13 };

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool client_range(uint64_t address, uint64_t length)
{
	const uint64_t end = 0x7ffffffff000;

	return length <= end && address <= end - length;
}

/* What a read or write is about: one range of the application's memory, or several. */
struct vector {
	const struct linux_iovec *part;
	uint32_t parts;
	uint64_t total;
};

/* The contiguous rest of the part in which byte `done` of the vector lies. */
static struct linux_iovec piece_at(const struct vector *vector, uint64_t done)
{
	for (uint32_t i = 0; i < vector->parts; i++) {
		const struct linux_iovec *part = &vector->part[i];

		if (done < part->length)
			return (struct linux_iovec){part->base + done, part->length - done};
		done -= part->length;
	}
	return (struct linux_iovec){0};
}

bool file_readable(const struct file *file)
{
	return file->kind != FILE_PATH && ((file->flags & LINUX_O_ACCMODE) == LINUX_O_RDONLY ||
					   (file->flags & LINUX_O_ACCMODE) == LINUX_O_RDWR);
}

bool file_writable(const struct file *file)
{
	return file->kind != FILE_PATH && ((file->flags & LINUX_O_ACCMODE) == LINUX_O_WRONLY ||
					   (file->flags & LINUX_O_ACCMODE) == LINUX_O_RDWR);
}

static int64_t read_pipe(struct process *process, const struct file *file, const struct vector *vector)
{
	struct pipe *pipe = &vfs_pipe[file->pipe];
	uint64_t done = 0;

	while (done < vector->total && pipe->head != pipe->tail) {
		struct linux_iovec piece = piece_at(vector, done);
		djed_status got = pipe_take(pipe, piece.base, piece.length);

		if (got < 0)
			return done ? (int64_t)done : got;
		done += (uint64_t)got;
	}
	if (done || vector->total == 0 || pipe->writers == 0)
		return (int64_t)done;
	if (file->flags & LINUX_O_NONBLOCK)
		return -EAGAIN;
	wait_park(process, WAIT_READ, file->pipe, 0, 0);
	return 0;
}

/* Bytes that must go in together are gathered first. */
static int64_t write_together(struct pipe *pipe, const struct vector *vector)
{
	uint8_t bytes[LINUX_PIPE_BUF];
	uint64_t done = 0;

	if (vector->parts == 1)
		return pipe_put(pipe, vector->part->base, vector->total);
	while (done < vector->total) {
		struct linux_iovec piece = piece_at(vector, done);

		if (client_read(bytes + done, piece.base, piece.length))
			return -EFAULT;
		done += piece.length;
	}
	return pipe_put_own(pipe, bytes, done);
}

static int64_t write_pipe(struct process *process, const struct file *file, const struct vector *vector)
{
	struct pipe *pipe = &vfs_pipe[file->pipe];
	uint64_t done = wait_progress(process), room = VFS_PIPE_SIZE - (pipe->tail - pipe->head);
	bool together = vector->total <= LINUX_PIPE_BUF;

	if (vector->total == 0)
		return 0;
	if (pipe->readers == 0) {
		pm_signal_and_answer_forward(vfs_slots.pm, SIGPIPE, done ? (int64_t)done : -EPIPE);
		return 0;
	}
	if (together && room >= vector->total) {
		int64_t put = write_together(pipe, vector);

		return put ? put : -ENOMEM;
	}
	while (!together && done < vector->total && room) {
		struct linux_iovec piece = piece_at(vector, done);
		uint64_t part = lesser(piece.length, room);
		djed_status put = pipe_put(pipe, piece.base, part);

		if (put < 0)
			return done ? (int64_t)done : put;
		done += (uint64_t)put;
		room -= (uint64_t)put;
		if ((uint64_t)put < part)
			return done ? (int64_t)done : -ENOMEM;
	}
	if (done == vector->total)
		return (int64_t)done;
	if (file->flags & LINUX_O_NONBLOCK)
		return done ? (int64_t)done : -EAGAIN;
	wait_park(process, WAIT_WRITE, file->pipe, done, 0);
	return 0;
}

/* Moves one step (rule 14) between a regular file and the application; `position` is where byte 0 of the
 * whole call lies. */
static int64_t move_regular(struct process *process, struct file *file, const struct vector *vector,
			    uint64_t position, bool writing, bool keeps_position)
{
	struct inode *inode = &vfs_inode[file->node.inode];
	uint64_t done = wait_progress(process), end = lesser(vector->total, done + VFS_STEP);

	while (done < end) {
		struct linux_iovec piece = piece_at(vector, done);
		uint64_t part = lesser(piece.length, end - done);
		djed_status moved = writing ? transfer_write(inode, position + done, piece.base, part)
					    : transfer_read(inode, position + done, piece.base, part);

		if (moved < 0 && done == 0)
			return moved;
		if (moved > 0)
			done += (uint64_t)moved;
		if (moved < (djed_status)part) {
			end = 0; /* no more to be had */
			break;
		}
	}
	if (!keeps_position && done)
		file->position = position + done;
	if (end && done < vector->total) {
		wait_step(process, done);
		return 0;
	}
	return (int64_t)done;
}

static int64_t read_proc(struct file *file, const struct vector *vector, uint64_t position,
			 bool keeps_position)
{
	char text[DJED_PAGE_SIZE];
	struct linux_iovec piece = piece_at(vector, 0);
	djed_status length = proc_text(file->node, text, sizeof(text));
	uint64_t part;

	if (length < 0)
		return length;
	if (position >= (uint64_t)length)
		return 0;
	part = lesser(piece.length, (uint64_t)length - position);
	if (client_write(piece.base, text + position, part))
		return -EFAULT;
	if (!keeps_position)
		file->position = position + part;
	return (int64_t)part;
}

static int64_t move_device(const struct file *file, const struct vector *vector, bool writing)
{
	struct linux_iovec piece = piece_at(vector, 0);
	uint64_t device = vfs_inode[file->node.inode].device;

	if (writing)
		return device_write(device, vector->total);
	return piece.length ? device_read(device, piece.base, piece.length) : 0;
}

/* Where byte 0 of a call with the file's own position lies: earlier steps have moved that already. (May wrap,
 * and wraps back.) */
static uint64_t start_of(const struct process *process, const struct file *file, bool writing)
{
	uint64_t done = wait_progress(process);

	if (writing && file->flags & LINUX_O_APPEND)
		return vfs_inode[file->node.inode].size - done;
	return file->position - done;
}

static int64_t move(struct process *process, struct file *file, const struct vector *vector, bool writing)
{
	struct linux_iovec piece;

	switch (file->kind) {
	case FILE_INODE:
		return move_regular(process, file, vector, start_of(process, file, writing), writing, false);
	case FILE_PIPE:
		return writing ? write_pipe(process, file, vector) : read_pipe(process, file, vector);
	case FILE_TERMINAL:
		piece = piece_at(vector, 0);
		if (writing)
			console_write_forward(vfs_slots.console, piece.base, piece.length,
					      file->flags & LINUX_O_NONBLOCK, process->process_group);
		else
			console_read_forward(vfs_slots.console, piece.base, piece.length,
					     file->flags & LINUX_O_NONBLOCK, process->process_group);
		return 0;
	case FILE_DEVICE:
		return move_device(file, vector, writing);
	case FILE_PROC:
		return read_proc(file, vector, file->position, false);
	case FILE_DIRECTORY:
		return -EISDIR;
	default:
		return -EBADF;
	}
}

static int64_t read_or_write(int32_t fd, uint64_t buffer, uint64_t count, bool writing)
{
	struct process *process = process_caller();
	struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	struct linux_iovec part = {buffer, lesser(count, LINUX_MAX_RW_COUNT)};

	if (!file || !(writing ? file_writable(file) : file_readable(file)))
		return -EBADF;
	if (!client_range(buffer, count))
		return -EFAULT;
	return move(process, file, &(struct vector){&part, 1, part.length}, writing);
}

int64_t linux_on_read(int32_t fd, uint64_t buffer, uint64_t count)
{
	return read_or_write(fd, buffer, count, false);
}

int64_t linux_on_write(int32_t fd, uint64_t buffer, uint64_t count)
{
	return read_or_write(fd, buffer, count, true);
}

static int64_t read_or_write_vector(int32_t fd, uint64_t address, uint64_t count, bool writing)
{
	struct process *process = process_caller();
	struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	struct linux_iovec part[LINUX_IOV_MAX];
	struct vector vector = {part, (uint32_t)count, 0};

	if (!file || !(writing ? file_writable(file) : file_readable(file)))
		return -EBADF;
	if (count > LINUX_IOV_MAX)
		return -EINVAL;
	if (client_read(part, address, count * sizeof(part[0])))
		return -EFAULT;
	for (uint32_t i = 0; i < count; i++) {
		if (part[i].length > INT64_MAX)
			return -EINVAL;
		if (!client_range(part[i].base, part[i].length))
			return -EFAULT;
		part[i].length = lesser(part[i].length, LINUX_MAX_RW_COUNT - vector.total);
		vector.total += part[i].length;
	}
	return vector.total ? move(process, file, &vector, writing) : 0;
}

int64_t linux_on_readv(int32_t fd, uint64_t vector, uint64_t count)
{
	return read_or_write_vector(fd, vector, count, false);
}

int64_t linux_on_writev(int32_t fd, uint64_t vector, uint64_t count)
{
	return read_or_write_vector(fd, vector, count, true);
}

static int64_t read_or_write_at(int32_t fd, uint64_t buffer, uint64_t count, uint64_t offset, bool writing)
{
	struct process *process = process_caller();
	struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	struct linux_iovec part = {buffer, lesser(count, LINUX_MAX_RW_COUNT)};
	struct vector vector = {&part, 1, part.length};

	if (offset > INT64_MAX)
		return -EINVAL;
	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (file->kind == FILE_PIPE || file->kind == FILE_TERMINAL)
		return -ESPIPE;
	if (!(writing ? file_writable(file) : file_readable(file)))
		return -EBADF;
	if (!client_range(buffer, count))
		return -EFAULT;
	switch (file->kind) {
	case FILE_INODE:
		if (writing && file->flags & LINUX_O_APPEND) /* as Linux, against POSIX */
			offset = start_of(process, file, true);
		return move_regular(process, file, &vector, offset, writing, true);
	case FILE_PROC:
		return read_proc(file, &vector, offset, true);
	case FILE_DIRECTORY:
		return -EISDIR;
	default:
		return move_device(file, &vector, writing);
	}
}

int64_t linux_on_pread64(int32_t fd, uint64_t buffer, uint64_t count, uint64_t offset)
{
	return read_or_write_at(fd, buffer, count, offset, false);
}

int64_t linux_on_pwrite64(int32_t fd, uint64_t buffer, uint64_t count, uint64_t offset)
{
	return read_or_write_at(fd, buffer, count, offset, true);
}
