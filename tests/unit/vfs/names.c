/* Paths, names, attributes and descriptors: what each call answers, error by error. */
#include "world.h"

#include <errno.h>
#include <protocols/ds_client.h>
#include <protocols/vfs_client.h>

static int64_t do_open(const char *path, uint32_t flags)
{
	return world_call(LINUX_OPENAT, LINUX_AT_FDCWD, world_text(path), flags, 0644);
}

static int64_t make(const char *path)
{
	return world_call(LINUX_MKDIR, world_text(path), 0755);
}

static int64_t stat_mode(const char *path)
{
	uint64_t at = world_room(sizeof(struct linux_stat));
	int64_t result = world_call(LINUX_NEWFSTATAT, LINUX_AT_FDCWD, world_text(path), at, 0);

	return result ? result : ((struct linux_stat *)world_at(at))->mode;
}

static void expect_link(const char *path, const char *target)
{
	uint64_t at = world_room(256);
	int64_t length = world_call(LINUX_READLINK, world_text(path), at, 256);

	cr_assert_eq(length, (int64_t)strlen(target), "%s: %ld", path, (long)length);
	cr_assert_eq(memcmp(world_at(at), target, (size_t)length), 0, "%s leads to %.*s", path, (int)length,
		     (char *)world_at(at));
}

static void expect_text(const char *path, const char *part)
{
	uint64_t at = world_room(4096);
	int64_t length = world_call(LINUX_READ, do_open(path, LINUX_O_RDONLY), at, 4096);

	cr_assert(length > 0 && memmem(world_at(at), (size_t)length, part, strlen(part)), "%s: %.*s", path,
		  (int)length, (char *)world_at(at));
}

Test(names, walking)
{
	char name[300];

	world_start();
	cr_assert_eq(make("/a"), 0);
	cr_assert_eq(make("/a/b"), 0);
	cr_assert_eq(make("/a/b"), -EEXIST);
	cr_assert_eq(make("/a/b/"), -EEXIST);
	cr_assert_eq(make("/a/c/"), 0);
	cr_assert_eq(make("/"), -EEXIST);
	cr_assert_eq(make("/a/."), -EEXIST);
	cr_assert_eq(make("/x/y"), -ENOENT);
	cr_assert_eq(make(""), -ENOENT);
	cr_assert_eq(do_open("/a/f", LINUX_O_CREAT | LINUX_O_RDWR), 3);
	cr_assert_eq(make("/a/f/x"), -ENOTDIR);
	cr_assert_eq(do_open("/a/f/", LINUX_O_RDONLY), -ENOTDIR);
	cr_assert_eq(do_open("/a/new/", LINUX_O_CREAT | LINUX_O_RDWR), -EISDIR);
	cr_assert_eq(do_open("/a", LINUX_O_CREAT | LINUX_O_RDWR), -EISDIR);
	cr_assert_eq(do_open("/a", LINUX_O_RDWR), -EISDIR);
	cr_assert_eq(do_open("/a/f", LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_RDWR), -EEXIST);
	cr_assert_eq(do_open("/a/f", LINUX_O_DIRECTORY), -ENOTDIR);
	cr_assert_eq(do_open("/a/../a/./b/../f", LINUX_O_RDONLY), 4);
	cr_assert_eq(do_open("/../../a//f", LINUX_O_RDONLY), 5);
	memset(name, 'n', sizeof(name));
	name[0] = '/';
	name[256] = 0;
	cr_assert_eq(make(name), 0);
	name[256] = 'n';
	name[257] = 0;
	cr_assert_eq(make(name), -ENAMETOOLONG);
	cr_assert_eq(world_call(LINUX_MKDIR, 0, 0755), -EFAULT);
	cr_assert_eq(world_call(LINUX_MKDIR, 0xffff800000000000, 0755), -EFAULT);
	memset(world_memory, 'p', 8192);
	cr_assert_eq(world_call(LINUX_MKDIR, WORLD_BASE, 0755), -ENAMETOOLONG);
	cr_assert_eq(world_call(LINUX_OPENAT, 77, world_text("f"), 0, 0), -EBADF);
	cr_assert_eq(world_call(LINUX_OPENAT, 3, world_text("f"), 0, 0), -ENOTDIR);
	cr_assert_eq(world_call(LINUX_CHDIR, world_text("/a/b")), 0);
	cr_assert_eq(do_open("../f", LINUX_O_RDONLY), 6);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/a/b")), 0);
	cr_assert_eq(make("x"), -ENOENT);
	cr_assert_eq(world_call(LINUX_GETCWD, world_room(64), 64), -ENOENT);
	cr_assert_eq(stat_mode(".."), LINUX_S_IFDIR | 0755);
	world_check("cwd removed");
	cr_assert_eq(world_call(LINUX_CHDIR, world_text("..")), 0);
	world_check("walking");
}

