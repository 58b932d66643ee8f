/* djed_system_check on any bytes, and on a good system with any bytes changed and the right checksum: no
 * access outside of them, and what it accepts keeps its promises. */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/good_system.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct djed_system *copy = malloc(size);

	memcpy(copy, data, size);
	assert(djed_system_check(copy, size) || !broken_promise(copy, size));
	free(copy);
	make_good();
	for (size_t i = 0; i + 2 < size; i += 3) /* offset, new byte: the unused records are left out */
		((uint8_t *)&good)[(data[i] | data[i + 1] << 8) % offsetof(struct djed_system, service[3])] =
		    data[i + 2];
	good.system.magic = DJED_SYSTEM_MAGIC;
	good.system.checksum = djed_system_checksum(&good.system);
	assert(djed_system_check(&good.system, sizeof(good)) || !broken_promise(&good.system, sizeof(good)));
	return 0;
}
