/* Making, removing and moving names. The order of the checks is Linux', so that the errors are the same. */
#include "vfs.h"

#include <stdlib.h>
#include <string.h>

/* May the process add to or remove from the directory of this place? */
static djed_status may_change(const struct process *process, const struct place *place)
{
	const struct inode *directory = &vfs_inode[place->directory.inode];

	if (!place->directory.inode)
		return -EPERM; /* /proc */
	if (!inode_permits(process, directory, MAY_WRITE | MAY_EXECUTE))
		return -EACCES;
	return 0;
}

/* In a sticky directory only the owners may remove. */
static bool sticky(const struct process *process, const struct place *place)
{
	const struct inode *directory = &vfs_inode[place->directory.inode];

	return directory->mode & LINUX_S_ISVTX && process->user != 0 && process->user != directory->user &&
	       process->user != vfs_inode[place->node.inode].user;
}

djed_status name_create(const struct process *process, const struct place *place, uint32_t mode,
			uint64_t device, uint32_t *inode)
{
	const struct inode *parent = &vfs_inode[place->directory.inode];
	uint32_t group = process->group;
	djed_status status;

	if (place->length == 0 || !no_node(place->node))
		return -EEXIST;
	if (place->slash && (mode & LINUX_S_IFMT) != LINUX_S_IFDIR)
		return -ENOENT;
	status = may_change(process, place);
	if (status)
		return status == -EPERM ? -ENOENT : status;
	if (parent->mode & LINUX_S_ISGID) {
		group = parent->group;
		if ((mode & LINUX_S_IFMT) == LINUX_S_IFDIR)
			mode |= LINUX_S_ISGID;
	}
	status = inode_create(mode, process->user, group, inode);
	if (status)
		return status;
	vfs_inode[*inode].device = device;
	status = directory_add(place->directory.inode, place->name, place->length, *inode);
	if (status)
		inode_settle(*inode);
	return status;
}

djed_status name_symlink(const struct process *process, const struct place *place, const char *target,
			 uint32_t length)
{
	uint32_t inode;
	char *text;
	djed_status status;

	if (length == 0)
		return -ENOENT;
	if (place->length == 0 || !no_node(place->node))
		return -EEXIST;
	if (place->slash)
		return -ENOENT;
	status = may_change(process, place);
	if (status)
		return status == -EPERM ? -ENOENT : status;
	text = malloc(length + 1);
	if (!text)
		return -ENOSPC;
	memcpy(text, target, length);
	text[length] = 0;
	status = inode_create(LINUX_S_IFLNK | 0777, process->user, process->group, &inode);
	if (status) {
		free(text);
		return status;
	}
	vfs_inode[inode].target = text;
	vfs_inode[inode].size = length;
	status = directory_add(place->directory.inode, place->name, place->length, inode);
	if (status)
		inode_settle(inode);
	return status;
}

djed_status name_link(const struct process *process, const struct place *from, const struct place *to)
{
	djed_status status;

	if (no_node(from->node))
		return -ENOENT;
	if (to->length == 0 || !no_node(to->node))
		return -EEXIST;
	if (to->slash)
		return -ENOENT;
	if (!from->node.inode || !to->directory.inode)
		return -EXDEV;
	status = may_change(process, to);
	if (status)
		return status;
	if (is_type(&vfs_inode[from->node.inode], LINUX_S_IFDIR))
		return -EPERM;
	if (vfs_inode[from->node.inode].links == 0)
		return -ENOENT;
	return directory_add(to->directory.inode, to->name, to->length, from->node.inode);
}

djed_status name_unlink(const struct process *process, const struct place *place)
{
	bool is_directory = !no_node(place->node) && node_is_directory(place->node);
	djed_status status;

	if (place->length == 0)
		return is_directory ? -EISDIR : -EPERM;
	if (no_node(place->node))
		return -ENOENT;
	if (place->slash)
		return is_directory ? -EISDIR : -ENOTDIR;
	status = may_change(process, place);
	if (status)
		return status;
	if (sticky(process, place))
		return -EPERM;
	if (is_directory)
		return -EISDIR;
	directory_remove(directory_find(place->directory.inode, place->name, place->length));
	return 0;
}

djed_status name_remove_directory(const struct process *process, const struct place *place)
{
	djed_status status;

	if (place->length == 0) {
		if (place->name[0] != '.')
			return -EBUSY; /* the root */
		return place->name[1] == '.' ? -ENOTEMPTY : -EINVAL;
	}
	if (no_node(place->node))
		return -ENOENT;
	status = may_change(process, place);
	if (status)
		return status;
	if (!place->node.inode)
		return -EBUSY; /* something is mounted there */
	if (sticky(process, place))
		return -EPERM;
	if (!is_type(&vfs_inode[place->node.inode], LINUX_S_IFDIR))
		return -ENOTDIR;
	if (vfs_inode[place->node.inode].directory.entries)
		return -ENOTEMPTY;
	directory_remove(directory_find(place->directory.inode, place->name, place->length));
	return 0;
}

/* Checks of a rename that hold whatever is there, even the same thing. */
static djed_status may_move(const struct place *from, const struct place *to)
{
	bool directory = node_is_directory(from->node), exists = !no_node(to->node);

	if (!from->node.inode || (exists && !to->node.inode))
		return -EBUSY;
	if (!directory && (from->slash || to->slash))
		return -ENOTDIR;
	if (directory && directory_below(to->directory.inode, from->node.inode))
		return -EINVAL;
	if (exists && node_is_directory(to->node) && directory_below(from->directory.inode, to->node.inode))
		return -ENOTEMPTY;
	return 0;
}

/* Checks of a rename that gives one thing the place of another. */
static djed_status may_replace(const struct process *process, const struct place *from,
			       const struct place *to)
{
	bool directory = node_is_directory(from->node), exists = !no_node(to->node);
	djed_status status = may_change(process, from);

	if (!status)
		status = may_change(process, to);
	if (status)
		return status;
	if (sticky(process, from) || (exists && sticky(process, to)))
		return -EPERM;
	if (!exists)
		return vfs_inode[to->directory.inode].links ? 0 : -ENOENT;
	if (directory && !node_is_directory(to->node))
		return -ENOTDIR;
	if (!directory && node_is_directory(to->node))
		return -EISDIR;
	if (directory && vfs_inode[to->node.inode].directory.entries)
		return -ENOTEMPTY;
	return 0;
}

djed_status name_rename(const struct process *process, const struct place *from, const struct place *to,
			uint32_t flags)
{
	djed_status status;

	if (flags & ~(uint32_t)LINUX_RENAME_NOREPLACE)
		return -EINVAL;
	if (from->length == 0 || to->length == 0)
		return flags && to->length == 0 ? -EEXIST : -EBUSY;
	if (no_node(from->node))
		return -ENOENT;
	if (flags && !no_node(to->node))
		return -EEXIST;
	if (!from->directory.inode != !to->directory.inode)
		return -EXDEV;
	status = may_move(from, to);
	if (status || from->node.inode == to->node.inode)
		return status;
	status = may_replace(process, from, to);
	if (status)
		return status;
	/* directory_move makes room first, so that it is the only step that may fail. */
	if (!no_node(to->node)) {
		struct entry *replaced = directory_find(to->directory.inode, to->name, to->length);

		status = directory_move(directory_find(from->directory.inode, from->name, from->length),
					to->directory.inode, to->name, to->length);
		if (status)
			return status;
		directory_remove(replaced);
		return 0;
	}
	return directory_move(directory_find(from->directory.inode, from->name, from->length),
			      to->directory.inode, to->name, to->length);
}
