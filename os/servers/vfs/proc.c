/* The tree of /proc: made up when it is asked for. The contents of its files are in proc_text.c. */
#include "vfs.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	uint16_t parent; /* enum proc_kind */
	uint32_t mode;
} kinds[PROC_KINDS] = {
    [PROC_ROOT] = {"", PROC_NONE, LINUX_S_IFDIR | 0555},
    [PROC_SELF] = {"self", PROC_ROOT, LINUX_S_IFLNK | 0777},
    [PROC_MOUNTS] = {"mounts", PROC_ROOT, LINUX_S_IFLNK | 0777},
    [PROC_MEMINFO] = {"meminfo", PROC_ROOT, LINUX_S_IFREG | 0444},
    [PROC_UPTIME] = {"uptime", PROC_ROOT, LINUX_S_IFREG | 0444},
    [PROC_STAT] = {"stat", PROC_ROOT, LINUX_S_IFREG | 0444},
    [PROC_CPUINFO] = {"cpuinfo", PROC_ROOT, LINUX_S_IFREG | 0444},
    [PROC_VERSION] = {"version", PROC_ROOT, LINUX_S_IFREG | 0444},
    [PROC_FILESYSTEMS] = {"filesystems", PROC_ROOT, LINUX_S_IFREG | 0444},
    [PROC_LOADAVG] = {"loadavg", PROC_ROOT, LINUX_S_IFREG | 0444},
    [PROC_SYS] = {"sys", PROC_ROOT, LINUX_S_IFDIR | 0555},
    [PROC_SYS_KERNEL] = {"kernel", PROC_SYS, LINUX_S_IFDIR | 0555},
    [PROC_SYS_VM] = {"vm", PROC_SYS, LINUX_S_IFDIR | 0555},
    [PROC_PID_MAX] = {"pid_max", PROC_SYS_KERNEL, LINUX_S_IFREG | 0444},
    [PROC_OSTYPE] = {"ostype", PROC_SYS_KERNEL, LINUX_S_IFREG | 0444},
    [PROC_OSRELEASE] = {"osrelease", PROC_SYS_KERNEL, LINUX_S_IFREG | 0444},
    [PROC_HOSTNAME] = {"hostname", PROC_SYS_KERNEL, LINUX_S_IFREG | 0444},
    [PROC_OVERCOMMIT] = {"overcommit_memory", PROC_SYS_VM, LINUX_S_IFREG | 0444},
    [PROC_PID] = {NULL, PROC_ROOT, LINUX_S_IFDIR | 0555},
    [PROC_PID_EXE] = {"exe", PROC_PID, LINUX_S_IFLNK | 0777},
    [PROC_PID_CWD] = {"cwd", PROC_PID, LINUX_S_IFLNK | 0777},
    [PROC_PID_ROOT] = {"root", PROC_PID, LINUX_S_IFLNK | 0777},
    [PROC_PID_FD] = {"fd", PROC_PID, LINUX_S_IFDIR | 0500},
    [PROC_PID_FD_LINK] = {NULL, PROC_PID_FD, LINUX_S_IFLNK | 0700},
    [PROC_PID_FILE] = {NULL, PROC_PID_FD, LINUX_S_IFIFO | 0600},
    [PROC_PID_CMDLINE] = {"cmdline", PROC_PID, LINUX_S_IFREG | 0444},
    [PROC_PID_COMM] = {"comm", PROC_PID, LINUX_S_IFREG | 0444},
    [PROC_PID_STAT] = {"stat", PROC_PID, LINUX_S_IFREG | 0444},
    [PROC_PID_STATM] = {"statm", PROC_PID, LINUX_S_IFREG | 0444},
    [PROC_PID_STATUS] = {"status", PROC_PID, LINUX_S_IFREG | 0444},
    [PROC_PID_MOUNTS] = {"mounts", PROC_PID, LINUX_S_IFREG | 0444},
};

uint32_t proc_mode(struct node node)
{
	return kinds[node.proc].mode;
}

/* Distinct for all that exists at one time, and above the numbers of the tree. */
uint64_t proc_inode_number(struct node node)
{
	return UINT64_C(1) << 62 | (uint64_t)node.pid << 24 | (uint64_t)node.fd << 8 | node.proc;
}

struct node proc_parent(struct node node)
{
	struct node parent = {.proc = kinds[node.proc].parent, .pid = node.pid};

	if (parent.proc == PROC_NONE)
		return inode_node(VFS_ROOT);
	if (parent.proc == PROC_ROOT)
		parent.pid = 0;
	return parent;
}

/* A decimal number without sign and leading zeros, below 2^31; -1: it is none. */
static int64_t number_of(const char *name, uint32_t length)
{
	int64_t value = 0;

	if (length == 0 || length > 9 || (name[0] == '0' && length > 1))
		return -1;
	for (uint32_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		value = value * 10 + name[i] - '0';
	}
	return value;
}

struct node proc_find(struct node directory, const char *name, uint32_t length)
{
	struct node found = {.pid = directory.pid};
	int64_t number = number_of(name, length);
	const struct process *process;

	if (directory.proc == PROC_ROOT && number > 0) {
		found.pid = (uint32_t)number;
		found.proc = process_find(found.pid) ? PROC_PID : PROC_NONE;
		return found;
	}
	process = directory.pid ? process_find(directory.pid) : NULL;
	if (directory.pid && !process)
		return found; /* it has ended since */
	if (directory.proc == PROC_PID_FD) {
		if (number >= 0 && descriptor_slot(process, (uint64_t)number)) {
			found.proc = PROC_PID_FD_LINK;
			found.fd = (uint16_t)number;
		}
		return found;
	}
	for (uint16_t i = 1; i < PROC_KINDS; i++)
		if (kinds[i].parent == directory.proc && kinds[i].name && strlen(kinds[i].name) == length &&
		    memcmp(kinds[i].name, name, length) == 0)
			found.proc = i;
	return found;
}

