/* Linux calls about descriptors: open, close, dup, fcntl, ioctl, pipe, mmap. */
#include "handlers.h"

#include <protocols/console_client.h>
#include <protocols/linux_client.h>
#include <protocols/linux_vfs_server.h>
#include <protocols/mm_client.h>

/* Gives an open file its descriptor. The file's reference is taken over, or dropped. */
static int64_t install(struct process *process, uint32_t file, uint32_t flags)
{
	djed_status fd = descriptor_add(process, 0, file, flags & LINUX_O_CLOEXEC ? LINUX_FD_CLOEXEC : 0);

	if (fd < 0)
		file_drop(file);
	return fd;
}

/* open of a FIFO waits for the other end; meanwhile the process holds the file. */
static int64_t finish_open(struct process *process, uint32_t file, uint32_t flags)
{
	if (open_must_wait(&vfs_file[file])) {
		process->opening = file;
		wait_park(process, WAIT_OPEN, vfs_file[file].pipe, 0, 0);
		return 0;
	}
	if (process->opening)
		process->opening = 0;
	return install(process, file, flags);
}

static int64_t open_at(int32_t folder, uint64_t path, uint32_t flags, uint32_t mode)
{
	struct process *process = process_caller();
	struct place place;
	unsigned walk = WALK_FOLLOW;
	uint32_t file;
	djed_status status;

	if (!process)
		return -ESRCH;
	if (wait_resumed() && process->opening)
		return finish_open(process, process->opening, flags);
	if (flags & LINUX_O_PATH)
		flags &= LINUX_O_PATH | LINUX_O_DIRECTORY | LINUX_O_NOFOLLOW | LINUX_O_CLOEXEC;
	if ((flags & LINUX_O_TMPFILE) == LINUX_O_TMPFILE)
		return -EOPNOTSUPP;
	if ((flags & LINUX_O_CREAT) && (flags & LINUX_O_DIRECTORY))
		return -EINVAL;
	if (flags & LINUX_O_NOFOLLOW || (flags & LINUX_O_CREAT && flags & LINUX_O_EXCL))
		walk = 0;
	if (flags & LINUX_O_CREAT)
		walk |= WALK_CREATE;
	status = path_fetch(process, folder, path, walk, &place);
	if (!status)
		status = open_place(process, &place, flags, mode, &file);
	return status ? status : finish_open(process, file, flags);
}

int64_t linux_on_open(uint64_t path, uint32_t flags, uint32_t mode)
{
	return open_at(LINUX_AT_FDCWD, path, flags, mode);
}

int64_t linux_on_creat(uint64_t path, uint32_t mode)
{
	return open_at(LINUX_AT_FDCWD, path, LINUX_O_CREAT | LINUX_O_WRONLY | LINUX_O_TRUNC, mode);
}

int64_t linux_on_openat(int32_t folder, uint64_t path, uint32_t flags, uint32_t mode)
{
	return open_at(folder, path, flags, mode);
}

int64_t linux_on_close(int32_t fd)
{
	struct process *process = process_caller();

	return process ? descriptor_drop(process, (uint64_t)fd) : -EBADF;
}

static int64_t duplicate(int32_t fd, uint64_t from, uint16_t flags)
{
	struct process *process = process_caller();
	const struct descriptor *slot = process ? descriptor_slot(process, (uint64_t)fd) : NULL;
	djed_status made;

	if (!slot)
		return -EBADF;
	if (from >= VFS_DESCRIPTORS)
		return -EINVAL;
	made = descriptor_add(process, (uint32_t)from, slot->file, flags);
	if (made >= 0)
		file_hold(descriptor_slot(process, (uint64_t)made)->file);
	return made;
}