Test(names, links)
{
	world_start();
	make("/d");
	cr_assert_eq(do_open("/d/f", LINUX_O_CREAT | LINUX_O_WRONLY), 3);
	cr_assert_eq(world_call(LINUX_SYMLINK, world_text("d/f"), world_text("/s")), 0);
	cr_assert_eq(world_call(LINUX_SYMLINK, world_text("d/f"), world_text("/s")), -EEXIST);
	cr_assert_eq(world_call(LINUX_SYMLINK, world_text(""), world_text("/t")), -ENOENT);
	cr_assert_eq(do_open("/s", LINUX_O_RDONLY), 4);
	cr_assert_eq(do_open("/s", LINUX_O_RDONLY | LINUX_O_NOFOLLOW), -ELOOP);
	cr_assert_eq(do_open("/s/", LINUX_O_RDONLY), -ENOTDIR);
	expect_link("/s", "d/f");
	world_call(LINUX_SYMLINK, world_text("/d"), world_text("/e"));
	cr_assert_eq(do_open("/e/f", LINUX_O_RDONLY), 5);
	cr_assert_eq(do_open("/e/g", LINUX_O_CREAT | LINUX_O_RDONLY), 6);
	cr_assert_eq(stat_mode("/d/g"), LINUX_S_IFREG | 0644);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/e/")), -ENOTDIR);
	world_call(LINUX_SYMLINK, world_text("loop"), world_text("/loop"));
	cr_assert_eq(do_open("/loop", LINUX_O_RDONLY), -ELOOP);
	cr_assert_eq(do_open("/loop/x", LINUX_O_RDONLY), -ELOOP);
	world_call(LINUX_SYMLINK, world_text("d/new"), world_text("/dangling"));
	cr_assert_eq(do_open("/dangling", LINUX_O_RDONLY), -ENOENT);
	cr_assert_eq(do_open("/dangling", LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_RDWR), -EEXIST);
	cr_assert_eq(do_open("/dangling", LINUX_O_CREAT | LINUX_O_RDWR), 7);
	cr_assert_eq(stat_mode("/d/new"), LINUX_S_IFREG | 0644);
	cr_assert_eq(world_call(LINUX_LINK, world_text("/d/f"), world_text("/hard")), 0);
	cr_assert_eq(world_call(LINUX_LINK, world_text("/d"), world_text("/hard2")), -EPERM);
	cr_assert_eq(world_call(LINUX_LINK, world_text("/no"), world_text("/hard2")), -ENOENT);
	cr_assert_eq(world_call(LINUX_LINK, world_text("/d/f"), world_text("/hard")), -EEXIST);
	cr_assert_eq(world_call(LINUX_UNLINK, world_text("/d/f")), 0);
	cr_assert_eq(stat_mode("/hard"), LINUX_S_IFREG | 0644);
	cr_assert_eq(world_call(LINUX_UNLINK, world_text("/d")), -EISDIR);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/d")), -ENOTEMPTY);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/hard")), -ENOTDIR);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/d/.")), -EINVAL);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/d/..")), -ENOTEMPTY);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/")), -EBUSY);
	cr_assert_eq(world_call(LINUX_RMDIR, world_text("/proc")), -EBUSY);
	world_check("links");
}

