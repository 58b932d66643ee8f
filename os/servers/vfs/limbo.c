/* Files and processes that their owners have let go of, but that could not be closed at once: the close or
 * exit has crashed some server, and is delivered again. It then only notes here what is to be done, which
 * cannot fail for the same reason; each is done in a transaction of its own later (rule 16). If that crashes
 * too, those who wait for the other ends of pipes are let go on by the simplest means, and the rest is tried
 * again from time to time. */
#include "vfs.h"

#include <string.h>

struct limbo vfs_limbo;

enum { RETRY_NS = 10000000 };

uint64_t limbo_deadline(void)
{
	for (uint32_t i = 0; i < vfs_limbo.used; i++)
		if (!vfs_limbo.entry[i].failed)
			return 1;
	return vfs_limbo.used ? vfs_limbo.retry_at : 0;
}

static void add(struct limbo_entry entry)
{
	vfs_limbo.entry[vfs_limbo.used++] = entry;
	djed_deadline = 1;
}

/* Takes a descriptor from its process, without closing its file. Returns the file. */
static uint32_t take(struct process *process, uint32_t fd)
{
	struct descriptor *slot = &process->chunk[fd / VFS_CHUNK][fd % VFS_CHUNK];
	uint32_t file = slot->file;

	slot->file = slot->flags = 0;
	if (fd >= VFS_CHUNK)
		vfs_far_changes++;
	if (process->lowest > fd)
		process->lowest = fd;
	for (uint32_t i = process->limit;
	     i > 0 && !process->chunk[(i - 1) / VFS_CHUNK][(i - 1) % VFS_CHUNK].file; i--)
		process->limit = i - 1;
	if (process->lowest > process->limit)
		process->lowest = process->limit;
	return file;
}

bool limbo_close(struct process *process, uint64_t fd)
{
	if (vfs_limbo.used == VFS_LIMBO || !descriptor_slot(process, fd))
		return false;
	add((struct limbo_entry){.pid = process->pid, .file = (uint16_t)take(process, (uint32_t)fd)});
	return true;
}

bool limbo_exit(struct process *process)
{
	if (vfs_limbo.used == VFS_LIMBO)
		return false;
	add((struct limbo_entry){.pid = process->pid});
	return true;
}

bool limbo_holds(uint32_t pid)
{
	for (uint32_t i = 0; i < vfs_limbo.used; i++)
		if (vfs_limbo.entry[i].pid == pid && !vfs_limbo.entry[i].file)
			return true;
	return false;
}

static struct limbo_entry *next(uint64_t now)
{
	for (uint32_t i = 0; i < vfs_limbo.used; i++)
		if (!vfs_limbo.entry[i].failed)
			return &vfs_limbo.entry[i];
	return vfs_limbo.used && vfs_limbo.retry_at <= now ? &vfs_limbo.entry[0] : NULL;
}

static void remove(struct limbo_entry *entry)
{
	vfs_limbo.used--;
	memmove(entry, entry + 1, (size_t)((char *)(vfs_limbo.entry + vfs_limbo.used) - (char *)entry));
}

bool limbo_settle(uint64_t now)
{
	struct limbo_entry *found = next(now), entry;

	if (!found)
		return false;
	entry = *found;
	remove(found);
	if (entry.file) {
		uint32_t inode = vfs_file[entry.file].node.inode;

		if (vfs_locks_used && inode)
			lock_drop(entry.pid, inode);
		file_drop(entry.file);
	} else {
		process_exit(process_find(entry.pid));
	}
	/* What failed before is worth another try at once. */
	for (uint32_t i = 0; entry.failed && i < vfs_limbo.used; i++)
		vfs_limbo.entry[i].failed = false;
	wait_set_deadline();
	return true;
}

/* ---- the simplest means ---------------------------------------------------------------------- */

/* All that wait for a pipe look at it again; where recovery stands in the way, they are listed as waiting
 * until then. */
static void wake_all(uint32_t pipe)
{
	for (uint16_t i = vfs_waiting; i; i = vfs_wait[i].next) {
		const struct wait *wait = &vfs_wait[i];

		if (wait->kind == WAIT_POLL ? wait->pipes >> pipe % 64 & 1 : wait->pipe == pipe)
			djed_wake(wait->request);
	}
}

/* Takes one reference off a file, and with the last one its end off its pipe. False: there is more to it,
 * which keeps nobody waiting. */
static bool release(uint32_t index)
{
	struct file *file = &vfs_file[index];
	struct pipe *pipe = &vfs_pipe[file->pipe];
	uint32_t mode = file->flags & LINUX_O_ACCMODE;
	uint32_t readers, writers;

	if (file->references > 1) {
		file->references--;
		return true;
	}
	if (file->kind != FILE_PIPE || file->node.inode)
		return false;
	readers = pipe->readers - (mode != LINUX_O_WRONLY);
	writers = pipe->writers - (mode != LINUX_O_RDONLY);
	if (readers == 0 && writers == 0)
		return false;
	pipe->readers = readers;
	pipe->writers = writers;
	file->kind = FILE_FREE;
	file->locked = 0;
	file->next_free = vfs_file_free;
	vfs_file_free = index;
	vfs_files_used--;
	wake_all(file->pipe);
	return true;
}

void limbo_fail(uint64_t now)
{
	struct limbo_entry *found = next(now), entry;

	if (!found)
		return;
	entry = *found;
	remove(found);
	if (entry.file && release(entry.file)) {
		wait_set_deadline();
		return;
	}
	if (!entry.file) {
		struct process *process = process_find(entry.pid);

		process_write(process);
		for (uint32_t fd = process->limit; fd-- > 0;) {
			const struct descriptor *slot = descriptor_slot(process, fd);

			if (slot && vfs_file[slot->file].kind == FILE_PIPE && release(slot->file))
				(void)take(process, fd);
		}
	}
	entry.failed = true;
	vfs_limbo.entry[vfs_limbo.used++] = entry;
	vfs_limbo.retry_at = now + RETRY_NS;
	wait_set_deadline();
}
