/* Pipes: bytes, blocking, ends that close, signals; FIFOs; locks. */
#include "world.h"

#include <errno.h>
#include <protocols/pm.h>

static void make_pipe(int32_t fd[2], uint32_t flags)
{
	uint64_t at = world_room(8);

	cr_assert_eq(world_call(LINUX_PIPE2, at, flags), 0);
	memcpy(fd, world_at(at), 8);
}

/* Takes the wake-up that the last call must have caused, and delivers the request again. */
static struct host_outcome woken(struct host_outcome parked)
{
	struct host_effect wake;

	while (host_take_effect(KERNEL_OP_WAKE, &wake))
		if (wake.in[0] == parked.request)
			return host_wake(parked.request);
	cr_assert(false, "nobody woke it");
	return parked;
}

Test(pipes, bytes_in_order)
{
	int32_t fd[2];
	uint64_t data = world_room(200000), back = world_room(200000), written = 0, read = 0;
	uint32_t seed = 1;

	world_start();
	make_pipe(fd, LINUX_O_NONBLOCK);
	for (unsigned i = 0; i < 200000; i++)
		((uint8_t *)world_at(data))[i] = (uint8_t)(i * 31 + i / 255);
	/* Random lengths on both ends; a model that only counts says what must be possible. */
	for (int round = 0; round < 3000 && read < 190000; round++) {
		uint64_t length, used = written - read;
		int64_t result;

		seed = seed * 1103515245 + 12345;
		length = (seed >> 16) % ((seed >> 8) % 4 ? 300 : 9000) + 1;
		if (written + length <= 200000 && seed >> 30 != 0) {
			result = world_call(LINUX_WRITE, fd[1], data + written, length);
			if (length <= LINUX_PIPE_BUF)
				cr_assert_eq(result,
					     used + length <= VFS_PIPE_SIZE ? (int64_t)length : -EAGAIN);
			else
				cr_assert_eq(result,
					     used == VFS_PIPE_SIZE ? -EAGAIN
					     : used + length <= VFS_PIPE_SIZE
						 ? (int64_t)length
						 : (int64_t)(VFS_PIPE_SIZE - used),
					     "%ld of %lu, used %lu", (long)result, (unsigned long)length,
					     (unsigned long)used);
			written += result > 0 ? (uint64_t)result : 0;
		} else {
			result = world_call(LINUX_READ, fd[0], back, length);
			cr_assert_eq(result, used == 0 ? -EAGAIN : (int64_t)(length < used ? length : used));
			if (result > 0)
				cr_assert_eq(
				    memcmp(world_at(back), (char *)world_at(data) + read, (size_t)result), 0);
			read += result > 0 ? (uint64_t)result : 0;
		}
		if (round % 100 == 0)
			world_check("in between");
	}
	cr_assert_gt(read, 100000);
	world_call(LINUX_CLOSE, fd[0]);
	world_call(LINUX_CLOSE, fd[1]);
	world_check("closed");
}

Test(pipes, waiting)
{
	int32_t fd[2];
	uint64_t data, back;
	struct host_outcome reader, writer;

	world_start();
	data = world_room(200000);
	back = world_room(200000);
	make_pipe(fd, 0);
	world_fork(1, 2);
	reader = host_linux("vfs", LINUX_READ, fd[0], back, 100);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	world_check("a reader waits");
	host_be(2, 2);
	memcpy(world_at(data), "hello", 5);
	cr_assert_eq(world_call(LINUX_WRITE, fd[1], data, 5), 5);
	cr_assert_eq(world_result(woken(reader)), 5);
	cr_assert_eq(memcmp(world_at(back), "hello", 5), 0);
	/* A long write goes in parts and comes back whole. */
	writer = host_linux("vfs", LINUX_WRITE, fd[1], data, 150000);
	cr_assert_eq(writer.next, DJED_NEXT_PARK);
	cr_assert_eq(writer.status, 65536); /* what is done, should this server be lost */
	world_check("a writer waits");
	host_be(1, 1);
	cr_assert_eq(world_call(LINUX_READ, fd[0], back, 65536), 65536);
	writer = woken(writer);
	cr_assert_eq(writer.next, DJED_NEXT_PARK);
	cr_assert_eq(world_call(LINUX_READ, fd[0], back, 65536), 65536);
	cr_assert_eq(world_result(woken(writer)), 150000);
	cr_assert_eq(world_call(LINUX_READ, fd[0], back, 65536), 150000 - 131072);
	/* What fits into PIPE_BUF goes in together or not at all. */
	host_be(2, 2);
	cr_assert_eq(world_call(LINUX_WRITE, fd[1], data, 65000), 65000);
	writer = host_linux("vfs", LINUX_WRITE, fd[1], data, 4096);
	cr_assert_eq(writer.next, DJED_NEXT_PARK);
	cr_assert_eq(vfs_pipe[1].tail - vfs_pipe[1].head, 65000);
	/* A signal ends the wait. */
	cr_assert_eq(world_result(host_cancel(writer.request)), -512);
	world_check("cancelled");
	writer = host_linux("vfs", LINUX_WRITE, fd[1], data, 10000);
	cr_assert_eq(writer.next, DJED_NEXT_PARK);
	cr_assert_eq(world_result(host_cancel(writer.request)), 536);
	/* The last reader goes: the writer gets its part, and pm the signal. */
	host_be(1, 1);
	cr_assert_eq(world_call(LINUX_READ, fd[0], back, 65536), 65536);
	host_be(2, 2);
	cr_assert_eq(world_call(LINUX_WRITE, fd[1], data, 65536), 65536);
	writer = host_linux("vfs", LINUX_WRITE, fd[1], data, 1);
	world_call(LINUX_CLOSE, fd[0]);
	world_exit(1);
	writer = woken(writer);
	cr_assert_eq(writer.next, DJED_NEXT_FORWARD);
	cr_assert_eq(writer.target, host_slot("pm"));
	cr_assert_eq(writer.message.label, PM_SIGNAL_AND_ANSWER);
	cr_assert_eq(writer.message.word[0], 13);
	cr_assert_eq((int64_t)writer.message.word[1], -EPIPE);
	world_check("broken");
}

