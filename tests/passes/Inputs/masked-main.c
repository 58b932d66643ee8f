/* Runs undo-masked.ll: memory behind what the masks select is not there, so reading a lane too many stops the
 * test. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "expect.h"
#include <djed/undo.h>

void handle(uint32_t *low, uint8_t mask, uint32_t *first, uint32_t *second, uint32_t *packed);

int main(void)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t *end = (uint32_t *)(page + 4096), before[64];

	mprotect(end, 4096, PROT_NONE);
	djed_undo_attach(malloc(65536));
	for (uint8_t mask = 0; mask < 16; mask++) {
		for (unsigned i = 1; i <= 64; i++)
			end[-(int)i] = i * 1000;
		memcpy(before, end - 64, sizeof(before));
		unsigned set = (unsigned)__builtin_popcount(mask);
		unsigned highest = mask ? 32 - (unsigned)__builtin_clz(mask) : 0;
		djed_window_open = 1;
		/* The highest lane selected is the last word of the page. */
		handle(end - highest, mask, end - 40, end - 50, end - 20 - set);
		djed_window_open = 0;
		EXPECT((memcmp(before, end - 64, sizeof(before)) != 0) == (mask != 0));
		EXPECT(djed_undo_rollback());
		EXPECT(memcmp(before, end - 64, sizeof(before)) == 0);
	}
	return expect_end();
}
