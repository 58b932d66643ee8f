/* vfs: names, descriptors, pipes. Everything here lies in vfs' own memory; the contents of regular files are
 * objects of the store, of which vfs keeps the number and a cached size.
 *
 * How the files divide: inode.c and directory.c are the tree; path.c walks it; proc.c makes /proc up;
 * process.c, descriptor.c and file.c are the tables of processes; pipe.c, device.c, transfer.c move bytes;
 * poll.c, lock.c and wait.c are what waits; linux_*.c are the thin handlers of the Linux calls, server.c
 * those of pm's messages.
 *
 * Errors are negated Linux error numbers. A pure operation either has its whole effect or none, or panics. */
#ifndef DJED_VFS_H
#define DJED_VFS_H

#include "../../lib/client.h"
#include "linux_files.h"
#include <djed/server.h>
#include <errno.h>
#include <lib/region.h>

enum {
	VFS_PROCESSES = 1024,
	VFS_DESCRIPTORS = 1024, /* of one process (RLIMIT_NOFILE) */
	VFS_CHUNK = 32,		/* descriptors that are allocated together */
	VFS_CHUNKS = VFS_DESCRIPTORS / VFS_CHUNK,
	VFS_FILES = 4096, /* open files of all processes */
	VFS_PIPES = 512,
	VFS_INODES = 16384,
	VFS_NAMES = 8192, /* buckets of the table of names */
	VFS_LOCKS = 512,
	VFS_LINKS_MAX = 40, /* symbolic links followed in one walk, as Linux */
	VFS_STEP = 65536,   /* bytes moved in one transaction (rule 14) */
	VFS_PIPE_PAGES = 16,
	VFS_PIPE_SIZE = VFS_PIPE_PAGES * DJED_PAGE_SIZE,
	VFS_ARGUMENTS = 256,	 /* bytes of a process's arguments kept for /proc */
	VFS_COMMAND = 16,	 /* bytes of its name */
	VFS_PROCESS_REST = 3376, /* bytes of a process's region that are not used */
	VFS_ROOT = 1,		 /* inode of / */
};

/* ---- the tree: inode.c, directory.c ------------------------------------------------------------------ */

/* One name in a directory. Allocated; owned by its directory. */
struct entry {
	struct entry *next, *previous; /* in the directory, by rising position */
	struct entry *next_hash;       /* in the bucket of the table of names */
	uint64_t position;	       /* stable cursor for getdents; 0 and 1 are "." and ".." */
	uint32_t directory, inode;
	uint32_t hash;
	uint32_t length; /* of the name, 1..255 */
	char name[];
};

struct inode {
	uint64_t object; /* regular files: its contents in the store, never 0 */
	uint64_t size;
	int64_t accessed, modified, changed; /* ns since 1970 */
	uint32_t mode;			     /* type and permissions; 0: the slot is free */
	uint32_t user, group;
	uint32_t links;	  /* names that lead here; for a directory 2 and one for each directory in it, 0 when
			     removed */
	uint32_t uses;	  /* files open on it, working directories, running programs, removed directories that
			     were in it */
	uint32_t pipe;	  /* FIFO: pipe index while it is open, else 0 */
	uint32_t writers; /* files open for writing on a regular file */
	uint32_t runners; /* processes that run it */
	uint64_t device;  /* character devices */
	union {
		struct {
			struct entry *first, *last;
			uint64_t next_position;
			uint32_t parent;
			uint32_t entries;
		} directory;
		char *target; /* symbolic link: NUL-terminated, allocated */
		uint32_t next_free;
	};
};

extern struct inode vfs_inode[VFS_INODES]; /* index = inode number; 0 is none */
extern uint32_t vfs_inodes_used;
extern uint32_t vfs_inode_free; /* first of the chain of free slots */
extern struct entry *vfs_names[VFS_NAMES];

static inline bool is_type(const struct inode *inode, uint32_t type)
{
	return (inode->mode & LINUX_S_IFMT) == type;
}

