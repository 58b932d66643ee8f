/* What stat tells. */
#include "vfs.h"

enum { DEVICE_TREE = 0x19, DEVICE_PROC = 0x16, DEVICE_PIPES = 0x0d };

static void inode_attributes(uint32_t number, struct attributes *a)
{
	const struct inode *inode = &vfs_inode[number];

	a->device = DEVICE_TREE;
	a->inode = number;
	a->links = inode->links;
	a->rdev = inode->device;
	a->size = inode->size;
	a->mode = inode->mode;
	a->user = inode->user;
	a->group = inode->group;
	a->accessed = inode->accessed;
	a->modified = inode->modified;
	a->changed = inode->changed;
	if (is_type(inode, LINUX_S_IFDIR))
		a->size = DJED_PAGE_SIZE;
	a->blocks = is_type(inode, LINUX_S_IFREG) ? (inode->size + 4095) / 4096 * 8 : 0;
}

void node_attributes(struct node node, struct attributes *a)
{
	if (node.inode) {
		inode_attributes(node.inode, a);
		return;
	}
	*a = (struct attributes){
	    .device = DEVICE_PROC,
	    .inode = proc_inode_number(node),
	    .links = node_is_directory(node) ? 2 : 1,
	    .mode = proc_mode(node),
	};
	a->accessed = a->modified = a->changed = vfs_time();
}

void file_attributes(const struct file *file, struct attributes *a)
{
	const struct pipe *pipe = &vfs_pipe[file->pipe];

	if (!no_node(file->node)) {
		node_attributes(file->node, a);
		return;
	}
	*a = (struct attributes){
	    .device = DEVICE_PIPES,
	    .inode = VFS_INODES + file->pipe,
	    .links = 1,
	    .mode = LINUX_S_IFIFO | 0600,
	};
	a->accessed = a->modified = a->changed = pipe->created;
}
