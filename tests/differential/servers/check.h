#ifndef DIFFERENTIAL_CHECK_H
#define DIFFERENTIAL_CHECK_H

#include "host.h"

enum { LENT = 128 << 10 }; /* bytes that messages lend */
extern uint8_t lent[LENT];

uint32_t random_below(uint32_t limit);

/* Puts the servers into a state in which requests find something. */
void requests_prepare(void);
/* Makes up the next request of a server, and what it lends. False: there is no such server. */
bool request_make(const char *server, struct djed_message *message);
/* What the request was answered with: later ones use it. */
void request_answered(const struct djed_message *message, const struct host_outcome *outcome);

#endif
