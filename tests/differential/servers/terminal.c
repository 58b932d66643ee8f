/* console over a fake line, and the line's driver over a fake device. */
#include "check.h"

#include <errno.h>
#include <protocols/console.h>
#include <protocols/kernel.h>
#include <protocols/uart.h>
#include <stdio.h>
#include <string.h>

#include "uart.h"

extern const struct djed_server console_server, uart_server, ds_server;

enum { HEAP = 1 << 20, READERS = 12 };

/* ---- console ----------------------------------------------------------------------------------------------
 */

/* A line that takes as much as it likes, says now and then what cannot be, and has noise to give. */
static void line(const struct djed_delivery *delivery, struct djed_message *answer)
{
	static const char keys[] = "ls -l\n\r\x03\x04\x7f\x15\x17\x1a\x1c\x16 \t\x11\x13word";
	struct djed_buffer data = fake_buffer(delivery, 0);
	uint8_t typed[256];
	uint32_t count = random_below(6) ? data.length : random_below(data.length + 2);

	answer_or(answer, -EIO);
	if (delivery->message.label == UART_READ) {
		for (uint32_t i = 0; i < sizeof(typed); i++)
			typed[i] = random_below(8) ? (uint8_t)keys[random_below(sizeof(keys) - 1)]
						   : (uint8_t)random_below(256);
		count = random_below(3) ? random_below(20) : 0;
		if (count > data.length)
			count = data.length;
		count = (uint32_t)djed_copy_out(data, 0, typed, count);
		answer->word[1] = random_below(30) == 0;
	}
	answer->word[0] = random_below(100) ? count : PICK(data.length + 1, UINT32_MAX);
}

static void start_console(void)
{
	host_add_fake("mm", fake_mm);
	host_add_fake("uart", line);
	host_add_fake("vfs", fake_nobody);
	host_add_fake("pm", fake_nobody);
	host_add_server("ds", &ds_server);
	host_add_server("console", &console_server);
}

static void make_control(struct djed_message *m)
{
	static const uint32_t requests[] = {0x5401, 0x5402, 0x5403, 0x5404, 0x5409, 0x540a, 0x540b, 0x540e,
					    0x540f, 0x5410, 0x5411, 0x5413, 0x5414, 0x5415, 0x5416, 0x5417,
					    0x5418, 0x541b, 0x5422, 0x5424, 0x5425, 0x5429};
	const uint32_t modes[] = {random_below(0x10000), random_below(8), 0xbf,
				  random_below(4) ? 0x8a3b : random_below(0x10000)};
	uint8_t text[64];

	memcpy(text, modes, sizeof(modes));
	for (unsigned i = sizeof(modes); i < sizeof(text); i++)
		text[i] = (uint8_t)random_below(i < 40 ? 30 : 256);
	m->label = CONSOLE_CONTROL;
	m->word[0] =
	    random_below(12) ? requests[random_below(sizeof(requests) / sizeof(*requests))] : a_value();
	m->word[1] = random_below(4) ? application_bytes(text, sizeof(text)) : a_value();
	if (m->word[0] == 0x5410 && random_below(2)) /* TIOCSPGRP */
		m->word[1] = application_bytes(&(uint32_t){1 + random_below(3)}, 4);
	m->word[2] = 1 + random_below(READERS);
	m->word[3] = 1 + random_below(3);
	m->word[4] = random_below(6) ? 1 : random_below(4);
}

