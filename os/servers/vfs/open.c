/* Opening. */
#include "vfs.h"

static djed_status may_open(const struct process *process, const struct inode *inode, uint32_t flags)
{
	static const uint8_t wanted_by_access[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
						   MAY_READ | MAY_WRITE};
	unsigned wanted = wanted_by_access[flags & LINUX_O_ACCMODE] | (flags & LINUX_O_TRUNC ? MAY_WRITE : 0);

	if (is_type(inode, LINUX_S_IFLNK))
		return -ELOOP;
	if (is_type(inode, LINUX_S_IFDIR) && wanted & MAY_WRITE)
		return -EISDIR;
	if (!inode_permits(process, inode, wanted))
		return -EACCES;
	if (inode->runners && wanted & MAY_WRITE)
		return -ETXTBSY;
	return 0;
}

static djed_status open_fifo(struct inode *inode, uint32_t number, uint32_t flags, uint32_t *file)
{
	uint32_t access = flags & LINUX_O_ACCMODE;
	bool created = inode->pipe == 0;
	djed_status status = 0;

	if (access == LINUX_O_WRONLY && flags & LINUX_O_NONBLOCK &&
	    (created || vfs_pipe[inode->pipe].readers == 0))
		return -ENXIO;
	if (created) {
		status = pipe_create(&inode->pipe);
		if (status)
			return status;
		vfs_pipe[inode->pipe].inode = number;
	}
	/* The file comes first: its slot may run out, and a pipe without files must not stay. */
	pipe_open(inode->pipe, flags);
	status = file_create(FILE_PIPE, flags, inode_node(number), file);
	if (status) {
		pipe_close(inode->pipe, flags);
		return status;
	}
	vfs_file[*file].pipe = inode->pipe;
	vfs_file[*file].position = access == LINUX_O_WRONLY ? vfs_pipe[inode->pipe].reader_opens
							    : vfs_pipe[inode->pipe].writer_opens;
	return 0;
}

bool open_must_wait(const struct file *file)
{
	const struct pipe *pipe = &vfs_pipe[file->pipe];

	if (file->kind != FILE_PIPE || !file->node.inode || file->flags & LINUX_O_NONBLOCK)
		return false;
	switch (file->flags & LINUX_O_ACCMODE) {
	case LINUX_O_RDONLY:
		return pipe->writers == 0 && pipe->writer_opens == file->position;
	case LINUX_O_WRONLY:
		return pipe->readers == 0 && pipe->reader_opens == file->position;
	default:
		return false;
	}
}

static djed_status open_inode(struct process *process, uint32_t number, uint32_t flags, bool fresh,
			      uint32_t *file)
{
	struct inode *inode = &vfs_inode[number];
	uint16_t kind = FILE_INODE;
	djed_status status = fresh ? 0 : may_open(process, inode, flags);

	if (status)
		return status;
	switch (inode->mode & LINUX_S_IFMT) {
	case LINUX_S_IFDIR:
		kind = FILE_DIRECTORY;
		break;
	case LINUX_S_IFIFO:
		return open_fifo(inode, number, flags, file);
	case LINUX_S_IFCHR:
		kind = device_kind(inode->device) == DEVICE_TERMINAL ? FILE_TERMINAL : FILE_DEVICE;
		if (device_kind(inode->device) == DEVICE_NONE)
			return -ENXIO;
		break;
	case LINUX_S_IFREG:
		if (flags & LINUX_O_TRUNC && !fresh) {
			status = inode_truncate(inode, 0);
			if (status)
				return status;
		}
		break;
	default:
		return -ENXIO; /* sockets and block devices: nothing is behind them */
	}
	return file_create(kind, flags, inode_node(number), file);
}

/* Another file on the pipe behind a link in /proc/PID/fd. */
static djed_status reopen_pipe(const struct node node, uint32_t flags, uint32_t *file)
{
	const struct process *owner = process_find(node.pid);
	const struct file *open = owner ? descriptor_file(owner, node.fd) : NULL;
	djed_status status;

	if (!open || open->kind != FILE_PIPE)
		return -ENOENT;
	status = file_create(FILE_PIPE, flags, (struct node){0}, file);
	if (status)
		return status;
	vfs_file[*file].pipe = open->pipe;
	pipe_open(open->pipe, flags);
	return 0;
}

static djed_status open_proc(const struct place *place, uint32_t flags, uint32_t *file)
{
	bool directory = node_is_directory(place->node);

	if ((proc_mode(place->node) & LINUX_S_IFMT) == LINUX_S_IFLNK)
		return -ELOOP;
	if (place->node.proc == PROC_PID_FILE)
		return reopen_pipe(place->node, flags, file);
	if ((flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY)
		return directory ? -EISDIR : -EACCES;
	return file_create(directory ? FILE_DIRECTORY : FILE_PROC, flags, place->node, file);
}

/* What may be kept in a file's flags. */
enum {
	KEPT = LINUX_O_ACCMODE | LINUX_O_APPEND | LINUX_O_NONBLOCK | LINUX_O_DIRECT | LINUX_O_LARGEFILE |
	       LINUX_O_DIRECTORY | LINUX_O_NOFOLLOW | LINUX_O_NOATIME | LINUX_O_DSYNC | LINUX_O_ASYNC,
};

djed_status open_place(struct process *process, const struct place *place, uint32_t flags, uint32_t mode,
		       uint32_t *file)
{
	bool fresh = false;
	uint32_t inode;
	djed_status status;

	if (flags & LINUX_O_PATH) {
		if (no_node(place->node))
			return -ENOENT;
		if (flags & LINUX_O_DIRECTORY && !node_is_directory(place->node))
			return -ENOTDIR;
		return file_create(FILE_PATH, LINUX_O_PATH | (flags & (LINUX_O_DIRECTORY | LINUX_O_NOFOLLOW)),
				   place->node, file);
	}
	if (flags & LINUX_O_CREAT) {
		if (!no_node(place->node) && flags & LINUX_O_EXCL)
			return -EEXIST;
		if (!no_node(place->node) && node_is_directory(place->node))
			return -EISDIR;
	}
	if (no_node(place->node)) {
		if (!(flags & LINUX_O_CREAT))
			return -ENOENT;
		status =
		    name_create(process, place, LINUX_S_IFREG | (mode & ~process->mask & 07777), 0, &inode);
		if (status)
			return status;
		fresh = true;
	} else {
		if (flags & LINUX_O_DIRECTORY && !node_is_directory(place->node))
			return -ENOTDIR;
		if (!place->node.inode)
			return open_proc(place, flags & KEPT, file);
		inode = place->node.inode;
	}
	status = open_inode(process, inode, flags & (KEPT | LINUX_O_TRUNC), fresh, file);
	if (status && fresh)
		directory_remove(directory_find(place->directory.inode, place->name, place->length));
	if (!status)
		vfs_file[*file].flags &= ~(uint32_t)LINUX_O_TRUNC;
	return status;
}

djed_status open_program(const struct process *process, const struct place *place, uint32_t *inode)
{
	const struct inode *found = &vfs_inode[place->node.inode];

	if (no_node(place->node))
		return -ENOENT;
	if (!place->node.inode || !is_type(found, LINUX_S_IFREG) ||
	    !inode_permits(process, found, MAY_EXECUTE))
		return -EACCES;
	if (found->writers)
		return -ETXTBSY;
	*inode = place->node.inode;
	return 0;
}