/* ns since 1970. */
int64_t vfs_time(void);

/* Prepares the empty tree: the root directory. */
void inode_start(void);
/* A new inode with no links and no uses; regular files get an object. -ENOSPC. */
djed_status inode_create(uint32_t mode, uint32_t user, uint32_t group, uint32_t *number);
/* Frees what nothing refers to any more. To be called whenever links or uses went down. */
void inode_settle(uint32_t number);
void inode_use(uint32_t number);
void inode_disuse(uint32_t number);
/* Sets size and times after a change of contents. */
void inode_touch(struct inode *inode);
djed_status inode_truncate(struct inode *inode, uint64_t size);

uint32_t name_hash(uint32_t directory, const char *name, uint32_t length);
struct entry *directory_find(uint32_t directory, const char *name, uint32_t length);
/* Adds a name; keeps link counts (also those of directories) right. The name must not exist. -ENOSPC; -ENOENT
 * in a removed directory; -EMLINK. */
djed_status directory_add(uint32_t directory, const char *name, uint32_t length, uint32_t inode);
void directory_remove(struct entry *entry); /* frees the inode too if that was its last reference */
/* Gives an entry another name; `entry` is freed. The new name must not exist. -ENOSPC, -ENOENT as above. */
djed_status directory_move(struct entry *entry, uint32_t directory, const char *name, uint32_t length);
/* Whether `inode` is `ancestor` or lies below it. */
bool directory_below(uint32_t inode, uint32_t ancestor);
/* The path of a directory, built backwards into the end of `buffer`. Returns its start; NULL: too long or
 * removed. */
char *directory_path(uint32_t directory, char *buffer, uint32_t size);

/* ---- nodes and paths: path.c, proc.c ---------------------------------------------------------------------
 */

/* What a path names: an inode, or something of /proc that is made up when asked. */
struct node {
	uint32_t inode; /* 0: not in the tree */
	uint16_t proc;	/* enum proc_kind, when inode is 0 */
	uint16_t fd;	/* PROC_FD_LINK */
	uint32_t pid;	/* what is under /proc/PID */
};
static inline struct node inode_node(uint32_t inode)
{
	return (struct node){.inode = inode};
}
static inline bool no_node(struct node node)
{
	return node.inode == 0 && node.proc == 0;
}

struct process;

/* Where a walk ended. */
struct place {
	struct node directory; /* that holds (or would hold) the last name */
	struct node node;      /* what the last name names; none if it does not exist */
	const char *name;      /* last name, in `text`; length 0 when the path ended in / . or .. */
	uint32_t length;
	bool slash; /* the path ended in a slash */
	char text[LINUX_PATH_MAX];
};
enum {
	WALK_FOLLOW = 1, /* follow a symbolic link at the end */
	WALK_CREATE = 4, /* for open with O_CREAT: a slash behind the last name is -EISDIR */
	WALK_PARENT = 2, /* the last name itself is meant, to be made or removed: no link is followed for a
			    slash behind it */
};

/* Walks `path` (NUL-terminated, may be place->text itself) from `start`. 0 also when only the last name does
 * not exist. -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG. */
djed_status path_walk(const struct process *process, struct node start, unsigned flags, struct place *place);
/* The same for a path in the application's memory, from descriptor `fd` or the working directory. Also
 * -EFAULT, -EBADF. */
djed_status path_fetch(struct process *process, int64_t fd, uint64_t address, unsigned flags,
		       struct place *place);
/* As path_fetch; but the name must exist, and with `empty` an empty path names the descriptor itself. */
djed_status path_find(struct process *process, int64_t fd, uint64_t address, unsigned flags, bool empty,
		      struct place *place);

enum { MAY_EXECUTE = 1, MAY_WRITE = 2, MAY_READ = 4 };
/* Permission by the classic mode bits; user 0 may everything but execute what nobody may. */
bool inode_permits(const struct process *process, const struct inode *inode, unsigned wanted);
bool node_is_directory(struct node node);

