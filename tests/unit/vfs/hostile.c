/* Random calls with arguments that nobody should pass: every one is answered, parked or forwarded, none
 * breaks the server, and the audit stays clean. */
#include "world.h"

#include <errno.h>

static uint64_t state;

static uint64_t random64(void)
{
	return djed_mix(state++);
}

static uint64_t random_argument(void)
{
	static const char *const paths[] = {"/",
					    "a",
					    "b/c",
					    "/proc/self/fd/0",
					    "/dev/null",
					    "..",
					    "b",
					    "a/",
					    "/dev/zero",
					    "/proc/1/stat",
					    "b/../a",
					    "",
					    "/proc/self/exe",
					    "fifo",
					    "/proc",
					    "/dev/tty"};
	static const uint64_t edges[] = {0,
					 1,
					 2,
					 7,
					 64,
					 255,
					 4096,
					 65536,
					 0x7fffffff,
					 0x80000000,
					 0xffffffff,
					 INT64_MAX,
					 INT64_MIN,
					 UINT64_MAX,
					 0x7fffffffefff,
					 0x7ffffffff000,
					 0xffff800000000000,
					 (uint64_t)LINUX_AT_FDCWD,
					 LINUX_O_CREAT | LINUX_O_RDWR,
					 LINUX_O_NONBLOCK,
					 LINUX_S_IFIFO | 0644};

	switch (random64() % 8) {
	case 0:
		return random64();
	case 1:
		return edges[random64() % (sizeof(edges) / sizeof(*edges))];
	case 2:
		return random64() % 300;
	case 3:
		return WORLD_BASE + random64() % WORLD_SIZE;
	case 4:
		return WORLD_BASE + WORLD_SIZE - random64() % 64;
	case 5:
		return world_text(paths[random64() % (sizeof(paths) / sizeof(*paths))]);
	default:
		return random64() % 16;
	}
}

enum { PROCESSES = 6 };
static struct host_outcome waiting[PROCESSES + 1];

/* What the kernel would do with wake-ups, so that processes get on. */
static void deliver_wakes(void)
{
	struct host_effect wake;

	while (host_take_effect(KERNEL_OP_WAKE, &wake)) {
		for (uint32_t pid = 1; pid <= PROCESSES; pid++) {
			if (waiting[pid].next != DJED_NEXT_PARK || waiting[pid].request != wake.in[0])
				continue;
			host_be(pid, pid);
			waiting[pid] = host_wake(waiting[pid].request);
		}
	}
	host_forget_effects();
}

/* A process that waits for ever is interrupted, or ends and is forked anew. */
static void interrupt(uint32_t pid)
{
	host_be(pid, pid);
	if (random64() % 2 || pid == 1) {
		waiting[pid] = host_cancel(waiting[pid].request);
		cr_assert_eq(waiting[pid].next, DJED_NEXT_REPLY);
		return;
	}
	world_exit(pid);
	waiting[pid].next = DJED_NEXT_REPLY;
	world_fork(1, pid);
}

