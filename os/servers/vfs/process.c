/* Processes as vfs knows them. */
#include "vfs.h"

#include <stdlib.h>
#include <string.h>

DJED_REGIONS struct process vfs_process[VFS_PROCESSES];
struct wait vfs_wait[VFS_PROCESSES + 1];
uint32_t vfs_processes_used;

void process_start(void)
{
	for (uint32_t i = 0; i < VFS_PROCESSES; i++) {
		if (!vfs_process[i].pid)
			continue;
		process_write(&vfs_process[i]);
		memset(&vfs_process[i], 0, sizeof(vfs_process[i]));
	}
}

struct process *process_find(uint32_t pid)
{
	struct process *process = &vfs_process[djed_region_of(pid, VFS_PROCESSES)];

	return pid && process->pid == pid ? process : NULL;
}

struct process *process_caller(void)
{
	return process_find((uint32_t)(djed_current()->badge >> 32));
}

/* The region of a process that is not there yet, writable. -EEXIST. */
static djed_status region_for(uint32_t pid, struct process **found)
{
	struct process *process = &vfs_process[djed_region_of(pid, VFS_PROCESSES)];

	if (pid == 0 || process->pid)
		return -EEXIST;
	process_write(process);
	if (wait_of(process)->kind != WAIT_NONE) /* of the one before */
		wait_of(process)->kind = WAIT_NONE;
	*found = process;
	return 0;
}

djed_status process_create(uint32_t pid, struct process **made)
{
	struct process *process;
	djed_status status = region_for(pid, &process);

	if (status)
		return status;
	vfs_processes_used++;
	process->pid = pid;
	process->parent = process->user = process->group = 0;
	process->process_group = process->session = pid;
	process->mask = 022;
	process->limit = process->lowest = 0;
	process->directory = inode_node(VFS_ROOT);
	process->program = process->opening = 0;
	process->arguments_length = 0;
	process->chunk[0] = process->first;
	process->command[0] = 0;
	inode_use(VFS_ROOT);
	*made = process;
	return 0;
}

static void run(uint32_t inode)
{
	vfs_inode[inode].runners++;
	inode_use(inode);
}

void process_set_program(struct process *process, uint32_t inode)
{
	uint32_t before = process->program;

	if (inode)
		run(inode);
	process->program = inode;
	if (before) {
		vfs_inode[before].runners--;
		inode_disuse(before);
	}
}

static void free_chunks(struct process *process)
{
	for (uint32_t i = 1; i < VFS_CHUNKS && process->chunk[i]; i++) {
		free(process->chunk[i]);
		process->chunk[i] = NULL;
	}
}

/* Chunks behind the first one. -ENOMEM: there are none. */
static djed_status copy_chunks(struct process *child, const struct process *parent)
{
	for (uint32_t i = 1; i * VFS_CHUNK < parent->limit; i++) {
		child->chunk[i] = calloc(VFS_CHUNK, sizeof(struct descriptor));
		if (!child->chunk[i]) {
			free_chunks(child);
			return -ENOMEM;
		}
		memcpy(child->chunk[i], parent->chunk[i], VFS_CHUNK * sizeof(struct descriptor));
		vfs_far_changes++;
	}
	return 0;
}

/* Everything but chunks and texts, in one go: so it is one record of the undo log. */
static void inherit(struct process *child, uint32_t pid, const struct process *parent)
{
	child->pid = pid;
	child->parent = parent->pid;
	child->user = parent->user;
	child->group = parent->group;
	child->process_group = parent->process_group;
	child->session = parent->session;
	child->mask = parent->mask;
	child->limit = parent->limit;
	child->lowest = parent->lowest;
	child->directory = parent->directory;
	child->program = parent->program;
	child->opening = 0;
	child->arguments_length = parent->arguments_length;
	child->chunk[0] = child->first;
	memcpy(child->command, parent->command, sizeof(child->command));
}

djed_status process_fork(struct process *parent, uint32_t pid)
{
	uint32_t near = parent->limit < VFS_CHUNK ? parent->limit : VFS_CHUNK;
	struct process *child;
	djed_status status = region_for(pid, &child);

	if (!status)
		status = copy_chunks(child, parent);
	if (status)
		return status;
	vfs_processes_used++;
	inherit(child, pid, parent);
	memcpy(child->first, parent->first, near * sizeof(struct descriptor));
	memcpy(child->arguments, parent->arguments, parent->arguments_length);
	for (uint32_t fd = 0; fd < child->limit; fd++) {
		const struct descriptor *slot = descriptor_slot(child, fd);

		if (slot)
			file_hold(slot->file);
	}
	if (child->directory.inode)
		inode_use(child->directory.inode);
	if (child->program)
		run(child->program);
	return 0;
}

void process_exit(struct process *process)
{
	uint32_t directory = process->directory.inode, opening = process->opening;

	process_write(process);
	wait_forget(process);
	descriptors_end(process);
	process_set_program(process, 0);
	process->pid = 0;
	process->opening = 0;
	process->directory = (struct node){0};
	vfs_processes_used--;
	if (directory)
		inode_disuse(directory);
	if (opening)
		file_drop(opening);
	free_chunks(process);
}
