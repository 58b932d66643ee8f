/* Advisory locks: POSIX record locks by process, and flock by open file. */
#include "vfs.h"

struct lock vfs_lock[VFS_LOCKS];
uint32_t vfs_locks_used;

const struct lock *lock_conflict(uint32_t pid, uint32_t inode, uint64_t start, uint64_t end, uint32_t type)
{
	for (uint32_t i = 0; vfs_locks_used && i < VFS_LOCKS; i++) {
		const struct lock *lock = &vfs_lock[i];

		if (lock->pid && lock->pid != pid && lock->inode == inode && lock->start < end &&
		    start < lock->end && (type == LINUX_F_WRLCK || lock->type == LINUX_F_WRLCK))
			return lock;
	}
	return NULL;
}

static struct lock *free_lock(void)
{
	for (uint32_t i = 0; i < VFS_LOCKS; i++)
		if (vfs_lock[i].pid == 0)
			return &vfs_lock[i];
	return NULL;
}

static void add(uint32_t pid, uint32_t inode, uint64_t start, uint64_t end, uint32_t type)
{
	*free_lock() = (struct lock){.pid = pid, .inode = inode, .start = start, .end = end, .type = type};
	vfs_locks_used++;
}

static void drop(struct lock *lock)
{
	lock->pid = 0;
	vfs_locks_used--;
}

djed_status lock_set(uint32_t pid, uint32_t inode, uint64_t start, uint64_t end, uint32_t type)
{
	/* Cutting one lock in two and adding one are the most that this takes. */
	if (vfs_locks_used + 2 > VFS_LOCKS)
		return -ENOLCK;
	for (uint32_t i = 0; i < VFS_LOCKS; i++) {
		struct lock *lock = &vfs_lock[i], old = *lock;
		bool joins = old.type == type;

		if (old.pid != pid || old.inode != inode)
			continue;
		if (joins && old.start <= end && start <= old.end) { /* swallow it */
			start = old.start < start ? old.start : start;
			end = old.end > end ? old.end : end;
			drop(lock);
		} else if (old.start < end && start < old.end) { /* cut it */
			if (old.start < start)
				lock->end = start;
			else
				drop(lock);
			if (old.end > end)
				add(pid, inode, end, old.end, old.type);
		}
	}
	if (type != LINUX_F_UNLCK)
		add(pid, inode, start, end, type);
	wait_wake_lock(inode);
	return 0;
}

void lock_drop(uint32_t pid, uint32_t inode)
{
	bool dropped = false;

	for (uint32_t i = 0; vfs_locks_used && i < VFS_LOCKS; i++) {
		if (vfs_lock[i].pid == pid && vfs_lock[i].inode == inode) {
			drop(&vfs_lock[i]);
			dropped = true;
		}
	}
	if (dropped)
		wait_wake_lock(inode);
}

bool flock_conflict(uint32_t file, uint16_t type)
{
	for (uint32_t i = 1; i < VFS_FILES; i++) {
		const struct file *other = &vfs_file[i];

		if (i != file && other->kind != FILE_FREE && other->locked && vfs_file[file].node.inode &&
		    other->node.inode == vfs_file[file].node.inode &&
		    (type == LINUX_LOCK_EX || other->locked == LINUX_LOCK_EX))
			return true;
	}
	return false;
}