Test(pipes, ends_and_errors)
{
	int32_t fd[2];
	uint64_t data;
	struct host_outcome reader;

	world_start();
	data = world_room(100);
	cr_assert_eq(world_call(LINUX_PIPE2, 0xdead0000, 0), -EFAULT);
	cr_assert_eq(world_call(LINUX_PIPE2, data, 0x12), -EINVAL);
	world_check("no pipe is left");
	make_pipe(fd, 0);
	cr_assert_eq(fd[0], 3); /* the failed calls have left nothing open */
	cr_assert_eq(world_call(LINUX_READ, fd[1], data, 1), -EBADF);
	cr_assert_eq(world_call(LINUX_WRITE, fd[0], data, 1), -EBADF);
	cr_assert_eq(world_call(LINUX_LSEEK, fd[0], 0, 0), -ESPIPE);
	cr_assert_eq(world_call(LINUX_PREAD64, fd[0], data, 1, 0), -ESPIPE);
	cr_assert_eq(world_call(LINUX_FSYNC, fd[0]), -EINVAL);
	cr_assert_eq(world_call(LINUX_WRITE, fd[1], data, 0), 0);
	cr_assert_eq(world_call(LINUX_WRITE, fd[1], 0xdead0000, 10), -EFAULT);
	cr_assert_eq(world_call(LINUX_WRITE, fd[1], data, 10), 10);
	cr_assert_eq(world_call(LINUX_READ, fd[0], 0xdead0000, 10), -EFAULT);
	cr_assert_eq(world_call(LINUX_READ, fd[0], data, 100), 10); /* nothing was lost by the failure */
	world_fork(1, 2);
	world_call(LINUX_CLOSE, fd[1]);
	reader = host_linux("vfs", LINUX_READ, fd[0], data, 1);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	world_exit(2); /* the last writer */
	cr_assert_eq(world_result(woken(reader)), 0);
	reader = host_linux("vfs", LINUX_READ, fd[0], data, 1);
	cr_assert_eq(world_result(reader), 0);
	world_exit(1);
	world_check("all ended");
	cr_assert_eq(vfs_pipes_used, 0);
}

Test(pipes, all_used_up)
{
	int64_t result;

	world_start();
	for (uint32_t pid = 2; pid < 40; pid++) {
		world_fork(1, pid);
		host_be(pid, pid);
		while ((result = world_call(LINUX_PIPE2, WORLD_BASE, 0)) == 0)
			;
		cr_assert(result == -EMFILE || result == -ENFILE);
	}
	world_check("used up");
	cr_assert_eq(result, -ENFILE);
	for (uint32_t pid = 2; pid < 40; pid++)
		world_exit(pid);
	cr_assert_eq(vfs_pipes_used, 0);
	world_check("given back");
}

