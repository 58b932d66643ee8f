/* What is checked of a request's changes before its answer leaves: the same sums as in audit.c, kept by
 * differences. */
#include "invariants.h"
#include "audit.h"

#include <stddef.h>
#include <string.h>

static const char *const law_names[] = {
    [LAW_USES] = "uses of inode",
    [LAW_WRITERS] = "writers of inode",
    [LAW_RUNNERS] = "runners of inode",
    [LAW_SUBDIRECTORIES] = "directories in directory",
    [LAW_WAITING] = "waiting links to process",
    [LAW_LINKS] = "links without names",
    [LAW_INODES] = "inodes counted in",
    [LAW_INODE_CHAIN] = "links to free inode",
    [LAW_REFERENCES] = "references to file",
    [LAW_FILES] = "files counted in",
    [LAW_FILE_CHAIN] = "links to free file",
    [LAW_READERS] = "readers of pipe",
    [LAW_WRITING] = "writers of pipe",
    [LAW_PIPES] = "pipes counted in",
    [LAW_PIPE_CHAIN] = "links to free pipe",
    [LAW_PROCESSES] = "processes counted in",
    [LAW_LOCKS] = "locks counted in",
};

/* ---- files and pipes --------------------------------------------------------------------------------- */

static uint32_t inode_of(const struct file *file)
{
	return file->kind == FILE_FREE ? 0 : file->node.inode;
}

/* The pipe that a file reads (or writes). */
static uint32_t pipe_of(const struct file *file, uint32_t other_way)
{
	return file->kind == FILE_PIPE && (file->flags & LINUX_O_ACCMODE) != other_way ? file->pipe : 0;
}

static void balance_file(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct file *old = before, *new = now;
	bool was = old->kind != FILE_FREE, is = new->kind != FILE_FREE;

	book_count(book, LAW_FILES, 0, is - was);
	book_count(book, LAW_FILE_CHAIN, index, is - was);
	book_move(book, LAW_FILE_CHAIN, was ? 0 : old->next_free, is ? 0 : new->next_free);
	book_count(book, LAW_REFERENCES, index,
		   (int64_t)(was ? old->references : 0) - (is ? new->references : 0));
	book_move(book, LAW_USES, inode_of(old), inode_of(new));
	book_move(book, LAW_WRITERS, was && file_writes(old) ? old->node.inode : 0,
		  is && file_writes(new) ? new->node.inode : 0);
	book_move(book, LAW_READERS, pipe_of(old, LINUX_O_WRONLY), pipe_of(new, LINUX_O_WRONLY));
	book_move(book, LAW_WRITING, pipe_of(old, LINUX_O_RDONLY), pipe_of(new, LINUX_O_RDONLY));
}

static void check_file(struct djed_audit *audit, uint32_t index)
{
	if (vfs_file[index].kind != FILE_FREE) {
		file_check(audit, index);
		djed_check(audit, vfs_file[index].references, "file %u is open, but nobody's", index);
	}
}

static void balance_pipe(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct pipe *old = before, *new = now;
	bool was = old->used, is = new->used;

	book_count(book, LAW_PIPES, 0, is - was);
	book_count(book, LAW_PIPE_CHAIN, index, is - was);
	book_move(book, LAW_PIPE_CHAIN, was ? 0 : old->next_free, is ? 0 : new->next_free);
	book_count(book, LAW_READERS, index, (int64_t)(was ? old->readers : 0) - (is ? new->readers : 0));
	book_count(book, LAW_WRITING, index, (int64_t)(was ? old->writers : 0) - (is ? new->writers : 0));
}

static void check_pipe(struct djed_audit *audit, uint32_t index)
{
	if (vfs_pipe[index].used)
		pipe_check(audit, index);
}

/* ---- processes ------------------------------------------------------------------------------------------
 */

