/* Open files: what descriptors of one or several processes share (position, flags). */
#include "vfs.h"

#include <lib/reference.h>

struct file vfs_file[VFS_FILES];
uint32_t vfs_files_used;
uint32_t vfs_file_free;

void files_start(void)
{
	for (uint32_t i = 1; i < VFS_FILES - 1; i++)
		vfs_file[i].next_free = i + 1;
	vfs_file_free = 1;
}

/* Whether the file counts among the writers of its inode. */
bool file_writes(const struct file *file)
{
	return file->kind == FILE_INODE && file->node.inode &&
	       (file->flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY;
}

djed_status file_create(uint16_t kind, uint32_t flags, struct node node, uint32_t *file)
{
	uint32_t index = vfs_file_free;
	struct file *made = &vfs_file[index];

	if (index == 0)
		return -ENFILE;
	vfs_file_free = made->next_free;
	vfs_files_used++;
	*made = (struct file){.kind = kind, .flags = flags, .references = 1, .node = node};
	if (node.inode) {
		inode_use(node.inode);
		if (file_writes(made))
			vfs_inode[node.inode].writers++;
	}
	*file = index;
	return 0;
}

void file_hold(uint32_t file)
{
	reference_take(&vfs_file[file].references);
}

void file_drop(uint32_t file)
{
	struct file *gone = &vfs_file[file];
	uint32_t inode = gone->node.inode;

	if (!reference_give(&gone->references))
		return;
	if (gone->kind == FILE_PIPE)
		pipe_close(gone->pipe, gone->flags);
	if (file_writes(gone))
		vfs_inode[inode].writers--;
	if (gone->locked)
		wait_wake_lock(inode);
	gone->kind = FILE_FREE;
	gone->locked = 0;
	gone->next_free = vfs_file_free;
	vfs_file_free = file;
	vfs_files_used--;
	if (inode)
		inode_disuse(inode);
}