Test(names, renaming)
{
	world_start();
	make("/a");
	make("/a/b");
	make("/c");
	do_open("/f", LINUX_O_CREAT | LINUX_O_WRONLY);
	do_open("/g", LINUX_O_CREAT | LINUX_O_WRONLY);
#define RENAME(from, to) world_call(LINUX_RENAME, world_text(from), world_text(to))
	cr_assert_eq(RENAME("/a", "/a/b/x"), -EINVAL);
	cr_assert_eq(RENAME("/a/b", "/a"), -ENOTEMPTY);
	cr_assert_eq(RENAME("/f", "/c"), -EISDIR);
	cr_assert_eq(RENAME("/c", "/f"), -ENOTDIR);
	cr_assert_eq(RENAME("/c", "/a"), -ENOTEMPTY);
	cr_assert_eq(RENAME("/f", "/f"), 0);
	cr_assert_eq(RENAME("/f", "/new/"), -ENOTDIR);
	cr_assert_eq(RENAME("/a/.", "/x"), -EBUSY);
	cr_assert_eq(RENAME("/no", "/x"), -ENOENT);
	cr_assert_eq(RENAME("/f", "/g"), 0);
	cr_assert_eq(stat_mode("/f"), -ENOENT);
	cr_assert_eq(RENAME("/a/b", "/c/"), 0);
	cr_assert_eq(RENAME("/c", "/a/deep"), 0);
	cr_assert_eq(stat_mode("/a/deep/.."), LINUX_S_IFDIR | 0755);
	cr_assert_eq(world_call(LINUX_RENAMEAT2, LINUX_AT_FDCWD, world_text("/g"), LINUX_AT_FDCWD,
				world_text("/a"), 1),
		     -EEXIST);
	cr_assert_eq(RENAME("/proc/self", "/x"), -EXDEV);
#undef RENAME
	world_check("renaming");
}

