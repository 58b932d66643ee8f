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

static struct descriptor *slot_at(const struct process *process, uint32_t fd)
{
	return &process->chunk[fd / VFS_CHUNK][fd % VFS_CHUNK];
}

static void put(struct process *process, uint32_t fd, uint32_t file, uint16_t flags)
{
	uint32_t limit = fd < process->limit ? process->limit : fd + 1, lowest = process->lowest;

	*slot_at(process, fd) = (struct descriptor){(uint16_t)file, flags};
	if (fd >= VFS_CHUNK)
		vfs_far_changes++;
	while (lowest < limit && slot_at(process, lowest)->file)
		lowest++;
	process->limit = limit;
	process->lowest = lowest;
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

/* What the process has not any more. */
static void let_go(uint32_t pid, uint32_t file)
{
	if (vfs_locks_used && vfs_file[file].node.inode)
		lock_drop(pid, vfs_file[file].node.inode);
	file_drop(file);
}

djed_status descriptor_close(struct process *process, uint64_t fd)
{
	struct descriptor *slot = descriptor_slot(process, fd);
	uint32_t limit = process->limit, file;

	if (!slot)
		return -EBADF;
	file = slot->file;
	*slot = (struct descriptor){0};
	if (fd >= VFS_CHUNK)
		vfs_far_changes++;
	while (limit > 0 && !slot_at(process, limit - 1)->file)
		limit--;
	process->limit = limit;
	if (fd < process->lowest) /* then `limit` is not below it, either */
		process->lowest = (uint32_t)fd;
	let_go(process->pid, file);
	return 0;
}

djed_status descriptor_drop(struct process *process, uint64_t fd)
{
	/* A descriptor that cannot be closed would keep others waiting. */
	return djed_current()->attempt && limbo_close(process, fd) ? 0 : descriptor_close(process, fd);
}

void descriptors_close_on_execute(struct process *process)
{
	for (uint32_t fd = process->limit; fd-- > 0;) {
		const struct descriptor *slot = descriptor_slot(process, fd);

		if (slot && slot->flags & LINUX_FD_CLOEXEC)
			(void)descriptor_drop(process, fd);
	}
}

void descriptors_end(struct process *process)
{
	uint32_t limit = process->limit, near = limit < VFS_CHUNK ? limit : VFS_CHUNK;

	for (uint32_t fd = limit; fd-- > 0;)
		if (slot_at(process, fd)->file)
			let_go(process->pid, slot_at(process, fd)->file);
	if (limit > VFS_CHUNK)
		vfs_far_changes++;
	process->limit = process->lowest = 0;
	memset(process->first, 0, near * sizeof(struct descriptor));
}