enum proc_kind {
	PROC_NONE,
	PROC_ROOT,
	PROC_SELF,
	PROC_MOUNTS,
	PROC_MEMINFO,
	PROC_UPTIME,
	PROC_STAT,
	PROC_CPUINFO,
	PROC_VERSION,
	PROC_FILESYSTEMS,
	PROC_LOADAVG,
	PROC_SYS,
	PROC_SYS_KERNEL,
	PROC_SYS_VM,
	PROC_PID_MAX,
	PROC_OSTYPE,
	PROC_OSRELEASE,
	PROC_HOSTNAME,
	PROC_OVERCOMMIT,
	PROC_PID,
	PROC_PID_EXE,
	PROC_PID_CWD,
	PROC_PID_ROOT,
	PROC_PID_FD,
	PROC_PID_FD_LINK,
	PROC_PID_FILE, /* what a link in fd/ leads to when it has no name: a pipe */
	PROC_PID_CMDLINE,
	PROC_PID_COMM,
	PROC_PID_STAT,
	PROC_PID_STATM,
	PROC_PID_STATUS,
	PROC_PID_MOUNTS,
	PROC_KINDS,
};
/* Makes /proc, and puts the made-up files over it. */
djed_status path_mount_proc(void);
struct node proc_find(struct node directory, const char *name, uint32_t length);
uint32_t proc_mode(struct node node);
uint64_t proc_inode_number(struct node node);
struct node proc_parent(struct node node);
/* Where a link of /proc leads when it is followed: a node; or, text only, into `text` (its length is
 * returned). */
djed_status proc_read_link(const struct process *process, struct node node, char *text, uint32_t size);
struct node proc_follow(const struct process *process, struct node node);
/* Its path, NUL-terminated. */
void proc_path(struct node node, char *text, uint32_t size);
/* The text of a file of /proc. Returns its length. */
djed_status proc_text(struct node node, char *text, uint32_t size);
/* The `position`th name of a directory of /proc from `position` on. False: there is none. */
bool proc_entry(struct node directory, uint64_t *position, char *name, uint32_t size, struct node *node);

/* ---- open files, descriptors, processes: file.c, descriptor.c, process.c ----------------------------- */

enum file_kind {
	FILE_FREE,
	FILE_INODE,
	FILE_DIRECTORY,
	FILE_PIPE,
	FILE_DEVICE,
	FILE_TERMINAL,
	FILE_PROC,
	FILE_PATH
};

struct file {
	uint16_t kind;	 /* enum file_kind */
	uint16_t locked; /* flock: LINUX_LOCK_SH, _EX or 0 */
	uint32_t flags;	 /* access mode and the settable LINUX_O_* flags */
	uint32_t references;
	uint32_t pipe; /* FILE_PIPE */
	uint64_t position;
	struct node node; /* none for a pipe of pipe() */
	uint32_t next_free;
};
extern struct file vfs_file[VFS_FILES]; /* 0 is never used */
extern uint32_t vfs_files_used;
extern uint32_t vfs_file_free;

struct descriptor {
	uint16_t file;	/* 0: closed */
	uint16_t flags; /* LINUX_FD_CLOEXEC */
};

/* What a process waits for, while its request is parked. One request per process: applications have one
 * thread. */
enum wait_kind { WAIT_NONE, WAIT_READ, WAIT_WRITE, WAIT_OPEN, WAIT_POLL, WAIT_LOCK, WAIT_STEP };
struct wait {
	djed_handle request;	 /* parked; 0: waits for nothing */
	uint64_t progress;	 /* bytes moved by earlier steps of the same request */
	uint64_t deadline;	 /* ns since boot; 0: none */
	uint64_t pipes;		 /* WAIT_POLL: bit for each pipe's index modulo 64 */
	uint16_t kind;		 /* enum wait_kind */
	uint16_t console;	 /* WAIT_POLL: also the terminal */
	uint32_t pipe;		 /* WAIT_READ, WAIT_WRITE, WAIT_OPEN */
	uint32_t inode;		 /* WAIT_LOCK */
	uint16_t next, previous; /* in the list of those that wait, indices of vfs_wait; 0 ends */
};

