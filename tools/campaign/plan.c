/* Which fault, at which execution: everything follows from the seed. */
#include "campaign.h"
#include "statistics.h"

#include <stdlib.h>

static bool same_block(const struct site *a, const struct site *b)
{
	return a->service == b->service && a->block == b->block;
}

void plan_draw(struct planned *plan, unsigned count, const struct sites *sites, uint64_t seed)
{
	uint64_t random = seed;
	const struct site *list = sites->list, *end = list + sites->count;
	/* By its first site, every block that is left. */
	const struct site **block = malloc(sites->count * sizeof *block);
	if (!block)
		die("out of memory");
	unsigned left = 0;
	for (unsigned i = 0; i < count; i++) {
		if (!left)
			/* Every block once before any a second time. */
			for (const struct site *at = list; at < end; at++)
				if (at == list || !same_block(at, at - 1))
					block[left++] = at;
		unsigned pick = (unsigned)random_below(&random, left), classes = 1;
		const struct site *site = block[pick];
		block[pick] = block[--left];
		while (site + classes < end && same_block(site, site + classes))
			classes++;
		if (classes > 1)
			site += random_below(&random, classes);
		plan[i] =
		    (struct planned){.id = i + 1, .site = site, .drawn = random_below(&random, site->count)};
		plan[i].skip = plan[i].drawn;
	}
	free(block);
}

void plan_fit(struct planned *plan, unsigned count, const struct counts *before, const struct counts *after)
{
	for (unsigned i = 0; i < count; i++) {
		const struct site *site = plan[i].site;
		uint64_t ran = counts_of(after, site) - counts_of(before, site);
		plan[i].skip = (uint64_t)((unsigned __int128)plan[i].drawn * ran / site->count);
	}
}
