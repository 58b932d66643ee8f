/* Linux calls about names. */
#include "handlers.h"

#include <protocols/linux_vfs_server.h>
#include <string.h>

static int64_t make_directory(int32_t folder, uint64_t path, uint32_t mode)
{
	struct process *process = process_caller();
	struct place place;
	uint32_t inode;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = path_fetch(process, folder, path, WALK_PARENT, &place);
	if (status)
		return status;
	return name_create(process, &place, LINUX_S_IFDIR | (mode & ~process->mask & 01777), 0, &inode);
}

int64_t linux_on_mkdir(uint64_t path, uint32_t mode)
{
	return make_directory(LINUX_AT_FDCWD, path, mode);
}

int64_t linux_on_mkdirat(int32_t folder, uint64_t path, uint32_t mode)
{
	return make_directory(folder, path, mode);
}

static int64_t make_node(int32_t folder, uint64_t path, uint32_t mode, uint32_t device)
{
	struct process *process = process_caller();
	struct place place;
	uint32_t inode, type = mode & LINUX_S_IFMT;
	djed_status status;

	if (!process)
		return -ESRCH;
	if (type == LINUX_S_IFDIR)
		return -EPERM;
	if (type == 0)
		type = LINUX_S_IFREG;
	if (type != LINUX_S_IFREG && type != LINUX_S_IFIFO && type != LINUX_S_IFCHR &&
	    type != LINUX_S_IFBLK && type != LINUX_S_IFSOCK)
		return -EINVAL;
	if (process->user != 0 && (type == LINUX_S_IFCHR || type == LINUX_S_IFBLK))
		return -EPERM;
	status = path_fetch(process, folder, path, WALK_PARENT, &place);
	if (status)
		return status;
	return name_create(process, &place, type | (mode & ~process->mask & 07777),
			   type == LINUX_S_IFCHR || type == LINUX_S_IFBLK ? device : 0, &inode);
}

int64_t linux_on_mknod(uint64_t path, uint32_t mode, uint32_t device)
{
	return make_node(LINUX_AT_FDCWD, path, mode, device);
}

int64_t linux_on_mknodat(int32_t folder, uint64_t path, uint32_t mode, uint32_t device)
{
	return make_node(folder, path, mode, device);
}

static int64_t remove_name(int32_t folder, uint64_t path, bool directory)
{
	struct process *process = process_caller();
	struct place place;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = path_fetch(process, folder, path, WALK_PARENT, &place);
	if (status)
		return status;
	return directory ? name_remove_directory(process, &place) : name_unlink(process, &place);
}

int64_t linux_on_unlink(uint64_t path)
{
	return remove_name(LINUX_AT_FDCWD, path, false);
}

int64_t linux_on_rmdir(uint64_t path)
{
	return remove_name(LINUX_AT_FDCWD, path, true);
}

int64_t linux_on_unlinkat(int32_t folder, uint64_t path, uint32_t flags)
{
	if (flags & ~(uint32_t)LINUX_AT_REMOVEDIR)
		return -EINVAL;
	return remove_name(folder, path, flags != 0);
}

static int64_t rename_at(int32_t from_folder, uint64_t from, int32_t to_folder, uint64_t to, uint32_t flags)
{
	struct process *process = process_caller();
	struct place source, target;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = path_fetch(process, from_folder, from, WALK_PARENT, &source);
	if (!status)
		status = path_fetch(process, to_folder, to, WALK_PARENT, &target);
	return status ? status : name_rename(process, &source, &target, flags);
}

int64_t linux_on_rename(uint64_t from, uint64_t to)
{
	return rename_at(LINUX_AT_FDCWD, from, LINUX_AT_FDCWD, to, 0);
}

int64_t linux_on_renameat(int32_t from_folder, uint64_t from, int32_t to_folder, uint64_t to)
{
	return rename_at(from_folder, from, to_folder, to, 0);
}

int64_t linux_on_renameat2(int32_t from_folder, uint64_t from, int32_t to_folder, uint64_t to, uint32_t flags)
{
	return rename_at(from_folder, from, to_folder, to, flags);
}

static int64_t link_at(int32_t from_folder, uint64_t from, int32_t to_folder, uint64_t to, uint32_t flags)
{
	struct process *process = process_caller();
	struct place source, target;
	djed_status status;

	if (!process)
		return -ESRCH;
	if (flags & ~(uint32_t)(LINUX_AT_SYMLINK_FOLLOW | LINUX_AT_EMPTY_PATH))
		return -EINVAL;
	status = path_find(process, from_folder, from, flags & LINUX_AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0,
			   flags & LINUX_AT_EMPTY_PATH, &source);
	if (!status)
		status = path_fetch(process, to_folder, to, WALK_PARENT, &target);
	return status ? status : name_link(process, &source, &target);
}