Test(names, contents)
{
	uint64_t data = world_room(300000), back = world_room(300000), stat = world_room(144);
	struct linux_iovec vector[3];
	uint64_t offset;
	int64_t fd;

	world_start();
	for (unsigned i = 0; i < 300000; i++)
		((uint8_t *)world_at(data))[i] = (uint8_t)(i * 7 + i / 251);
	fd = do_open("/f", LINUX_O_CREAT | LINUX_O_RDWR);
	cr_assert_eq(world_finish(host_linux("vfs", LINUX_WRITE, fd, data, 300000)),
		     300000); /* several steps */
	cr_assert_eq(world_call(LINUX_FSTAT, fd, stat), 0);
	cr_assert_eq(((struct linux_stat *)world_at(stat))->size, 300000);
	cr_assert_eq(world_call(LINUX_LSEEK, fd, 0, LINUX_SEEK_CUR), 300000);
	cr_assert_eq(world_call(LINUX_READ, fd, back, 10), 0);
	cr_assert_eq(world_call(LINUX_LSEEK, fd, (uint64_t)-299000, LINUX_SEEK_END), 1000);
	cr_assert_eq(world_finish(host_linux("vfs", LINUX_READ, fd, back, 400000)), 299000);
	cr_assert_eq(memcmp(world_at(back), (char *)world_at(data) + 1000, 299000), 0);
	cr_assert_eq(world_call(LINUX_PREAD64, fd, back, 100, 299950), 50);
	cr_assert_eq(world_call(LINUX_PREAD64, fd, back, 100, (uint64_t)-1), -EINVAL);
	cr_assert_eq(world_call(LINUX_LSEEK, fd, (uint64_t)-1, LINUX_SEEK_SET), -EINVAL);
	cr_assert_eq(world_call(LINUX_LSEEK, fd, 0, 9), -EINVAL);
	cr_assert_eq(world_call(LINUX_READ, fd, 0xdead0000, 10), 0); /* nothing is left to read */
	cr_assert_eq(world_call(LINUX_PREAD64, fd, 0xdead0000, 10, 0), -EFAULT);
	cr_assert_eq(world_call(LINUX_READ, fd, 0xffffffffffffff00, 10), -EFAULT);
	cr_assert_eq(world_call(LINUX_PREAD64, fd, WORLD_BASE + WORLD_SIZE - 5, 100, 0),
		     5); /* short at the end of memory */
	vector[0] = (struct linux_iovec){data, 3};
	vector[1] = (struct linux_iovec){0, 0};
	vector[2] = (struct linux_iovec){data + 10, 4};
	cr_assert_eq(world_call(LINUX_LSEEK, fd, 0, LINUX_SEEK_SET), 0);
	cr_assert_eq(world_call(LINUX_WRITEV, fd, world_bytes(vector, sizeof(vector)), 3), 7);
	cr_assert_eq(world_call(LINUX_PREAD64, fd, back, 7, 0), 7);
	cr_assert_eq(memcmp((char *)world_at(back) + 3, (char *)world_at(data) + 10, 4), 0);
	cr_assert_eq(world_call(LINUX_WRITEV, fd, world_bytes(vector, sizeof(vector)), 1025), -EINVAL);
	cr_assert_eq(world_call(LINUX_FTRUNCATE, fd, 5), 0);
	cr_assert_eq(world_call(LINUX_PWRITE64, fd, data, 1, 9), 1); /* a hole of 4 bytes */
	cr_assert_eq(world_call(LINUX_PREAD64, fd, back, 20, 0), 10);
	cr_assert_eq(memcmp((char *)world_at(back) + 5, "\0\0\0\0", 4), 0);
	cr_assert_eq(world_call(LINUX_FTRUNCATE, fd, (uint64_t)-5), -EINVAL);
	/* Copies between files. */
	world_finish(host_linux("vfs", LINUX_PWRITE64, fd, data, 200000, 0));
	int64_t to = do_open("/g", LINUX_O_CREAT | LINUX_O_RDWR);
	offset = 100;
	uint64_t at = world_bytes(&offset, 8);
	cr_assert_eq(world_finish(host_linux("vfs", LINUX_SENDFILE, to, fd, at, 1 << 20)), 199900);
	memcpy(&offset, world_at(at), 8);
	cr_assert_eq(offset, 200000);
	world_finish(host_linux("vfs", LINUX_PREAD64, to, back, 199900, 0));
	cr_assert_eq(memcmp(world_at(back), (char *)world_at(data) + 100, 199900), 0);
	cr_assert_eq(world_call(LINUX_SENDFILE, 1, fd, 0, 10), -EINVAL); /* a terminal */
	/* Appending. */
	int64_t more = do_open("/g", LINUX_O_WRONLY | LINUX_O_APPEND);
	cr_assert_eq(world_finish(host_linux("vfs", LINUX_WRITE, more, data, 100000)), 100000);
	cr_assert_eq(world_call(LINUX_READ, more, back, 1), -EBADF);
	world_call(LINUX_FSTAT, to, stat);
	cr_assert_eq(((struct linux_stat *)world_at(stat))->size, 299900);
	cr_assert_eq(world_call(LINUX_UNLINK, world_text("/g")), 0);
	world_check("contents");
	world_call(LINUX_CLOSE, to);
	world_call(LINUX_CLOSE, more);
	world_check("closed");
}

