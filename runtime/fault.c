/* Whether a dormant fault strikes. The laboratory writes the slot, from outside, while the machine stands
 * still. */
#include "../os/abi/lab.h"
#include "../os/abi/layout.h"
#include "include/djed/hooks.h"

DJED_HOOK bool djed_fault_strikes(void)
{
	volatile struct djed_fault_slot *slot = (volatile struct djed_fault_slot *)DJED_FAULT_PAGE;

	if (slot->countdown > 0) {
		slot->countdown--;
		return false;
	}
	slot->hits++;
	if (!slot->always)
		slot->site = 0;
	return true;
}
