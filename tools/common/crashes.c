#include "crashes.h"

#include "machine.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

bool crashes_save(struct machine *m, const char *variant, const char *path)
{
	const struct djed_lab *lab = machine_lab(m);
	struct crashes_file head = {.magic = CRASHES_MAGIC, .version = CRASHES_VERSION};
	struct text rings = {0}, file = {0};
	bool found = false;
	snprintf(head.variant, sizeof head.variant, "%s", variant);
	for (unsigned i = 0; lab && i < lab->regions && i < DJED_LAB_REGIONS; i++) {
		const struct djed_lab_region region = lab->region[i];
		const void *bytes = machine_region(m, &region);
		if (bytes && region.kind == DJED_REGION_CRASHES && region.length >= sizeof head.crashes) {
			memcpy(&head.crashes, bytes, sizeof head.crashes);
			found = head.crashes.magic == DJED_CRASHES_MAGIC;
		} else if (bytes && region.kind == DJED_REGION_EVENTS &&
			   region.length >= sizeof(struct djed_ring)) {
			uint32_t number[2] = {region.service};
			text_add(&rings, number, sizeof number);
			text_add(&rings, bytes, sizeof(struct djed_ring));
			head.rings++;
		}
	}
	if (found) {
		text_add(&file, &head, sizeof head);
		text_add(&file, rings.bytes, rings.length);
		write_file(path, file.bytes, file.length);
	}
	text_free(&rings);
	text_free(&file);
	return found;
}