static void balance_process(struct book *book, const void *before, const void *now, uint32_t index)
{
	static const struct process nobody;
	const struct process *old = before, *new = now;

	(void)index;
	book_count(book, LAW_PROCESSES, 0, (new->pid != 0) - (old->pid != 0));
	old = old->pid ? old : &nobody;
	new = new->pid ? new : &nobody;
	book_move(book, LAW_USES, old->directory.inode, new->directory.inode);
	book_move(book, LAW_USES, old->program, new->program);
	book_move(book, LAW_RUNNERS, old->program, new->program);
	book_move(book, LAW_REFERENCES, old->opening, new->opening);
	for (uint32_t fd = 0; fd < VFS_CHUNK; fd++) {
		uint32_t had = fd < old->limit ? old->first[fd].file : 0;
		uint32_t has = fd < new->limit ? new->first[fd].file : 0;

		book_move(book, LAW_REFERENCES, had, has);
	}
}

static void balance_wait(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct wait *old = before, *new = now;

	book_count(book, LAW_WAITING, index, (old->request != 0) - (new->request != 0));
	book_move(book, LAW_WAITING, old->request ? old->next : 0, new->request ? new->next : 0);
}

static bool in_waiting_list(const struct wait *wait, uint16_t index)
{
	return (wait->previous ? vfs_wait[wait->previous % (VFS_PROCESSES + 1)].next : vfs_waiting) ==
		   index &&
	       (!wait->next || vfs_wait[wait->next % (VFS_PROCESSES + 1)].previous == index);
}

static void check_process(struct djed_audit *audit, uint32_t index)
{
	const struct process *process = &vfs_process[index];
	uint32_t limit = process->limit, lowest = process->lowest;

	if (!process->pid)
		return;
	djed_check(audit, process_find(process->pid) == process, "process %u cannot be found", process->pid);
	if (limit > VFS_DESCRIPTORS || lowest > limit) {
		djed_violation(audit, "process %u: lowest descriptor %u, limit %u", process->pid, lowest,
			       limit);
		return;
	}
	djed_check(audit,
		   (limit == 0 || descriptor_slot(process, limit - 1)) &&
		       (lowest == limit || !descriptor_slot(process, lowest)) &&
		       (lowest == 0 || descriptor_slot(process, lowest - 1)),
		   "process %u: descriptors are not open up to %u, limit %u", process->pid, lowest, limit);
	djed_check(audit, process->mask <= 0777, "process %u has umask %o", process->pid, process->mask);
	if (!wait_of(process)->request)
		return;
	wait_check(audit, process);
	djed_check(audit,
		   !wait_of(process)->deadline ||
		       (djed_deadline && djed_deadline <= wait_of(process)->deadline),
		   "process %u: nobody will look at its deadline", process->pid);
	djed_check(audit, in_waiting_list(wait_of(process), (uint16_t)(index + 1)),
		   "process %u: its place among those that wait is wrong", process->pid);
}

static void check_wait(struct djed_audit *audit, uint32_t index)
{
	if (index)
		check_process(audit, index - 1);
}

/* Descriptors beyond the first ones lie in the heap, in no table: whoever changes one notes it here. */
static void balance_far(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	if (*(const uint32_t *)before != *(const uint32_t *)now)
		book_suspend(book, LAW_REFERENCES);
}

static void balance_limbo(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct limbo *old = before, *new = now;

	(void)index;
	for (uint32_t i = 0; i < old->used && i < VFS_LIMBO; i++)
		book_move(book, LAW_REFERENCES, old->entry[i].file, 0);
	for (uint32_t i = 0; i < new->used &&i < VFS_LIMBO; i++)
		book_move(book, LAW_REFERENCES, 0, new->entry[i].file);
}

static void balance_lock(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct lock *old = before, *new = now;

	(void)index;
	book_count(book, LAW_LOCKS, 0, (new->pid != 0) - (old->pid != 0));
}

static void check_lock(struct djed_audit *audit, uint32_t index)
{
	if (vfs_lock[index].pid)
		lock_check(audit, index);
}

/* ---- heads and counts ---------------------------------------------------------------------------------- */

#define BALANCE_COUNT(name, law)                                                                           \
	static void name(struct book *book, const void *before, const void *now, uint32_t index)           \
	{                                                                                                  \
		book_count(book, law, index, (int64_t)*(const uint32_t *)before - *(const uint32_t *)now); \
	}
