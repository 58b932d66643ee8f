/* Pipes: full, empty, broken; poll and select. */
#include "work.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static int closer(void)
{
	RUN(nanosleep, &soon);
	return 7;
}

void pipes(void)
{
	int ends[2], other[2], number = 0;
	struct iovec vector[2] = {{buffer, 10}, {buffer + 10, 5}};

	DO(pipe, ends);
	DO(pipe2, other, O_NONBLOCK | O_CLOEXEC);
	DO(pipe2, other, 0x1234);
	DO(pipe, NOWHERE);
	DO(write, ends[1], buffer, 100);
	DO(ioctl, ends[0], FIONREAD, &number);
	note(number);
	DO(read, ends[0], buffer, 60);
	DO(readv, ends[0], vector, 2);
	DO(writev, ends[1], vector, 2);
	DO(read, ends[0], buffer, 1000);
	DO(read, ends[1], buffer, 1);
	DO(write, ends[0], buffer, 1);
	DO(lseek, ends[0], 0, 0);
	DO(pread64, ends[0], buffer, 1, 0);
	DO(fcntl, ends[0], F_GETPIPE_SZ);
	DO(fcntl, ends[0], F_SETPIPE_SZ, 65536);
	DO(read, other[0], buffer, 1);
	for (int i = 0; i < 20 && DO(write, other[1], buffer, 10000) > 0;)
		i++;
	DO(write, other[1], buffer, 1);
	DO(read, other[0], buffer, 65536);
	DO(sendfile, 1, other[0], 0, 0);
	DO(close, other[1]);
	DO(read, other[0], buffer, 65536);
	DO(read, other[0], buffer, 65536);
	DO(close, other[0]);
	/* A reader and a writer that wait for each other. */
	long pid = must_fork();
	if (pid == 0) {
		RUN(close, ends[0]);
		for (int i = 0; i < 3; i++)
			RUN(write, ends[1], buffer, 50000);
		RUN(exit_group, closer());
	}
	RUN(close, ends[1]);
	long sum = 0;
	for (long got; (got = RUN(read, ends[0], buffer, sizeof(buffer))) > 0;)
		sum += got;
	note(sum);
	RUN(wait4, pid, &number);
	note(number);
	RUN(close, ends[0]);
	/* Named. */
	DO(mknod, "named", 010600, 0);
	ends[0] = (int)DO(open, "named", O_RDONLY | O_NONBLOCK);
	DO(open, "none/named", O_WRONLY);
	ends[1] = (int)DO(open, "named", O_WRONLY | O_NONBLOCK);
	DO(write, ends[1], "abc", 3);
	DO(read, ends[0], buffer, 10);
	DO(read, ends[0], buffer, 10);
	DO(close, ends[0]);
	DO(rt_sigaction, 13, ((long[]){1, 0, 0, 0}), 0, 8); /* SIGPIPE is ignored */
	DO(write, ends[1], "abc", 3);
	DO(rt_sigaction, 13, ((long[]){0, 0, 0, 0}), 0, 8);
	DO(close, ends[1]);
	DO(open, "named", O_WRONLY | O_NONBLOCK);
	pid = must_fork();
	if (pid == 0) {
		long fd = RUN(open, "named", O_WRONLY);
		RUN(write, fd, "waited", 6);
		RUN(exit_group, 2);
	}
	ends[0] = (int)DO(open, "named", O_RDONLY);
	DO(read, ends[0], buffer, 100);
	RUN(wait4, pid, &number);
	note(number);
	DO(close, ends[0]);
	DO(unlink, "named");
}

void waits(void)
{
	int ends[2], number;
	struct span wrong = {0, 2000000000};
	struct pollfd set[3];
	uint64_t reading, writing, broken;

	DO(pipe, ends);
	set[0] = (struct pollfd){ends[0], POLLIN, 0};
	set[1] = (struct pollfd){ends[1], POLLOUT, 0};
	set[2] = (struct pollfd){-1, POLLIN, 0};
	DO(poll, set, 3, 0);
	note(set[1].revents);
	DO(poll, set, 1, 1);
	DO(poll, set, 0, 1);
	set[2].fd = 99;
	DO(poll, set, 3, -1);
	note(set[2].revents);
	DO(poll, NOWHERE, 1, 0);
	DO(poll, set, 1000000, 0);
	DO(ppoll, set, 1, &soon, 0, 8);
	DO(ppoll, set, 1, &wrong, 0, 8);
	DO(ppoll, set, 1, NOWHERE, 0, 8);
	reading = 1ul << ends[0];
	writing = 1ul << ends[1];
	broken = 0;
	DO(select, 20, &reading, &writing, &broken, ((long[]){0, 0}));
	reading = 1ul << ends[0];
	DO(select, 20, &reading, 0, 0, ((long[]){0, 1000}));
	reading = 1ul << 40;
	DO(select, 50, &reading, 0, 0, ((long[]){0, 0}));
	DO(select, -1, 0, 0, 0, 0);
	DO(select, 10, NOWHERE, 0, 0, 0);
	DO(select, 0, 0, 0, 0, ((long[]){0, -1}));
	writing = 1ul << ends[1];
	DO(pselect6, 20, 0, &writing, 0, &soon, 0);
	DO(pselect6, 20, 0, &writing, 0, &wrong, 0);
	long pid = must_fork();
	if (pid == 0) {
		RUN(nanosleep, &soon);
		RUN(write, ends[1], "x", 1);
		RUN(exit_group, 0);
	}
	DO(poll, set, 1, -1);
	note(set[0].revents);
	RUN(wait4, pid, &number);
	DO(poll, ((struct pollfd[]){{0, POLLIN | POLLOUT, 0}, {1, POLLOUT, 0}}), 2, 0);
	DO(close, ends[1]);
	DO(read, ends[0], buffer, 10);
	DO(poll, set, 1, -1);
	note(set[0].revents);
	DO(close, ends[0]);
}
