/* Descriptors of a process. Chunk 0 is part of the process; others are allocated when first needed and stay
 * until it ends. */
#include "vfs.h"

#include <stdlib.h>
#include <string.h>

uint32_t vfs_far_changes;

struct descriptor *descriptor_slot(const struct process *process, uint64_t fd)
{
	struct descriptor *slot;

	if (fd >= process->limit)
		return NULL;
	slot = &process->chunk[fd / VFS_CHUNK][fd % VFS_CHUNK];
	return slot->file ? slot : NULL;
}

struct file *descriptor_file(const struct process *process, uint64_t fd)
{
	const struct descriptor *slot = descriptor_slot(process, fd);

	return slot ? &vfs_file[slot->file] : NULL;
}

/* Makes sure that all chunks up to the one of `fd` are there: below `limit` every chunk can be read. */
static djed_status make_room(struct process *process, uint32_t fd)
{
	for (uint32_t i = process->limit / VFS_CHUNK; i <= fd / VFS_CHUNK; i++) {
		if (process->chunk[i])
			continue;
		process->chunk[i] = calloc(VFS_CHUNK, sizeof(struct descriptor));
		if (!process->chunk[i])
			return -ENOMEM;
	}
	return 0;
}

static void put(struct process *process, uint32_t fd, uint32_t file, uint16_t flags)
{
	process->chunk[fd / VFS_CHUNK][fd % VFS_CHUNK] = (struct descriptor){(uint16_t)file, flags};
	if (fd >= VFS_CHUNK)
		vfs_far_changes++;
	if (fd >= process->limit)
		process->limit = fd + 1;
	while (process->lowest < process->limit && descriptor_slot(process, process->lowest))
		process->lowest++;
}

djed_status descriptor_add(struct process *process, uint32_t from, uint32_t file, uint16_t flags)
{
	uint32_t fd = from < process->lowest ? process->lowest : from;
	djed_status status;

	while (fd < process->limit && descriptor_slot(process, fd))
		fd++;
	if (fd >= VFS_DESCRIPTORS)
		return -EMFILE;
	status = make_room(process, fd);
	if (status)
		return status;
	put(process, fd, file, flags);
	return fd;
}

djed_status descriptor_set(struct process *process, uint64_t fd, uint32_t file, uint16_t flags)
{
	djed_status status;

	if (fd >= VFS_DESCRIPTORS)
		return -EBADF;
	status = make_room(process, (uint32_t)fd);
	if (status)
		return status;
	if (descriptor_slot(process, fd))
		descriptor_drop(process, fd);
	put(process, (uint32_t)fd, file, flags);
	return 0;
}

djed_status descriptor_close(struct process *process, uint64_t fd)
{
	struct descriptor *slot = descriptor_slot(process, fd);
	uint32_t file;

	if (!slot)
		return -EBADF;
	file = slot->file;
	*slot = (struct descriptor){0};
	if (fd >= VFS_CHUNK)
		vfs_far_changes++;
	if (fd < process->lowest)
		process->lowest = (uint32_t)fd;
	while (process->limit > 0 && !descriptor_slot(process, process->limit - 1))
		process->limit--;
	if (process->lowest > process->limit)
		process->lowest = process->limit;
	if (vfs_locks_used && vfs_file[file].node.inode)
		lock_drop(process->pid, vfs_file[file].node.inode);
	file_drop(file);
	return 0;
}

djed_status descriptor_drop(struct process *process, uint64_t fd)
{
	/* A descriptor that cannot be closed would keep others waiting. */
	return djed_current()->attempt && limbo_close(process, fd) ? 0 : descriptor_close(process, fd);
}

void descriptors_close_all(struct process *process, bool on_execute)
{
	for (uint32_t fd = process->limit; fd-- > 0;) {
		const struct descriptor *slot = descriptor_slot(process, fd);

		if (slot && (!on_execute || slot->flags & LINUX_FD_CLOEXEC))
			(void)(on_execute ? descriptor_drop : descriptor_close)(process, fd);
	}
}
