/* Between the parts of the line discipline. */
#ifndef DJED_CONSOLE_TTY_OUTPUT_H
#define DJED_CONSOLE_TTY_OUTPUT_H

#include "tty.h"

/* Echo that finds no room is lost, as on Linux. tty_echo shows control characters as ^X where the modes say
 * so. */
void tty_echo(struct tty *tty, uint8_t byte);
void tty_echo_text(struct tty *tty, const char *text);
bool tty_is_control(uint8_t byte);

#endif