struct process {
	uint32_t pid; /* 0: the slot is free */
	uint32_t parent, user, group, process_group, session;
	uint32_t mask;	       /* umask */
	uint32_t limit;	       /* all open descriptors are below */
	uint32_t lowest;       /* all descriptors below are open */
	struct node directory; /* working directory */
	uint32_t program;      /* inode of the running program, 0: none yet */
	uint32_t opening; /* file of a FIFO whose other end is awaited by open, 0: none; holds a reference */
	uint16_t arguments_length;
	struct descriptor first[VFS_CHUNK];   /* descriptors 0.. */
	struct descriptor *chunk[VFS_CHUNKS]; /* [0] points to `first`; others are allocated */
	char command[VFS_COMMAND];	      /* NUL-terminated */
	char arguments[VFS_ARGUMENTS];
	uint8_t rest[VFS_PROCESS_REST];
};
_Static_assert(sizeof(struct process) == DJED_PAGE_SIZE, "a region");
/* Each in its region, in the slot djed_region_of(pid). */
extern struct process vfs_process[VFS_PROCESSES];
/* What they wait for, which is written while others are served. Of the process in slot i: i + 1; 0 is no
 * process. */
extern struct wait vfs_wait[VFS_PROCESSES + 1];
static inline struct wait *wait_of(const struct process *process)
{
	return &vfs_wait[process - vfs_process + 1];
}
/* To be said before another process than the one that is served is changed. */
static inline void process_write(const struct process *process)
{
	region_write((uint32_t)(process - vfs_process), VFS_PROCESSES);
}
extern uint32_t vfs_processes_used;
extern uint32_t vfs_far_changes; /* changes of descriptors that are not in `first` */
extern uint16_t vfs_waiting;	 /* first process in the list of those that wait */

void process_start(void); /* forgets all */
void files_start(void);
struct process *process_find(uint32_t pid); /* NULL: unknown */
/* The caller of the Linux call being served; NULL if vfs does not know it. */
struct process *process_caller(void);
djed_status process_create(uint32_t pid, struct process **process);
djed_status process_fork(struct process *parent, uint32_t child);
void process_exit(struct process *process);
/* Notes which program it runs; 0: none. */
void process_set_program(struct process *process, uint32_t inode);

djed_status file_create(uint16_t kind, uint32_t flags, struct node node, uint32_t *file);
bool file_writes(const struct file *file);
void file_hold(uint32_t file);
void file_drop(uint32_t file);

/* The descriptor's slot; NULL: not open. */
struct descriptor *descriptor_slot(const struct process *process, uint64_t fd);
/* Its file; NULL: not open. */
struct file *descriptor_file(const struct process *process, uint64_t fd);
/* Puts a file (whose reference it takes over) at the lowest free descriptor from `from` on. Returns it;
 * -EMFILE (the reference stays the caller's). */
djed_status descriptor_add(struct process *process, uint32_t from, uint32_t file, uint16_t flags);
/* Puts a file at exactly `fd`, closing what was there. -EBADF, -ENOMEM. */
djed_status descriptor_set(struct process *process, uint64_t fd, uint32_t file, uint16_t flags);
djed_status descriptor_close(struct process *process, uint64_t fd);
/* The same; if the request is delivered again, as some server crashed over it, the file is closed later. */
djed_status descriptor_drop(struct process *process, uint64_t fd);
void descriptors_close_on_execute(struct process *process); /* those that say so */
/* Closes all, of a process that ends. Chunks behind the first one are as they were. */
void descriptors_end(struct process *process);

