/* manifest_parse on any bytes: it never fails without a reason that names a line, and what it accepts keeps
 * its promises. */
#undef NDEBUG
#include <assert.h>
#include <lib/manifest.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct manifest manifest;

	if (!manifest_parse(&manifest, (const char *)data, size)) {
		assert(strncmp(manifest.error, "manifest:", 9) == 0);
		assert(strlen(manifest.error) > 11);
		return 0;
	}
	assert(manifest.error[0] == 0 && manifest.count >= 1 && manifest.count <= MANIFEST_SERVICES_MAX);
	for (uint32_t i = 0; i < manifest.count; i++) {
		const struct manifest_service *s = &manifest.service[i];

		assert(manifest_find(&manifest, s->name) == (int)i);
		assert(s->priority >= 17 && s->priority <= 31 && s->heap >= 4096 && s->heap % 4096 == 0);
		assert(!(s->calls >> i & 1) && !(s->calls >> manifest.count));
		assert(s->ladder[MANIFEST_LADDER_MAX - 1] == 0);
	}
	return 0;
}
