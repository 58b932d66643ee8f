/* Inodes: what names lead to. A free slot has mode 0 and is in the chain of free ones. */
#include "vfs.h"

#include <protocols/store_client.h>
#include <stdlib.h>
#include <string.h>

struct inode vfs_inode[VFS_INODES];
uint32_t vfs_inodes_used;
uint32_t vfs_inode_free;

int64_t vfs_time(void)
{
	return (int64_t)(djed_wall_seconds() * 1000000000u + djed_now());
}

void inode_start(void)
{
	struct inode *root = &vfs_inode[VFS_ROOT];

	for (uint32_t i = VFS_ROOT + 1; i < VFS_INODES - 1; i++)
		vfs_inode[i].next_free = i + 1;
	vfs_inode_free = VFS_ROOT + 1;
	vfs_inodes_used = 1;
	root->mode = LINUX_S_IFDIR | 0755;
	root->links = 2;
	root->accessed = root->modified = root->changed = vfs_time();
	root->directory.parent = VFS_ROOT;
	root->directory.next_position = 2;
}

djed_status inode_create(uint32_t mode, uint32_t user, uint32_t group, uint32_t *number)
{
	uint32_t free_slot = vfs_inode_free;
	uint64_t object = 0;

	if (free_slot == 0)
		return -ENOSPC;
	if ((mode & LINUX_S_IFMT) == LINUX_S_IFREG) {
		djed_status status = store_create(vfs_slots.store, &object);

		if (status)
			return status;
	}
	struct inode *inode = &vfs_inode[free_slot];

	vfs_inode_free = inode->next_free;
	vfs_inodes_used++;
	inode->object = object;
	inode->size = 0;
	inode->mode = mode;
	inode->user = user;
	inode->group = group;
	inode->links = 0;
	inode->uses = 0;
	inode->pipe = 0;
	inode->writers = inode->runners = 0;
	inode->device = 0;
	inode->accessed = inode->modified = inode->changed = vfs_time();
	inode->directory.first = inode->directory.last = NULL;
	inode->directory.next_position = 2;
	inode->directory.parent = 0;
	inode->directory.entries = 0;
	*number = free_slot;
	return 0;
}

void inode_settle(uint32_t number)
{
	struct inode *inode = &vfs_inode[number];
	uint32_t parent = 0;

	djed_assert(inode->mode != 0);
	if (inode->links || inode->uses)
		return;
	if (is_type(inode, LINUX_S_IFREG)) {
		djed_status status = store_release(vfs_slots.store, inode->object);

		if (status)
			djed_panic("the store does not know object %lu of inode %u",
				   (unsigned long)inode->object, number);
	} else if (is_type(inode, LINUX_S_IFLNK)) {
		free(inode->target);
	} else if (is_type(inode, LINUX_S_IFDIR)) {
		parent = inode->directory.parent;
	}
	inode->object = 0;
	inode->mode = 0;
	inode->next_free = vfs_inode_free;
	vfs_inode_free = number;
	vfs_inodes_used--;
	if (parent)
		inode_disuse(parent); /* held since the directory was removed */
}

void inode_use(uint32_t number)
{
	vfs_inode[number].uses++;
}

void inode_disuse(uint32_t number)
{
	djed_assert(vfs_inode[number].uses > 0);
	vfs_inode[number].uses--;
	inode_settle(number);
}

void inode_touch(struct inode *inode)
{
	inode->modified = inode->changed = vfs_time();
}

djed_status inode_truncate(struct inode *inode, uint64_t size)
{
	djed_status status;

	if (size > INT64_MAX)
		return -EFBIG;
	if (size != inode->size) {
		status = store_truncate(vfs_slots.store, inode->object, size);
		if (status)
			return status;
		inode->size = size;
	}
	inode_touch(inode);
	return 0;
}

bool inode_permits(const struct process *process, const struct inode *inode, unsigned wanted)
{
	unsigned granted = inode->mode & 7;

	if (process->user == 0)
		return !(wanted & MAY_EXECUTE) || is_type(inode, LINUX_S_IFDIR) || inode->mode & 0111;
	if (process->user == inode->user)
		granted = inode->mode >> 6 & 7;
	else if (process->group == inode->group)
		granted = inode->mode >> 3 & 7;
	return (granted & wanted) == wanted;
}