static int64_t duplicate_to(int32_t from, int32_t to, uint16_t flags)
{
	struct process *process = process_caller();
	const struct descriptor *slot = process ? descriptor_slot(process, (uint64_t)from) : NULL;
	uint32_t file;
	djed_status status;

	if (!slot || (uint32_t)to >= VFS_DESCRIPTORS)
		return -EBADF;
	file = slot->file;
	file_hold(file);
	status = descriptor_set(process, (uint32_t)to, file, flags);
	if (status) {
		file_drop(file);
		return status;
	}
	return to;
}

int64_t linux_on_dup(int32_t fd)
{
	return duplicate(fd, 0, 0);
}

int64_t linux_on_dup2(int32_t from, int32_t to)
{
	struct process *process = process_caller();

	if (from == to)
		return process && descriptor_slot(process, (uint64_t)from) ? to : -EBADF;
	return duplicate_to(from, to, 0);
}

int64_t linux_on_dup3(int32_t from, int32_t to, uint32_t flags)
{
	if (from == to || flags & ~(uint32_t)LINUX_O_CLOEXEC)
		return -EINVAL;
	return duplicate_to(from, to, flags ? LINUX_FD_CLOEXEC : 0);
}

int64_t linux_on_pipe2(uint64_t descriptors, uint32_t flags)
{
	struct process *process = process_caller();
	uint32_t index, reader, writer, kept = flags & (LINUX_O_NONBLOCK | LINUX_O_DIRECT);
	int32_t fd[2];
	djed_status status;

	if (flags & ~(uint32_t)(LINUX_O_NONBLOCK | LINUX_O_DIRECT | LINUX_O_CLOEXEC))
		return -EINVAL;
	if (!process)
		return -ESRCH;
	status = pipe_create(&index);
	if (status)
		return status;
	pipe_open(index, LINUX_O_RDWR); /* held until both files are made */
	status = file_create(FILE_PIPE, LINUX_O_RDONLY | kept, (struct node){0}, &reader);
	if (!status) {
		vfs_file[reader].pipe = index;
		pipe_open(index, LINUX_O_RDONLY);
		status = file_create(FILE_PIPE, LINUX_O_WRONLY | kept, (struct node){0}, &writer);
		if (!status) {
			vfs_file[writer].pipe = index;
			pipe_open(index, LINUX_O_WRONLY);
		} else {
			file_drop(reader);
		}
	}
	pipe_close(index, LINUX_O_RDWR);
	if (status)
		return status;
	fd[0] = (int32_t)install(process, reader, flags);
	fd[1] = fd[0] < 0 ? fd[0] : (int32_t)install(process, writer, flags);
	if (fd[1] >= 0 && client_write(descriptors, fd, sizeof(fd)) == 0)
		return 0;
	if (fd[0] < 0)
		file_drop(writer);
	else
		descriptor_close(process, (uint64_t)fd[0]);
	if (fd[1] < 0)
		return fd[1];
	descriptor_close(process, (uint64_t)fd[1]);
	return -EFAULT;
}

int64_t linux_on_pipe(uint64_t descriptors)
{
	return linux_on_pipe2(descriptors, 0);
}

enum { SETTABLE = LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_DIRECT | LINUX_O_NOATIME | LINUX_O_ASYNC };

