/* vfs' invariants. Everything that is counted is counted again from what it counts. The audit itself trusts
 * nothing: it must report a broken table, not fall over it. */
#include "audit.h"
#include "../../lib/heap.h"

#include <string.h>

struct vfs_seen vfs_seen;

bool audit_inode_lives(uint32_t number)
{
	return number > 0 && number < VFS_INODES && vfs_inode[number].mode != 0;
}

static void use(struct djed_audit *audit, uint32_t inode, const char *whose)
{
	if (audit_inode_lives(inode))
		vfs_seen.uses[inode]++;
	else
		djed_violation(audit, "%s: inode %u does not exist", whose, inode);
}

void file_check(struct djed_audit *audit, uint32_t index)
{
	const struct file *file = &vfs_file[index];

	djed_check(audit, file->kind <= FILE_PATH, "file %u has kind %u", index, file->kind);
	djed_check(audit, file->locked == 0 || file->locked == LINUX_LOCK_SH || file->locked == LINUX_LOCK_EX,
		   "file %u has lock %u", index, file->locked);
	djed_check(audit, !file->node.inode || audit_inode_lives(file->node.inode),
		   "an open file: inode %u does not exist", file->node.inode);
	djed_check(audit,
		   file->node.inode || file->kind == FILE_PIPE ||
		       (file->node.proc > 0 && file->node.proc < PROC_KINDS),
		   "file %u is open on nothing", index);
	djed_check(audit,
		   file->kind != FILE_PIPE ||
		       (file->pipe > 0 && file->pipe < VFS_PIPES && vfs_pipe[file->pipe].used),
		   "file %u: pipe %u does not exist", index, file->pipe);
}

