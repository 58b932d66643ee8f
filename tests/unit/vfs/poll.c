/* poll and select: what is ready, who is woken, when the time is over. */
#include "world.h"

#include <errno.h>

static uint64_t fds(const struct linux_pollfd *fd, unsigned count)
{
	return world_bytes(fd, count * sizeof(*fd));
}

static uint16_t revents(uint64_t at, unsigned index)
{
	return ((struct linux_pollfd *)world_at(at))[index].revents;
}

static bool wakes(struct host_outcome parked)
{
	struct host_effect wake;

	return host_take_effect(KERNEL_OP_WAKE, &wake) && wake.in[0] == parked.request;
}

Test(poll, what_is_ready)
{
	struct host_outcome waiter;
	uint64_t at, pipe, data;
	int32_t fd[2];

	world_start();
	pipe = world_room(8);
	data = world_room(65536);
	world_call(LINUX_PIPE2, pipe, 0);
	memcpy(fd, world_at(pipe), 8);
	at = fds((struct linux_pollfd[]){{fd[0], 1, 9}, {fd[1], 4, 9}, {77, 1, 9}, {-1, 1, 9}}, 4);
	cr_assert_eq(world_call(LINUX_POLL, at, 4, -1), 2);
	cr_assert_eq(revents(at, 0), 0);
	cr_assert_eq(revents(at, 1), LINUX_POLLOUT);
	cr_assert_eq(revents(at, 2), LINUX_POLLNVAL);
	cr_assert_eq(revents(at, 3), 0);
	at = fds((struct linux_pollfd[]){{fd[0], 1, 0}}, 1);
	cr_assert_eq(world_call(LINUX_POLL, at, 1, 0), 0);
	waiter = host_linux("vfs", LINUX_POLL, at, 1, -1);
	cr_assert_eq(waiter.next, DJED_NEXT_PARK);
	world_check("a poll waits");
	world_fork(1, 2);
	host_be(2, 2);
	cr_assert_eq(world_call(LINUX_WRITE, fd[1], data, 1), 1);
	cr_assert(wakes(waiter));
	host_be(1, 1);
	cr_assert_eq(world_result(host_wake(waiter.request)), 1);
	cr_assert_eq(revents(at, 0), LINUX_POLLIN);
	cr_assert_eq(world_call(LINUX_POLL, 0xdead0000, 1, 0), -EFAULT);
	cr_assert_eq(world_call(LINUX_POLL, at, 5000, 0), -EINVAL);
	/* Ends that are gone. */
	world_exit(2);
	world_call(LINUX_CLOSE, fd[1]);
	cr_assert_eq(world_call(LINUX_POLL, at, 1, -1), 1);
	cr_assert_eq(revents(at, 0), LINUX_POLLIN | LINUX_POLLHUP);
	world_call(LINUX_READ, fd[0], data, 10);
	cr_assert_eq(world_call(LINUX_POLL, at, 1, -1), 1);
	cr_assert_eq(revents(at, 0), LINUX_POLLHUP);
	world_check("hung up");
}

