/* Capabilities by name. */
#include <string.h>

#include "runtime.h"

bool djed_find_capability(const char *name, djed_slot *slot)
{
	const struct djed_start_info *start = djed_start();

	for (uint32_t i = 0; i < start->capabilities && i < DJED_CAPABILITIES_MAX; i++) {
		if (strcmp(start->capability[i].name, name) == 0) {
			*slot = start->capability[i].slot;
			return true;
		}
	}
	return false;
}

djed_slot djed_capability(const char *name)
{
	djed_slot slot;

	if (!djed_find_capability(name, &slot))
		djed_panic("the manifest does not grant '%s'", name);
	return slot;
}
