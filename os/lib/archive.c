#include "archive.h"

#include <stdbool.h>
#include <string.h>

enum { BLOCK = 512 };

struct header {
	char name[100], mode[8], user[8], group[8], size[12], time[12], checksum[8], type, link[100];
	char magic[6], version[2], user_name[32], group_name[32], major[8], minor[8], prefix[155],
	    padding[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "ustar");

/* Octal digits up to a blank or NUL. False: something else stands there. */
static bool read_octal(const char *field, size_t width, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < width && field[i] && field[i] != ' '; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		*value = *value << 3 | (uint64_t)(field[i] - '0');
	}
	return true;
}

/* Whether header's name is prefix/name, or name alone where there is no prefix. */
static bool is_named(const struct header *header, const char *name)
{
	size_t prefix = strnlen(header->prefix, sizeof(header->prefix));
	size_t length = strnlen(header->name, sizeof(header->name));

	if (prefix > 0) {
		if (strncmp(name, header->prefix, prefix) != 0 || name[prefix] != '/')
			return false;
		name += prefix + 1;
	}
	return strlen(name) == length && memcmp(name, header->name, length) == 0;
}

const void *archive_find(const void *archive, size_t size, const char *name, size_t *length)
{
	size_t offset = 0;

	while (size - offset >= BLOCK) {
		const struct header *header = (const struct header *)((const char *)archive + offset);
		uint64_t file;

		if (memcmp(header->magic, "ustar", 5) != 0 ||
		    !read_octal(header->size, sizeof(header->size), &file) || file > size - offset - BLOCK)
			return NULL;
		offset += BLOCK;
		if ((header->type == '0' || header->type == 0) && is_named(header, name)) {
			*length = file;
			return (const char *)archive + offset;
		}
		file = (file + BLOCK - 1) / BLOCK * BLOCK;
		offset += file < size - offset ? file : size - offset;
	}
	return NULL;
}
