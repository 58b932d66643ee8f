/* The boot archive: POSIX ustar, walked in place. */
#include "arch.h"
#include "boot.h"

enum { BLOCK = 512, NAME = 0, NAME_SIZE = 100, SIZE = 124, SIZE_SIZE = 12, TYPE = 156, MAGIC = 257 };

/* Octal digits up to a blank or NUL. ~0: something else. */
static uint64_t number(const char *field, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size && field[i] && field[i] != ' '; i++) {
		if (field[i] < '0' || field[i] > '7')
			return ~0ull;
		value = value * 8 + (uint64_t)(field[i] - '0');
	}
	return value;
}

static bool named(const char *header, const char *name)
{
	unsigned i = 0;

	while (i < NAME_SIZE && name[i] && header[NAME + i] == name[i])
		i++;
	return !name[i] && (i == NAME_SIZE || !header[NAME + i]);
}

const void *archive_find(const char *name, uint64_t *size)
{
	uint64_t length, offset = 0, file, physical = boot_archive(&length);
	const char *archive = arch_memory(physical);

	while (physical && offset + BLOCK <= length &&
	       !__builtin_memcmp(archive + offset + MAGIC, "ustar", 5)) {
		const char *header = archive + offset;

		file = number(header + SIZE, SIZE_SIZE);
		if (file > length - offset - BLOCK)
			return NULL;
		if ((header[TYPE] == '0' || !header[TYPE]) && named(header, name)) {
			*size = file;
			return header + BLOCK;
		}
		offset += BLOCK + (file + BLOCK - 1) / BLOCK * BLOCK;
	}
	return NULL;
}
