/* Walking paths. */
#include "vfs.h"

#include <string.h>

bool node_is_directory(struct node node)
{
	if (node.inode)
		return is_type(&vfs_inode[node.inode], LINUX_S_IFDIR);
	return (proc_mode(node) & LINUX_S_IFMT) == LINUX_S_IFDIR;
}

static bool node_is_link(struct node node)
{
	if (node.inode)
		return is_type(&vfs_inode[node.inode], LINUX_S_IFLNK);
	return (proc_mode(node) & LINUX_S_IFMT) == LINUX_S_IFLNK;
}

static struct node parent_of(struct node node)
{
	return node.inode ? inode_node(vfs_inode[node.inode].directory.parent) : proc_parent(node);
}

static uint32_t proc_mount; /* the directory of the tree that /proc covers */

static struct node child_of(struct node directory, const char *name, uint32_t length)
{
	const struct entry *entry;

	if (!directory.inode)
		return proc_find(directory, name, length);
	entry = directory_find(directory.inode, name, length);
	if (!entry)
		return (struct node){0};
	if (entry->inode == proc_mount)
		return (struct node){.proc = PROC_ROOT};
	return inode_node(entry->inode);
}

djed_status path_mount_proc(void)
{
	const struct entry *entry = directory_find(VFS_ROOT, "proc", 4);

	if (!entry) {
		uint32_t inode;
		djed_status status = inode_create(LINUX_S_IFDIR | 0555, 0, 0, &inode);

		if (!status)
			status = directory_add(VFS_ROOT, "proc", 4, inode);
		if (status)
			return status;
		entry = directory_find(VFS_ROOT, "proc", 4);
	}
	if (!is_type(&vfs_inode[entry->inode], LINUX_S_IFDIR))
		return -ENOTDIR;
	proc_mount = entry->inode;
	return 0;
}

/* Replaces the text up to `rest` by a link's target: what follows is walked next. Links of /proc that are not
 * mere text have been followed before. */
static djed_status splice_link(const struct process *process, struct place *place, struct node link,
			       char **rest)
{
	char text[64]; /* enough for the textual links of /proc */
	const char *target = text;
	uint64_t length, tail = strlen(*rest);

	if (link.inode) {
		target = vfs_inode[link.inode].target;
		length = strlen(target);
	} else {
		djed_status status = proc_read_link(process, link, text, sizeof(text));

		if (status < 0)
			return status;
		length = (uint64_t)status;
	}
	if (length == 0)
		return -ENOENT;
	if (length + tail + 1 > sizeof(place->text))
		return -ENAMETOOLONG;
	memmove(place->text + length, *rest, tail + 1);
	memcpy(place->text, target, length);
	*rest = place->text;
	return 0;
}

djed_status path_walk(const struct process *process, struct node start, unsigned flags, struct place *place)
{
	char *at = place->text;
	struct node node = *at == '/' ? inode_node(VFS_ROOT) : start;
	unsigned links = 0;

	if (*at == 0)
		return -ENOENT;
	for (;;) {
		char *name, *end;
		struct node next;
		bool dots, last, follow;

		if (*at == '/' && at == place->text)
			node = inode_node(VFS_ROOT);
		while (*at == '/')
			at++;
		if (*at == 0) { /* only slashes */
			place->directory = place->node = node;
			place->name = at;
			place->length = 0;
			place->slash = true;
			return 0;
		}
		name = at;
		while (*at && *at != '/')
			at++;
		end = at;
		while (*at == '/')
			at++;
		last = *at == 0;
		if (!node_is_directory(node))
			return -ENOTDIR;
		if (node.inode && !inode_permits(process, &vfs_inode[node.inode], MAY_EXECUTE))
			return -EACCES;
		if (end - name > LINUX_NAME_MAX)
			return -ENAMETOOLONG;
		dots = name[0] == '.' && (end - name == 1 || (end - name == 2 && name[1] == '.'));
		if (dots)
			next = end - name == 1 ? node : parent_of(node);
		else
			next = child_of(node, name, (uint32_t)(end - name));
		if (last && *end == '/' && flags & WALK_CREATE && !dots)
			return -EISDIR;
		if (no_node(next) && !last)
			return -ENOENT;
		follow = !last || flags & WALK_FOLLOW || (*end == '/' && !(flags & WALK_PARENT));
		if (!no_node(next) && node_is_link(next) && follow) {
			struct node jump = next.inode ? (struct node){0} : proc_follow(process, next);
			djed_status status;

			if (++links > VFS_LINKS_MAX)
				return -ELOOP;
			if (no_node(jump)) {
				at = end;
				status = splice_link(process, place, next, &at);
				if (status)
					return status;
				continue;
			}
			next = jump;
			dots = true; /* as with dots, there is no name that could be created or removed */
		}
		if (last) {
			place->directory = node;
			place->node = next;
			place->name = name;
			place->length = dots ? 0 : (uint32_t)(end - name);
			place->slash = *end == '/';
			if (place->slash && !(flags & WALK_PARENT) && !no_node(next) &&
			    !node_is_directory(next))
				return -ENOTDIR;
			return 0;
		}
		node = next;
	}
}

/* Where a relative path starts. */
static djed_status start_of(struct process *process, int64_t fd, struct node *start)
{
	const struct file *file;

	if ((int32_t)fd == LINUX_AT_FDCWD) {
		*start = process->directory;
		return 0;
	}
	file = descriptor_file(process, (uint32_t)fd);
	if (!file)
		return -EBADF;
	*start = file->node;
	if (no_node(file->node) || !node_is_directory(file->node))
		return -ENOTDIR;
	return 0;
}

djed_status path_fetch(struct process *process, int64_t fd, uint64_t address, unsigned flags,
		       struct place *place)
{
	struct node start = inode_node(VFS_ROOT);
	djed_status status = client_string(place->text, address, sizeof(place->text));

	if (status < 0)
		return status;
	if (status == 0)
		return -ENOENT;
	if (place->text[0] != '/') {
		status = start_of(process, fd, &start);
		if (status)
			return status;
	}
	return path_walk(process, start, flags, place);
}

djed_status path_find(struct process *process, int64_t fd, uint64_t address, unsigned flags, bool empty,
		      struct place *place)
{
	djed_status status = path_fetch(process, fd, address, flags, place);

	if (status == -ENOENT && empty && place->text[0] == 0) {
		const struct file *file;

		place->length = 0;
		place->name = place->text;
		place->slash = false;
		if ((int32_t)fd == LINUX_AT_FDCWD) {
			place->node = place->directory = process->directory;
			return 0;
		}
		file = descriptor_file(process, (uint32_t)fd);
		if (!file)
			return -EBADF;
		place->node = place->directory = file->node;
		return 0;
	}
	if (!status && no_node(place->node))
		return -ENOENT;
	return status;
}
