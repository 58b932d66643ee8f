/* Each corruption of a sound vfs must be reported by its audit. */
#include "changes.h"
#include "invariants.h"
#include "world.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t inode_of(const char *path)
{
	uint64_t at = world_room(sizeof(struct linux_stat));

	cr_assert_eq(world_call(LINUX_LSTAT, world_text(path), at), 0);
	return (uint32_t)((struct linux_stat *)world_at(at))->ino;
}

static struct inode *at_path(const char *path)
{
	return &vfs_inode[inode_of(path)];
}

static struct process *first(void)
{
	return process_find(1);
}

static struct file *of_descriptor(uint64_t fd)
{
	return descriptor_file(first(), fd);
}

/* The sound state: /d/f open as 3 (writing), pipe 4 and 5 with bytes, process 2 waits to read from pipe 6,
 * process 3 polls. */
static void file_links(void)
{
	at_path("/d/f")->links++;
}
static void directory_links(void)
{
	at_path("/d")->links--;
}
static void file_uses(void)
{
	at_path("/d/f")->uses = 0;
}
static void file_writers(void)
{
	at_path("/d/f")->writers++;
}
static void file_runners(void)
{
	at_path("/d/f")->runners = 3;
}
static void wrong_parent(void)
{
	at_path("/d/e")->directory.parent = VFS_ROOT;
}
static void entry_count(void)
{
	at_path("/d")->directory.entries++;
}
static void entry_order(void)
{
	at_path("/d")->directory.first->position = 9999;
}
static void entry_back_link(void)
{
	at_path("/d")->directory.last->previous = NULL;
}
static void entry_leads_nowhere(void)
{
	at_path("/d")->directory.first->inode = VFS_INODES - 3;
}
static void entry_renamed(void)
{
	at_path("/d")->directory.first->name[0] ^= 1;
}
static void entry_unhashed(void)
{
	vfs_names[at_path("/d")->directory.first->hash % VFS_NAMES] = NULL;
}
static void wild_mode(void)
{
	at_path("/d/f")->mode = 0170644;
}
static void no_object(void)
{
	at_path("/d/f")->object = 0;
}
static void negative_size(void)
{
	at_path("/d/f")->size = UINT64_MAX;
}
static void link_target_cut(void)
{
	at_path("/d/s")->target[2] = 0;
}
static void inode_count(void)
{
	vfs_inodes_used--;
}
static void inode_leaked(void)
{
	vfs_inode_free = vfs_inode[vfs_inode_free].next_free;
}
static void inode_chain(void)
{
	vfs_inode[vfs_inode_free].next_free = inode_of("/d");
}
static void file_references(void)
{
	of_descriptor(3)->references++;
}
static void file_closed(void)
{
	of_descriptor(3)->kind = FILE_FREE;
}
static void file_on_nothing(void)
{
	of_descriptor(3)->node.inode = 0;
}
static void file_lock(void)
{
	of_descriptor(3)->locked = 7;
}
static void file_leaked(void)
{
	vfs_file_free = vfs_file[vfs_file_free].next_free;
}
static void file_wrong_pipe(void)
{
	of_descriptor(4)->pipe = of_descriptor(6)->pipe;
}
static void descriptor_lost(void)
{
	descriptor_slot(first(), 3)->file = 0;
}
static void descriptor_wild(void)
{
	descriptor_slot(first(), 3)->file = VFS_FILES + 1;
}
static void descriptor_limit(void)
{
	first()->limit++;
}
static void descriptor_lowest(void)
{
	first()->lowest = 500;
}
static void pipe_readers(void)
{
	vfs_pipe[of_descriptor(4)->pipe].readers++;
}
static void pipe_writers(void)
{
	vfs_pipe[of_descriptor(4)->pipe].writers = 0;
}
static void pipe_positions(void)
{
	vfs_pipe[of_descriptor(4)->pipe].head += 100000;
}
static void pipe_page_lost(void)
{
	vfs_pipe[of_descriptor(4)->pipe].page[0] = NULL;
}
static void pipe_count(void)
{
	vfs_pipes_used++;
}
static void pipe_chain(void)
{
	vfs_pipe[vfs_pipe_free].next_free = vfs_pipe_free;
}
static void process_count(void)
{
	vfs_processes_used++;
}
static void process_renumbered(void)
{
	process_find(2)->pid = 77;
}
static void process_directory(void)
{
	first()->directory.inode = inode_of("/d");
}
static void process_umask(void)
{
	first()->mask = 01000;
}
static void process_program(void)
{
	first()->program = inode_of("/d/f");
}
static void process_name(void)
{
	memset(first()->command, 'x', VFS_COMMAND);
}
static void waiter_lost(void)
{
	vfs_waiting = vfs_wait[vfs_waiting].next;
}
static void waiter_for_nothing(void)
{
	wait_of(process_find(2))->kind = WAIT_NONE;
}
static void waiter_wrong_pipe(void)
{
	wait_of(process_find(2))->pipe = 99;
}
static void waiter_deadline(void)
{
	wait_of(process_find(3))->deadline = 1;
}
static void lock_of_nobody(void)
{
	vfs_lock[0].pid = 4711;
}
static void lock_empty(void)
{
	vfs_lock[0].end = vfs_lock[0].start;
}
static void lock_count(void)
{
	vfs_locks_used = 0;
}