Test(poll, time_and_terminal)
{
	struct host_outcome waiter, second;
	struct linux_timespec second_and_half = {1, 500000000};
	uint64_t at, time;

	world_start();
	world_fork(1, 2);
	djed_port_time = 1000;
	at = fds((struct linux_pollfd[]){{0, 1, 0}}, 1);
	waiter = host_linux("vfs", LINUX_POLL, at, 1, 100);
	cr_assert_eq(waiter.next, DJED_NEXT_PARK);
	cr_assert_eq(host_deadline("vfs"), 100001000);
	host_be(2, 2);
	second = host_linux("vfs", LINUX_POLL, at, 0, 50); /* a sleep */
	cr_assert_eq(host_deadline("vfs"), 50001000);
	world_check("two wait");
	djed_port_time = 60000000;
	host_notify("vfs", UINT64_C(1) << 63);
	cr_assert(wakes(second));
	cr_assert(!wakes(waiter));
	cr_assert_eq(host_deadline("vfs"), 100001000);
	cr_assert_eq(world_result(host_wake(second.request)), 0);
	host_be(1, 1);
	host_notify("vfs", 1); /* the console has changed, but not to readable */
	cr_assert(wakes(waiter));
	waiter = host_wake(waiter.request);
	cr_assert_eq(waiter.next, DJED_NEXT_PARK);
	cr_assert_eq(host_deadline("vfs"), 100001000, "the time began when it was called");
	world_console_events = LINUX_POLLIN;
	host_notify("vfs", 1);
	cr_assert(wakes(waiter));
	cr_assert_eq(world_result(host_wake(waiter.request)), 1);
	cr_assert_eq(revents(at, 0), LINUX_POLLIN);
	cr_assert_eq(host_deadline("vfs"), 0);
	world_console_events = 0;
	/* ppoll tells the time that is left. */
	time = world_bytes(&second_and_half, sizeof(second_and_half));
	waiter = host_linux("vfs", LINUX_PPOLL, at, 1, time, 0, 0);
	cr_assert_eq(waiter.next, DJED_NEXT_PARK);
	djed_port_time += 500000000;
	world_console_events = LINUX_POLLIN;
	host_notify("vfs", 1);
	cr_assert_eq(world_result(host_wake(waiter.request)), 1);
	cr_assert_eq(((struct linux_timespec *)world_at(time))->seconds, 1);
	cr_assert_eq(((struct linux_timespec *)world_at(time))->nanoseconds, 0);
	world_console_events = 0;
	waiter = host_linux("vfs", LINUX_POLL, at, 1, -1);
	cr_assert_eq(world_result(host_cancel(waiter.request)), -514);
	world_check("cancelled");
	waiter = host_linux("vfs", LINUX_POLL, at, 1, 10);
	world_exit(1);
	cr_assert_eq(host_deadline("vfs"), 0);
	world_check("ended");
}

Test(poll, select_sets)
{
	struct host_outcome waiter;
	uint64_t pipe, in, out, time, zero[2] = {0, 0};
	int32_t fd[2];

	world_start();
	pipe = world_room(8);
	world_call(LINUX_PIPE2, pipe, 0);
	memcpy(fd, world_at(pipe), 8);
	in = world_bytes(&(uint64_t){1ull << fd[0]}, 8);
	out = world_bytes(&(uint64_t){1ull << fd[1]}, 8);
	time = world_bytes(zero, sizeof(zero));
	cr_assert_eq(world_call(LINUX_SELECT, 10, in, out, 0, time), 1);
	cr_assert_eq(*(uint64_t *)world_at(in), 0);
	cr_assert_eq(*(uint64_t *)world_at(out), 1ull << fd[1]);
	*(uint64_t *)world_at(in) = 1ull << fd[0];
	waiter = host_linux("vfs", LINUX_PSELECT6, 10, in, 0, 0, 0, 0);
	cr_assert_eq(waiter.next, DJED_NEXT_PARK);
	cr_assert_eq(*(uint64_t *)world_at(in), 1ull << fd[0], "nothing is written before the answer");
	world_fork(1, 2);
	host_be(2, 2);
	world_call(LINUX_WRITE, fd[1], in, 1);
	cr_assert(wakes(waiter));
	host_be(1, 1);
	cr_assert_eq(world_result(host_wake(waiter.request)), 1);
	cr_assert_eq(*(uint64_t *)world_at(in), 1ull << fd[0]);
	*(uint64_t *)world_at(in) = 1ull << 60;
	cr_assert_eq(world_call(LINUX_SELECT, 64, in, 0, 0, time), -EBADF);
	cr_assert_eq(world_call(LINUX_SELECT, -1, in, 0, 0, time), -EINVAL);
	cr_assert_eq(world_call(LINUX_SELECT, 64, 0xdead0000, 0, 0, time), -EFAULT);
	((int64_t *)world_at(time))[0] = -1;
	cr_assert_eq(world_call(LINUX_SELECT, 64, 0, 0, 0, time), -EINVAL);
	world_check("select");
}
