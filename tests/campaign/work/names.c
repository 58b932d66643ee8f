/* Paths, links, folders, /proc and /dev. */
#include "work.h"

#include <fcntl.h>

static const char *const texts[] = {"/proc/self/stat",	  "/proc/self/status",	"/proc/self/maps",
				    "/proc/self/cmdline", "/proc/meminfo",	"/proc/uptime",
				    "/proc/stat",	  "/proc/mounts",	"/proc/loadavg",
				    "/proc/cpuinfo",	  "/proc/version",	"/proc/self/statm",
				    "/proc/filesystems",  "/proc/self/environ", "/proc/sys/kernel/hostname",
				    "/proc/1/stat"};

static void links(void)
{
	DO(symlink, "file", "link");
	DO(symlink, "loop2", "loop1");
	DO(symlink, "loop1", "loop2");
	DO(symlink, "a/b/../b", "short");
	DO(symlink, "/tmp", "absolute");
	DO(symlink, "", "empty");
	DO(symlink, "x", "link");
	DO(symlinkat, "file", AT_FDCWD, "link2");
	DO(readlink, "link", buffer, 100);
	DO(readlink, "link", buffer, 2);
	DO(readlink, "link", buffer, 0);
	DO(readlink, "file", buffer, 100);
	DO(readlink, "link", NOWHERE, 100);
	DO(readlinkat, AT_FDCWD, "link2", buffer, 100);
	DO(readlink, "/proc/self", buffer, 100);
	TRY(readlink, "/proc/self/exe", buffer, 100);
	TRY(readlink, "/proc/self/cwd", buffer, 100);
	TRY(readlink, "/proc/self/fd/1", buffer, 100);
	DO(open, "loop1", O_RDONLY);
	DO(open, "link", O_RDONLY | O_NOFOLLOW);
	DO(open, "link/x", O_RDONLY);
	DO(stat, "short/../b/.", buffer);
	DO(stat, "absolute/..", buffer);
	DO(link, "file", "hard");
	DO(link, "file", "hard");
	DO(link, "a", "hardfolder");
	DO(link, "none", "hard2");
	DO(linkat, AT_FDCWD, "link", AT_FDCWD, "hard3", AT_SYMLINK_FOLLOW);
	DO(linkat, AT_FDCWD, "link", AT_FDCWD, "hard4", 0);
	DO(linkat, AT_FDCWD, "link", AT_FDCWD, "hard5", 0x80);
}

static void renames(void)
{
	DO(rename, "hard", "moved");
	DO(rename, "moved", "file");
	DO(rename, "none", "other");
	DO(rename, "a", "a/b/c");
	DO(rename, "a", "file");
	DO(rename, "file", "a");
	DO(mkdir, "target", 0700);
	DO(rename, "a", "target");
	DO(rename, "target", "a");
	DO(mkdir, "full", 0700);
	DO(mkdir, "full/x", 0700);
	DO(rename, "a", "full");
	DO(rename, "a/.", "q");
	DO(rename, "/", "q");
	DO(rename, "full/x", "a/x");
	DO(renameat, AT_FDCWD, "a/x", AT_FDCWD, "full/x");
	DO(renameat2, AT_FDCWD, "hard3", AT_FDCWD, "hard4", 1);
	DO(renameat2, AT_FDCWD, "hard3", AT_FDCWD, "hard6", 1);
	DO(renameat2, AT_FDCWD, "hard6", AT_FDCWD, "hard4", 2);
	DO(rename, "hard6", "full/hard");
	DO(rename, "/proc/self", "x");
	DO(rename, "file", "/dev/x");
	DO(unlink, "full/hard");
}

