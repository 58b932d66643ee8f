/* The line discipline by golden transcripts: what is typed, what appears, what can be read. */
#include "tty.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct tty tty;

/* Everything that came out since the last call. */
static const char *shown(void)
{
	static char text[TTY_OUTPUT + 1];
	size_t length = 0;

	while (tty.output_head < tty.output_tail)
		text[length++] = (char)tty.output[tty.output_head++ % TTY_OUTPUT];
	text[length] = 0;
	return text;
}

static void type(const char *text)
{
	for (; *text; text++)
		tty_receive(&tty, (uint8_t)*text);
}

/* One read of at most `size` bytes: the text, "(end)" or "(waits)". */
static const char *got(uint32_t size)
{
	static char text[TTY_INPUT + 1];
	uint32_t count, used;

	if (!tty_peek(&tty, (uint8_t *)text, size, &count, &used))
		return "(waits)";
	tty_take(&tty, used);
	if (count == 0)
		return "(end)";
	text[count] = 0;
	return text;
}

Test(discipline, transcripts)
{
	static const struct {
		const char *typed, *screen, *first, *second;
	} golden[] = {
	    {"hello\n", "hello\r\n", "hello\n", "(waits)"},
	    {"hello\r", "hello\r\n", "hello\n", "(waits)"},
	    {"hel", "hel", "(waits)", "(waits)"},
	    {"a\nb\n", "a\r\nb\r\n", "a\n", "b\n"},
	    {"abc\177\177d\n", "abc\b \b\b \bd\r\n", "ad\n", "(waits)"},
	    {"\177\177x\n", "x\r\n", "x\n", "(waits)"}, /* nothing to erase */
	    {"a\001b\177\177\n", "a^Ab\b \b\b \b\b \b\r\n", "a\n",
	     "(waits)"}, /* a control character is two columns */
	    {"two words\027\n", "two words\b \b\b \b\b \b\b \b\b \b\r\n", "two \n", "(waits)"},
	    {"two words  \027\027x\n",
	     "two words  \b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \bx\r\n", "x\n", "(waits)"},
	    {"wrong\025right\n", "wrong\b \b\b \b\b \b\b \b\b \bright\r\n", "right\n", "(waits)"},
	    {"\004", "", "(end)", "(waits)"},
	    {"no newline\004", "no newline", "no newline", "(waits)"}, /* pushed, not ended */
	    {"x\n\004", "x\r\n", "x\n", "(end)"},
	    {"abc\022\n", "abc^R\r\nabc\r\n", "abc\n", "(waits)"},
	    {"a\026\003b\n", "a^\b^Cb\r\n", "a\003b\n", "(waits)"}, /* taken literally */
	    {"ab\003cd\n", "ab^Ccd\r\n", "cd\n", "(waits)"},	    /* interrupted */
	    {"a\tb\177\177c\n", "a\tb\b \b\b\b\b\b\b\b\bc\r\n", "ac\n", "(waits)"},
	    {"\303\244\177e\n", "\303\244\b \be\r\n", "e\n", "(waits)"}, /* a letter of two bytes */
	};

	for (unsigned i = 0; i < sizeof(golden) / sizeof(*golden); i++) {
		tty_start(&tty, false);
		type(golden[i].typed);
		cr_expect_str_eq(shown(), golden[i].screen, "transcript %u: wrong screen", i);
		cr_expect_str_eq(got(100), golden[i].first, "transcript %u: wrong first read", i);
		cr_expect_str_eq(got(100), golden[i].second, "transcript %u: wrong second read", i);
	}
}

Test(discipline, short_reads_and_limits)
{
	char line[5001];

	tty_start(&tty, false);
	type("abcdef\n");
	cr_assert_str_eq(got(4), "abcd");
	cr_assert_str_eq(got(4), "ef\n");
	type("ab\004");
	cr_assert_str_eq(got(2), "ab"); /* the end that pushed it goes with it */
	cr_assert_str_eq(got(2), "(waits)");
	memset(line, 'l', 5000);
	line[5000] = 0;
	type(line); /* longer than a line can be: the rest is dropped, and the line can still be ended */
	cr_assert_str_eq(got(100), "(waits)");
	type("\n");
	cr_assert_eq(strlen(got(TTY_INPUT)), TTY_INPUT);
	cr_assert_str_eq(got(100), "(waits)");
	for (int i = 0; i < 2000; i++) {
		type("x\n");
		if (i % 3 == 0)
			type("\004");
		cr_assert_str_eq(got(9), "x\n");
		if (i % 3 == 0)
			cr_assert_str_eq(got(9), "(end)");
		shown();
	}
}

