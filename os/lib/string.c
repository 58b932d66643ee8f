/* String functions: plain loops, compiled with -fno-builtin so that none becomes a call of itself. */
#include <stdint.h>
#include <string.h>

void *memchr(const void *memory, int value, size_t length)
{
	const uint8_t *byte = memory;

	for (; length > 0; length--, byte++)
		if (*byte == (uint8_t)value)
			return (void *)byte;
	return NULL;
}

size_t strlen(const char *text)
{
	const char *end = text;

	while (*end)
		end++;
	return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t size)
{
	size_t length = 0;

	while (length < size && text[length])
		length++;
	return length;
}

int strcmp(const char *left, const char *right)
{
	while (*left && *left == *right) {
		left++;
		right++;
	}
	return (uint8_t)*left - (uint8_t)*right;
}

int strncmp(const char *left, const char *right, size_t length)
{
	for (; length > 0; length--, left++, right++)
		if (*left != *right || !*left)
			return (uint8_t)*left - (uint8_t)*right;
	return 0;
}

char *strchr(const char *text, int character)
{
	for (;; text++) {
		if (*text == (char)character)
			return (char *)text;
		if (!*text)
			return NULL;
	}
}

char *strrchr(const char *text, int character)
{
	const char *last = NULL;

	for (;; text++) {
		if (*text == (char)character)
			last = text;
		if (!*text)
			return (char *)last;
	}
}
