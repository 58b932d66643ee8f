/* State of the driver; nothing of it is undone (uart_plain.c). */
#ifndef DJED_UART_PLAIN_H
#define DJED_UART_PLAIN_H

#include <stdint.h>

enum { PLAIN_INPUT = 512 };

struct uart_plain {
	uint64_t written;  /* position behind the last byte sent; 0: none yet */
	uint64_t position; /* of input[0] */
	uint32_t held;	   /* bytes of input that the reader has not confirmed */
	uint32_t lost;	   /* overruns since the last read */
	uint32_t unsent;   /* 1: the device took less than it was offered */
	uint8_t input[PLAIN_INPUT];
};
extern struct uart_plain plain;

#endif