Test(discipline, signals)
{
	tty_start(&tty, false);
	tty.session = tty.foreground = 5;
	type("x\003\003\034");
	cr_assert_eq(tty.signals, 2); /* the same one twice is kept once */
	cr_assert(tty.signal[0].process_group == 5 && tty.signal[0].signal == 2);
	cr_assert(tty.signal[1].process_group == 5 && tty.signal[1].signal == 3);
	cr_assert_str_eq(shown(), "x^C^C^\\");
	type("\032");
	cr_assert_eq(tty.signal[2].signal, 20);
	for (uint32_t group = 10; group < 100; group++)
		tty_raise(&tty, group, 1);
	cr_assert_eq(tty.signals, TTY_SIGNALS);
	tty.signals = 0;
	tty_raise(&tty, 0, 2);
	cr_assert_eq(tty.signals, 0);
	type("\023");
	cr_assert(tty.stopped);
	type("\021");
	cr_assert(!tty.stopped);
	tty.modes.local &= ~(uint32_t)ISIG;
	type("\003\n");
	cr_assert_eq(tty.signals, 0);
	cr_assert_str_eq(got(9), "\003\n");
}

Test(discipline, modes)
{
	struct tty_modes modes;

	tty_start(&tty, false);
	type("half a line");
	modes = tty.modes;
	modes.local &= ~(uint32_t)(ICANON | ECHO);
	tty_set_modes(&tty, &modes);
	cr_assert_str_eq(got(4), "half"); /* readable at once */
	cr_assert_str_eq(got(100), " a line");
	shown();
	type("\004q");
	cr_assert_str_eq(got(100), "\004q");
	cr_assert_str_eq(shown(), "");
	modes.character[VMIN] = 3;
	tty_set_modes(&tty, &modes);
	type("ab");
	cr_assert_str_eq(got(100), "(waits)");
	type("c");
	cr_assert_str_eq(got(100), "abc");
	modes.character[VMIN] = 0;
	tty_set_modes(&tty, &modes);
	cr_assert_str_eq(got(100), "(end)"); /* polling */
	modes.input = 0;
	modes.output = 0;
	tty_set_modes(&tty, &modes);
	type("\r");
	cr_assert_str_eq(got(100), "\r");
	cr_assert_eq(tty_write(&tty, (const uint8_t *)"a\nb", 3), 3);
	cr_assert_str_eq(shown(), "a\nb");
	modes.output = OPOST | OCRNL;
	tty_set_modes(&tty, &modes);
	cr_assert_eq(tty_write(&tty, (const uint8_t *)"a\r", 2), 2);
	cr_assert_str_eq(shown(), "a\n");
}

Test(discipline, output_ring)
{
	static uint8_t lines[3 * TTY_OUTPUT];
	uint32_t in, done = 0;
	uint64_t sum = 0;

	tty_start(&tty, false);
	memset(lines, '\n', sizeof(lines));
	in = tty_write(&tty, lines, sizeof(lines));
	cr_assert_eq(in, TTY_OUTPUT / 2); /* each became two */
	cr_assert_eq(tty_write(&tty, lines, 1), 0);
	tty.output_head += 2;
	cr_assert_eq(tty_write(&tty, lines, 10), 1);
	/* Round and round: nothing is lost or doubled. */
	tty_start(&tty, true);
	for (uint32_t i = 0; i < sizeof(lines); i++)
		lines[i] = (uint8_t)(i * 7 + i / 256);
	while (done < sizeof(lines) || tty.output_head < tty.output_tail) {
		uint32_t part = (done * 13 + 7) % 5000 + 1;

		if (part > sizeof(lines) - done)
			part = sizeof(lines) - done;
		done += tty_write(&tty, lines + done, part);
		for (uint32_t k = (done * 3) % 4000 + 1; k > 0 && tty.output_head < tty.output_tail; k--) {
			cr_assert_eq(tty.output[tty.output_head % TTY_OUTPUT], lines[tty.output_head]);
			tty.output_head++;
			sum++;
		}
	}
	cr_assert_eq(sum, sizeof(lines));
}

Test(discipline, byte_stream)
{
	tty_start(&tty, true);
	cr_assert_str_eq(got(10), "(waits)");
	type("\003\004\r\n\177"); /* nothing is special */
	cr_assert_str_eq(got(10), "\003\004\r\n\177");
	tty_receive(&tty, 0xff);
	cr_assert_str_eq(got(10), "(waits)");
	tty_receive(&tty, 0xff);
	cr_assert_str_eq(got(10), "\xff");
	type("last");
	tty_receive(&tty, 0xff);
	tty_receive(&tty, 0);
	type("behind the end");
	cr_assert_str_eq(got(10), "last");
	cr_assert_str_eq(got(10), "(end)");
	cr_assert_str_eq(got(10), "(end)");
	cr_assert_str_eq(shown(), ""); /* and no echo */
}
