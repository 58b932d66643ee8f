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

/* An empty process, without working directory. */
static djed_status make(uint32_t pid, struct process **made)
{
	struct process *process = &vfs_process[djed_region_of(pid, VFS_PROCESSES)];

	if (pid == 0 || process->pid)
		return -EEXIST;
	process_write(process);
	vfs_processes_used++;
	process->pid = pid;
	process->limit = process->lowest = 0;
	process->opening = 0;
	process->chunk[0] = process->first;
	process->program = 0;
	wait_of(process)->request = 0;
	wait_of(process)->kind = WAIT_NONE;
	*made = process;
	return 0;
}

djed_status process_create(uint32_t pid, struct process **made)
{
	djed_status status = make(pid, made);
	struct process *process = *made;

	if (status)
		return status;
	process->parent = process->user = process->group = 0;
	process->process_group = process->session = pid;
	process->mask = 022;
	process->directory = inode_node(VFS_ROOT);
	process->arguments_length = 0;
	process->command[0] = 0;
	inode_use(VFS_ROOT);
	return 0;
}

void process_set_program(struct process *process, uint32_t inode)
{
	uint32_t before = process->program;

	if (inode) {
		vfs_inode[inode].runners++;
		inode_use(inode);
	}
	process->program = inode;
	if (before) {
		vfs_inode[before].runners--;
		inode_disuse(before);
	}
}

djed_status process_fork(struct process *parent, uint32_t pid)
{
	struct process *child;
	djed_status status = make(pid, &child);

	if (status)
		return status;
	for (uint32_t i = 1; i * VFS_CHUNK < parent->limit; i++) {
		child->chunk[i] = calloc(VFS_CHUNK, sizeof(struct descriptor));
		if (!child->chunk[i]) {
			process_exit(child);
			return -ENOMEM;
		}
	}
	for (uint32_t i = 0; i * VFS_CHUNK < parent->limit; i++) {
		uint32_t rest = parent->limit - i * VFS_CHUNK;

		memcpy(child->chunk[i], parent->chunk[i],
		       (rest < VFS_CHUNK ? rest : VFS_CHUNK) * sizeof(struct descriptor));
	}
	if (parent->limit > VFS_CHUNK)
		vfs_far_changes++;
	child->limit = parent->limit;
	child->lowest = parent->lowest;
	for (uint32_t fd = 0; fd < child->limit; fd++) {
		const struct descriptor *slot = descriptor_slot(child, fd);

		if (slot)
			file_hold(slot->file);
	}
	child->parent = parent->pid;
	child->user = parent->user;
	child->group = parent->group;
	child->process_group = parent->process_group;
	child->session = parent->session;
	child->mask = parent->mask;
	child->directory = parent->directory;
	if (child->directory.inode)
		inode_use(child->directory.inode);
	process_set_program(child, parent->program);
	memcpy(child->command, parent->command, sizeof(child->command));
	child->arguments_length = parent->arguments_length;
	memcpy(child->arguments, parent->arguments, child->arguments_length);
	return 0;
}

void process_exit(struct process *process)
{
	process_write(process);
	wait_forget(process);
	descriptors_close_all(process, false);
	if (process->directory.inode)
		inode_disuse(process->directory.inode);
	process_set_program(process, 0);
	if (process->opening)
		file_drop(process->opening);
	process->directory = (struct node){0};
	for (uint32_t i = 1; i < VFS_CHUNKS && process->chunk[i]; i++) {
		free(process->chunk[i]);
		process->chunk[i] = NULL;
	}
	process->pid = 0;
	vfs_processes_used--;
}