struct node proc_follow(const struct process *process, struct node node)
{
	const struct process *owner = process_find(node.pid);
	const struct file *file;

	(void)process;
	if (!owner)
		return (struct node){0};
	switch (node.proc) {
	case PROC_PID_EXE:
		return inode_node(owner->program);
	case PROC_PID_CWD:
		return owner->directory;
	case PROC_PID_ROOT:
		return inode_node(VFS_ROOT);
	case PROC_PID_FD_LINK:
		file = descriptor_file(owner, node.fd);
		if (!file)
			return (struct node){0};
		if (no_node(file->node))
			return (struct node){.proc = PROC_PID_FILE, .pid = node.pid, .fd = node.fd};
		return file->node;
	default:
		return (struct node){0};
	}
}

/* The path of whatever an inode is, into `text`. A file may have several names or none: the first one found
 * counts. */
static djed_status path_of(uint32_t inode, char *text, uint32_t size)
{
	char buffer[LINUX_PATH_MAX];
	const char *path;
	uint32_t length;

	if (is_type(&vfs_inode[inode], LINUX_S_IFDIR)) {
		path = directory_path(inode, buffer, sizeof(buffer));
		length = path ? (uint32_t)strlen(path) : 0;
		if (path)
			memcpy(text, path, length < size ? length : size);
		return path ? (djed_status)(length < size ? length : size) : -ENOENT;
	}
	for (uint32_t bucket = 0; bucket < VFS_NAMES; bucket++) {
		for (const struct entry *entry = vfs_names[bucket]; entry; entry = entry->next_hash) {
			int written;

			if (entry->inode != inode)
				continue;
			path = directory_path(entry->directory, buffer, sizeof(buffer));
			if (!path)
				return -ENOENT;
			written = snprintf(text, size, "%s%s%.*s", path, path[1] ? "/" : "",
					   (int)entry->length, entry->name);
			return written < (int)size ? written : (int)size - 1;
		}
	}
	return snprintf(text, size, "/ (deleted)");
}

static djed_status read_fd_link(const struct process *owner, struct node node, char *text, uint32_t size)
{
	const struct file *file = descriptor_file(owner, node.fd);

	if (!file)
		return -ENOENT;
	if (file->node.inode)
		return path_of(file->node.inode, text, size);
	if (file->kind == FILE_PIPE)
		return snprintf(text, size, "pipe:[%u]", VFS_INODES + file->pipe);
	proc_path(file->node, text, size);
	return (djed_status)strlen(text);
}

djed_status proc_read_link(const struct process *process, struct node node, char *text, uint32_t size)
{
	const struct process *owner = process_find(node.pid);

	if (node.proc == PROC_SELF)
		return snprintf(text, size, "%u", process->pid);
	if (node.proc == PROC_MOUNTS)
		return snprintf(text, size, "self/mounts");
	if (!owner)
		return -ENOENT;
	switch (node.proc) {
	case PROC_PID_EXE:
		return owner->program ? path_of(owner->program, text, size) : -ENOENT;
	case PROC_PID_CWD:
		return owner->directory.inode ? path_of(owner->directory.inode, text, size) : -ENOENT;
	case PROC_PID_ROOT:
		return snprintf(text, size, "/");
	case PROC_PID_FD_LINK:
		return read_fd_link(owner, node, text, size);
	default:
		return -EINVAL;
	}
}

/* Processes and descriptors come behind the fixed names: their positions are from here on. */
enum { FIRST_NUMBER = PROC_KINDS };

bool proc_entry(struct node directory, uint64_t *position, char *name, uint32_t size, struct node *node)
{
	const struct process *owner = process_find(directory.pid);

	if (directory.pid && !owner)
		return false;
	*node = (struct node){.pid = directory.pid};
	for (; *position < FIRST_NUMBER; ++*position) {
		uint16_t kind = (uint16_t)*position;

		if (kind && kinds[kind].parent == directory.proc && kinds[kind].name) {
			node->proc = kind;
			snprintf(name, size, "%s", kinds[kind].name);
			++*position;
			return true;
		}
	}
	for (; *position - FIRST_NUMBER < VFS_DESCRIPTORS; ++*position) {
		uint32_t number = (uint32_t)(*position - FIRST_NUMBER);

		if (directory.proc == PROC_ROOT && vfs_process[number % VFS_PROCESSES].pid) {
			node->pid = number = vfs_process[number % VFS_PROCESSES].pid;
			node->proc = PROC_PID;
		} else if (directory.proc == PROC_PID_FD && descriptor_slot(owner, number)) {
			node->fd = (uint16_t)number;
			node->proc = PROC_PID_FD_LINK;
		} else {
			continue;
		}
		snprintf(name, size, "%u", number);
		++*position;
		return true;
	}
	return false;
}
_Static_assert((int)VFS_PROCESSES == (int)VFS_DESCRIPTORS, "proc_entry counts both in one range");

void proc_path(struct node node, char *text, uint32_t size)
{
	char above[64];

	if (node.proc == PROC_ROOT) {
		snprintf(text, size, "/proc");
		return;
	}
	proc_path(proc_parent(node), above, sizeof(above));
	if (node.proc == PROC_PID)
		snprintf(text, size, "%s/%u", above, node.pid);
	else if (kinds[node.proc].name)
		snprintf(text, size, "%s/%s", above, kinds[node.proc].name);
	else
		snprintf(text, size, "%s/%u", above, node.fd);
}
