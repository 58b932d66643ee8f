/* Proportions with their intervals. */
#ifndef DJED_TOOLS_STATISTICS_H
#define DJED_TOOLS_STATISTICS_H

#include <stdint.h>

struct rate {
	double rate, low, high; /* 0..1; all 0 if total is 0 */
};

/* 95% score interval of `successes` out of `total` (Wilson 1927). */
struct rate wilson(unsigned successes, unsigned total);

/* Pseudo-random numbers, the same on every machine (splitmix64, Steele et al. 2014). */
uint64_t random_next(uint64_t *state);
/* Uniform in 0..bound-1 without bias; bound > 0. */
uint64_t random_below(uint64_t *state, uint64_t bound);

#endif