static void audit_file(struct djed_audit *audit, uint32_t index)
{
	const struct file *file = &vfs_file[index];

	file_check(audit, index);
	djed_check(audit, file->references == vfs_seen.references[index],
		   "file %u has %u references, told are %u", index, vfs_seen.references[index],
		   file->references);
	if (audit_inode_lives(file->node.inode)) {
		vfs_seen.uses[file->node.inode]++;
		vfs_seen.writers[file->node.inode] += file_writes(file);
	}
	if (file->kind != FILE_PIPE || file->pipe >= VFS_PIPES)
		return;
	vfs_seen.readers[file->pipe] += (file->flags & LINUX_O_ACCMODE) != LINUX_O_WRONLY;
	vfs_seen.writing[file->pipe] += (file->flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY;
}

static void audit_files(struct djed_audit *audit)
{
	uint32_t used = 0, free_slots = 0;

	for (uint32_t i = 1; i < VFS_FILES; i++) {
		if (vfs_file[i].kind == FILE_FREE) {
			djed_check(audit, vfs_seen.references[i] == 0,
				   "file %u is closed, but %u descriptors lead to it", i,
				   vfs_seen.references[i]);
			continue;
		}
		used++;
		audit_file(audit, i);
	}
	djed_check(audit, used == vfs_files_used, "%u files are open, told are %u", used, vfs_files_used);
	for (uint32_t i = vfs_file_free; i; i = vfs_file[i].next_free) {
		if (i >= VFS_FILES || vfs_file[i].kind != FILE_FREE || ++free_slots > VFS_FILES) {
			djed_violation(audit, "the chain of free files is broken at %u", i);
			return;
		}
	}
	djed_check(audit, used + free_slots == VFS_FILES - 1, "%u files are lost",
		   VFS_FILES - 1 - used - free_slots);
}

void pipe_check(struct djed_audit *audit, uint32_t index)
{
	const struct pipe *pipe = &vfs_pipe[index];

	djed_check(audit, pipe->readers || pipe->writers, "pipe %u is leaked", index);
	if (pipe->head > pipe->tail || pipe->tail - pipe->head > VFS_PIPE_SIZE) {
		djed_violation(audit, "pipe %u holds bytes %lu to %lu", index, (unsigned long)pipe->head,
			       (unsigned long)pipe->tail);
		return;
	}
	for (uint64_t at = pipe->head; at < pipe->tail; at += DJED_PAGE_SIZE - at % DJED_PAGE_SIZE)
		djed_check(audit, pipe->page[at / DJED_PAGE_SIZE % VFS_PIPE_PAGES],
			   "pipe %u lacks the page of byte %lu", index, (unsigned long)at);
	if (pipe->inode)
		djed_check(audit, audit_inode_lives(pipe->inode) && vfs_inode[pipe->inode].pipe == index,
			   "pipe %u: inode %u does not know it", index, pipe->inode);
}

static void audit_pipe(struct djed_audit *audit, uint32_t index)
{
	const struct pipe *pipe = &vfs_pipe[index];

	djed_check(audit, pipe->readers == vfs_seen.readers[index], "pipe %u has %u readers, told are %u",
		   index, vfs_seen.readers[index], pipe->readers);
	djed_check(audit, pipe->writers == vfs_seen.writing[index], "pipe %u has %u writers, told are %u",
		   index, vfs_seen.writing[index], pipe->writers);
	pipe_check(audit, index);
}

static void audit_pipes(struct djed_audit *audit)
{
	uint32_t used = 0, free_slots = 0;

	for (uint32_t i = 1; i < VFS_PIPES; i++) {
		if (!vfs_pipe[i].used)
			continue;
		used++;
		audit_pipe(audit, i);
	}
	djed_check(audit, used == vfs_pipes_used, "%u pipes are in use, told are %u", used, vfs_pipes_used);
	for (uint32_t i = vfs_pipe_free; i; i = vfs_pipe[i].next_free) {
		if (i >= VFS_PIPES || vfs_pipe[i].used || ++free_slots > VFS_PIPES) {
			djed_violation(audit, "the chain of free pipes is broken at %u", i);
			return;
		}
	}
	djed_check(audit, used + free_slots == VFS_PIPES - 1, "%u pipes are lost",
		   VFS_PIPES - 1 - used - free_slots);
}

static void audit_descriptors(struct djed_audit *audit, const struct process *process)
{
	uint32_t limit = process->limit;

	if (limit > VFS_DESCRIPTORS || process->chunk[0] != process->first) {
		djed_violation(audit, "process %u: its descriptors end at %u", process->pid, limit);
		return;
	}
	for (uint32_t fd = 0; fd < limit; fd++) {
		const struct descriptor *slot;

		if (!process->chunk[fd / VFS_CHUNK]) {
			djed_violation(audit, "process %u lacks the descriptors from %u on", process->pid,
				       fd);
			return;
		}
		slot = &process->chunk[fd / VFS_CHUNK][fd % VFS_CHUNK];
		djed_check(audit, slot->file || fd >= process->lowest,
			   "process %u: descriptor %u is closed, but below %u", process->pid, fd,
			   process->lowest);
		if (slot->file >= VFS_FILES || (slot->file && vfs_file[slot->file].kind == FILE_FREE))
			djed_violation(audit, "process %u: descriptor %u leads to file %u, which is not open",
				       process->pid, fd, slot->file);
		else if (slot->file)
			vfs_seen.references[slot->file]++;
	}
	djed_check(audit, process->lowest <= limit, "process %u: lowest descriptor %u, limit %u",
		   process->pid, process->lowest, limit);
	djed_check(audit, limit == 0 || process->chunk[(limit - 1) / VFS_CHUNK][(limit - 1) % VFS_CHUNK].file,
		   "process %u: its last descriptor %u is closed", process->pid, limit - 1);
}

static void audit_process(struct djed_audit *audit, const struct process *process)
{
	audit_descriptors(audit, process);
	if (process->directory.inode) {
		use(audit, process->directory.inode, "a working directory");
		djed_check(audit, is_type(&vfs_inode[process->directory.inode % VFS_INODES], LINUX_S_IFDIR),
			   "process %u works in inode %u, which is no directory", process->pid,
			   process->directory.inode);
	}
	if (process->program) {
		use(audit, process->program, "a program");
		if (audit_inode_lives(process->program))
			vfs_seen.runners[process->program]++;
	}
	if (process->opening) {
		djed_check(audit, process->opening < VFS_FILES, "process %u opens file %u", process->pid,
			   process->opening);
		vfs_seen.references[process->opening % VFS_FILES]++;
	}
	djed_check(audit, process->mask <= 0777, "process %u has umask %o", process->pid, process->mask);
	djed_check(audit, process->arguments_length <= VFS_ARGUMENTS, "process %u has %u bytes of arguments",
		   process->pid, process->arguments_length);
	djed_check(audit, memchr(process->command, 0, VFS_COMMAND), "process %u: its name has no end",
		   process->pid);
	djed_check(audit, !wait_of(process)->request || vfs_seen.listed[wait_of(process) - vfs_wait],
		   "process %u waits, but is not listed", process->pid);
	if (limbo_holds(process->pid))
		return; /* to the others it has ended */
	audit->processes++;
	audit->process_xor ^= djed_mix(process->pid);
}

static void audit_processes(struct djed_audit *audit)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < VFS_PROCESSES; i++) {
		if (vfs_process[i].pid) {
			used++;
			djed_check(audit, process_find(vfs_process[i].pid) == &vfs_process[i],
				   "process %u is in the slot of others", vfs_process[i].pid);
			audit_process(audit, &vfs_process[i]);
		}
	}
	djed_check(audit, used == vfs_processes_used, "%u processes are known, told are %u", used,
		   vfs_processes_used);
}