Test(names, descriptors)
{
	uint64_t records = world_room(4096);

	world_start();
	cr_assert_eq(world_call(LINUX_DUP, 0), 3);
	cr_assert_eq(world_call(LINUX_DUP2, 3, 900), 900);
	cr_assert_eq(world_call(LINUX_DUP2, 3, 1024), -EBADF);
	cr_assert_eq(world_call(LINUX_DUP2, 7, 7), -EBADF);
	cr_assert_eq(world_call(LINUX_DUP2, 3, 3), 3);
	cr_assert_eq(world_call(LINUX_DUP3, 3, 3, 0), -EINVAL);
	cr_assert_eq(world_call(LINUX_DUP3, 3, 5, LINUX_O_CLOEXEC), 5);
	cr_assert_eq(world_call(LINUX_FCNTL, 5, LINUX_F_GETFD, 0), 1);
	cr_assert_eq(world_call(LINUX_FCNTL, 3, LINUX_F_DUPFD, 800), 800);
	cr_assert_eq(world_call(LINUX_FCNTL, 3, LINUX_F_DUPFD, 1024), -EINVAL);
	cr_assert_eq(world_call(LINUX_CLOSE, 0x100000000), 0); /* the number is an int */
	cr_assert_eq(world_call(LINUX_CLOSE, (uint64_t)-1), -EBADF);
	world_check("descriptors");
	world_fork(1, 2);
	world_check("forked");
	host_be(2, 2);
	for (int i = 0; i < 2000; i++)
		world_call(LINUX_DUP, 1);
	cr_assert_eq(world_call(LINUX_DUP, 1), -EMFILE);
	world_check("full");
	world_exit(2);
	world_check("ended");
	host_be(1, 1);
	int64_t fd = do_open("/proc/self/fd", LINUX_O_DIRECTORY);
	cr_assert_gt(world_call(LINUX_GETDENTS64, fd, records, 4096), 0);
	cr_assert_eq(world_call(LINUX_GETDENTS64, fd, records, 4096), 0);
	fd = do_open("/", LINUX_O_DIRECTORY);
	cr_assert_eq(world_call(LINUX_GETDENTS64, fd, records, 10), -EINVAL);
	cr_assert_eq(world_call(LINUX_GETDENTS64, fd, 0xdead0000, 4096), -EFAULT);
	cr_assert_gt(world_call(LINUX_GETDENTS64, fd, records, 4096), 0);
	expect_link("/proc/self/cwd", "/");
	expect_link("/dev/fd", "/proc/self/fd");
	cr_assert_eq(stat_mode("/proc/self/exe"), -ENOENT);
	cr_assert_eq(stat_mode("/dev/null"), LINUX_S_IFCHR | 0666);
	cr_assert_eq(stat_mode("/dev/stdout"), LINUX_S_IFCHR | 0600);
	fd = do_open("/dev/zero", LINUX_O_RDWR);
	cr_assert_eq(world_call(LINUX_READ, fd, records, 100), 100);
	cr_assert_eq(world_call(LINUX_WRITE, do_open("/dev/full", LINUX_O_RDWR), records, 5), -ENOSPC);
	cr_assert_eq(world_call(LINUX_READ, do_open("/dev/null", LINUX_O_RDWR), records, 100), 0);
	cr_assert_eq(world_call(LINUX_READ, do_open("/dev/urandom", LINUX_O_RDONLY), records, 100), 100);
	fd = do_open("/proc/mounts", LINUX_O_RDONLY);
	cr_assert_gt(world_call(LINUX_READ, fd, records, 4096), 20);
	cr_assert_eq(memcmp(world_at(records), "root / ", 7), 0);
	/* What other servers publish. */
	cr_assert_eq(ds_publish(host_slot("ds"), "pm.forks", 1234), 0);
	expect_text("/proc/stat", "processes 1234\n");
	expect_text("/proc/self/stat", " 1 1 0 -1 ");
	cr_assert_eq(ds_publish(host_slot("ds"), "console.session", 1), 0);
	cr_assert_eq(ds_publish(host_slot("ds"), "console.group", 77), 0);
	expect_text("/proc/self/stat", " 1 1 1281 77 ");
	world_check("devices");
}

