/* Values and structures of the Linux x86_64 ABI that concern files, named apart from the host's own headers
 * so that the tests can include both. Numbers are those of Linux' uapi headers. */
#ifndef DJED_VFS_LINUX_FILES_H
#define DJED_VFS_LINUX_FILES_H

#include <stdint.h>

enum linux_open_flags {
	LINUX_O_RDONLY = 0,
	LINUX_O_WRONLY = 1,
	LINUX_O_RDWR = 2,
	LINUX_O_ACCMODE = 3,
	LINUX_O_CREAT = 0x40,
	LINUX_O_EXCL = 0x80,
	LINUX_O_NOCTTY = 0x100,
	LINUX_O_TRUNC = 0x200,
	LINUX_O_APPEND = 0x400,
	LINUX_O_NONBLOCK = 0x800,
	LINUX_O_DSYNC = 0x1000,
	LINUX_O_ASYNC = 0x2000,
	LINUX_O_DIRECT = 0x4000,
	LINUX_O_LARGEFILE = 0x8000,
	LINUX_O_DIRECTORY = 0x10000,
	LINUX_O_NOFOLLOW = 0x20000,
	LINUX_O_NOATIME = 0x40000,
	LINUX_O_CLOEXEC = 0x80000,
	LINUX_O_PATH = 0x200000,
	LINUX_O_TMPFILE = 0x410000,
};

enum linux_file_modes {
	LINUX_S_IFMT = 0170000,
	LINUX_S_IFIFO = 0010000,
	LINUX_S_IFCHR = 0020000,
	LINUX_S_IFDIR = 0040000,
	LINUX_S_IFBLK = 0060000,
	LINUX_S_IFREG = 0100000,
	LINUX_S_IFLNK = 0120000,
	LINUX_S_IFSOCK = 0140000,
	LINUX_S_ISUID = 04000,
	LINUX_S_ISGID = 02000,
	LINUX_S_ISVTX = 01000,
};

enum linux_at_flags {
	LINUX_AT_FDCWD = -100,
	LINUX_AT_SYMLINK_NOFOLLOW = 0x100,
	LINUX_AT_REMOVEDIR = 0x200,
	LINUX_AT_EACCESS = 0x200,
	LINUX_AT_SYMLINK_FOLLOW = 0x400,
	LINUX_AT_NO_AUTOMOUNT = 0x800,
	LINUX_AT_EMPTY_PATH = 0x1000,
	LINUX_AT_STATX_SYNC_TYPE = 0x6000,
};

enum linux_file_misc {
	LINUX_SEEK_SET = 0,
	LINUX_SEEK_CUR = 1,
	LINUX_SEEK_END = 2,
	LINUX_SEEK_DATA = 3,
	LINUX_SEEK_HOLE = 4,
	LINUX_F_DUPFD = 0,
	LINUX_F_GETFD = 1,
	LINUX_F_SETFD = 2,
	LINUX_F_GETFL = 3,
	LINUX_F_SETFL = 4,
	LINUX_F_GETLK = 5,
	LINUX_F_SETLK = 6,
	LINUX_F_SETLKW = 7,
	LINUX_F_SETOWN = 8,
	LINUX_F_GETOWN = 9,
	LINUX_F_DUPFD_CLOEXEC = 1030,
	LINUX_F_SETPIPE_SZ = 1031,
	LINUX_F_GETPIPE_SZ = 1032,
	LINUX_FD_CLOEXEC = 1,
	LINUX_F_RDLCK = 0,
	LINUX_F_WRLCK = 1,
	LINUX_F_UNLCK = 2,
	LINUX_LOCK_SH = 1,
	LINUX_LOCK_EX = 2,
	LINUX_LOCK_NB = 4,
	LINUX_LOCK_UN = 8,
	LINUX_RENAME_NOREPLACE = 1,
	LINUX_RENAME_EXCHANGE = 2,
	LINUX_POLLIN = 0x1,
	LINUX_POLLPRI = 0x2,
	LINUX_POLLOUT = 0x4,
	LINUX_POLLERR = 0x8,
	LINUX_POLLHUP = 0x10,
	LINUX_POLLNVAL = 0x20,
	LINUX_POLLRDNORM = 0x40,
	LINUX_POLLWRNORM = 0x100,
	LINUX_FIONREAD = 0x541b,
	LINUX_FIONBIO = 0x5421,
	LINUX_FIONCLEX = 0x5450,
	LINUX_FIOCLEX = 0x5451,
	LINUX_TCGETS = 0x5401,
	LINUX_TIOCSCTTY = 0x540e,
	LINUX_MAP_SHARED = 1,
	LINUX_MAP_TYPE = 15,
	LINUX_MAP_SHARED_VALIDATE = 3,
	LINUX_MAP_ANONYMOUS = 0x20,
	LINUX_PROT_WRITE = 2,
	LINUX_IOV_MAX = 1024,
	LINUX_PATH_MAX = 4096,
	LINUX_NAME_MAX = 255,
	LINUX_PIPE_BUF = 4096,
};
#define LINUX_UTIME_NOW 0x3fffffff
#define LINUX_UTIME_OMIT 0x3ffffffe
/* The most bytes that one read or write transfers. */
#define LINUX_MAX_RW_COUNT 0x7ffff000ull

struct linux_timespec {
	int64_t seconds, nanoseconds;
};

struct linux_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, pad;
	uint64_t rdev;
	int64_t size, blksize, blocks;
	struct linux_timespec atime, mtime, ctime;
	int64_t unused[3];
};
_Static_assert(sizeof(struct linux_stat) == 144, "as Linux lays it out");

struct linux_statx_time {
	int64_t seconds;
	uint32_t nanoseconds;
	int32_t reserved;
};
struct linux_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask;
	struct linux_statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t spare[13];
};
_Static_assert(sizeof(struct linux_statx) == 256, "as Linux lays it out");

struct linux_statfs {
	int64_t type, bsize;
	uint64_t blocks, bfree, bavail, files, ffree;
	int32_t fsid[2];
	int64_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "as Linux lays it out");

struct linux_dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[5]; /* the record's true length is in reclen */
};
_Static_assert(sizeof(struct linux_dirent64) == 24, "as Linux lays it out");

struct linux_iovec {
	uint64_t base, length;
};

struct linux_pollfd {
	int32_t fd;
	uint16_t events, revents;
};

struct linux_flock {
	int16_t type, whence;
	int32_t pad;
	int64_t start, length;
	int32_t pid, pad2;
};
_Static_assert(sizeof(struct linux_flock) == 32, "as Linux lays it out");

static inline uint64_t linux_device(uint32_t major, uint32_t minor)
{
	return (minor & 0xffu) | (uint64_t)(major & 0xfffu) << 8 | (uint64_t)(minor & ~0xffu) << 12;
}
static inline uint32_t linux_device_major(uint64_t device)
{
	return device >> 8 & 0xfffu;
}
static inline uint32_t linux_device_minor(uint64_t device)
{
	return (device & 0xffu) | (device >> 12 & 0xffffff00u);
}

#endif
