/* Random operations on the tree, done by vfs and by the host's own file system, must give the same results.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Both trees lie some directories deep, so that ".." stays inside of what is equal. */
static const char depth[] = "r/r/r/r/r/r/r/r";
static char host_root[64];
static int host_fd;
static int64_t vfs_fd;
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

static void add_component(char *path)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "a", "b", "c", ".", ".."};

	strcat(path, names[random_below(10)]);
}

static const char *random_path(char *path)
{
	path[0] = 0;
	add_component(path);
	for (uint32_t more = random_below(4); more > 0; more--) {
		strcat(path, "/");
		add_component(path);
	}
	if (random_below(12) == 0)
		strcat(path, "/");
	return path;
}

static int64_t host_result(long result)
{
	return result < 0 ? -errno : result;
}

static void compare(const char *what, const char *path, const char *other, int64_t ours, int64_t theirs)
{
	cr_assert_eq(ours, theirs, "%s %s %s: vfs gives %ld, the host %ld", what, path, other, (long)ours,
		     (long)theirs);
}

static void compare_stat(const char *path, int flags)
{
	uint64_t at = world_room(sizeof(struct linux_stat));
	const struct linux_stat *ours = world_at(at);
	struct stat theirs;
	int64_t result = world_call(LINUX_NEWFSTATAT, vfs_fd, world_text(path), at, flags);

	compare("stat", path, "", result, host_result(fstatat(host_fd, path, &theirs, flags)));
	if (result)
		return;
	cr_assert_eq(ours->mode, theirs.st_mode, "%s has mode %o, on the host %o", path, ours->mode,
		     theirs.st_mode);
	if (S_ISDIR(theirs.st_mode))
		return;
	cr_assert_eq(ours->nlink, theirs.st_nlink, "%s has %lu links, on the host %lu", path,
		     (unsigned long)ours->nlink, (unsigned long)theirs.st_nlink);
	cr_assert_eq(ours->size, theirs.st_size, "%s has %ld bytes, on the host %ld", path, (long)ours->size,
		     (long)theirs.st_size);
}

static void compare_contents(const char *path)
{
	static uint8_t theirs[70000];
	uint64_t at = world_room(sizeof(theirs));
	int64_t ours = world_call(LINUX_OPENAT, vfs_fd, world_text(path), O_RDONLY, 0), got;
	int fd = openat(host_fd, path, O_RDONLY);

	cr_assert_eq(ours < 0, fd < 0, "open %s: %ld, on the host %d", path, (long)ours, fd);
	if (ours < 0)
		return;
	got = world_finish(host_linux("vfs", LINUX_READ, ours, at, sizeof(theirs)));
	compare("read", path, "", got, host_result(read(fd, theirs, sizeof(theirs))));
	if (got > 0)
		cr_assert_eq(memcmp(theirs, world_at(at), (size_t)got), 0, "%s has other contents", path);
	close(fd);
	world_call(LINUX_CLOSE, ours);
}

