/* The worst case: insertion sort of a global array, hardly anything but stores. */
#include <stdint.h>

enum { LENGTH = 64 };

static uint32_t array[LENGTH];

uint64_t request(uint64_t argument)
{
	for (unsigned i = 0; i < LENGTH; i++)
		array[i] = (uint32_t)(argument = argument * 6364136223846793005u + 1442695040888963407u);
	for (unsigned i = 1; i < LENGTH; i++) {
		uint32_t value = array[i];
		unsigned at = i;
		for (; at > 0 && array[at - 1] > value; at--)
			array[at] = array[at - 1];
		array[at] = value;
	}
	return array[0];
}
