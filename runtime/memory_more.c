/* As memory.c: what compilers call by themselves, but neither kernel, root nor rs needs. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
int memcmp(const void *left, const void *right, size_t length);
int bcmp(const void *left, const void *right, size_t length);

typedef uint64_t word __attribute__((aligned(1), may_alias));

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

/* An overlap is harmless in the direction in which each word is read before it is overwritten. */
void *memmove(void *to, const void *from, size_t length)
{
	if ((uintptr_t)to - (uintptr_t)from < length)
		copy_down(to, from, length);
	else
		memcpy(to, from, length); /* upwards, see memory.c */
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