static void folders(void)
{
	long fd = DO(open, ".", O_RDONLY | O_DIRECTORY);

	DO(getdents64, fd, buffer, 1024);
	DO(getdents64, fd, buffer, 4096);
	DO(getdents64, fd, buffer, 4096);
	DO(lseek, fd, 0, 0);
	DO(getdents64, fd, buffer, 10);
	DO(getdents64, fd, NOWHERE, 1000);
	DO(getdents64, 99, buffer, 1000);
	DO(read, fd, buffer, 10);
	DO(write, fd, buffer, 10);
	DO(fchdir, fd);
	DO(fchdir, 99);
	DO(openat, fd, "file", O_RDONLY | O_DIRECTORY);
	DO(openat, 99, "file", O_RDONLY);
	DO(close, fd);
	fd = DO(open, "/proc", O_RDONLY);
	TRY(getdents64, fd, buffer, 4096);
	TRY(getdents64, fd, buffer, 4096);
	DO(close, fd);
	fd = DO(open, "/proc/self/fd", O_RDONLY);
	TRY(getdents64, fd, buffer, 4096);
	DO(close, fd);
	fd = DO(open, "/dev", O_RDONLY);
	DO(getdents64, fd, buffer, 4096);
	DO(close, fd);
	DO(getcwd, buffer, 100);
	DO(getcwd, buffer, 3);
	DO(getcwd, NOWHERE, 100);
	DO(chdir, "a/b");
	DO(getcwd, buffer, 100);
	DO(chdir, "../..");
	DO(chdir, "file");
	DO(chdir, "none");
	DO(chdir, "");
	DO(chdir, NOWHERE);
	DO(mkdir, "a", 0755);
	DO(mkdir, "none/x", 0755);
	DO(mkdir, "file/x", 0755);
	DO(mkdir, "slash/", 0755);
	DO(mkdirat, AT_FDCWD, "/", 0755);
	DO(rmdir, "slash/");
	DO(rmdir, "a");
	DO(rmdir, "file");
	DO(rmdir, "none");
	DO(rmdir, "a/b/.");
	DO(rmdir, "/");
	DO(unlink, "a");
	DO(unlink, "none");
	DO(unlink, "/proc/self");
	DO(unlinkat, AT_FDCWD, "link2", 0);
	DO(unlinkat, AT_FDCWD, "full", AT_REMOVEDIR);
	DO(unlinkat, AT_FDCWD, "file", 0x77);
	DO(mknod, "fifo", 010644, 0);
	DO(mknod, "plain", 0100644, 0);
	DO(mknod, "device", 020644, 0x103);
	DO(mknod, "odd", 0170000, 0);
	DO(mknodat, AT_FDCWD, "plain", 0100644, 0);
}

static void devices(void)
{
	static const char *const names[] = {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/full",
					    "/dev/random"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		long fd = DO(open, names[i], O_RDWR);
		DO(read, fd, buffer, 100);
		DO(write, fd, buffer, 100);
		DO(lseek, fd, 10, 0);
		DO(read, fd, NOWHERE, 5);
		RUN(close, fd);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		long fd = TRY(open, texts[i], O_RDONLY);
		TRY(read, fd, buffer, 40);
		TRY(read, fd, buffer, 4096);
		TRY(read, fd, buffer, 4096);
		DO(pread64, fd, buffer, 3, 1);
		RUN(close, fd);
	}
	DO(open, "/proc/999/stat", O_RDONLY);
	DO(open, "/proc/self/none", O_RDONLY);
	DO(open, "/proc/none", O_RDWR | O_CREAT, 0644);
	DO(open, "/dev/none", O_RDWR | O_CREAT, 0644);
	DO(open, "/proc/self/stat", O_WRONLY);
	DO(open, "/dev/tty", O_RDWR);
	DO(mkdir, "/proc/x", 0755);
}

static void paths(void)
{
	for (size_t i = 0; i < 5000; i++)
		buffer[i] = 'n';
	buffer[5000] = 0;
	DO(open, buffer, O_RDONLY);
	buffer[300] = 0;
	DO(open, buffer, O_CREAT | O_RDWR, 0644);
	buffer[255] = 0;
	DO(close, DO(open, buffer, O_CREAT | O_RDWR, 0644));
	DO(unlink, buffer);
	DO(open, "", O_RDONLY);
	DO(open, NOWHERE, O_RDONLY);
	DO(open, "file/", O_RDONLY);
	DO(open, "file/.", O_RDONLY);
	DO(open, "new/", O_RDWR | O_CREAT, 0644);
	DO(open, "a", O_RDWR);
	DO(open, "a", O_CREAT | O_RDONLY, 0644);
	DO(open, "./a/../././a//b/../../file", O_RDONLY);
	DO(open, "file", O_PATH);
	DO(open, "file", O_RDONLY | 3);
	DO(open, "a", O_RDWR | 020200000, 0600); /* O_TMPFILE */
}

void names(void)
{
	DO(mkdir, "names.d", 0755);
	DO(chdir, "names.d");
	DO(close, DO(open, "file", O_RDWR | O_CREAT, 0644));
	DO(mkdir, "a", 0755);
	DO(mkdir, "a/b", 0755);
	links();
	folders();
	renames();
	devices();
	paths();
	for (int fd = 3; fd < 12; fd++)
		RUN(close, fd);
	DO(chdir, "..");
}
