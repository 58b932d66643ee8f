/* Linux calls that change attributes. */
#include "handlers.h"

#include <protocols/linux_vfs_server.h>

static int64_t change_mode(const struct process *process, struct node node, uint32_t mode)
{
	struct inode *inode = &vfs_inode[node.inode];

	if (!node.inode)
		return -EPERM;
	if (process->user != 0 && process->user != inode->user)
		return -EPERM;
	inode->mode = (inode->mode & LINUX_S_IFMT) | (mode & 07777);
	inode->changed = vfs_time();
	return 0;
}

static int64_t change_mode_at(int32_t folder, uint64_t path, uint32_t mode)
{
	struct process *process = process_caller();
	struct place place;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = path_find(process, folder, path, WALK_FOLLOW, false, &place);
	return status ? status : change_mode(process, place.node, mode);
}

int64_t linux_on_chmod(uint64_t path, uint32_t mode)
{
	return change_mode_at(LINUX_AT_FDCWD, path, mode);
}

int64_t linux_on_fchmodat(int32_t folder, uint64_t path, uint32_t mode)
{
	return change_mode_at(folder, path, mode);
}

int64_t linux_on_fchmod(int32_t fd, uint32_t mode)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;

	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	return change_mode(process, file->node, mode);
}

static int64_t change_owner(const struct process *process, struct node node, uint32_t user, uint32_t group)
{
	const uint32_t keep = ~0u;
	struct inode *inode = &vfs_inode[node.inode];

	if (!node.inode)
		return -EPERM;
	if (process->user != 0 && (process->user != inode->user || (user != keep && user != inode->user) ||
				   (group != keep && group != process->group)))
		return -EPERM;
	if (user != keep)
		inode->user = user;
	if (group != keep)
		inode->group = group;
	if (!is_type(inode, LINUX_S_IFDIR) && inode->mode & 0111)
		inode->mode &= ~(uint32_t)(LINUX_S_ISUID | (inode->mode & 010 ? LINUX_S_ISGID : 0));
	inode->changed = vfs_time();
	return 0;
}

static int64_t change_owner_at(int32_t folder, uint64_t path, uint32_t user, uint32_t group, uint32_t flags)
{
	struct process *process = process_caller();
	struct place place;
	djed_status status;

	if (flags & ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	if (!process)
		return -ESRCH;
	status = path_find(process, folder, path, flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW,
			   flags & LINUX_AT_EMPTY_PATH, &place);
	return status ? status : change_owner(process, place.node, user, group);
}

int64_t linux_on_chown(uint64_t path, uint32_t user, uint32_t group)
{
	return change_owner_at(LINUX_AT_FDCWD, path, user, group, 0);
}

int64_t linux_on_lchown(uint64_t path, uint32_t user, uint32_t group)
{
	return change_owner_at(LINUX_AT_FDCWD, path, user, group, LINUX_AT_SYMLINK_NOFOLLOW);
}

int64_t linux_on_fchownat(int32_t folder, uint64_t path, uint32_t user, uint32_t group, uint32_t flags)
{
	return change_owner_at(folder, path, user, group, flags);
}

int64_t linux_on_fchown(int32_t fd, uint32_t user, uint32_t group)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;

	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	return change_owner(process, file->node, user, group);
}

/* One of the two times; `old` where it is to stay. */
static djed_status new_time(const struct linux_timespec *given, int64_t now, int64_t old, int64_t *time)
{
	if (given->nanoseconds == LINUX_UTIME_NOW)
		*time = now;
	else if (given->nanoseconds == LINUX_UTIME_OMIT)
		*time = old;
	else if (given->nanoseconds < 0 || given->nanoseconds > 999999999)
		return -EINVAL;
	else if (given->seconds < 0)
		*time = 0;
	else if (given->seconds > 9000000000)
		*time = 9000000000 * 1000000000;
	else
		*time = given->seconds * 1000000000 + given->nanoseconds;
	return 0;
}

int64_t linux_on_utimensat(int32_t folder, uint64_t path, uint64_t times, uint32_t flags)
{
	struct process *process = process_caller();
	struct linux_timespec given[2] = {{0, LINUX_UTIME_NOW}, {0, LINUX_UTIME_NOW}};
	const struct file *file;
	struct place place;
	struct inode *inode;
	int64_t now = vfs_time(), accessed, modified;
	djed_status status;

	if (!process)
		return -ESRCH;
	if (times && client_read(given, times, sizeof(given)))
		return -EFAULT;
	if (given[0].nanoseconds == LINUX_UTIME_OMIT && given[1].nanoseconds == LINUX_UTIME_OMIT)
		return 0;
	if (flags & ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	if (path == 0 && folder != LINUX_AT_FDCWD) {
		if (flags)
			return -EINVAL;
		file = descriptor_file(process, (uint64_t)folder);
		if (!file || file->kind == FILE_PATH)
			return -EBADF;
		place.node = file->node;
	} else {
		status = path_find(process, folder, path, flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW,
				   flags & LINUX_AT_EMPTY_PATH, &place);
		if (status)
			return status;
	}
	if (!place.node.inode)
		return -EPERM;
	inode = &vfs_inode[place.node.inode];
	status = new_time(&given[0], now, inode->accessed, &accessed);
	if (!status)
		status = new_time(&given[1], now, inode->modified, &modified);
	if (status)
		return status;
	if (process->user != 0 && process->user != inode->user) {
		if (given[0].nanoseconds != LINUX_UTIME_NOW || given[1].nanoseconds != LINUX_UTIME_NOW)
			return -EPERM;
		if (!inode_permits(process, inode, MAY_WRITE))
			return -EACCES;
	}
	inode->accessed = accessed;
	inode->modified = modified;
	inode->changed = now;
	return 0;
}
