/* A small system as a boot archive begins with it, for tests that damage it, and what those may rely on who
 * follow one that was accepted. */
#ifndef DJED_TESTS_GOOD_SYSTEM_H
#define DJED_TESTS_GOOD_SYSTEM_H

#include <abi/system.h>

enum { IMAGE_SIZE = 64 };

struct whole_system {
	struct djed_system system;
	uint8_t image[3][IMAGE_SIZE]; /* text and data of root, text of the other */
};
static struct whole_system good;

static void make_good(void)
{
	const struct djed_segment text = {.address = DJED_IMAGE_BASE,
					  .memory_size = IMAGE_SIZE,
					  .offset = offsetof(struct whole_system, image),
					  .file_size = IMAGE_SIZE,
					  .access = DJED_ACCESS_READ | DJED_ACCESS_EXECUTE};

	good = (struct whole_system){
	    .system = {
		.magic = DJED_SYSTEM_MAGIC,
		.length = sizeof(good),
		.count = 2,
		.records = 3,
		.service = {{.name = "root"}, {.name = "other", .alternative = 2}, {.name = "plain"}}}};
	for (unsigned i = 0; i < 3; i++) {
		const uint64_t base = i < 2 ? DJED_IMAGE_BASE : DJED_ALTERNATIVE_BASE;

		good.system.service[i].segments = 1;
		good.system.service[i].segment[0] = text;
		good.system.service[i].segment[0].address = base;
		good.system.service[i].entry = base + 8;
	}
	good.system.service[0].segments = 2;
	good.system.service[0].segment[1] =
	    (struct djed_segment){.address = DJED_IMAGE_BASE + DJED_PAGE_SIZE,
				  .memory_size = 10000,
				  .offset = text.offset + IMAGE_SIZE,
				  .file_size = IMAGE_SIZE,
				  .access = DJED_ACCESS_READ | DJED_ACCESS_WRITE};
	good.system.service[1].segment[0].offset += 2 * IMAGE_SIZE;
	good.system.service[1].capabilities = 2;
	good.system.service[1].capability[0] =
	    (struct djed_system_capability){.name = {"halt", DJED_CAP_HALT, .slot = 0}};
	good.system.service[1].capability[1] =
	    (struct djed_system_capability){.name = {"other", DJED_CAP_ENDPOINT, .slot = 1, .service = 1},
					    .rights = DJED_MAY_NOTIFY,
					    .object = 1};
	good.system.service[1].ladder[0] = DJED_RUNG_RETRY;
	good.system.checksum = djed_system_checksum(&good.system);
}

/* The first promise that an accepted system of `size` bytes breaks, or NULL. */
static const char *broken_promise(const struct djed_system *system, uint64_t size)
{
	if (system->count < 1 || system->count > system->records || system->records > DJED_SERVICES_MAX ||
	    system->length > size)
		return "size";
	for (uint32_t i = 0; i < system->records; i++) {
		const struct djed_system_service *s = &system->service[i];
		const uint64_t base = i < system->count ? DJED_IMAGE_BASE : DJED_ALTERNATIVE_BASE;
		const uint64_t limit =
		    i < system->count ? DJED_ALTERNATIVE_BASE : DJED_STACK_TOP - 2 * DJED_STACK_SIZE;
		bool entry = false;

		if (s->alternative && (s->alternative < system->count || s->alternative >= system->records))
			return "alternative";
		if (!s->name[0] || !memchr(s->name, 0, sizeof(s->name)))
			return "name";
		if (s->capabilities > DJED_CAPABILITIES_MAX)
			return "capabilities";
		for (uint32_t k = 0; k < s->capabilities; k++) {
			const struct djed_capability_name *name = &s->capability[k].name;

			if (!memchr(name->name, 0, sizeof(name->name)) || name->slot != k)
				return "capability";
			if (name->type < DJED_CAP_ENDPOINT || name->type > DJED_CAP_LAST ||
			    name->type == DJED_CAP_BOOT)
				return "type";
		}
		for (uint32_t k = 0; k < DJED_LADDER_MAX; k++)
			if (s->ladder[k] > 31)
				return "ladder";
		if (s->segments > DJED_SEGMENTS_MAX)
			return "segments";
		for (uint32_t k = 0; k < s->segments; k++) {
			const struct djed_segment *at = &s->segment[k];
			const unsigned __int128 end = (unsigned __int128)at->address + at->memory_size;

			if (at->address < base || end > limit)
				return "place";
			if ((unsigned __int128)at->offset + at->file_size > size ||
			    at->file_size > at->memory_size)
				return "bytes";
			if (k && at->address < at[-1].address + at[-1].memory_size)
				return "order";
			if ((at->access & DJED_ACCESS_WRITE) && (at->access & DJED_ACCESS_EXECUTE))
				return "access";
			entry |=
			    (at->access & DJED_ACCESS_EXECUTE) && s->entry >= at->address && s->entry < end;
		}
		if (!entry)
			return "entry";
	}
	return NULL;
}

#endif
