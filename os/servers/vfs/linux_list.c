/* getdents64. */
#include "handlers.h"

#include <protocols/linux_vfs_server.h>
#include <string.h>

/* Appends a record. False: no room. */
static bool add_record(char *buffer, uint32_t size, uint32_t *used, uint64_t inode, uint64_t next,
		       uint32_t mode, const char *name, uint32_t length)
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
		if (!add_record(buffer, size, used, entry->inode, entry->position + 1,
				vfs_inode[entry->inode].mode, entry->name, entry->length))
			return position;
		position = entry->position + 1;
	}
	return position;
}

static uint64_t list_proc(struct node directory, uint64_t position, char *buffer, uint32_t size,
			  uint32_t *used)
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
		if (!add_record(buffer, size, used, proc_inode_number(node), at + first, proc_mode(node),
				name, (uint32_t)strlen(name)))
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
				list_inode(file->node.inode, file->position, records, sizeof(records),
					   &probe);
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
