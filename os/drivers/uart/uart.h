/* State of the driver; see uart.c for why none of it is undone. */
#ifndef DJED_UART_H
#define DJED_UART_H

#include <stdint.h>

enum { UART_MESSAGE = 128, UART_INPUT = 4096 };

struct uart {
	uint64_t output;      /* position: bytes that the device has taken */
	uint64_t input_start; /* position of the first byte that the reader has not confirmed */
	uint64_t input_end;   /* behind the last byte received */
	uint64_t input_base;  /* position of input[0] in the first round: position p lies at (p - base) %
				 UART_INPUT */
	uint32_t lost;	      /* overruns since the last read */
	uint8_t output_known; /* `output` is right: not yet after a restart */
	uint8_t input_known;  /* the reader has told its position */
	uint8_t masked;	      /* the interrupt waits to be acknowledged */
	uint8_t stalled; /* the device took less than it was offered: its interrupt will tell when to go on */
	uint8_t input[UART_INPUT];
};
extern struct uart uart;

#endif