static void audit_limbo(struct djed_audit *audit)
{
	djed_check(audit, vfs_limbo.used <= VFS_LIMBO, "%u things are to be closed", vfs_limbo.used);
	for (uint32_t i = 0; i < vfs_limbo.used && i < VFS_LIMBO; i++) {
		const struct limbo_entry *entry = &vfs_limbo.entry[i];

		if (entry->file >= VFS_FILES || (entry->file && vfs_file[entry->file].kind == FILE_FREE))
			djed_violation(audit, "file %u, which is not open, is to be closed", entry->file);
		else if (entry->file)
			vfs_seen.references[entry->file]++;
		else
			djed_check(audit, process_find(entry->pid),
				   "process %u, which does not exist, is to end", entry->pid);
	}
}

void wait_check(struct djed_audit *audit, const struct process *process)
{
	const struct wait *wait = wait_of(process);

	djed_check(audit, wait->request && wait->kind > WAIT_NONE && wait->kind <= WAIT_STEP,
		   "process %u is listed as waiting, but waits for nothing", process->pid);
	if ((wait->kind == WAIT_READ || wait->kind == WAIT_WRITE || wait->kind == WAIT_OPEN) &&
	    (wait->pipe == 0 || wait->pipe >= VFS_PIPES || !vfs_pipe[wait->pipe].used))
		djed_violation(audit, "process %u waits for pipe %u, which does not exist", process->pid,
			       wait->pipe);
}

void deadline_check(struct djed_audit *audit)
{
	uint64_t first = limbo_deadline();
	uint32_t steps = 0;

	for (uint16_t i = vfs_waiting; i && i <= VFS_PROCESSES && steps++ < VFS_PROCESSES;
	     i = vfs_wait[i].next) {
		uint64_t deadline = vfs_wait[i].deadline;

		if (deadline && (!first || deadline < first))
			first = deadline;
	}
	djed_check(audit, djed_deadline == first, "the next deadline is %lu, told is %lu",
		   (unsigned long)first, (unsigned long)djed_deadline);
}

static void audit_waiting(struct djed_audit *audit)
{
	uint16_t previous = 0;

	for (uint16_t i = vfs_waiting; i; i = vfs_wait[i].next) {
		const struct wait *wait;

		if (i > VFS_PROCESSES || vfs_seen.listed[i] || vfs_process[i - 1].pid == 0) {
			djed_violation(audit, "the list of those that wait is broken at %u", i);
			return;
		}
		wait = &vfs_wait[i];
		vfs_seen.listed[i] = 1;
		djed_check(audit, wait->previous == previous,
			   "process %u: its place among those that wait is wrong", vfs_process[i - 1].pid);
		wait_check(audit, &vfs_process[i - 1]);
		previous = i;
	}
	deadline_check(audit);
}

void lock_check(struct djed_audit *audit, uint32_t i)
{
	const struct lock *lock = &vfs_lock[i];

	djed_check(audit, process_find(lock->pid), "lock %u belongs to process %u, which does not exist", i,
		   lock->pid);
	djed_check(audit, audit_inode_lives(lock->inode), "lock %u is on inode %u, which does not exist", i,
		   lock->inode);
	djed_check(audit, lock->start < lock->end, "lock %u is empty", i);
	djed_check(audit, !lock_conflict(lock->pid, lock->inode, lock->start, lock->end, lock->type),
		   "lock %u conflicts with another", i);
}

static void audit_locks(struct djed_audit *audit)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < VFS_LOCKS; i++) {
		if (!vfs_lock[i].pid)
			continue;
		used++;
		lock_check(audit, i);
	}
	djed_check(audit, used == vfs_locks_used, "%u locks are held, told are %u", used, vfs_locks_used);
}

/* resource: inodes, open files, pipes, and the regular files, each of which has one object in the store. */
void vfs_audit(struct djed_audit *audit)
{
	memset(&vfs_seen, 0, sizeof(vfs_seen));
	audit_waiting(audit);
	audit_processes(audit);
	audit_limbo(audit);
	audit_files(audit);
	audit_pipes(audit);
	vfs_audit_names(audit);
	vfs_audit_inodes(audit);
	audit_locks(audit);
	heap_audit(audit);
	audit->resource[0] = vfs_inodes_used;
	audit->resource[1] = vfs_files_used;
	audit->resource[2] = vfs_pipes_used;
	for (uint32_t i = 1; i < VFS_INODES; i++)
		audit->resource[3] += is_type(&vfs_inode[i], LINUX_S_IFREG);
}
