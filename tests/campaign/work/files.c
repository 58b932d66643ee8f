/* Descriptors, reading and writing, attributes. */
#include "work.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

static void reading_and_writing(void)
{
	long fd = DO(open, "f", O_RDWR | O_CREAT | O_EXCL, 0644), other;
	struct iovec vector[3] = {{buffer, 100}, {buffer + 4000, 5000}, {buffer, 0}};
	long offset = 10, to_offset = 20;

	DO(open, "f", O_RDWR | O_CREAT | O_EXCL, 0644);
	DO(write, fd, buffer, 10000);
	DO(pwrite64, fd, "hello", 5, 20000);
	DO(pwrite64, fd, "sparse", 6, 200000);
	DO(pwrite64, fd, "x", 1, -1);
	DO(pread64, fd, buffer, 30000, 0);
	DO(pread64, fd, buffer, 100, 199990);
	DO(pread64, fd, buffer, 100, 300000);
	DO(pread64, fd, buffer, 1, -5);
	DO(read, fd, NOWHERE, 10);
	DO(write, fd, KERNEL, 10);
	DO(read, 77, buffer, 1);
	DO(write, -1, buffer, 1);
	DO(lseek, fd, 5, SEEK_SET);
	DO(lseek, fd, 5, SEEK_CUR);
	DO(lseek, fd, -5, SEEK_END);
	DO(lseek, fd, -500000, SEEK_CUR);
	DO(lseek, fd, 0, 3);
	DO(lseek, fd, 100000, 4);
	DO(lseek, fd, 900000, 3);
	DO(lseek, fd, 0, 9);
	DO(lseek, fd, 0, SEEK_SET);
	DO(readv, fd, vector, 3);
	DO(writev, fd, vector, 3);
	DO(writev, fd, vector, -1);
	DO(writev, fd, NOWHERE, 2);
	DO(readv, fd, vector, 0);
	vector[1].iov_base = NOWHERE;
	DO(readv, fd, vector, 2);
	DO(writev, fd, vector, 2);
	vector[1].iov_len = (size_t)-1;
	DO(readv, fd, vector, 2);
	other = DO(creat, "g", 0600);
	DO(read, other, buffer, 1);
	DO(sendfile, other, fd, &offset, 5000);
	note(offset);
	DO(sendfile, other, fd, 0, 100);
	DO(sendfile, fd, other, 0, 100);
	DO(sendfile, other, fd, NOWHERE, 100);
	offset = 0;
	DO(copy_file_range, fd, &offset, other, 0, 3000, 0);
	offset = 10;
	DO(copy_file_range, fd, &offset, other, &to_offset, 90, 0);
	note(offset);
	note(to_offset);
	DO(copy_file_range, fd, &offset, other, &offset, 3000, 1);
	DO(copy_file_range, other, 0, fd, 0, 10, 0);
	DO(ftruncate, fd, 50000);
	DO(ftruncate, fd, 500);
	DO(ftruncate, fd, -1);
	DO(ftruncate, other, 0);
	DO(ftruncate, 0, 99);
	DO(truncate, "f", 4097);
	DO(truncate, "none", 1);
	DO(truncate, ".", 1);
	DO(fsync, fd);
	DO(fdatasync, fd);
	DO(fdatasync, 99);
	DO(sync);
	DO(fadvise64, fd, 0, 0, 1);
	DO(fadvise64, fd, 0, 0, 99);
	DO(fadvise64, 99, 0, 0, 1);
	DO(close, other);
	DO(close, other);
	other = DO(open, "f", O_WRONLY | O_APPEND | O_TRUNC);
	DO(write, other, "append", 6);
	DO(read, other, buffer, 6);
	DO(close, other);
	DO(close, fd);
}

static void descriptors(void)
{
	long fd = DO(open, "f", O_RDWR), copy;
	struct flock lock = {.l_type = F_WRLCK, .l_start = 2, .l_len = 10};
	int number = 1;

	copy = DO(dup, fd);
	DO(dup2, fd, 50);
	DO(dup2, fd, fd);
	DO(dup2, 99, 50);
	DO(dup2, fd, 5000000);
	DO(dup3, fd, 51, O_CLOEXEC);
	DO(dup3, fd, fd, 0);
	DO(dup3, fd, 52, 1);
	DO(fcntl, fd, F_DUPFD, 30);
	DO(fcntl, fd, F_DUPFD_CLOEXEC, 30);
	DO(fcntl, fd, F_DUPFD, -1);
	DO(fcntl, fd, F_GETFD);
	DO(fcntl, fd, F_SETFD, 1);
	DO(fcntl, fd, F_GETFD);
	DO(fcntl, fd, F_GETFL);
	DO(fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK);
	DO(fcntl, fd, F_GETFL);
	DO(fcntl, fd, F_SETFL, 0);
	DO(fcntl, fd, F_SETLK, &lock);
	lock.l_type = F_RDLCK;
	lock.l_start = 5;
	DO(fcntl, fd, F_SETLK, &lock);
	lock.l_type = F_UNLCK;
	lock.l_start = 7;
	lock.l_len = 1;
	DO(fcntl, fd, F_SETLKW, &lock);
	lock.l_type = F_WRLCK;
	lock.l_start = lock.l_len = 0;
	DO(fcntl, fd, F_GETLK, &lock);
	lock.l_type = 9;
	DO(fcntl, fd, F_SETLK, &lock);
	lock.l_type = F_WRLCK;
	lock.l_start = -5;
	DO(fcntl, fd, F_SETLK, &lock);
	lock.l_whence = SEEK_END;
	lock.l_start = 0;
	DO(fcntl, fd, F_SETLK, &lock);
	DO(fcntl, fd, F_SETLK, NOWHERE);
	DO(fcntl, fd, F_SETOWN, 1);
	DO(fcntl, fd, F_GETOWN);
	DO(fcntl, fd, 12345);
	DO(fcntl, 99, F_GETFD);
	DO(flock, fd, LOCK_SH);
	DO(flock, fd, LOCK_EX | LOCK_NB);
	number = (int)RUN(open, "f", O_RDONLY);
	DO(flock, number, LOCK_EX | LOCK_NB);
	DO(flock, fd, LOCK_UN);
	DO(flock, number, LOCK_SH);
	DO(flock, fd, LOCK_SH | LOCK_NB);
	DO(flock, fd, 77);
	DO(close, number);
	number = 1;
	DO(ioctl, fd, FIONREAD, &number);
	DO(ioctl, fd, FIONBIO, &number);
	DO(ioctl, fd, FIOCLEX);
	DO(ioctl, fd, FIONCLEX);
	DO(ioctl, fd, TCGETS, buffer);
	DO(ioctl, fd, FIONBIO, NOWHERE);
	DO(ioctl, 99, FIOCLEX);
	DO(close, copy);
	for (int i = 30; i <= 51; i++)
		RUN(close, i);
	for (copy = 0; copy < 70; copy++)
		if (RUN(dup, fd) < 0)
			break;
	note(copy);
	for (copy += 8; copy > 2; copy--)
		RUN(close, copy);
}