static const struct {
	const char *name;
	void (*corrupt)(void);
} corruptions[] = {
#define C(name) {#name, name}
    C(file_links),	   C(directory_links),	   C(file_uses),	  C(file_writers),
    C(file_runners),	   C(wrong_parent),	   C(entry_count),	  C(entry_order),
    C(entry_back_link),	   C(entry_leads_nowhere), C(entry_renamed),	  C(entry_unhashed),
    C(wild_mode),	   C(no_object),	   C(negative_size),	  C(link_target_cut),
    C(inode_count),	   C(inode_leaked),	   C(inode_chain),	  C(file_references),
    C(file_closed),	   C(file_on_nothing),	   C(file_lock),	  C(file_leaked),
    C(file_wrong_pipe),	   C(descriptor_lost),	   C(descriptor_wild),	  C(descriptor_limit),
    C(descriptor_lowest),  C(pipe_readers),	   C(pipe_writers),	  C(pipe_positions),
    C(pipe_page_lost),	   C(pipe_count),	   C(pipe_chain),	  C(process_count),
    C(process_renumbered), C(process_directory),   C(process_umask),	  C(process_program),
    C(process_name),	   C(waiter_lost),	   C(waiter_for_nothing), C(waiter_wrong_pipe),
    C(waiter_deadline),	   C(lock_of_nobody),	   C(lock_empty),	  C(lock_count),
#undef C
};

/* What lies in the heap, and what is no business of a single request. */
static const char unseen[] = " entry_order entry_back_link entry_leads_nowhere entry_renamed entry_unhashed "
			     "link_target_cut process_name ";

static void reach_sound_state(void)
{
	struct linux_flock lock = {.type = LINUX_F_WRLCK, .length = 10};
	uint64_t at;

	world_start();
	world_call(LINUX_MKDIR, world_text("/d"), 0755);
	world_call(LINUX_MKDIR, world_text("/d/e"), 0755);
	cr_assert_eq(world_call(LINUX_OPEN, world_text("/d/f"), LINUX_O_CREAT | LINUX_O_RDWR, 0644), 3);
	world_call(LINUX_SYMLINK, world_text("some/where"), world_text("/d/s"));
	at = world_room(16);
	cr_assert_eq(world_call(LINUX_PIPE2, at, 0), 0);
	cr_assert_eq(world_call(LINUX_PIPE2, at, 0), 0);
	cr_assert_eq(world_call(LINUX_WRITE, 5, at, 10), 10);
	cr_assert_eq(world_call(LINUX_FCNTL, 3, LINUX_F_SETLK, world_bytes(&lock, sizeof(lock))), 0);
	world_fork(1, 2);
	world_fork(1, 3);
	host_be(2, 2);
	cr_assert_eq(host_linux("vfs", LINUX_READ, 6, at, 10).next, DJED_NEXT_PARK);
	host_be(3, 3);
	cr_assert_eq(host_linux("vfs", LINUX_POLL, at, 0, 5000).next, DJED_NEXT_PARK);
	host_be(1, 1);
	world_check("sound state");
}

Test(corruption, each_is_reported)
{
	unsigned count = sizeof(corruptions) / sizeof(*corruptions);
	size_t sizes[] = {sizeof(vfs_inode), sizeof(vfs_file), sizeof(vfs_pipe), sizeof(vfs_process),
			  sizeof(vfs_names), sizeof(vfs_wait), sizeof(vfs_lock)};
	void *tables[] = {vfs_inode, vfs_file, vfs_pipe, vfs_process, vfs_names, vfs_wait, vfs_lock};
	void *copies[7];
	void *scalar[] = {&vfs_inodes_used,    &vfs_inode_free, &vfs_files_used,
			  &vfs_file_free,      &vfs_pipes_used, &vfs_pipe_free,
			  &vfs_processes_used, &vfs_waiting,	&vfs_locks_used};
	size_t scalar_size[] = {4, 4, 4, 4, 4, 4, 4, 2, 4};
	uint32_t scalars[9];

	reach_sound_state();
	scalars[0] = vfs_inodes_used, scalars[1] = vfs_inode_free, scalars[2] = vfs_files_used,
	scalars[3] = vfs_file_free;
	scalars[4] = vfs_pipes_used, scalars[5] = vfs_pipe_free, scalars[6] = vfs_processes_used;
	scalars[7] = vfs_waiting, scalars[8] = vfs_locks_used;
	for (unsigned t = 0; t < 7; t++)
		copies[t] = memcpy(malloc(sizes[t]), tables[t], sizes[t]);
	cr_assert_geq(count, 20);
	for (unsigned i = 0; i < count; i++) {
		struct entry *entry = at_path("/d")->directory.first, *last = at_path("/d")->directory.last;
		struct entry saved = *entry, saved_last = *last;
		char name = entry->name[0], *target = at_path("/d/s")->target, byte = target[2];
		struct djed_audit audit;

		corruptions[i].corrupt();
		audit = host_audit("vfs");
		cr_expect_gt(audit.violations, 0, "%s was not reported", corruptions[i].name);
		for (unsigned t = 0; t < 7; t++)
			changes_log(tables[t], copies[t], sizes[t]);
		for (unsigned t = 0; t < 9; t++)
			changes_log(scalar[t], &scalars[t], scalar_size[t]);
		expect_noticed(vfs_invariants, corruptions[i].name, unseen);
		for (unsigned t = 0; t < 7; t++)
			memcpy(tables[t], copies[t], sizes[t]);
		*entry = saved;
		entry->name[0] = name;
		*last = saved_last;
		target[2] = byte;
		vfs_inodes_used = scalars[0], vfs_inode_free = scalars[1], vfs_files_used = scalars[2];
		vfs_file_free = scalars[3], vfs_pipes_used = scalars[4], vfs_pipe_free = scalars[5];
		vfs_processes_used = scalars[6], vfs_waiting = (uint16_t)scalars[7],
		vfs_locks_used = scalars[8];
		cr_assert_eq(host_audit("vfs").violations, 0, "%s was not taken back", corruptions[i].name);
	}
}