int64_t linux_on_fcntl(int32_t fd, uint32_t command, uint64_t argument)
{
	struct process *process = process_caller();
	struct descriptor *slot = process ? descriptor_slot(process, (uint64_t)fd) : NULL;
	struct file *file = slot ? &vfs_file[slot->file] : NULL;

	if (!file)
		return -EBADF;
	switch (command) {
	case LINUX_F_DUPFD:
		return duplicate(fd, argument, 0);
	case LINUX_F_DUPFD_CLOEXEC:
		return duplicate(fd, argument, LINUX_FD_CLOEXEC);
	case LINUX_F_GETFD:
		return slot->flags;
	case LINUX_F_SETFD:
		slot->flags = argument & LINUX_FD_CLOEXEC;
		return 0;
	case LINUX_F_GETFL:
		return file->flags | (file->kind == FILE_PATH ? 0 : LINUX_O_LARGEFILE);
	}
	if (file->kind == FILE_PATH)
		return -EBADF;
	switch (command) {
	case LINUX_F_SETFL:
		file->flags = (file->flags & ~(uint32_t)SETTABLE) | (argument & SETTABLE);
		return 0;
	case LINUX_F_GETLK:
	case LINUX_F_SETLK:
	case LINUX_F_SETLKW:
		return control_lock(process, file, command, argument);
	case LINUX_F_GETPIPE_SZ:
		return file->kind == FILE_PIPE ? VFS_PIPE_SIZE : -EBADF;
	case LINUX_F_SETPIPE_SZ:
		if (file->kind != FILE_PIPE)
			return -EBADF;
		return argument <= VFS_PIPE_SIZE ? VFS_PIPE_SIZE : -EPERM;
	case LINUX_F_GETOWN:
	case LINUX_F_SETOWN:
		return 0;
	default:
		return -EINVAL;
	}
}

static int64_t tell_readable(const struct file *file, uint64_t argument)
{
	int32_t bytes = 0;

	if (file->kind == FILE_PIPE)
		bytes = (int32_t)(vfs_pipe[file->pipe].tail - vfs_pipe[file->pipe].head);
	else if (file->kind == FILE_INODE)
		bytes = (int32_t)(vfs_inode[file->node.inode].size - file->position);
	else
		return -ENOTTY;
	return client_write(argument, &bytes, sizeof(bytes));
}

int64_t linux_on_ioctl(int32_t fd, uint32_t request, uint64_t argument)
{
	struct process *process = process_caller();
	struct descriptor *slot = process ? descriptor_slot(process, (uint64_t)fd) : NULL;
	struct file *file = slot ? &vfs_file[slot->file] : NULL;
	int32_t on;

	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	switch (request) {
	case LINUX_FIOCLEX:
		slot->flags |= LINUX_FD_CLOEXEC;
		return 0;
	case LINUX_FIONCLEX:
		slot->flags &= (uint16_t)~LINUX_FD_CLOEXEC;
		return 0;
	case LINUX_FIONBIO:
		if (client_read(&on, argument, sizeof(on)))
			return -EFAULT;
		file->flags = on ? file->flags | LINUX_O_NONBLOCK : file->flags & ~(uint32_t)LINUX_O_NONBLOCK;
		return 0;
	}
	if (file->kind == FILE_TERMINAL) {
		console_control_forward(vfs_slots.console, request, argument, process->pid,
					process->process_group, process->session);
		return 0;
	}
	return request == LINUX_FIONREAD ? tell_readable(file, argument) : -ENOTTY;
}

int64_t linux_on_mmap(uint64_t address, uint64_t length, uint32_t protection, uint32_t flags, int32_t fd,
		      uint64_t offset)
{
	struct process *process = process_caller();
	const struct file *file;
	uint32_t type = flags & LINUX_MAP_TYPE;
	bool shared = type == LINUX_MAP_SHARED || type == LINUX_MAP_SHARED_VALIDATE;

	if (flags & LINUX_MAP_ANONYMOUS) {
		linux_forward(vfs_slots.mm, djed_current());
		return 0;
	}
	file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (!file_readable(file) || (shared && protection & LINUX_PROT_WRITE && !file_writable(file)))
		return -EACCES;
	if (file->kind == FILE_DEVICE && device_kind(vfs_inode[file->node.inode].device) == DEVICE_ZERO) {
		linux_forward(vfs_slots.mm, djed_current());
		djed_out()->word[3] = flags | LINUX_MAP_ANONYMOUS;
		return 0;
	}
	if (file->kind != FILE_INODE)
		return -ENODEV;
	mm_map_file_forward(vfs_slots.mm, address, length, protection, flags,
			    vfs_inode[file->node.inode].object, offset, file_writable(file));
	return 0;
}
