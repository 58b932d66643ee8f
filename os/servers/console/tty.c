/* Line discipline. What is echoed, erased and signalled follows Linux' n_tty. */
#include "tty_output.h"

#include <string.h>

enum { SIGINT = 2, SIGQUIT = 3, SIGTSTP = 20, DISABLED = 0 };

void tty_start(struct tty *tty, bool raw)
{
	static const struct tty_modes terminal = {
	    .input = ICRNL | IXON,
	    .output = OPOST | ONLCR,
	    .control = 0x14b2, /* 115200 baud, 8 bits, receiver on, hang up on close */
	    .local = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	    .character = {[VINTR] = 3,
			  [VQUIT] = 28,
			  [VERASE] = 127,
			  [VKILL] = 21,
			  [VEOF] = 4,
			  [VMIN] = 1,
			  [VSTART] = 17,
			  [VSTOP] = 19,
			  [VSUSP] = 26,
			  [VREPRINT] = 18,
			  [VDISCARD] = 15,
			  [VWERASE] = 23,
			  [VLNEXT] = 22},
	};

	memset(tty, 0, sizeof(*tty));
	tty->modes = terminal;
	tty->size = (struct tty_size){.rows = 24, .columns = 80};
	tty->raw = raw;
	if (raw)
		tty->modes.input = tty->modes.output = tty->modes.local = 0;
}

/* ---- signals ----------------------------------------------------------------------------------------- */

void tty_raise(struct tty *tty, uint32_t process_group, uint32_t signal)
{
	if (process_group == 0)
		return;
	for (uint32_t i = 0; i < tty->signals; i++)
		if (tty->signal[i].process_group == process_group && tty->signal[i].signal == signal)
			return;
	if (tty->signals < TTY_SIGNALS)
		tty->signal[tty->signals++] = (struct tty_signal){process_group, signal};
}

void tty_flush_input(struct tty *tty)
{
	tty->input_head = tty->input_ready = tty->input_tail;
	memset(tty->end_mark, 0, sizeof(tty->end_mark));
}

void tty_flush_output(struct tty *tty)
{
	/* Positions only ever grow: the device may already have taken some of these bytes. What is dropped is
	 * the rest of the ring behind what can be in the device's hands, which is one message. */
	if (tty->output_tail - tty->output_head > 128)
		tty->output_tail = tty->output_head + 128;
}

/* ---- input ------------------------------------------------------------------------------------------- */

uint32_t tty_input_room(const struct tty *tty)
{
	uint32_t used = (uint32_t)(tty->input_tail - tty->input_head);

	/* A full line that nobody has ended yet would block the line for ever: further bytes are then taken
	 * and dropped. */
	if (tty->modes.local & ICANON && tty->input_ready == tty->input_head)
		return TTY_INPUT;
	return TTY_INPUT - used;
}

static bool is_end_mark(const struct tty *tty, uint64_t position)
{
	return tty->end_mark[position % TTY_INPUT / 8] >> position % 8 & 1;
}

static void set_end_mark(struct tty *tty, uint64_t position, bool on)
{
	uint8_t *byte = &tty->end_mark[position % TTY_INPUT / 8], bit = (uint8_t)(1u << position % 8);

	*byte = on ? *byte | bit : *byte & (uint8_t)~bit;
}

/* Adds a byte. In canonical mode the last place is kept for what ends the line. */
static void add(struct tty *tty, uint8_t byte, bool ends_line)
{
	uint32_t limit = tty->modes.local & ICANON && !ends_line ? TTY_INPUT - 1 : TTY_INPUT;

	if (tty->input_tail - tty->input_head >= limit)
		return;
	tty->input[tty->input_tail % TTY_INPUT] = byte;
	tty->input_tail++;
}

static uint8_t last_byte(const struct tty *tty)
{
	return tty->input[(tty->input_tail - 1) % TTY_INPUT];
}

/* The column behind the line that is being edited, counted from where it began. */
static uint32_t line_width(const struct tty *tty)
{
	uint32_t width = tty->line_column;

	for (uint64_t at = tty->input_ready; at < tty->input_tail; at++) {
		uint8_t byte = tty->input[at % TTY_INPUT];

		if (byte == '\t')
			width += 8 - width % 8;
		else if ((byte & 0xc0) != 0x80)
			width += tty_is_control(byte) && tty->modes.local & ECHOCTL ? 2 : 1;
	}
	return width;
}

