/* Files of the boot archive, which is a ustar file made on the host: every number in it is checked. */
#include <string.h>

#include "warden.h"

enum { BLOCK = 512, NAME = 0, NAME_SIZE = 100, SIZE = 124, SIZE_DIGITS = 12 };

static uint64_t octal(const char *digits, unsigned length)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < length && digits[i] >= '0' && digits[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(digits[i] - '0');
	return value;
}

const char *archive_find(const char *name, uint64_t *size)
{
	const char *archive = (const char *)DJED_ARCHIVE_BASE, *found = NULL;
	uint64_t end = djed_start()->archive_size, at = 0;

	while (end - at >= BLOCK && archive[at]) {
		const char *header = archive + at;
		uint64_t length = octal(header + SIZE, SIZE_DIGITS);

		at += BLOCK;
		if (length > end - at)
			break;
		if (strncmp(header + NAME, name, NAME_SIZE) == 0) {
			found = archive + at;
			*size = length;
		}
		at += (length + BLOCK - 1) / BLOCK * BLOCK;
		if (at > end)
			break;
	}
	return found;
}
