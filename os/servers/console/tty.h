/* The terminal's line discipline as pure operations: bytes in, bytes out, no messages.
 *
 * Input bytes lie in a ring by absolute position. From `input_head` to `input_ready` they may be read; in
 * canonical mode the bytes from there to `input_tail` are the line that is still being edited. Output bytes,
 * already processed, lie in another ring from `output_head` (taken by the device up to here) to
 * `output_tail`. */
#ifndef DJED_CONSOLE_TTY_H
#define DJED_CONSOLE_TTY_H

#include <stdbool.h>
#include <stdint.h>

enum { TTY_INPUT = 4096, TTY_OUTPUT = 16384, TTY_SIGNALS = 16 };

/* termios of Linux. */
enum tty_input_mode {
	IGNBRK = 1,
	ISTRIP = 0x20,
	INLCR = 0x40,
	IGNCR = 0x80,
	ICRNL = 0x100,
	IXON = 0x400,
	IMAXBEL = 0x2000
};
enum tty_output_mode { OPOST = 1, ONLCR = 4, OCRNL = 8, ONOCR = 0x10, ONLRET = 0x20 };
enum tty_local_mode {
	ISIG = 1,
	ICANON = 2,
	ECHO = 8,
	ECHOE = 0x10,
	ECHOK = 0x20,
	ECHONL = 0x40,
	NOFLSH = 0x80,
	TOSTOP = 0x100,
	ECHOCTL = 0x200,
	ECHOKE = 0x800,
	IEXTEN = 0x8000,
};
enum tty_character {
	VINTR,
	VQUIT,
	VERASE,
	VKILL,
	VEOF,
	VTIME,
	VMIN,
	VSWTC,
	VSTART,
	VSTOP,
	VSUSP,
	VEOL,
	VREPRINT,
	VDISCARD,
	VWERASE,
	VLNEXT,
	VEOL2,
	TTY_CHARACTERS = 19,
};

struct tty_modes { /* struct termios of the kernel's interface */
	uint32_t input, output, control, local;
	uint8_t line;
	uint8_t character[TTY_CHARACTERS];
};
_Static_assert(sizeof(struct tty_modes) == 36, "as Linux lays it out");

struct tty_size {
	uint16_t rows, columns, width, height;
};

struct tty_signal {
	uint32_t process_group, signal;
};

struct tty {
	struct tty_modes modes;
	struct tty_size size;
	uint32_t foreground;  /* process group, 0: none */
	uint32_t session;     /* whose terminal this is, 0: nobody's */
	uint8_t raw;	      /* a plain byte stream: no terminal at all (docs: `console=raw`) */
	uint8_t escape;	      /* raw: the byte before was 0xff */
	uint8_t ended;	      /* raw: the host has closed its end */
	uint8_t literal;      /* the next byte is taken as it is (VLNEXT) */
	uint8_t stopped;      /* output is held (VSTOP) */
	uint32_t column;      /* of the cursor, as far as known */
	uint32_t line_column; /* where the line that is being edited began */
	uint32_t signals;
	struct tty_signal signal[TTY_SIGNALS];
	uint64_t input_head, input_ready, input_tail;
	uint64_t output_head, output_tail;
	uint8_t end_mark[TTY_INPUT / 8]; /* bit for each place of `input`: an end of file was typed there */
	uint8_t input[TTY_INPUT];
	uint8_t output[TTY_OUTPUT];
};

void tty_start(struct tty *tty, bool raw);

/* One byte from the line. Echo goes to the output ring; signals to the queue. */
void tty_receive(struct tty *tty, uint8_t byte);

/* Room for further input: fewer bytes than this may be passed to tty_receive. */
uint32_t tty_input_room(const struct tty *tty);

/* Whether a read would return now (with bytes or with the end of file). */
bool tty_readable(const struct tty *tty);

/* What one read of up to `length` bytes gets: *count bytes into `to` (0: end of file). True if the answer is
 * complete, false if the read has to wait. *used is for tty_take, which takes them out of the ring. */
bool tty_peek(const struct tty *tty, uint8_t *to, uint32_t length, uint32_t *count, uint32_t *used);
void tty_take(struct tty *tty, uint32_t used);

/* Processes output. Returns the bytes of `from` that went in; fewer when the ring is full. */
uint32_t tty_write(struct tty *tty, const uint8_t *from, uint32_t length);
uint32_t tty_output_room(const struct tty *tty);

/* New modes: what was typed becomes readable, or a line to edit, as the mode says. */
void tty_set_modes(struct tty *tty, const struct tty_modes *modes);
void tty_flush_input(struct tty *tty);
void tty_flush_output(struct tty *tty);

/* Queues a signal for a process group (0: dropped). The same signal to the same group is kept once. */
void tty_raise(struct tty *tty, uint32_t process_group, uint32_t signal);

#endif
