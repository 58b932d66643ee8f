/* Which fault, at which execution: everything follows from the seed. */
#include "campaign.h"
#include "statistics.h"

#include <stdlib.h>

void plan_draw(struct planned *plan, unsigned count, const struct sites *sites, uint64_t seed)
{
	uint64_t random = seed;
	unsigned *order = malloc(sites->count * sizeof *order);
	if (!order)
		die("out of memory");
	unsigned left = 0;
	for (unsigned i = 0; i < count; i++) {
		if (!left) {
			/* Every executed site once before any a second time. */
			left = sites->count;
			for (unsigned k = 0; k < left; k++)
				order[k] = k;
		}
		unsigned pick = (unsigned)random_below(&random, left);
		const struct site *site = &sites->list[order[pick]];
		order[pick] = order[--left];
		plan[i] =
		    (struct planned){.id = i + 1, .site = site, .skip = random_below(&random, site->count)};
	}
	free(order);
}