static int locker(void)
{
	struct flock lock = {.l_type = F_WRLCK};
	long fd = RUN(open, "f", O_RDWR);

	return RUN(fcntl, fd, F_SETLKW, &lock) == 0 ? 3 : 4;
}

static void locks(void)
{
	struct flock lock = {.l_type = F_WRLCK};
	long fd = DO(open, "f", O_RDWR), pid;
	int status = 0;

	DO(fcntl, fd, F_SETLK, &lock);
	pid = must_fork();
	if (pid == 0)
		RUN(exit_group, locker());
	RUN(nanosleep, &soon);
	lock.l_type = F_UNLCK;
	DO(fcntl, fd, F_SETLK, &lock);
	RUN(wait4, pid, &status);
	note(status);
	DO(flock, fd, LOCK_EX);
	pid = must_fork();
	if (pid == 0)
		RUN(exit_group, RUN(flock, RUN(open, "f", O_RDWR), LOCK_EX) == 0 ? 5 : 6);
	RUN(nanosleep, &soon);
	DO(flock, fd, LOCK_UN);
	RUN(wait4, pid, &status);
	note(status);
	DO(close, fd);
}

static void attributes(void)
{
	struct stat information;
	struct timespec {
		long s, n;
	} when[2] = {{1000, 0}, {2000, 5}};
	long fd = DO(open, "f", O_RDWR), folder = DO(open, ".", O_RDONLY | O_DIRECTORY);

	DO(stat, "f", &information);
	note(information.st_size);
	DO(lstat, "f", &information);
	DO(fstat, fd, &information);
	DO(fstat, 1, &information);
	DO(fstat, 99, &information);
	DO(stat, "none", &information);
	DO(stat, "f", NOWHERE);
	DO(newfstatat, folder, "f", &information, 0);
	DO(newfstatat, folder, "", &information, AT_EMPTY_PATH);
	DO(newfstatat, folder, "", &information, 0);
	DO(newfstatat, fd, "f", &information, 0);
	DO(newfstatat, folder, "f", &information, 0x80000);
	DO(statx, folder, "f", 0, 0x7ff, buffer);
	DO(statx, folder, "f", 0, 0x80000000u, buffer);
	DO(statx, fd, "", AT_EMPTY_PATH, 0x7ff, buffer);
	DO(statfs, ".", buffer);
	DO(statfs, "/proc", buffer);
	DO(statfs, "none", buffer);
	DO(fstatfs, fd, buffer);
	DO(fstatfs, 99, buffer);
	DO(utimensat, folder, "f", when, 0);
	DO(utimensat, fd, 0, when, 0);
	DO(utimensat, folder, "f", 0, 0);
	when[0].n = (1 << 30) - 1;
	when[1].n = (1 << 30) - 2;
	DO(utimensat, folder, "f", when, 0);
	when[0].n = -4;
	DO(utimensat, folder, "f", when, 0);
	DO(utimensat, folder, "none", 0, 0);
	DO(chmod, "f", 0600);
	DO(fchmod, fd, 04755);
	DO(fchmodat, folder, "f", 0644);
	DO(chmod, "none", 0);
	DO(fchmod, 99, 0);
	DO(chown, "f", 0, 0);
	DO(lchown, "f", 5, 5);
	DO(fchown, fd, -1, -1);
	DO(fchownat, folder, "f", 0, 0, AT_SYMLINK_NOFOLLOW);
	DO(fchownat, folder, "f", 0, 0, 0x1234567);
	DO(access, "f", 4);
	DO(access, "f", 1);
	DO(access, "none", 0);
	DO(access, "f", 99);
	DO(faccessat, folder, "f", 2);
	DO(faccessat2, folder, "f", 2, AT_EACCESS);
	DO(faccessat2, folder, "f", 2, 0x10);
	DO(umask, 022);
	DO(umask, 022);
	DO(close, folder);
	DO(close, fd);
}

void files(void)
{
	DO(mkdir, "work.d", 0755);
	DO(chdir, "work.d");
	reading_and_writing();
	descriptors();
	locks();
	attributes();
	DO(unlink, "f");
	DO(unlink, "g");
	DO(chdir, "..");
	DO(rmdir, "work.d");
}
