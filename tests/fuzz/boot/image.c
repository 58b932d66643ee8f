/* image_add on any bytes, and on a good ELF file with any bytes changed: no access outside of them, and what
 * it accepts the guest does, too. */
#undef NDEBUG
#include <assert.h>
#include <image.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/good_image.h"

static void check_image(const void *data, size_t size)
{
	char *copy = malloc(size);
	struct text system;

	memcpy(copy, data, size);
	assert(!image_start(&system, NULL));
	if (!image_add(&system, 0, copy, size))
		assert(!image_finish(&system));
	text_free(&system);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_image(data, size);
	make_good();
	for (size_t i = 0; i + 2 < size; i += 3) /* offset, new byte */
		((uint8_t *)&good)[(data[i] | data[i + 1] << 8) % sizeof(good)] = data[i + 2];
	check_image(&good, sizeof(good));
	return 0;
}
