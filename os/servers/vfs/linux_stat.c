/* Linux calls about attributes, and getdents64. */
#include "handlers.h"

#include <protocols/linux_vfs_server.h>
#include <protocols/store_client.h>
#include <string.h>

static struct linux_timespec timespec_of(int64_t ns)
{
	return (struct linux_timespec){ns / 1000000000, ns % 1000000000};
}

static int64_t give_stat(const struct attributes *a, uint64_t address)
{
	struct linux_stat stat = {
		.dev = a->device,
		.ino = a->inode,
		.nlink = a->links,
		.mode = a->mode,
		.uid = a->user,
		.gid = a->group,
		.rdev = a->rdev,
		.size = (int64_t)a->size,
		.blksize = DJED_PAGE_SIZE,
		.blocks = (int64_t)a->blocks,
		.atime = timespec_of(a->accessed),
		.mtime = timespec_of(a->modified),
		.ctime = timespec_of(a->changed),
	};

	return client_write(address, &stat, sizeof(stat));
}

/* Attributes of what a path, or with an empty path a descriptor, names. */
static djed_status find_attributes(int32_t folder, uint64_t path, uint32_t flags, struct attributes *attributes)
{
	struct process *process = process_caller();
	struct place place;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = path_find(process, folder, path, flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW,
			   flags & LINUX_AT_EMPTY_PATH, &place);
	if (status)
		return status;
	if (no_node(place.node)) /* a pipe's descriptor */
		file_attributes(descriptor_file(process, (uint32_t)folder), attributes);
	else
		node_attributes(place.node, attributes);
	return 0;
}

static int64_t stat_at(int32_t folder, uint64_t path, uint64_t information, uint32_t flags)
{
	struct attributes attributes;
	djed_status status;

	if (flags & ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_NO_AUTOMOUNT | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	status = find_attributes(folder, path, flags, &attributes);
	return status ? status : give_stat(&attributes, information);
}

int64_t linux_on_stat(uint64_t path, uint64_t information)
{
	return stat_at(LINUX_AT_FDCWD, path, information, 0);
}

int64_t linux_on_lstat(uint64_t path, uint64_t information)
{
	return stat_at(LINUX_AT_FDCWD, path, information, LINUX_AT_SYMLINK_NOFOLLOW);
}

int64_t linux_on_newfstatat(int32_t folder, uint64_t path, uint64_t information, uint32_t flags)
{
	return stat_at(folder, path, information, flags);
}

int64_t linux_on_fstat(int32_t fd, uint64_t information)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	struct attributes attributes;

	if (!file)
		return -EBADF;
	file_attributes(file, &attributes);
	return give_stat(&attributes, information);
}

static struct linux_statx_time statx_time(int64_t ns)
{
	return (struct linux_statx_time){.seconds = ns / 1000000000, .nanoseconds = (uint32_t)(ns % 1000000000)};
}

int64_t linux_on_statx(int32_t folder, uint64_t path, uint32_t flags, uint32_t mask, uint64_t information)
{
	enum { BASIC_STATS = 0x7ff, RESERVED = 0x80000000u };
	struct attributes a;
	struct linux_statx statx;
	djed_status status;

	if (flags & ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_NO_AUTOMOUNT | LINUX_AT_EMPTY_PATH |
				LINUX_AT_STATX_SYNC_TYPE) ||
	    (flags & LINUX_AT_STATX_SYNC_TYPE) == LINUX_AT_STATX_SYNC_TYPE || mask & RESERVED)
		return -EINVAL;
	status = find_attributes(folder, path, flags, &a);
	if (status)
		return status;
	statx = (struct linux_statx){
		.mask = BASIC_STATS,
		.blksize = DJED_PAGE_SIZE,
		.nlink = (uint32_t)a.links,
		.uid = a.user,
		.gid = a.group,
		.mode = (uint16_t)a.mode,
		.ino = a.inode,
		.size = a.size,
		.blocks = a.blocks,
		.atime = statx_time(a.accessed),
		.ctime = statx_time(a.changed),
		.mtime = statx_time(a.modified),
		.rdev_major = linux_device_major(a.rdev),
		.rdev_minor = linux_device_minor(a.rdev),
		.dev_minor = (uint32_t)a.device,
	};
	return client_write(information, &statx, sizeof(statx));
}

static int64_t give_statfs(struct node node, uint64_t address)
{
	struct linux_statfs statfs = {.bsize = DJED_PAGE_SIZE, .frsize = DJED_PAGE_SIZE, .namelen = LINUX_NAME_MAX};

	if (node.inode) {
		uint64_t objects;
		djed_status status =
			store_statistics(vfs_slots.store, &statfs.blocks, &statfs.bfree, &objects);

		if (status)
			return status;
		statfs.type = 0x01021994; /* tmpfs */
		statfs.bavail = statfs.bfree;
		statfs.files = VFS_INODES - 1;
		statfs.ffree = VFS_INODES - 1 - vfs_inodes_used;
	} else {
		statfs.type = no_node(node) ? 0x50495045 /* pipefs */ : 0x9fa0 /* proc */;
	}
	return client_write(address, &statfs, sizeof(statfs));
}

int64_t linux_on_statfs(uint64_t path, uint64_t information)
{
	struct process *process = process_caller();
	struct place place;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = path_find(process, LINUX_AT_FDCWD, path, WALK_FOLLOW, false, &place);
	return status ? status : give_statfs(place.node, information);
}

