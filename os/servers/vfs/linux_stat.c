/* Linux calls that tell attributes. */
#include "handlers.h"

#include <protocols/linux_vfs_server.h>
#include <protocols/store_client.h>

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
static djed_status find_attributes(int32_t folder, uint64_t path, uint32_t flags,
				   struct attributes *attributes)
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
	return (struct linux_statx_time){.seconds = ns / 1000000000,
					 .nanoseconds = (uint32_t)(ns % 1000000000)};
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
	struct linux_statfs statfs = {
	    .bsize = DJED_PAGE_SIZE, .frsize = DJED_PAGE_SIZE, .namelen = LINUX_NAME_MAX};

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

	if (mode > 7 ||
	    flags & ~(uint32_t)(LINUX_AT_EACCESS | LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
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
