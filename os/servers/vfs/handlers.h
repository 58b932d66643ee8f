/* What the handlers of the Linux calls share. */
#ifndef DJED_VFS_HANDLERS_H
#define DJED_VFS_HANDLERS_H

#include "vfs.h"

/* Whether a range can be memory of an application at all. */
bool client_range(uint64_t address, uint64_t length);
bool file_readable(const struct file *file);
bool file_writable(const struct file *file);

/* For a copy between two files inside vfs: reads at `from`, writes at `to` (regular files, pipes, devices),
 * at most one step. Returns the bytes moved, or an error if there were none. */
djed_status copy_step(const struct file *from, uint64_t from_offset, const struct file *to,
		      uint64_t to_offset, uint64_t length);

/* fcntl with F_GETLK, F_SETLK and F_SETLKW. */
int64_t control_lock(struct process *process, struct file *file, uint32_t command, uint64_t argument);

#endif
