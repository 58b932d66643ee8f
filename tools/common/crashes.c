#include "crashes.h"

#include "machine.h"
#include "text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What rs has dealt with and the warden has not taken over: the run may have ended before. */
static void add_kept(struct djed_crashes *crashes, const struct djed_crashes_kept *kept,
		     const struct djed_lab *lab)
{
	static struct djed_crash_record spare;
	uint64_t n = crashes->total;

	if (crashes->records > DJED_CRASH_RECORDS)
		return;
	if (kept->total > n + DJED_CRASHES_KEPT) {
		n = kept->total - DJED_CRASHES_KEPT;
		crashes->forgotten += n - crashes->total;
		crashes->total = n;
	}
	for (; n < kept->total; n++) {
		const struct djed_crash *crash = &kept->crash[n % DJED_CRASHES_KEPT];
		uint64_t service = crash->report[0];

		djed_crash_add(crashes, crash, service < DJED_SERVICES_MAX ? lab->service[service].name : "",
			       &spare);
	}
}

uint64_t crashes_checksum(const struct crashes_file *file, size_t length)
{
	return digest(file->variant, length - offsetof(struct crashes_file, variant));
}

bool crashes_save(struct machine *m, const char *variant, const char *path)
{
	const struct djed_lab *lab = machine_lab(m);
	struct crashes_file head = {.magic = CRASHES_MAGIC, .version = CRASHES_VERSION};
	struct text rings = {0}, file = {0};
	const struct djed_crashes_kept *kept = NULL;
	bool found = false;
	head.crashes = (struct djed_crashes){.magic = DJED_CRASHES_MAGIC, .version = DJED_CRASHES_VERSION};
	snprintf(head.variant, sizeof head.variant, "%s", variant);
	head.build = variant_digest(variant);
	for (unsigned i = 0; lab && i < lab->regions && i < DJED_LAB_REGIONS; i++) {
		const struct djed_lab_region region = lab->region[i];
		const void *bytes = machine_region(m, &region);
		if (bytes && region.kind == DJED_REGION_CRASHES && region.length >= sizeof *kept &&
		    *(const uint64_t *)bytes == DJED_KEPT_MAGIC) {
			kept = bytes;
		} else if (bytes && region.kind == DJED_REGION_CRASHES &&
			   region.length >= sizeof head.crashes &&
			   *(const uint64_t *)bytes == DJED_CRASHES_MAGIC) {
			memcpy(&head.crashes, bytes, sizeof head.crashes);
			found = true;
		} else if (bytes && region.kind == DJED_REGION_EVENTS &&
			   region.length >= sizeof(struct djed_ring)) {
			uint32_t number[2] = {region.service};
			text_add(&rings, number, sizeof number);
			text_add(&rings, bytes, sizeof(struct djed_ring));
			head.rings++;
		}
	}
	if (kept)
		add_kept(&head.crashes, kept, lab);
	if (found || kept) {
		text_add(&file, &head, sizeof head);
		text_add(&file, rings.bytes, rings.length);
		struct crashes_file *whole = (void *)file.bytes;
		whole->checksum = crashes_checksum(whole, file.length);
		write_file(path, file.bytes, file.length);
	}
	text_free(&rings);
	text_free(&file);
	return found || kept;
}
