#include "statistics.h"

#include <math.h>

struct rate wilson(unsigned successes, unsigned total)
{
	if (!total)
		return (struct rate){0};
	const double z = 1.959963984540054; /* 97.5% quantile of the normal distribution */
	double n = total, p = successes / n;
	double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
	double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
	double low = centre - half, high = centre + half;
	return (struct rate){p, successes == 0 || low < 0 ? 0 : low,
			     successes == total || high > 1 ? 1 : high};
}

uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t random_below(uint64_t *state, uint64_t bound)
{
	uint64_t reject = -bound % bound, x;
	do
		x = random_next(state);
	while (x < reject);
	return x % bound;
}
