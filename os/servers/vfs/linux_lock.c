/* Linux calls about advisory locks. */
#include "handlers.h"

#include <protocols/linux_vfs_server.h>

/* The range that a struct flock names, on a file. */
static djed_status lock_range(const struct linux_flock *flock, const struct file *file, uint64_t *start,
			      uint64_t *end)
{
	int64_t from = flock->start;

	if (flock->whence == LINUX_SEEK_CUR)
		from += (int64_t)file->position;
	else if (flock->whence == LINUX_SEEK_END)
		from += (int64_t)vfs_inode[file->node.inode].size;
	else if (flock->whence != LINUX_SEEK_SET)
		return -EINVAL;
	*end = flock->length ? (uint64_t)from + (uint64_t)flock->length : UINT64_MAX;
	if (flock->length < 0) {
		*end = (uint64_t)from;
		from += flock->length;
	}
	if (from < 0)
		return -EINVAL;
	*start = (uint64_t)from;
	return 0;
}

int64_t control_lock(struct process *process, struct file *file, uint32_t command, uint64_t argument)
{
	struct linux_flock flock;
	const struct lock *conflict;
	uint64_t start, end;
	djed_status status = client_read(&flock, argument, sizeof(flock));

	if (!status)
		status = lock_range(&flock, file, &start, &end);
	if (status)
		return status;
	if (flock.type != LINUX_F_RDLCK && flock.type != LINUX_F_WRLCK && flock.type != LINUX_F_UNLCK)
		return -EINVAL;
	if (!file->node.inode)
		return -EBADF;
	conflict = flock.type == LINUX_F_UNLCK
		       ? NULL
		       : lock_conflict(process->pid, file->node.inode, start, end, (uint32_t)flock.type);
	if (command == LINUX_F_GETLK) {
		flock.type = LINUX_F_UNLCK;
		if (conflict) {
			flock = (struct linux_flock){.type = (int16_t)conflict->type,
						     .whence = LINUX_SEEK_SET,
						     .start = (int64_t)conflict->start,
						     .pid = (int32_t)conflict->pid};
			flock.length =
			    conflict->end == UINT64_MAX ? 0 : (int64_t)(conflict->end - conflict->start);
		}
		return client_replace(argument, &flock, sizeof(flock), argument);
	}
	if ((flock.type == LINUX_F_RDLCK && !file_readable(file)) ||
	    (flock.type == LINUX_F_WRLCK && !file_writable(file)))
		return -EBADF;
	if (conflict && command == LINUX_F_SETLK)
		return -EAGAIN;
	if (conflict) {
		wait_park(process, WAIT_LOCK, file->node.inode, 0, 0);
		return 0;
	}
	return lock_set(process->pid, file->node.inode, start, end, (uint32_t)flock.type);
}

int64_t linux_on_flock(int32_t fd, uint32_t operation)
{
	struct process *process = process_caller();
	struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	uint16_t type = operation & ~(uint32_t)LINUX_LOCK_NB;

	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (type != LINUX_LOCK_SH && type != LINUX_LOCK_EX && type != LINUX_LOCK_UN)
		return -EINVAL;
	if (type == LINUX_LOCK_UN) {
		if (file->locked) {
			file->locked = 0;
			wait_wake_lock(file->node.inode);
		}
		return 0;
	}
	if (flock_conflict((uint32_t)(file - vfs_file), type)) {
		if (operation & LINUX_LOCK_NB)
			return -EAGAIN;
		wait_park(process, WAIT_LOCK, file->node.inode, 0, 0);
		return 0;
	}
	file->locked = type;
	return 0;
}