/* ---- what could not be closed at once: limbo.c -------------------------------------------------------- */

enum { VFS_LIMBO = 512 };
struct limbo_entry {
	uint32_t pid;  /* that held it */
	uint16_t file; /* whose reference is to be given up; 0: the whole process */
	bool failed;   /* that crashed; waits until it is tried again */
};
struct limbo {
	struct limbo_entry entry[VFS_LIMBO];
	uint32_t used;
	uint64_t retry_at; /* ns since boot: when those that failed are tried again */
};
extern struct limbo vfs_limbo;

/* Closes a descriptor, ends a process, later. False: no room (or no such descriptor), nothing is done. */
bool limbo_close(struct process *process, uint64_t fd);
bool limbo_exit(struct process *process);
bool limbo_holds(uint32_t pid); /* the whole process */
/* When there is something to do, ns since boot; 0: never. */
uint64_t limbo_deadline(void);
/* Does the first thing that is due. False: there was none. */
bool limbo_settle(uint64_t now);
/* That has crashed: nobody shall wait for it. */
void limbo_fail(uint64_t now);

/* Serves the held request, which is delivered again, if it is one of those that programs cannot do without.
 * False: it has to go the usual way. In simple.c. */
bool simple_dispatch(const struct djed_delivery *delivery);

/* ---- waiting: wait.c --------------------------------------------------------------------------------- */

/* Parks the held request, of which `progress` bytes are done. `what`: WAIT_LOCK: inode; else pipe.
 * `deadline`: ns since boot, 0: none. */
void wait_park(struct process *process, uint16_t kind, uint32_t what, uint64_t progress, uint64_t deadline);
void wait_forget(struct process *process);
void wait_wake(struct process *process);
/* Wakes those that wait for a pipe: its readers, writers, openers, and polls that watch it. */
void wait_wake_pipe(uint32_t pipe);
void wait_set_deadline(void); /* computes djed_deadline anew */
void wait_wake_console(void);
void wait_wake_lock(uint32_t inode);
void wait_wake_late(uint64_t now);
/* The same when that crashes: they get what is done so far, or EIO. */
void wait_fail_late(uint64_t now);
/* Whether the held request was parked before. */
bool wait_resumed(void);
/* Bytes that earlier steps of the held request have moved; 0 if it was not parked before. */
uint64_t wait_progress(const struct process *process);
/* Ends this step of the held request: it is delivered again at once as a new transaction (rule 14). */
void wait_step(struct process *process, uint64_t progress);

/* ---- moving bytes: pipe.c, device.c, transfer.c ------------------------------------------------------ */

struct pipe {
	uint64_t head, tail; /* absolute positions: bytes from head to tail are in the pipe */
	uint32_t used;
	uint32_t readers, writers;	     /* open files */
	uint32_t inode;			     /* FIFO, else 0 */
	uint32_t reader_opens, writer_opens; /* ever: a FIFO waits for these to move */
	uint32_t next_free;
	int64_t created;
	uint8_t *page[VFS_PIPE_PAGES]; /* page i holds positions with (position / 4096) % 16 == i; NULL while
					  empty */
};
extern struct pipe vfs_pipe[VFS_PIPES]; /* 0 is never used */
extern uint32_t vfs_pipe_free;
extern uint32_t vfs_pipes_used;

void pipe_start(void);
djed_status pipe_create(uint32_t *index);
void pipe_open(uint32_t index, uint32_t flags);
void pipe_close(uint32_t index, uint32_t flags);
/* Moves bytes between a pipe and a source or target of bytes. Both return the bytes moved (0: empty or full),
 * -EFAULT. */
djed_status pipe_take(struct pipe *pipe, uint64_t address, uint64_t length);
djed_status pipe_put(struct pipe *pipe, uint64_t address, uint64_t length);
djed_status pipe_put_own(struct pipe *pipe, const void *bytes, uint64_t length);
uint32_t pipe_ready(const struct pipe *pipe, uint32_t access);

