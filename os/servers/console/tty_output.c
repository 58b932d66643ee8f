/* Output of the line discipline: processing, the ring, echo. */
#include "tty_output.h"

#include <string.h>

uint32_t tty_output_room(const struct tty *tty)
{
	return TTY_OUTPUT - (uint32_t)(tty->output_tail - tty->output_head);
}

/* Puts processed bytes into the ring, whole: a copy of at most two ranges is logged cheaper than many bytes.
 */
static void emit(struct tty *tty, const uint8_t *bytes, uint32_t length)
{
	uint32_t start = (uint32_t)(tty->output_tail % TTY_OUTPUT), first = TTY_OUTPUT - start;

	if (first > length)
		first = length;
	memcpy(tty->output + start, bytes, first);
	memcpy(tty->output, bytes + first, length - first);
	tty->output_tail += length;
}

/* How `byte` comes out, into `to` (room for 8). Returns the length. */
static uint32_t process_output(const struct tty *tty, uint8_t byte, uint32_t *column, uint8_t *to)
{
	uint32_t modes = tty->modes.output;

	if (!(modes & OPOST)) {
		*to = byte;
		return 1;
	}
	switch (byte) {
	case '\n':
		if (modes & ONLRET)
			*column = 0;
		if (modes & ONLCR) {
			*column = 0;
			memcpy(to, "\r\n", 2);
			return 2;
		}
		break;
	case '\r':
		if (modes & ONOCR && *column == 0)
			return 0;
		*column = 0;
		if (modes & OCRNL)
			byte = '\n';
		break;
	case '\t':
		*column += 8 - *column % 8;
		break;
	case '\b':
		if (*column)
			--*column;
		break;
	default:
		if (byte >= ' ' && byte != 127 && (byte & 0xc0) != 0x80)
			++*column;
	}
	*to = byte;
	return 1;
}

uint32_t tty_write(struct tty *tty, const uint8_t *from, uint32_t length)
{
	uint8_t bytes[512];
	uint32_t done = 0, used = 0, column = tty->column, room = tty_output_room(tty);

	if (!(tty->modes.output & OPOST)) {
		done = length < room ? length : room;
		emit(tty, from, done);
		return done;
	}
	while (done < length && used + 2 <= room) {
		used += process_output(tty, from[done++], &column, bytes + used);
		if (used + 2 > sizeof(bytes)) {
			emit(tty, bytes, used);
			room -= used;
			used = 0;
		}
	}
	emit(tty, bytes, used);
	tty->column = column;
	return done;
}

void tty_echo_text(struct tty *tty, const char *text)
{
	(void)tty_write(tty, (const uint8_t *)text, (uint32_t)strlen(text));
}

bool tty_is_control(uint8_t byte)
{
	return byte < ' ' || byte == 127;
}

void tty_echo(struct tty *tty, uint8_t byte)
{
	if (tty->modes.local & ECHOCTL && tty_is_control(byte) && byte != '\t' && byte != '\n') {
		const uint8_t text[2] = {'^', byte ^ 0x40};

		(void)tty_write(tty, text, 2);
	} else {
		(void)tty_write(tty, &byte, 1);
	}
}