static void make_console(struct step *step)
{
	struct djed_message *m = &step->message;

	application_scribble(16);
	step->pid = 1 + random_below(READERS);
	if (process_waits(step->pid)) {
		make_cancel(step, step->pid);
		if (random_below(4))
			*step = (struct step){.kind = STEP_NOTIFY, .bits = 1};
		return;
	}
	m->word[0] =
	    random_below(6) ? application_text("some words\tand a line\r\n\x1b[1m more \x7f\n") : a_value();
	m->word[1] = random_below(6) ? random_below(60)
				     : PICK(1000, 5000, 20000, random_below(APPLICATION_SIZE), a_value());
	m->word[2] = random_below(3) == 0;
	m->word[3] = random_below(4) ? 1 : random_below(4);
	switch (random_below(9)) {
	case 0:
	case 1:
		m->label = CONSOLE_READ;
		break;
	case 2:
	case 3:
	case 4:
		m->label = CONSOLE_WRITE;
		break;
	case 5:
		make_control(m);
		break;
	case 6:
		m->label = (uint32_t)PICK(CONSOLE_TAKE_SIGNAL, CONSOLE_DRAINED, CONSOLE_READY, CONSOLE_READY);
		m->word[0] = random_below(2);
		break;
	default:
		*step = (struct step){.kind = STEP_NOTIFY,
				      .bits = random_below(4) ? 1 : random_below(UINT32_MAX)};
	}
}

const struct subject console_subject = {
    .name = "console", .heap = HEAP, .start = start_console, .make = make_console};

/* ---- uart -------------------------------------------------------------------------------------------------
 */

/* The device: what it has done stays done, so it is no part of the world that is put back. */
static uint8_t scratch, latch, last_sent;
static uint64_t sent, expected; /* bytes that went out, and that a writer knows of */

static djed_status read_port(const uint64_t in[6], uint64_t out[3])
{
	switch (in[0] - 0x3f8) {
	case 0:
		out[0] = random_below(256);
		break;
	case 5:
		out[0] =
		    (random_below(3) == 0) | (random_below(40) == 0) << 1 | (random_below(5) ? 0x20u : 0);
		break;
	case 7:
		out[0] = scratch;
		break;
	default:
		out[0] = 0;
	}
	return 0;
}

static djed_status write_port(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	switch (in[0] - 0x3f8) {
	case 0:
		if (latch)
			break;
		last_sent = (uint8_t)in[2];
		if (last_sent != (uint8_t)sent)
			djed_panic("byte %llu on the line is number %u of what was to be sent",
				   (unsigned long long)sent, last_sent);
		sent++;
		break;
	case 3:
		latch = (uint8_t)(in[2] >> 7);
		break;
	case 7:
		scratch = (uint8_t)in[2];
		break;
	}
	return 0;
}

static void start_uart(void)
{
	host_on(KERNEL_OP_PORT_READ, read_port);
	host_on(KERNEL_OP_PORT_WRITE, write_port);
	host_add_fake("console", fake_nobody);
	host_add_server("uart", &uart_server);
}

/* The byte at each position is the position's low half: so the device notices what is doubled or lost. */
static void make_uart(struct step *step)
{
	struct djed_message *m = &step->message;
	static uint64_t taken;
	uint32_t length = random_below(20) ? random_below(UART_MESSAGE + 1) : random_below(1000);

	switch (random_below(4)) {
	case 0:
		*step = (struct step){.kind = STEP_NOTIFY, .bits = 1};
		break;
	case 1:
		taken += random_below(2) ? random_below(64) : 0;
		m->label = UART_READ;
		m->word[0] = random_below(30) ? taken : a_value();
		m->grant[0] = a_grant(DJED_GRANT_WRITE);
		break;
	default:
		for (uint32_t i = 0; i < length; i++)
			lent[i] = (uint8_t)(expected + i);
		m->label = UART_WRITE;
		m->word[0] = expected;
		m->grant[0] = (struct djed_grant){.base = (uint64_t)lent,
						  .length = length,
						  .kind = DJED_GRANT_OWN,
						  .rights = DJED_GRANT_READ};
	}
}

static void done_uart(const struct step *step, const struct host_outcome *outcome)
{
	if (step->kind != STEP_REQUEST || step->message.label != UART_WRITE || outcome->status)
		return;
	expected += outcome->word[0];
	if (expected != sent)
		djed_panic("the line has %llu bytes, its writer knows of %llu", (unsigned long long)sent,
			   (unsigned long long)expected);
}

const struct subject uart_subject = {
    .name = "uart",
    .heap = HEAP,
    .start = start_uart,
    .make = make_uart,
    .done = done_uart,
    .exemption = "the driver's state, which is the device's (rule 15; section .djed.device)",
    .device = true};