/* Moves up to VFS_STEP bytes between a regular file and the application. Returns the bytes moved; -EFAULT,
 * -EIO, -ENOSPC... */
djed_status transfer_read(const struct inode *inode, uint64_t offset, uint64_t address, uint64_t length);
djed_status transfer_write(struct inode *inode, uint64_t offset, uint64_t address, uint64_t length);
/* The same from vfs' own memory. */
djed_status transfer_read_own(const struct inode *inode, uint64_t offset, void *bytes, uint32_t length);
djed_status transfer_write_own(struct inode *inode, uint64_t offset, const void *bytes, uint32_t length);

enum device { DEVICE_NONE, DEVICE_NULL, DEVICE_ZERO, DEVICE_FULL, DEVICE_RANDOM, DEVICE_TERMINAL };
enum device device_kind(uint64_t number);
djed_status device_read(uint64_t number, uint64_t address, uint64_t length);
djed_status device_write(uint64_t number, uint64_t length);
void devices_start(void);

/* ---- locks: lock.c ----------------------------------------------------------------------------------- */

/* A POSIX record lock of a process, [start, end) of an inode. */
struct lock {
	uint32_t pid; /* 0: free */
	uint32_t inode;
	uint64_t start, end; /* end ~0: to infinity */
	uint32_t type;	     /* LINUX_F_RDLCK, LINUX_F_WRLCK */
};
extern struct lock vfs_lock[VFS_LOCKS];
extern uint32_t vfs_locks_used;
const struct lock *lock_conflict(uint32_t pid, uint32_t inode, uint64_t start, uint64_t end, uint32_t type);
/* Sets (or with LINUX_F_UNLCK clears) a range; splits and joins. -ENOLCK. */
djed_status lock_set(uint32_t pid, uint32_t inode, uint64_t start, uint64_t end, uint32_t type);
/* A process closed a descriptor of the inode: all its locks there go, as POSIX says. */
void lock_drop(uint32_t pid, uint32_t inode);
/* Whether a flock of kind `type` by `file` would conflict. */
bool flock_conflict(uint32_t file, uint16_t type);

/* ---- operations on names: name.c, open.c, stat.c ----------------------------------------------------- */

djed_status name_create(const struct process *process, const struct place *place, uint32_t mode,
			uint64_t device, uint32_t *inode);
djed_status name_unlink(const struct process *process, const struct place *place);
djed_status name_remove_directory(const struct process *process, const struct place *place);
djed_status name_link(const struct process *process, const struct place *from, const struct place *to);
djed_status name_symlink(const struct process *process, const struct place *place, const char *target,
			 uint32_t length);
djed_status name_rename(const struct process *process, const struct place *from, const struct place *to,
			uint32_t flags);
/* Opens what a place names (creating it if the flags say so) and returns the new file. */
djed_status open_place(struct process *process, const struct place *place, uint32_t flags, uint32_t mode,
		       uint32_t *file);
/* Whether open of this FIFO has to wait for its other end. */
bool open_must_wait(const struct file *file);
/* Finds a program that may be executed. */
djed_status open_program(const struct process *process, const struct place *place, uint32_t *inode);

struct attributes {
	uint64_t device, inode, links, rdev, size, blocks;
	uint32_t mode, user, group;
	int64_t accessed, modified, changed;
};
void node_attributes(struct node node, struct attributes *attributes);
void file_attributes(const struct file *file, struct attributes *attributes);

/* ---- start: archive.c -------------------------------------------------------------------------------- */

/* Lays the entries under rootfs/ of a ustar archive into the tree. Later entries override earlier ones. A
 * damaged archive is reported on the log and ends the unpacking: -EINVAL. */
djed_status archive_unpack(const uint8_t *archive, uint64_t size);

struct vfs_slots {
	djed_slot store, mm, console, ds, pm;
};
extern struct vfs_slots vfs_slots;

#endif