int64_t linux_on_fstatfs(int32_t fd, uint64_t information)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;

	return file ? give_statfs(file->node, information) : -EBADF;
}

static int64_t access_at(int32_t folder, uint64_t path, uint32_t mode, uint32_t flags)
{
	struct process *process = process_caller();
	struct place place;
	djed_status status;

	if (mode > 7 || flags & ~(uint32_t)(LINUX_AT_EACCESS | LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	if (!process)
		return -ESRCH;
	status = path_find(process, folder, path, flags & LINUX_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW,
			   flags & LINUX_AT_EMPTY_PATH, &place);
	if (status)
		return status;
	if (place.node.inode)
		return inode_permits(process, &vfs_inode[place.node.inode], mode) ? 0 : -EACCES;
	if (mode & MAY_EXECUTE && !no_node(place.node) && !node_is_directory(place.node))
		return -EACCES;
	return mode & MAY_WRITE && process->user != 0 ? -EACCES : 0;
}

int64_t linux_on_access(uint64_t path, uint32_t mode)
{
	return access_at(LINUX_AT_FDCWD, path, mode, 0);
}

int64_t linux_on_faccessat(int32_t folder, uint64_t path, uint32_t mode)
{
	return access_at(folder, path, mode, 0);
}

int64_t linux_on_faccessat2(int32_t folder, uint64_t path, uint32_t mode, uint32_t flags)
{
	return access_at(folder, path, mode, flags);
}

/* ---- changing attributes ------------------------------------------------------------------------------ */

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

/* ---- directories ------------------------------------------------------------------------------------------ */

/* Appends a record. False: no room. */
static bool add_record(char *buffer, uint32_t size, uint32_t *used, uint64_t inode, uint64_t next, uint32_t mode,
		       const char *name, uint32_t length)
{
	const uint32_t header = offsetof(struct linux_dirent64, name);
	uint32_t record = (header + length + 1 + 7) & ~7u;
	struct linux_dirent64 *entry = (struct linux_dirent64 *)(buffer + *used);

	if (size - *used < record)
		return false;
	memset(entry, 0, record);
	entry->ino = inode;
	entry->off = (int64_t)next;
	entry->reclen = (uint16_t)record;
	entry->type = (uint8_t)(mode >> 12);
	memcpy((char *)entry + header, name, length);
	*used += record;
	return true;
}

/* Both return the next position. */
static uint64_t list_inode(uint32_t directory, uint64_t position, char *buffer, uint32_t size, uint32_t *used)
{
	const struct inode *inode = &vfs_inode[directory];

	if (position == 0) {
		if (!add_record(buffer, size, used, directory, 1, LINUX_S_IFDIR, ".", 1))
			return position;
		position = 1;
	}
	if (position == 1) {
		if (!add_record(buffer, size, used, inode->directory.parent, 2, LINUX_S_IFDIR, "..", 2))
			return position;
		position = 2;
	}
	for (const struct entry *entry = inode->directory.first; entry; entry = entry->next) {
		if (entry->position < position)
			continue;
		if (!add_record(buffer, size, used, entry->inode, entry->position + 1, vfs_inode[entry->inode].mode,
				entry->name, entry->length))
			return position;
		position = entry->position + 1;
	}
	return position;
}

static uint64_t list_proc(struct node directory, uint64_t position, char *buffer, uint32_t size, uint32_t *used)
{
	const uint64_t first = 2; /* positions of proc_entry come behind "." and ".." */
	char name[32];
	struct node node;
	uint64_t at;

	if (position == 0) {
		if (!add_record(buffer, size, used, proc_inode_number(directory), 1, LINUX_S_IFDIR, ".", 1))
			return position;
		position = 1;
	}
	if (position == 1) {
		if (!add_record(buffer, size, used, proc_inode_number(directory), 2, LINUX_S_IFDIR, "..", 2))
			return position;
		position = 2;
	}
	at = position - first;
	while (proc_entry(directory, &at, name, sizeof(name), &node)) {
		if (!add_record(buffer, size, used, proc_inode_number(node), at + first, proc_mode(node), name,
				(uint32_t)strlen(name)))
			break;
		position = at + first;
	}
	return position;
}

int64_t linux_on_getdents64(int32_t fd, uint64_t buffer, uint32_t size)
{
	struct process *process = process_caller();
	struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;
	char records[DJED_PAGE_SIZE] __attribute__((aligned(8)));
	uint32_t used = 0, room = size < sizeof(records) ? size : (uint32_t)sizeof(records);
	uint64_t position;

	if (!file || file->kind == FILE_PATH)
		return -EBADF;
	if (file->kind != FILE_DIRECTORY)
		return -ENOTDIR;
	if (file->node.inode && vfs_inode[file->node.inode].links == 0)
		return -ENOENT;
	position = file->node.inode ? list_inode(file->node.inode, file->position, records, room, &used)
				    : list_proc(file->node, file->position, records, room, &used);
	if (used == 0) {
		/* Nothing fits, or nothing is left. With the whole page as room it is the latter. */
		uint32_t probe = 0;

		if (room < sizeof(records)) {
			if (file->node.inode)
				list_inode(file->node.inode, file->position, records, sizeof(records), &probe);
			else
				list_proc(file->node, file->position, records, sizeof(records), &probe);
		}
		return probe ? -EINVAL : 0;
	}
	if (client_write(buffer, records, used))
		return -EFAULT;
	file->position = position;
	return used;
}