/* Takes the last byte of the line back, with all bytes of a character in UTF-8, and off the screen if
 * `shown`. */
static void erase_one(struct tty *tty, bool shown)
{
	uint8_t byte = last_byte(tty);
	uint32_t columns = tty_is_control(byte) && tty->modes.local & ECHOCTL ? 2 : 1;

	while ((last_byte(tty) & 0xc0) == 0x80 && tty->input_tail - 1 > tty->input_ready)
		tty->input_tail--;
	tty->input_tail--;
	if (byte == '\t') {
		/* Back to where what is before the tab ends. */
		columns = 8 - line_width(tty) % 8;
		while (shown && columns--)
			tty_echo_text(tty, "\b");
		return;
	}
	while (shown && columns--)
		tty_echo_text(tty, "\b \b");
}

static bool is_word(uint8_t byte)
{
	return byte == '_' || byte >= 0x80 || (byte >= '0' && byte <= '9') ||
	       ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

static void erase(struct tty *tty)
{
	uint32_t local = tty->modes.local;

	if (tty->input_tail == tty->input_ready)
		return;
	erase_one(tty, local & ECHO && local & ECHOE);
	if (local & ECHO && !(local & ECHOE))
		tty_echo(tty, tty->modes.character[VERASE]);
}

static void erase_word(struct tty *tty)
{
	bool shown = tty->modes.local & ECHO, seen = false;

	while (tty->input_tail > tty->input_ready) {
		if (is_word(last_byte(tty)))
			seen = true;
		else if (seen)
			break;
		erase_one(tty, shown);
	}
}

static void kill_line(struct tty *tty)
{
	uint32_t local = tty->modes.local;
	bool shown = local & ECHO && local & ECHOKE && local & ECHOK && local & ECHOE;

	if (tty->input_tail == tty->input_ready)
		return;
	while (tty->input_tail > tty->input_ready)
		erase_one(tty, shown);
	if (local & ECHO && !shown) {
		tty_echo(tty, tty->modes.character[VKILL]);
		if (local & ECHOK)
			tty_echo_text(tty, "\n");
	}
}

static void reprint(struct tty *tty)
{
	tty_echo(tty, tty->modes.character[VREPRINT]);
	tty_echo_text(tty, "\n");
	for (uint64_t at = tty->input_ready; at < tty->input_tail; at++)
		tty_echo(tty, tty->input[at % TTY_INPUT]);
}

static bool is_special(const struct tty *tty, enum tty_character which, uint8_t byte)
{
	return byte == tty->modes.character[which] && byte != DISABLED;
}

/* Bytes that make signals or hold the output. */
static bool receive_control(struct tty *tty, uint8_t byte)
{
	uint32_t signal = 0;

	if (tty->modes.input & IXON) {
		if (is_special(tty, VSTART, byte)) {
			tty->stopped = 0;
			return true;
		}
		if (is_special(tty, VSTOP, byte)) {
			tty->stopped = 1;
			return true;
		}
	}
	if (!(tty->modes.local & ISIG))
		return false;
	if (is_special(tty, VINTR, byte))
		signal = SIGINT;
	else if (is_special(tty, VQUIT, byte))
		signal = SIGQUIT;
	else if (is_special(tty, VSUSP, byte))
		signal = SIGTSTP;
	if (!signal)
		return false;
	if (!(tty->modes.local & NOFLSH)) {
		tty_flush_input(tty);
		tty_flush_output(tty);
	}
	tty->stopped = 0;
	if (tty->modes.local & ECHO)
		tty_echo(tty, byte);
	tty_raise(tty, tty->foreground, signal);
	return true;
}

/* Bytes that edit or end the line. */
static bool receive_canonical(struct tty *tty, uint8_t byte)
{
	uint32_t local = tty->modes.local;

	if (is_special(tty, VERASE, byte)) {
		erase(tty);
	} else if (is_special(tty, VKILL, byte)) {
		kill_line(tty);
	} else if (is_special(tty, VWERASE, byte) && local & IEXTEN) {
		erase_word(tty);
	} else if (is_special(tty, VLNEXT, byte) && local & IEXTEN) {
		tty->literal = 1;
		if (local & ECHO && local & ECHOCTL)
			tty_echo_text(tty, "^\b");
	} else if (is_special(tty, VREPRINT, byte) && local & IEXTEN && local & ECHO) {
		reprint(tty);
	} else if (is_special(tty, VEOF, byte)) {
		if (tty->input_tail - tty->input_head < TTY_INPUT)
			set_end_mark(tty, tty->input_tail, true);
		add(tty, 0, true);
		tty->input_ready = tty->input_tail;
	} else if (byte == '\n' || is_special(tty, VEOL, byte) ||
		   (is_special(tty, VEOL2, byte) && local & IEXTEN)) {
		if (local & ECHO || (byte == '\n' && local & ECHONL))
			tty_echo(tty, byte);
		add(tty, byte, true);
		tty->input_ready = tty->input_tail;
	} else {
		return false;
	}
	return true;
}

/* A plain byte stream carries its end as 0xff 0x00, and 0xff as 0xff 0xff. */
static void receive_raw(struct tty *tty, uint8_t byte)
{
	if (tty->ended)
		return;
	if (!tty->escape && byte == 0xff) {
		tty->escape = 1;
		return;
	}
	if (tty->escape && byte == 0)
		tty->ended = 1;
	else
		add(tty, byte, false);
	tty->escape = 0;
	tty->input_ready = tty->input_tail;
}

void tty_receive(struct tty *tty, uint8_t byte)
{
	if (tty->raw) {
		receive_raw(tty, byte);
		return;
	}
	if (tty->modes.input & ISTRIP)
		byte &= 0x7f;
	if (tty->input_tail == tty->input_ready)
		tty->line_column = tty->column;
	if (tty->literal) {
		tty->literal = 0;
	} else {
		if (receive_control(tty, byte))
			return;
		if (byte == '\r') {
			if (tty->modes.input & IGNCR)
				return;
			if (tty->modes.input & ICRNL)
				byte = '\n';
		} else if (byte == '\n' && tty->modes.input & INLCR) {
			byte = '\r';
		}
		if (tty->modes.local & ICANON && receive_canonical(tty, byte))
			return;
	}
	if (tty->modes.local & ECHO)
		tty_echo(tty, byte);
	add(tty, byte, false);
	if (!(tty->modes.local & ICANON))
		tty->input_ready = tty->input_tail;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

bool tty_readable(const struct tty *tty)
{
	uint64_t ready = tty->input_ready - tty->input_head;

	if (tty->raw)
		return ready > 0 || tty->ended;
	if (tty->modes.local & ICANON)
		return ready > 0;
	return ready >= tty->modes.character[VMIN] && (ready > 0 || tty->modes.character[VMIN] == 0);
}

bool tty_peek(const struct tty *tty, uint8_t *to, uint32_t length, uint32_t *count, uint32_t *used)
{
	bool canonical = tty->modes.local & ICANON;
	uint64_t at = tty->input_head;

	*count = *used = 0;
	if (!tty_readable(tty))
		return false;
	while (*count < length && at < tty->input_ready) {
		uint8_t byte = tty->input[at % TTY_INPUT];

		if (canonical && is_end_mark(tty, at))
			break;
		to[(*count)++] = byte;
		at++;
		if (canonical &&
		    (byte == '\n' || is_special(tty, VEOL, byte) || is_special(tty, VEOL2, byte))) {
			*used = *count;
			return true;
		}
	}
	*used = *count;
	/* An end of file right behind what was read belongs to this read: alone it is the end, else it only
	 * pushed the bytes out. */
	if (canonical && at < tty->input_ready && is_end_mark(tty, at))
		++*used;
	return true;
}

void tty_take(struct tty *tty, uint32_t used)
{
	for (uint32_t i = 0; i < used; i++)
		if (is_end_mark(tty, tty->input_head + i))
			set_end_mark(tty, tty->input_head + i, false);
	tty->input_head += used;
}

void tty_set_modes(struct tty *tty, const struct tty_modes *modes)
{
	bool was = tty->modes.local & ICANON, will = modes->local & ICANON;

	tty->modes = *modes;
	if (was != will) {
		/* What was typed can be read at once in both directions, as on Linux. */
		tty->input_ready = tty->input_tail;
		tty->literal = 0;
		if (!will)
			memset(tty->end_mark, 0, sizeof(tty->end_mark));
	}
	if (!(modes->input & IXON))
		tty->stopped = 0;
}
