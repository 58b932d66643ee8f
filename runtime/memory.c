/* The memory functions that compilers call by themselves. Native code, compiled with -fno-builtin so that no
 * loop here is turned into a call of the function it is in; the undo pass logs what they write at their call
 * sites. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memset(void *to, int value, size_t length);

typedef uint64_t word __attribute__((aligned(1), may_alias));

static void copy_up(uint8_t *to, const uint8_t *from, size_t length)
{
	for (; length >= 8; length -= 8, to += 8, from += 8)
		*(word *)to = *(const word *)from;
	for (; length > 0; length--)
		*to++ = *from++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
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
