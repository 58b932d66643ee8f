/* Reference counts that look at themselves: a count that no system can reach is damage, and stops the server
 * before anybody relies on it. */
#ifndef DJED_LIB_REFERENCE_H
#define DJED_LIB_REFERENCE_H

#include <djed/server.h>

enum { REFERENCES_MAX = 1 << 24 };

/* One more to what somebody holds already. */
static inline void reference_take(uint32_t *count)
{
	djed_assert(*count && *count < REFERENCES_MAX);
	++*count;
}

/* One less; whether it was the last one. */
static inline bool reference_give(uint32_t *count)
{
	djed_assert(*count - 1 < REFERENCES_MAX);
	return --*count == 0;
}

#endif
