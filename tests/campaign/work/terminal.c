/* The terminal: modes, editing, job control. What is typed is put into the line with TIOCSTI. */
#include "work.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <poll.h>

struct window {
	unsigned short rows, columns, width, height;
};

static void type(const char *text)
{
	for (; *text; text++)
		RUN(ioctl, 1, TIOCSTI, text);
}

static void read_line(const char *typed)
{
	type(typed);
	long got = DO(read, 1, buffer, 100);
	for (long i = 0; i < got && i < 3; i++)
		note(buffer[i]);
}

static void modes(void)
{
	struct termios old, now;
	int number;

	DO(ioctl, 1, TCGETS, &old);
	DO(ioctl, 1, TCGETS, NOWHERE);
	DO(ioctl, 1, TCSETS, NOWHERE);
	now = old;
	now.c_lflag &= ~(unsigned)(ICANON | ECHO);
	now.c_cc[VMIN] = 2;
	now.c_cc[VTIME] = 0;
	DO(ioctl, 1, TCSETSF, &now);
	read_line("ab");
	now.c_cc[VMIN] = 0;
	DO(ioctl, 1, TCSETS, &now);
	DO(read, 1, buffer, 10);
	now.c_iflag = ISTRIP | INLCR | IGNCR | IXON;
	now.c_oflag = OPOST | OCRNL | ONOCR | ONLRET;
	DO(ioctl, 1, TCSETSW, &now);
	read_line("x\ny\rz\xe1");
	RUN(write, 1, "\rback\b\ttab\r\n", 12);
	DO(ioctl, 1, TCSETSF, &old);
	DO(ioctl, 1, FIONREAD, &number);
	note(number);
	DO(ioctl, 1, TIOCOUTQ, buffer);
	DO(ioctl, 1, TCSBRK, 1);
	DO(ioctl, 1, TCXONC, 0);
	DO(ioctl, 1, TCXONC, 1);
	DO(ioctl, 1, TCXONC, 9);
	DO(ioctl, 1, TCFLSH, 9);
	DO(ioctl, 1, TIOCGETD, buffer);
	DO(ioctl, 1, TIOCGWINSZ, buffer);
	DO(ioctl, 1, TIOCSWINSZ, (&(struct window){24, 80, 0, 0}));
	DO(ioctl, 1, TIOCSWINSZ, NOWHERE);
	DO(ioctl, 1, 0x9999, 0);
}

static void editing(void)
{
	struct pollfd ready = {1, POLLIN, 0};

	read_line("line\n");
	read_line("wrong\x7f\x7f\n");
	read_line("two words\x17s\n");
	read_line("gone\x15kept\n");
	read_line("again\x12\n");
	read_line("lit\x16\x03\n");
	read_line("tab\there\x7f\x7f\x7f\x7f\x7f\n");
	read_line("\x01\x02\x7f\n");
	read_line("end\x04");
	read_line("\x04");
	type("\x13");
	type("\x11");
	DO(poll, &ready, 1, 0);
	read_line("poll\n");
	type("pending");
	DO(ioctl, 1, TCFLSH, 0);
	DO(ioctl, 1, TCFLSH, 1);
}

static int waits_for_input(void)
{
	return (int)RUN(read, 1, buffer, 10);
}

static void job_control(void)
{
	int group = 0, status = 0;
	long own = RUN(getpgrp), pid;

	TRY(ioctl, 1, TIOCGPGRP, &group);
	TRY(ioctl, 1, TIOCGSID, &group);
	group = -4;
	DO(ioctl, 1, TIOCSPGRP, &group);
	group = (int)own;
	DO(ioctl, 1, TIOCSPGRP, &group);
	DO(ioctl, 1, TIOCSPGRP, NOWHERE);
	pid = must_fork();
	if (pid == 0)
		RUN(exit_group, waits_for_input());
	RUN(nanosleep, &soon);
	type("late\n");
	RUN(wait4, pid, &status);
	note(status);
	/* One that is interrupted from the keyboard: in a group of its own, which has the terminal. */
	pid = must_fork();
	if (pid == 0)
		RUN(exit_group, waits_for_input());
	RUN(setpgid, pid, pid);
	group = (int)pid;
	DO(ioctl, 1, TIOCSPGRP, &group);
	RUN(nanosleep, &soon);
	type("\x03");
	RUN(wait4, pid, &status);
	note(status);
	group = (int)own;
	DO(ioctl, 1, TIOCSPGRP, &group);
	/* One in the background that wants to read: stopped. */
	pid = must_fork();
	if (pid == 0) {
		RUN(setpgid, 0, 0);
		RUN(exit_group, waits_for_input());
	}
	RUN(wait4, pid, &status, 2);
	note(status);
	RUN(kill, pid, 9);
	RUN(wait4, pid, &status);
	note(status);
	pid = RUN(open, "/dev/tty", O_RDWR | O_NONBLOCK);
	DO(read, pid, buffer, 10);
	RUN(close, pid);
	DO(write, 1, NOWHERE, 4);
	type("q\n");
	DO(read, 1, NOWHERE, 4);
	DO(ioctl, 1, TCFLSH, 2);
}

enum { LINES = 0x8000, TRIES = 4, MILLISECONDS = 3 };

/* The serial line gives back what is sent (TIOCM_LOOP): a line comes in as from the other end. What a serial
 * line loses is sent again, as is usual there; a driver that was started anew has lost what nobody had read
 * yet. */
static _Bool comes_back(const char *text, size_t length)
{
	struct pollfd ready = {1, POLLIN, 0};

	for (int i = 0; i < TRIES; i++) {
		RUN(write, 1, text, length);
		while (RUN(poll, &ready, 1, MILLISECONDS) == 1) {
			long got = RUN(read, 1, buffer, 100);

			if (got <= 0)
				return 0;
			if (got == (long)length && same(buffer, text, length))
				return 1;
		}
	}
	return 0;
}

static void loop(void)
{
	struct termios old, now;
	int lines = LINES;

	DO(ioctl, 1, TIOCMGET, NOWHERE);
	DO(ioctl, 1, TIOCMBIS, NOWHERE);
	RUN(ioctl, 1, TCGETS, &old);
	now = old;
	now.c_lflag &= ~(unsigned)ECHO;
	now.c_oflag &= ~(unsigned)OPOST;
	RUN(ioctl, 1, TCSETS, &now);
	RUN(nanosleep, &soon); /* what was written before has left */
	if (DO(ioctl, 1, TIOCMBIS, &lines) < 0)
		return;
	holds(RUN(ioctl, 1, TIOCMGET, &lines) == 0 && lines & LINES);
	holds(comes_back("back again\n", 11)); /* the device holds 16 bytes */
	holds(comes_back("x\n", 2));
	lines = LINES;
	if (DO(ioctl, 1, TIOCMBIC, &lines) == 0)
		RUN(ioctl, 1, TCSETSF, &old); /* not before: an echo would go round for ever */
}

void terminal(void)
{
	if (RUN(ioctl, 1, TCGETS, buffer) < 0)
		return;
	DO(ioctl, 1, TIOCSCTTY, 0);
	TRY(ioctl, 1, TIOCGPGRP, buffer);
	modes();
	editing();
	job_control();
	loop();
	DO(ioctl, 1, TIOCNOTTY);
	DO(ioctl, 1, TIOCGSID, buffer);
	DO(ioctl, 1, TIOCSCTTY, 0);
}