Test(pipes, fifos)
{
	struct host_outcome reader, writer;
	int64_t in, out;
	uint64_t data;

	world_start();
	data = world_room(100);
	cr_assert_eq(world_call(LINUX_MKNOD, world_text("/fifo"), LINUX_S_IFIFO | 0644, 0), 0);
	cr_assert_eq(world_call(LINUX_OPEN, world_text("/fifo"), LINUX_O_WRONLY | LINUX_O_NONBLOCK, 0),
		     -ENXIO);
	world_fork(1, 2);
	reader = host_linux("vfs", LINUX_OPEN, world_text("/fifo"), LINUX_O_RDONLY, 0);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	world_check("open waits");
	host_be(2, 2);
	writer = host_linux("vfs", LINUX_OPEN, world_text("/fifo"), LINUX_O_WRONLY, 0);
	out = world_result(writer);
	cr_assert_eq(world_call(LINUX_WRITE, out, data, 5), 5);
	world_call(LINUX_CLOSE, out);
	host_be(1, 1);
	in = world_result(woken(reader)); /* though the writer is gone already */
	cr_assert_eq(world_call(LINUX_READ, in, data, 10), 5);
	cr_assert_eq(world_call(LINUX_READ, in, data, 10), 0);
	world_call(LINUX_CLOSE, in);
	reader = host_linux("vfs", LINUX_OPEN, world_text("/fifo"), LINUX_O_RDONLY, 0);
	cr_assert_eq(world_result(host_cancel(reader.request)), -512);
	world_check("cancelled");
	reader = host_linux("vfs", LINUX_OPEN, world_text("/fifo"), LINUX_O_RDONLY, 0);
	world_exit(1);
	world_check("ended while it opened");
	cr_assert_eq(vfs_pipes_used, 0);
}

Test(pipes, locks)
{
	struct linux_flock lock = {.type = LINUX_F_WRLCK, .start = 10, .length = 10};
	struct host_outcome waiter;
	uint64_t at;
	int64_t fd;

	world_start();
	fd = world_call(LINUX_OPEN, world_text("/f"), LINUX_O_CREAT | LINUX_O_RDWR, 0644);
	world_fork(1, 2);
	cr_assert_eq(world_call(LINUX_FCNTL, fd, LINUX_F_SETLK, world_bytes(&lock, sizeof(lock))), 0);
	lock.start = 40;
	cr_assert_eq(world_call(LINUX_FCNTL, fd, LINUX_F_SETLK, world_bytes(&lock, sizeof(lock))), 0);
	cr_assert_eq(vfs_locks_used, 2);
	lock = (struct linux_flock){.type = LINUX_F_WRLCK, .start = 15, .length = 30};
	cr_assert_eq(world_call(LINUX_FCNTL, fd, LINUX_F_SETLK, world_bytes(&lock, sizeof(lock))), 0);
	cr_assert_eq(vfs_locks_used, 1); /* joined: 10 to 50 */
	lock = (struct linux_flock){.type = LINUX_F_UNLCK, .start = 20, .length = 10};
	cr_assert_eq(world_call(LINUX_FCNTL, fd, LINUX_F_SETLK, world_bytes(&lock, sizeof(lock))), 0);
	cr_assert_eq(vfs_locks_used, 2); /* cut: 10 to 20, 30 to 50 */
	host_be(2, 2);
	lock = (struct linux_flock){.type = LINUX_F_RDLCK, .start = 0, .length = 0};
	cr_assert_eq(world_call(LINUX_FCNTL, fd, LINUX_F_SETLK, world_bytes(&lock, sizeof(lock))), -EAGAIN);
	at = world_bytes(&lock, sizeof(lock));
	cr_assert_eq(world_call(LINUX_FCNTL, fd, LINUX_F_GETLK, at), 0);
	memcpy(&lock, world_at(at), sizeof(lock));
	cr_assert(lock.type == LINUX_F_WRLCK && lock.start == 10 && lock.length == 10 && lock.pid == 1);
	lock = (struct linux_flock){.type = LINUX_F_RDLCK, .start = 0, .length = 0};
	waiter = host_linux("vfs", LINUX_FCNTL, fd, LINUX_F_SETLKW, world_bytes(&lock, sizeof(lock)));
	cr_assert_eq(waiter.next, DJED_NEXT_PARK);
	world_check("a lock is waited for");
	world_exit(1);
	cr_assert_eq(world_result(woken(waiter)), 0);
	world_check("and had");
	int64_t again = world_call(LINUX_OPEN, world_text("/f"), LINUX_O_RDWR, 0);
	cr_assert_eq(world_call(LINUX_FLOCK, fd, LINUX_LOCK_EX), 0);
	cr_assert_eq(world_call(LINUX_FLOCK, again, LINUX_LOCK_SH | LINUX_LOCK_NB), -EAGAIN);
	waiter = host_linux("vfs", LINUX_FLOCK, again, LINUX_LOCK_SH);
	cr_assert_eq(waiter.next, DJED_NEXT_PARK);
	cr_assert_eq(world_result(host_cancel(waiter.request)), -512);
	world_call(LINUX_CLOSE, fd);
	cr_assert_eq(vfs_locks_used, 0); /* closing any descriptor drops the process's record locks */
	cr_assert_eq(world_call(LINUX_FLOCK, again, LINUX_LOCK_SH), 0);
	world_check("locks");
}

