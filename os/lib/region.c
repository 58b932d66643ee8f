#include "region.h"

#include <protocols/kernel.h>

/* The last region that was opened, and in which delivery. Ordinary, logged state: a rollback, which closes the
 * regions, forgets it. */
static struct {
	djed_transaction transaction;
	djed_handle request;
	uint32_t index;
} last;

void region_open(uint32_t index)
{
	const struct djed_delivery *d = djed_current();

	if (d->transaction && last.transaction == d->transaction && last.request == d->request &&
	    last.index == index)
		return;
	(void)kernel_region_open(index);
	last.transaction = d->transaction;
	last.request = d->request;
	last.index = index;
}
