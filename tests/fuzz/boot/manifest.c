/* manifest_parse on any bytes: it never fails without a reason that names a line, and what it accepts keeps
 * its promises. */
#undef NDEBUG
#include <assert.h>
#include <manifest.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct manifest manifest;
	const struct manifest_text text = {"manifest", (const char *)data, size};
	const struct djed_system *system = &manifest.system;

	if (!manifest_parse(&manifest, &text, 1)) {
		assert(strncmp(manifest.error, "manifest:", 9) == 0);
		assert(strlen(manifest.error) > 11);
		return 0;
	}
	assert(manifest.error[0] == 0 && system->count >= 2 && system->count <= DJED_SERVICES_MAX);
	assert(system->magic == DJED_SYSTEM_MAGIC && system->checksum == djed_system_checksum(system));
	for (uint32_t i = 1; i < system->count; i++) {
		const struct djed_system_service *s = &system->service[i];

		assert(manifest_find(&manifest, s->name) == (int)i);
		assert(s->priority >= 17 && s->priority <= 31 && s->heap >= 4096 && s->heap % 4096 == 0);
		for (uint32_t k = 0; k < s->capabilities; k++)
			assert(s->capability[k].name.type != DJED_CAP_ENDPOINT ||
			       (s->capability[k].object >= 1 && s->capability[k].object < system->count));
		assert(djed_system_capabilities_fit(s));
		assert(s->ladder[DJED_LADDER_MAX - 1] == 0);
	}
	return 0;
}