#define BALANCE_HEAD(name, law, type)                                                            \
	static void name(struct book *book, const void *before, const void *now, uint32_t index) \
	{                                                                                        \
		(void)index;                                                                     \
		book_move(book, law, *(const type *)before, *(const type *)now);                 \
	}
BALANCE_COUNT(balance_inodes_used, LAW_INODES)
BALANCE_COUNT(balance_files_used, LAW_FILES)
BALANCE_COUNT(balance_pipes_used, LAW_PIPES)
BALANCE_COUNT(balance_processes_used, LAW_PROCESSES)
BALANCE_COUNT(balance_locks_used, LAW_LOCKS)
BALANCE_HEAD(balance_inode_free, LAW_INODE_CHAIN, uint32_t)
BALANCE_HEAD(balance_file_free, LAW_FILE_CHAIN, uint32_t)
BALANCE_HEAD(balance_pipe_free, LAW_PIPE_CHAIN, uint32_t)
BALANCE_HEAD(balance_waiting, LAW_WAITING, uint16_t)

static void check_deadline(struct djed_audit *audit, uint32_t index)
{
	(void)index;
	deadline_check(audit);
}

/* ---- the tables ------------------------------------------------------------------------------------------
 */

#define TABLE(name, array, count, to, check, balance) \
	{name, array, sizeof((array)[0]), count, 0, to, check, balance, NULL}
#define ONE(name, object, balance) \
	{name, &(object), sizeof(object), 1, 0, sizeof(object), NULL, balance, NULL}

/* Of these nothing is in a law. */
static struct invariant_table contents = {"contents",	  vfs_inode, sizeof(struct inode),
					  VFS_INODES,	  0,	     offsetof(struct inode, accessed),
					  check_contents, NULL,	     NULL};
static struct invariant_table pipe_pages = {"pipe pages",
					    vfs_pipe,
					    sizeof(struct pipe),
					    VFS_PIPES,
					    offsetof(struct pipe, page),
					    sizeof(struct pipe),
					    check_pipe,
					    NULL,
					    NULL};

static struct invariant_table tables[] = {
    /* Times and sizes change most often, and are in no law. */
    {"inode", vfs_inode, sizeof(struct inode), VFS_INODES, offsetof(struct inode, mode), sizeof(struct inode),
     check_inode, balance_inode, &contents},
    TABLE("name bucket", vfs_names, VFS_NAMES, sizeof(*vfs_names), check_names, NULL),
    TABLE("file", vfs_file, VFS_FILES, sizeof(*vfs_file), check_file, balance_file),
    {"pipe", vfs_pipe, sizeof(struct pipe), VFS_PIPES, 0, offsetof(struct pipe, created), check_pipe,
     balance_pipe, &pipe_pages},
    TABLE("process", vfs_process, VFS_PROCESSES, offsetof(struct process, chunk), check_process,
	  balance_process),
    TABLE("wait of process", vfs_wait, VFS_PROCESSES + 1, sizeof(*vfs_wait), check_wait, balance_wait),
    TABLE("lock", vfs_lock, VFS_LOCKS, sizeof(*vfs_lock), check_lock, balance_lock),
    ONE("limbo", vfs_limbo, balance_limbo),
    ONE("far descriptors", vfs_far_changes, balance_far),
    ONE("number of inodes", vfs_inodes_used, balance_inodes_used),
    ONE("number of files", vfs_files_used, balance_files_used),
    ONE("number of pipes", vfs_pipes_used, balance_pipes_used),
    ONE("number of processes", vfs_processes_used, balance_processes_used),
    ONE("number of locks", vfs_locks_used, balance_locks_used),
    ONE("those that wait", vfs_waiting, balance_waiting),
    ONE("free inode", vfs_inode_free, balance_inode_free),
    ONE("free file", vfs_file_free, balance_file_free),
    ONE("free pipe", vfs_pipe_free, balance_pipe_free),
    {"deadline", &djed_deadline, sizeof(djed_deadline), 1, 0, sizeof(djed_deadline), check_deadline, NULL,
     NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void vfs_invariants_start(void)
{
	invariants_start(&invariants);
}

void vfs_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