static const uint64_t late = UINT64_C(1) << 63;

/* As when some server has crashed over it once. */
static void close_again(int32_t fd)
{
	host_attempt(1);
	cr_assert_eq(world_call(LINUX_CLOSE, fd), 0);
	host_attempt(0);
}

/* Process 1 reads an empty pipe, whose other end it closes again; process 2 still has both. */
static struct host_outcome waits_while_closed(int32_t fd[2], uint64_t byte)
{
	struct host_outcome reader;

	world_start();
	make_pipe(fd, 0);
	world_fork(1, 2);
	reader = host_linux("vfs", LINUX_READ, fd[0], byte, 1);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	close_again(fd[1]);
	return reader;
}

Test(pipes, end_that_is_closed_later)
{
	struct host_outcome reader;
	uint64_t byte = world_room(1);
	int32_t fd[2];

	reader = waits_while_closed(fd, byte);
	cr_assert_eq(world_call(LINUX_CLOSE, fd[1]), -EBADF, "to the process it is closed at once");
	world_check("one end in limbo");
	host_notify("vfs", late);
	host_attempt(1);
	world_exit(2);
	host_attempt(0);
	cr_assert_eq(host_audit("vfs").processes, 1, "to the others it has ended");
	host_notify("vfs", late);
	cr_assert_eq(world_result(woken(reader)), 0, "nobody can write any more");
	cr_assert_eq(host_deadline("vfs"), 0);
	world_check("closed");
}

/* A duplicate that is asked for again lies where it should, and what was there before ends. */
Test(pipes, duplicate_again)
{
	struct host_outcome reader;
	uint64_t byte = world_room(1);
	int32_t fd[2], other[2];

	world_start();
	make_pipe(fd, 0);
	make_pipe(other, 0);
	reader = host_linux("vfs", LINUX_READ, fd[0], byte, 1);
	cr_assert_eq(reader.next, DJED_NEXT_PARK);
	host_attempt(1);
	cr_assert_eq(world_call(LINUX_DUP2, other[1], fd[1]), fd[1]);
	cr_assert_eq(world_call(LINUX_DUP2, other[1], other[1]), other[1]);
	cr_assert_eq(world_call(LINUX_DUP2, other[1], 20), 20);
	cr_assert_eq(world_call(LINUX_DUP2, other[1], 500), 500,
		     "the usual way: there is no room for it yet");
	cr_assert_eq(world_call(LINUX_DUP2, 499, 3), -EBADF);
	cr_assert_eq(world_call(LINUX_DUP2, -1, 3), -EBADF);
	cr_assert_eq(world_call(LINUX_DUP2, other[1], -1), -EBADF);
	cr_assert_eq(world_call(LINUX_DUP2, other[1], VFS_DESCRIPTORS), -EBADF);
	host_attempt(0);
	cr_assert_eq(world_call(LINUX_DUP, other[1]), other[1] + 1, "the lowest that is free");
	cr_assert_eq(vfs_file[descriptor_slot(process_find(1), 20)->file].references, 5);
	world_check("duplicated");
	host_notify("vfs", late);
	cr_assert_eq(world_result(woken(reader)), 0, "nobody can write any more");
	world_exit(1);
	world_check("ended");
}

Test(pipes, end_that_cannot_be_closed)
{
	struct host_outcome reader;
	uint64_t byte = world_room(1);
	int32_t fd[2];

	reader = waits_while_closed(fd, byte);
	host_notify("vfs", late | DJED_NOTIFY_FAILED);
	world_check("the other process still has it");
	host_attempt(1);
	world_exit(2);
	host_attempt(0);
	host_notify("vfs", late | DJED_NOTIFY_FAILED);
	cr_assert_eq(world_result(woken(reader)), 0, "nobody can write any more");
	cr_assert_gt(host_deadline("vfs"), 1, "the rest is tried again later");
	world_check("postponed");
	djed_port_time = host_deadline("vfs");
	host_notify("vfs", late);
	cr_assert_eq(host_deadline("vfs"), 0);
	cr_assert_eq(process_find(2), NULL);
	world_check("closed");
}
