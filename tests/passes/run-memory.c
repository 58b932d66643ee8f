/* The runtime's own memory functions against the C library's, at all small lengths, alignments and overlaps.
 * RUN: %native -fno-builtin -Dmemcpy=own_memcpy -Dmemmove=own_memmove -Dmemset=own_memset -Dmemcmp=own_memcmp \
 * RUN:   -Dbcmp=own_bcmp -c %runtime/memory.c -o %t.o
 * RUN: %native -fno-builtin -Dmemcpy=own_memcpy -Dmemmove=own_memmove -Dmemset=own_memset -Dmemcmp=own_memcmp \
 * RUN:   -Dbcmp=own_bcmp -c %runtime/memory_more.c -o %t.more.o
 * RUN: %native -I%inputs %s %t.o %t.more.o -o %t && %t
 */
#include <string.h>

#include "expect.h"
#include <stdint.h>

void *own_memcpy(void *to, const void *from, size_t length);
void *own_memmove(void *to, const void *from, size_t length);
void *own_memset(void *to, int value, size_t length);
int own_memcmp(const void *left, const void *right, size_t length);
int own_bcmp(const void *left, const void *right, size_t length);

static uint8_t ours[256], theirs[256];

static void fill(void)
{
	for (size_t i = 0; i < sizeof(ours); i++)
		ours[i] = theirs[i] = (uint8_t)(i * 31 + i / 7);
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

int main(void)
{
	for (size_t length = 0; length < 70; length++) {
		for (size_t to = 0; to < 40; to++) {
			for (size_t from = 0; from < 40; from++) {
				fill();
				EXPECT(own_memmove(ours + to, ours + from, length) == ours + to);
				memmove(theirs + to, theirs + from, length);
				EXPECT(memcmp(ours, theirs, sizeof(ours)) == 0);
			}
			fill();
			EXPECT(own_memcpy(ours + to, ours + 120, length) == ours + to);
			memcpy(theirs + to, theirs + 120, length);
			EXPECT(own_memset(ours + 100 + to, -3, length) == ours + 100 + to);
			memset(theirs + 100 + to, -3, length);
			EXPECT(memcmp(ours, theirs, sizeof(ours)) == 0);
		}
		for (size_t at = 0; at < length; at++) {
			fill();
			ours[at] ^= 0x80;
			EXPECT(sign(own_memcmp(ours, theirs, length)) == sign(memcmp(ours, theirs, length)));
			EXPECT(own_bcmp(ours, theirs, length) != 0 && own_bcmp(ours, theirs, at) == 0);
		}
	}
	return expect_end();
}