Test(hostile, random_calls, .timeout = 60)
{
	static const uint16_t calls[] = {
	    LINUX_READ,	      LINUX_WRITE,	LINUX_OPEN,
	    LINUX_CLOSE,      LINUX_STAT,	LINUX_FSTAT,
	    LINUX_LSTAT,      LINUX_POLL,	LINUX_LSEEK,
	    LINUX_MMAP,	      LINUX_IOCTL,	LINUX_PREAD64,
	    LINUX_PWRITE64,   LINUX_READV,	LINUX_WRITEV,
	    LINUX_ACCESS,     LINUX_PIPE,	LINUX_SELECT,
	    LINUX_DUP,	      LINUX_DUP2,	LINUX_SENDFILE,
	    LINUX_FCNTL,      LINUX_FLOCK,	LINUX_FSYNC,
	    LINUX_FDATASYNC,  LINUX_TRUNCATE,	LINUX_FTRUNCATE,
	    LINUX_GETCWD,     LINUX_CHDIR,	LINUX_FCHDIR,
	    LINUX_RENAME,     LINUX_MKDIR,	LINUX_RMDIR,
	    LINUX_CREAT,      LINUX_LINK,	LINUX_UNLINK,
	    LINUX_SYMLINK,    LINUX_READLINK,	LINUX_CHMOD,
	    LINUX_FCHMOD,     LINUX_CHOWN,	LINUX_FCHOWN,
	    LINUX_LCHOWN,     LINUX_UMASK,	LINUX_STATFS,
	    LINUX_FSTATFS,    LINUX_SYNC,	LINUX_GETDENTS64,
	    LINUX_FADVISE64,  LINUX_OPENAT,	LINUX_MKDIRAT,
	    LINUX_FCHOWNAT,   LINUX_NEWFSTATAT, LINUX_UNLINKAT,
	    LINUX_RENAMEAT,   LINUX_LINKAT,	LINUX_SYMLINKAT,
	    LINUX_READLINKAT, LINUX_FCHMODAT,	LINUX_FACCESSAT,
	    LINUX_PSELECT6,   LINUX_PPOLL,	LINUX_UTIMENSAT,
	    LINUX_DUP3,	      LINUX_PIPE2,	LINUX_COPY_FILE_RANGE,
	    LINUX_STATX,      LINUX_FACCESSAT2, LINUX_MKNOD,
	    LINUX_MKNODAT,    LINUX_RENAMEAT2,
	};
	unsigned answered = 0, parked = 0, forwarded = 0;

	world_start();
	world_call(LINUX_MKNOD, world_text("/fifo"), LINUX_S_IFIFO | 0644, 0);
	for (uint32_t pid = 2; pid <= PROCESSES; pid++)
		world_fork(1, pid);
	for (int i = 0; i < 60000; i++) {
		uint32_t pid = (uint32_t)(random64() % PROCESSES) + 1;
		uint32_t call = calls[random64() % (sizeof(calls) / sizeof(*calls))];
		struct host_outcome outcome;
		const char *panic;

		if (waiting[pid].next == DJED_NEXT_PARK) {
			interrupt(pid);
			continue;
		}
		host_be(pid, pid);
		for (unsigned k = 0; k < 8; k++) /* iovecs, pollfds, flocks, timespecs */
			((uint64_t *)world_memory)[random64() % (WORLD_SIZE / 8)] = random_argument();
		panic = host_panic_of(outcome = host_linux("vfs", call, random_argument(), random_argument(),
							   random_argument(), random_argument(),
							   random_argument(), random_argument()));
		cr_assert_null(panic, "call %u: %s", call, panic);
		answered += outcome.next == DJED_NEXT_REPLY;
		parked += outcome.next == DJED_NEXT_PARK;
		forwarded += outcome.next == DJED_NEXT_FORWARD;
		cr_assert(outcome.status >= -EHWPOISON || outcome.next != DJED_NEXT_REPLY,
			  "call %u gives %ld", call, (long)outcome.status);
		if (outcome.next == DJED_NEXT_FORWARD)
			cr_assert_eq(outcome.log, DJED_LOG_EMPTY);
		else
			waiting[pid] = outcome;
		if (host_deadline("vfs")) {
			djed_port_time += random64() % 1000000000;
			host_notify("vfs", UINT64_C(1) << 63);
		}
		deliver_wakes();
		if (i % 200 == 0)
			world_check("between random calls");
	}
	world_check("after random calls");
	cr_assert(answered > 10000 && parked > 100 && forwarded > 100, "%u answered, %u parked, %u forwarded",
		  answered, parked, forwarded);
	for (uint32_t pid = 1; pid <= PROCESSES; pid++)
		world_exit(pid);
	world_check("all ended");
	cr_assert_eq(vfs_files_used, 0);
	cr_assert_eq(vfs_pipes_used, 0);
}