static bool listed(const char *folder, const char *name)
{
	int64_t fd = do_open(folder, LINUX_O_RDONLY), length;
	uint64_t records = world_room(4096);
	bool found = false;

	cr_assert_geq(fd, 0, "%s", folder);
	while ((length = world_call(LINUX_GETDENTS64, fd, records, 4096)) > 0)
		for (int64_t at = 0; at < length;) {
			const uint8_t *record = (const uint8_t *)world_at(records) + at;
			uint16_t size;

			memcpy(&size, record + 16, sizeof(size));
			found |= strcmp((const char *)record + 19, name) == 0;
			at += size;
		}
	cr_assert_eq(length, 0);
	cr_assert_eq(world_call(LINUX_CLOSE, fd), 0);
	return found;
}

Test(names, processes)
{
	world_end_archive();
	world_start();
	world_fork(1, 12);
	cr_assert(listed("/proc", "1") && listed("/proc", "12") && listed("/proc", "self"));
	cr_assert(!listed("/proc", "13") && !listed("/proc", "0"));
	int64_t fd = do_open("/dev/null", LINUX_O_RDONLY);
	char name[8];
	snprintf(name, sizeof(name), "%d", (int)fd);
	cr_assert(listed("/proc/self/fd", name));
	cr_assert(!listed("/proc/12/fd", name), "opened after the fork");
	world_exit(12);
	cr_assert(!listed("/proc", "12"));
	world_check("processes");
}

Test(names, programs)
{
	struct djed_audit audit;
	uint64_t before, object;
	uint32_t count;
	char head[128];
	djed_slot vfs;

	world_add("rootfs/bin/tool", '0', 0755, NULL, "#!/bin/sh\n", 10);
	world_add("rootfs/bin/data", '0', 0644, NULL, "x", 1);
	world_end_archive();
	world_start();
	vfs = host_slot("vfs");
#define OPEN(path)                                                                                    \
	vfs_open_program(vfs, 1, djed_own(path, strlen(path)), djed_own_writable(head, sizeof(head)), \
			 &object, &count)
	cr_assert_eq(OPEN("/bin/tool"), 0);
	cr_assert_eq(count, 10);
	cr_assert_eq(memcmp(head, "#!/bin/sh\n", 10), 0);
	cr_assert_eq(OPEN("/bin/data"), -EACCES);
	cr_assert_eq(OPEN("/bin"), -EACCES);
	cr_assert_eq(OPEN("/bin/none"), -ENOENT);
	cr_assert_eq(OPEN("/bin/tool/x"), -ENOTDIR);
	audit = host_audit("vfs");
	before = audit.resource[1];
	cr_assert_eq(do_open("/bin/data", LINUX_O_CLOEXEC), 3);
	cr_assert_eq(vfs_executed(vfs, 1, djed_own("/bin/tool", 9), djed_own("tool\0-v", 8)), 0);
	audit = host_audit("vfs");
	cr_assert_eq(audit.resource[1], before);
	expect_link("/proc/self/exe", "/bin/tool");
	cr_assert_eq(do_open("/bin/tool", LINUX_O_WRONLY), -ETXTBSY);
	cr_assert_eq(world_call(LINUX_TRUNCATE, world_text("/bin/tool"), 0), -ETXTBSY);
	cr_assert_eq(world_call(LINUX_TRUNCATE, world_text("/bin/data"), 0), 0);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/bin/tool"), 1), 0);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/bin/data"), 1), -EACCES);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/dev/null"), 1), -EACCES);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/dev"), 1), 0);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/dev/null"), 6), 0);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/proc/1/cmdline"), 1), -EACCES);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/proc/1/cmdline"), 4), 0);
	cr_assert_eq(world_call(LINUX_ACCESS, world_text("/proc/1"), 1), 0);
	int64_t fd = do_open("/proc/1/cmdline", LINUX_O_RDONLY);
	uint64_t at = world_room(64);
	cr_assert_eq(world_call(LINUX_READ, fd, at, 64), 8);
	cr_assert_eq(memcmp(world_at(at), "tool\0-v", 8), 0);
	world_check("programs");
}