int64_t linux_on_link(uint64_t from, uint64_t to)
{
	return link_at(LINUX_AT_FDCWD, from, LINUX_AT_FDCWD, to, 0);
}

int64_t linux_on_linkat(int32_t from_folder, uint64_t from, int32_t to_folder, uint64_t to, uint32_t flags)
{
	return link_at(from_folder, from, to_folder, to, flags);
}

static int64_t symlink_at(uint64_t target, int32_t folder, uint64_t path)
{
	struct process *process = process_caller();
	char text[LINUX_PATH_MAX];
	struct place place;
	djed_status status, length = client_string(text, target, sizeof(text));

	if (!process)
		return -ESRCH;
	if (length < 0)
		return length;
	if (length == 0)
		return -ENOENT;
	status = path_fetch(process, folder, path, WALK_PARENT, &place);
	return status ? status : name_symlink(process, &place, text, (uint32_t)length);
}

int64_t linux_on_symlink(uint64_t target, uint64_t path)
{
	return symlink_at(target, LINUX_AT_FDCWD, path);
}

int64_t linux_on_symlinkat(uint64_t target, int32_t folder, uint64_t path)
{
	return symlink_at(target, folder, path);
}

static int64_t read_link(int32_t folder, uint64_t path, uint64_t buffer, int32_t size)
{
	struct process *process = process_caller();
	char text[LINUX_PATH_MAX];
	const char *target = text;
	struct place place;
	djed_status length;

	if (!process)
		return -ESRCH;
	if (size <= 0)
		return -EINVAL;
	length = path_find(process, folder, path, 0, true, &place);
	if (length)
		return length;
	if (place.node.inode) {
		if (!is_type(&vfs_inode[place.node.inode], LINUX_S_IFLNK))
			return place.text[0] ? -EINVAL : -ENOENT;
		target = vfs_inode[place.node.inode].target;
		length = (djed_status)vfs_inode[place.node.inode].size;
	} else {
		length = proc_read_link(process, place.node, text, sizeof(text));
		if (length < 0)
			return length;
	}
	if (length > size)
		length = size;
	return client_write(buffer, target, (uint64_t)length) ? -EFAULT : length;
}

int64_t linux_on_readlink(uint64_t path, uint64_t buffer, uint64_t size)
{
	return read_link(LINUX_AT_FDCWD, path, buffer, size > INT32_MAX ? INT32_MAX : (int32_t)size);
}

int64_t linux_on_readlinkat(int32_t folder, uint64_t path, uint64_t buffer, int32_t size)
{
	return read_link(folder, path, buffer, size);
}

int64_t linux_on_getcwd(uint64_t buffer, uint64_t size)
{
	struct process *process = process_caller();
	char text[LINUX_PATH_MAX];
	const char *path = text;
	uint64_t length;

	if (!process)
		return -ESRCH;
	if (process->directory.inode)
		path = directory_path(process->directory.inode, text, sizeof(text));
	else
		proc_path(process->directory, text, sizeof(text));
	if (!path)
		return -ENOENT;
	length = strlen(path) + 1;
	if (size < length)
		return -ERANGE;
	return client_write(buffer, path, length) ? -EFAULT : (int64_t)length;
}

static int64_t change_directory(struct process *process, struct node node)
{
	uint32_t before = process->directory.inode;

	if (no_node(node) || !node_is_directory(node))
		return -ENOTDIR;
	if (node.inode && !inode_permits(process, &vfs_inode[node.inode], MAY_EXECUTE))
		return -EACCES;
	if (node.inode)
		inode_use(node.inode);
	process->directory = node;
	if (before)
		inode_disuse(before);
	return 0;
}

int64_t linux_on_chdir(uint64_t path)
{
	struct process *process = process_caller();
	struct place place;
	djed_status status;

	if (!process)
		return -ESRCH;
	status = path_find(process, LINUX_AT_FDCWD, path, WALK_FOLLOW, false, &place);
	return status ? status : change_directory(process, place.node);
}

int64_t linux_on_fchdir(int32_t fd)
{
	struct process *process = process_caller();
	const struct file *file = process ? descriptor_file(process, (uint64_t)fd) : NULL;

	return file ? change_directory(process, file->node) : -EBADF;
}

int64_t linux_on_umask(uint32_t mask)
{
	struct process *process = process_caller();
	uint32_t before;

	if (!process)
		return -ESRCH;
	before = process->mask;
	process->mask = mask & 0777;
	return before;
}
