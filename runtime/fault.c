/* Whether a dormant fault strikes, and with which value. The laboratory writes the slot, from outside, while
 * the machine stands still. */
#include "../os/abi/lab.h"
#include "../os/abi/layout.h"
#include "include/djed/hooks.h"
#include "runtime.h"

DJED_HOOK bool djed_fault_strikes(void)
{
	volatile struct djed_fault_slot *slot = (volatile struct djed_fault_slot *)DJED_FAULT_PAGE;

	if (slot->countdown > 0) {
		slot->countdown--;
		return false;
	}
	if (slot->interval) {
		uint64_t now = djed_port_now();

		if (now < slot->not_before)
			return false;
		slot->not_before = now + slot->interval;
	}
	slot->hits++;
	slot->countdown = slot->every;
	if (!slot->always)
		slot->site = 0;
	return true;
}

DJED_HOOK uint64_t djed_fault_value(uint32_t site)
{
	volatile struct djed_fault_slot *slot = (volatile struct djed_fault_slot *)DJED_FAULT_PAGE;
	uint64_t value = ((uint64_t)site << 32 | (uint32_t)slot->hits) * 0x9e3779b97f4a7c15;

	/* splitmix64 (Steele, Lea, Flood 2014) */
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}
