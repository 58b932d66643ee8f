/* The memory functions that compilers call by themselves. Native code, compiled with -fno-builtin so that no
 * loop here is turned into a call of the function it is in; the undo pass logs what they write at their call
 * sites. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *left, const void *right, size_t length);
int bcmp(const void *left, const void *right, size_t length);

typedef uint64_t word __attribute__((aligned(1), may_alias));

static void copy_up(uint8_t *to, const uint8_t *from, size_t length)
{
	for (; length >= 8; length -= 8, to += 8, from += 8)
		*(word *)to = *(const word *)from;
	for (; length > 0; length--)
		*to++ = *from++;
}

static void copy_down(uint8_t *to, const uint8_t *from, size_t length)
{
	to += length;
	from += length;
	for (; length >= 8; length -= 8) {
		to -= 8;
		from -= 8;
		*(word *)to = *(const word *)from;
	}
	for (; length > 0; length--)
		*--to = *--from;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	copy_up(to, from, length);
	return to;
}

/* An overlap is harmless in the direction in which each word is read before it is overwritten. */
void *memmove(void *to, const void *from, size_t length)
{
	if ((uintptr_t)to - (uintptr_t)from < length)
		copy_down(to, from, length);
	else
		copy_up(to, from, length);
	return to;
}

void *memset(void *to, int value, size_t length)
{
	uint8_t *byte = to;
	uint64_t pattern = (uint8_t)value * UINT64_C(0x0101010101010101);

	for (; length >= 8; length -= 8, byte += 8)
		*(word *)byte = pattern;
	for (; length > 0; length--)
		*byte++ = (uint8_t)value;
	return to;
}

int memcmp(const void *left, const void *right, size_t length)
{
	const uint8_t *a = left, *b = right;

	for (; length >= 8 && *(const word *)a == *(const word *)b; length -= 8) {
		a += 8;
		b += 8;
	}
	for (; length > 0; length--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}

int bcmp(const void *left, const void *right, size_t length)
{
	return memcmp(left, right, length);
}
