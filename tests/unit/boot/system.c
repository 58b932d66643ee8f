/* What the kernel, root and rs follow in the boot archive: a good system, and every way to be damaged. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/good_system.h"

static const char *check(void)
{
	return djed_system_check(&good.system, sizeof(good));
}

Test(system, any_byte_and_any_length)
{
	uint8_t *byte = (uint8_t *)&good;

	make_good();
	cr_assert(check() == NULL, "%s", check());
	for (size_t i = 0; i < sizeof(good.system); i++) {
		for (unsigned change = 1; change < 256; change = change * 3 + 2) {
			byte[i] ^= (uint8_t)change;
			cr_assert(check() != NULL, "byte %zu, change %u", i, change);
			byte[i] ^= (uint8_t)change;
		}
	}
	for (size_t size = 0; size < sizeof(good); size += size < 64 ? 1 : 7) {
		struct djed_system *cut = malloc(size); /* nothing behind it may be read */

		memcpy(cut, &good, size);
		cr_assert(djed_system_check(cut, size) != NULL, "cut to %zu bytes", size);
		free(cut);
	}
	cr_assert(check() == NULL);
}

/* One segment more than there is room for, each as good as the first; the last lies in what follows. */
static void fill_segments(struct djed_system_service *service)
{
	struct djed_segment next = service->segment[0];

	_Static_assert(sizeof(service->shown) >= sizeof(next), "there is room behind the last one");
	service->segments = DJED_SEGMENTS_MAX + 1;
	for (uint32_t i = 1; i <= DJED_SEGMENTS_MAX; i++) {
		next.address += DJED_PAGE_SIZE;
		memcpy(i < DJED_SEGMENTS_MAX ? (void *)&service->segment[i] : service->shown, &next,
		       sizeof(next));
	}
}

/* The same with capabilities. */
static void fill_capabilities(struct djed_system_service *service)
{
	struct djed_system_capability next = service->capability[0];
	uint8_t *to = (uint8_t *)service + offsetof(struct djed_system_service, capability);

	service->capabilities = DJED_CAPABILITIES_MAX + 1;
	for (uint32_t i = 0; i < service->capabilities; i++) {
		next.name.slot = i;
		memcpy(to + i * sizeof(next), &next, sizeof(next));
	}
}

/* One change with the right checksum must give this reason. */
#define refused(change, part)                                                    \
	do {                                                                     \
		make_good();                                                     \
		struct djed_system_service *root = &good.system.service[0];      \
		struct djed_system_service *other = &good.system.service[1];     \
		change;                                                          \
		(void)root, (void)other;                                         \
		good.system.checksum = djed_system_checksum(&good.system);       \
		cr_assert(check() && strstr(check(), part), "%s: '%s'", #change, \
			  check() ? check() : "accepted");                       \
	} while (0)

Test(system, wrong_values)
{
	refused(good.system.magic++, "of this version");
	refused(good.system.length++, "cut off");
	refused(good.system.length = UINT64_MAX, "cut off");
	refused(good.system.count = 0, "too many");
	refused(good.system.records = 33, "too many");
	refused(good.system.count = UINT64_MAX, "too many");
	refused(good.system.records = 4, "no name");
	refused(good.system.count = 4, "too many");
	refused(good.system.count = 3, "implementation that there is not");
	refused(other->alternative = 1, "implementation that there is not");
	refused(other->alternative = 3, "implementation that there is not");
	refused(good.system.service[2].alternative = 2, "implementation that there is not");
	refused(good.system.service[2].segment[0].address = DJED_IMAGE_BASE;
		good.system.service[2].entry = DJED_IMAGE_BASE + 8, "image");
	refused(root->segment[1].address = DJED_ALTERNATIVE_BASE, "image");
	refused(memset(other->name, 'a', DJED_NAME_MAX), "no name");
	refused(fill_capabilities(other), "capability");
	refused(other->capabilities = UINT32_MAX, "capability");
	refused(other->capabilities = 3, "capability");
	refused(other->capability[0].name.type = DJED_CAP_BOOT, "capability");
	refused(other->capability[1].name.type = DJED_CAP_LAST + 1, "capability");
	refused(other->capability[1].name.slot = 0, "capability");
	refused(memset(other->capability[1].name.name, 'a', DJED_NAME_MAX), "capability");
	refused(other->ladder[DJED_LADDER_MAX - 1] = 17, "rung");
	refused(other->segments = 0, "image");
	refused(root->segments = 3, "image");
	refused(root->segments = UINT32_MAX, "image");
	refused(fill_segments(root), "image");
	refused(root->entry = DJED_IMAGE_BASE + IMAGE_SIZE, "image");
	refused(root->entry = DJED_IMAGE_BASE + DJED_PAGE_SIZE, "image");
	refused(root->entry = DJED_IMAGE_BASE - 1, "image");
	refused(root->segment[0].access = DJED_ACCESS_READ, "image");
	refused(root->segment[1].access |= DJED_ACCESS_EXECUTE, "image");
	refused(root->segment[0].address++, "image");
	refused(root->segment[0].address = 0, "image");
	refused(root->segment[1].address = DJED_IMAGE_BASE, "image");
	refused(root->segment[1].address = DJED_STACK_TOP - DJED_PAGE_SIZE, "image");
	refused(root->segment[1].address = UINT64_MAX - DJED_PAGE_SIZE + 1, "image");
	refused(root->segment[1].memory_size = UINT64_MAX, "image");
	refused(root->segment[1].memory_size = IMAGE_SIZE - 1, "image");
	refused(root->segment[0].memory_size = DJED_PAGE_SIZE + 1, "image");
	refused(root->segment[0].offset = sizeof(good) - IMAGE_SIZE + 1, "image");
	refused(root->segment[0].offset = UINT64_MAX - 10, "image");
	refused(other->segment[0].file_size++, "image");
}

Test(system, wild_words)
{
	static const uint64_t wild[] = {0,
					1,
					2,
					0xff,
					DJED_PAGE_SIZE,
					INT32_MAX,
					UINT32_MAX,
					INT64_MAX,
					UINT64_MAX,
					DJED_IMAGE_BASE,
					sizeof good,
					(uint64_t)-DJED_PAGE_SIZE};
	size_t words = offsetof(struct djed_system, service[3]) / sizeof(uint64_t);

	for (size_t i = 2; i < words; i++) /* behind the checksum */
		for (unsigned k = 0; k < 3 * sizeof(wild) / sizeof(*wild); k++) {
			make_good();
			uint64_t *word = (uint64_t *)&good + i, value = wild[k / 3];

			/* All of it, one half, the other. */
			*word = k % 3 == 0   ? value
				: k % 3 == 1 ? (*word & ~0ull << 32) | (uint32_t)value
					     : (uint32_t)*word | value << 32;
			good.system.checksum = djed_system_checksum(&good.system);
			if (!check())
				cr_assert(broken_promise(&good.system, sizeof(good)) == NULL,
					  "word %zu as %llx: %s", i, (unsigned long long)*word,
					  broken_promise(&good.system, sizeof(good)));
		}
}