static void open_and_write(const char *path)
{
	static const int flag[] = {O_CREAT, O_TRUNC, O_EXCL, O_APPEND, O_DIRECTORY, O_NOFOLLOW};
	static uint8_t bytes[20000];
	int flags = (int)random_below(3);
	uint32_t length = random_below(3) ? random_below(200) : random_below(sizeof(bytes));
	uint64_t offset = random_below(30000), at;
	int64_t ours;
	int fd;

	for (unsigned i = 0; i < sizeof(flag) / sizeof(*flag); i++)
		if (random_below(i == 0 ? 2 : 5) == 0)
			flags |= flag[i];
	if ((flags & O_CREAT) && (flags & O_DIRECTORY))
		flags &= ~O_DIRECTORY; /* kernels differ */
	ours = world_call(LINUX_OPENAT, vfs_fd, world_text(path), flags, 0644);
	fd = openat(host_fd, path, flags, 0644);
	compare("open", path, flags & O_CREAT ? "creating" : "", ours < 0 ? ours : 0, fd < 0 ? -errno : 0);
	if (fd < 0)
		return;
	for (uint32_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random_below(256);
	at = world_bytes(bytes, length);
	compare("lseek", path, "", world_call(LINUX_LSEEK, ours, offset, SEEK_SET),
		host_result(lseek(fd, (off_t)offset, SEEK_SET)));
	compare("write", path, "", world_call(LINUX_WRITE, ours, at, length),
		host_result(write(fd, bytes, length)));
	if (random_below(4) == 0)
		compare("ftruncate", path, "", world_call(LINUX_FTRUNCATE, ours, length / 2),
			host_result(ftruncate(fd, length / 2)));
	world_call(LINUX_CLOSE, ours);
	close(fd);
}

static void one_operation(void)
{
	char path[64], other[64];
	uint64_t first = world_text(random_path(path)), second = world_text(random_path(other));

	switch (random_below(9)) {
	case 0:
		compare("mkdir", path, "", world_call(LINUX_MKDIRAT, vfs_fd, first, 0755),
			host_result(mkdirat(host_fd, path, 0755)));
		break;
	case 1:
		compare("unlink", path, "", world_call(LINUX_UNLINKAT, vfs_fd, first, 0),
			host_result(unlinkat(host_fd, path, 0)));
		break;
	case 2:
		compare("rmdir", path, "", world_call(LINUX_UNLINKAT, vfs_fd, first, AT_REMOVEDIR),
			host_result(unlinkat(host_fd, path, AT_REMOVEDIR)));
		break;
	case 3:
		compare("rename", path, other, world_call(LINUX_RENAMEAT, vfs_fd, first, vfs_fd, second),
			host_result(renameat(host_fd, path, host_fd, other)));
		break;
	case 4:
		compare("link", path, other, world_call(LINUX_LINKAT, vfs_fd, first, vfs_fd, second, 0),
			host_result(linkat(host_fd, path, host_fd, other, 0)));
		break;
	case 5:
		compare("symlink", path, other, world_call(LINUX_SYMLINKAT, first, vfs_fd, second),
			host_result(symlinkat(path, host_fd, other)));
		break;
	case 6:
		compare_stat(path, random_below(2) ? AT_SYMLINK_NOFOLLOW : 0);
		compare_contents(path);
		break;
	default:
		open_and_write(path);
	}
}

static void make_depth(void)
{
	char path[sizeof(depth)];

	strcpy(host_root,
	       access("/dev/shm", W_OK) == 0 ? "/dev/shm/djed-tree-XXXXXX" : "/tmp/djed-tree-XXXXXX");
	cr_assert(mkdtemp(host_root));
	host_fd = open(host_root, O_RDONLY | O_DIRECTORY);
	for (size_t length = 1; length < sizeof(depth); length += 2) {
		snprintf(path, sizeof(path), "%.*s", (int)length, depth);
		cr_assert_eq(world_call(LINUX_MKDIR, world_text(path), 0755), 0);
		cr_assert_eq(mkdirat(host_fd, path, 0755), 0);
	}
	vfs_fd = world_call(LINUX_OPEN, world_text(depth), O_RDONLY | O_DIRECTORY, 0);
	host_fd = openat(host_fd, depth, O_RDONLY | O_DIRECTORY);
	cr_assert(vfs_fd >= 0 && host_fd >= 0);
}

/* The names of a directory in both trees. */
static void compare_listing(void)
{
	static uint8_t theirs[8192];
	uint64_t at = world_room(sizeof(theirs));
	int64_t ours = world_call(LINUX_OPENAT, vfs_fd, world_text("."), O_RDONLY | O_DIRECTORY, 0);
	int fd = openat(host_fd, ".", O_RDONLY | O_DIRECTORY);
	uint8_t type[2][8] = {{0}}; /* of "a" to "e", "." and ".."; 0: missing */

	for (int side = 0; side < 2; side++) {
		int64_t length = side ? syscall(SYS_getdents64, fd, theirs, sizeof(theirs))
				      : world_call(LINUX_GETDENTS64, ours, at, sizeof(theirs));
		const uint8_t *records = side ? theirs : world_at(at);

		for (int64_t i = 0; i < length; i += ((const struct linux_dirent64 *)(records + i))->reclen) {
			const struct linux_dirent64 *record = (const struct linux_dirent64 *)(records + i);

			type[side][record->name[0] == '.' ? 5 + (record->name[1] != 0)
							  : record->name[0] - 'a'] = record->type;
		}
	}
	for (int i = 0; i < 8; i++)
		cr_assert_eq(type[0][i], type[1][i], "name %d has type %u, on the host %u", i, type[0][i],
			     type[1][i]);
	world_call(LINUX_CLOSE, ours);
	close(fd);
}

Test(tree, same_as_the_host)
{
	char command[128];

	umask(022);
	world_start();
	make_depth();
	for (uint32_t run = 1; run <= 20; run++) {
		seed = run;
		for (int i = 0; i < 1000; i++)
			one_operation();
		compare_listing();
		world_check("after a run");
	}
	snprintf(command, sizeof(command), "rm -rf %s", host_root);
	cr_assert_eq(system(command), 0);
}
