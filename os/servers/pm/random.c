/* The generator behind getrandom: ChaCha20 (RFC 8439) with a key that every request replaces ("fast key
 * erasure", D. J. Bernstein 2017). It is seeded from the processor's generator where there is one, and from
 * the clock. */
#include "pm.h"

struct block16 {
	uint32_t word[16];
};

static uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static void quarter(struct block16 *b, unsigned a, unsigned c, unsigned d, unsigned e)
{
	uint32_t *w = b->word;

	w[a] += w[c], w[e] = rotate(w[e] ^ w[a], 16);
	w[d] += w[e], w[c] = rotate(w[c] ^ w[d], 12);
	w[a] += w[c], w[e] = rotate(w[e] ^ w[a], 8);
	w[d] += w[e], w[c] = rotate(w[c] ^ w[d], 7);
}

static void chacha20(const uint64_t key[4], uint64_t counter, struct block16 *out)
{
	struct block16 in = {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}};

	memcpy(&in.word[4], key, 32);
	in.word[12] = (uint32_t)counter;
	in.word[13] = (uint32_t)(counter >> 32);
	*out = in;
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 4; i++)
			quarter(out, i, 4 + i, 8 + i, 12 + i);
		for (unsigned i = 0; i < 4; i++)
			quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (unsigned i = 0; i < 16; i++)
		out->word[i] += in.word[i];
}

static bool processor_random(uint64_t *value)
{
	uint32_t eax = 1, ecx = 0, ebx, edx;
	bool there = false;

	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	if (!(ecx & 1u << 30))
		return false;
	for (unsigned attempt = 0; attempt < 10 && !there; attempt++)
		__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(there));
	return there;
}

void random_start(uint64_t clock)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t value = 0;

		if (!processor_random(&value))
			value = __builtin_readcyclecounter();
		pm.random_key[i] = value ^ djed_mix(clock + i);
	}
}

void random_bytes(void *to_bytes, size_t length)
{
	struct block16 first, more;
	size_t done = length < 32 ? length : 32;

	chacha20(pm.random_key, 0, &first);
	memcpy(to_bytes, &first.word[8], done);
	for (uint64_t counter = 1; done < length; counter++) {
		size_t part = length - done < sizeof(more) ? length - done : sizeof(more);

		chacha20(pm.random_key, counter, &more);
		memcpy((char *)to_bytes + done, &more, part);
		done += part;
	}
	memcpy(pm.random_key, first.word, 32);
}
