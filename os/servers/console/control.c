/* ioctl of the terminal. */
#include "console.h"

#include <protocols/uart_client.h>

enum request {
	TCGETS = 0x5401,
	TCSETS = 0x5402,
	TCSETSW = 0x5403,
	TCSETSF = 0x5404,
	TCSBRK = 0x5409,
	TCXONC = 0x540a,
	TCFLSH = 0x540b,
	TIOCSCTTY = 0x540e,
	TIOCGPGRP = 0x540f,
	TIOCSPGRP = 0x5410,
	TIOCOUTQ = 0x5411,
	TIOCSTI = 0x5412,
	TIOCGWINSZ = 0x5413,
	TIOCSWINSZ = 0x5414,
	TIOCMGET = 0x5415,
	TIOCMBIS = 0x5416,
	TIOCMBIC = 0x5417,
	TIOCMSET = 0x5418,
	FIONREAD = 0x541b,
	TIOCNOTTY = 0x5422,
	TIOCGETD = 0x5424,
	TCSBRKP = 0x5425,
	TIOCGSID = 0x5429,
};
enum { SIGWINCH = 28 };

static int64_t set_modes(uint32_t request, uint64_t argument)
{
	struct tty_modes modes;

	if (client_read(&modes, argument, sizeof(modes)))
		return -EFAULT;
	if (request == TCSETSF)
		tty_flush_input(&console.tty);
	tty_set_modes(&console.tty, &modes);
	return 0;
}

static int64_t set_size(uint64_t argument)
{
	struct tty *tty = &console.tty;
	struct tty_size size;

	if (client_read(&size, argument, sizeof(size)))
		return -EFAULT;
	if (size.rows != tty->size.rows || size.columns != tty->size.columns)
		tty_raise(tty, tty->foreground, SIGWINCH);
	tty->size = size;
	return 0;
}

static int64_t set_foreground(uint64_t argument, uint32_t session)
{
	int32_t group;

	if (console.tty.session == 0 || console.tty.session != session)
		return -ENOTTY;
	if (client_read(&group, argument, sizeof(group)))
		return -EFAULT;
	if (group <= 0)
		return -EINVAL;
	console.tty.foreground = (uint32_t)group;
	return 0;
}

static int64_t take_terminal(uint64_t steal, uint32_t process_group, uint32_t session)
{
	struct tty *tty = &console.tty;

	if (tty->session == session)
		return 0;
	if (tty->session != 0 && !steal)
		return -EPERM;
	tty->session = session;
	tty->foreground = process_group;
	return 0;
}

static int64_t give(uint64_t argument, uint32_t value)
{
	return client_write(argument, &value, sizeof(value));
}

/* TCXONC: 0 and 1 hold and free the output, 2 and 3 would send a byte to the other end. */
static int64_t flow(uint64_t action)
{
	if (action > 3)
		return -EINVAL;
	if (action < 2)
		console.tty.stopped = action == 0;
	return 0;
}

static int64_t flush(uint64_t what)
{
	enum { INPUT, OUTPUT, BOTH };

	if (what > BOTH)
		return -EINVAL;
	if (what != OUTPUT)
		tty_flush_input(&console.tty);
	if (what != INPUT)
		tty_flush_output(&console.tty);
	return 0;
}

/* TIOCMGET and those that change modem lines. */
static int64_t modem(uint32_t request, uint64_t argument)
{
	uint32_t lines = 0, all;
	djed_status status;

	if (request != TIOCMGET && client_read(&lines, argument, sizeof(lines)))
		return -EFAULT;
	status = uart_modem(console_slots.uart, request == TIOCMBIC ? 0 : lines,
			    request == TIOCMBIC	  ? lines
			    : request == TIOCMSET ? ~lines
						  : 0,
			    &all);
	if (status)
		return status;
	return request == TIOCMGET ? give(argument, all) : 0;
}

/* TIOCSTI: a byte as if it had been typed. */
static int64_t type(uint64_t argument, bool own)
{
	uint8_t byte;

	if (!own)
		return -EPERM;
	if (client_read(&byte, argument, sizeof(byte)))
		return -EFAULT;
	if (tty_input_room(&console.tty) == 0)
		return -EAGAIN;
	tty_receive(&console.tty, byte);
	return 0;
}

int64_t console_ioctl(uint32_t request, uint64_t argument, uint32_t process_group, uint32_t session)
{
	struct tty *tty = &console.tty;
	bool own = tty->session != 0 && tty->session == session;

	if (request == TIOCSCTTY)
		return take_terminal(argument, process_group, session);
	if (request == FIONREAD)
		return give(argument, (uint32_t)(tty->input_ready - tty->input_head));
	if (tty->raw)
		return -ENOTTY; /* a byte stream, not a terminal */
	switch (request) {
	case TCGETS:
		return client_write(argument, &tty->modes, sizeof(tty->modes));
	case TCSETS:
	case TCSETSW: /* output is processed when it is written, so there is nothing to wait for */
	case TCSETSF:
		return set_modes(request, argument);
	case TCSBRK:
	case TCSBRKP:
		return 0;
	case TCXONC:
		return flow(argument);
	case TCFLSH:
		return flush(argument);
	case TIOCGPGRP:
		return own ? give(argument, tty->foreground) : -ENOTTY;
	case TIOCSPGRP:
		return set_foreground(argument, session);
	case TIOCGSID:
		return own ? give(argument, tty->session) : -ENOTTY;
	case TIOCNOTTY:
		if (!own)
			return -ENOTTY;
		tty->session = tty->foreground = 0;
		return 0;
	case TIOCOUTQ:
		return give(argument, (uint32_t)(tty->output_tail - tty->output_head));
	case TIOCSTI:
		return type(argument, own);
	case TIOCGWINSZ:
		return client_write(argument, &tty->size, sizeof(tty->size));
	case TIOCSWINSZ:
		return set_size(argument);
	case TIOCMGET:
	case TIOCMBIS:
	case TIOCMBIC:
	case TIOCMSET:
		return modem(request, argument);
	case TIOCGETD:
		return give(argument, 0);
	default:
		return -ENOTTY;
	}
}
