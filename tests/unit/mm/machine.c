#include "machine.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <lib/heap.h>
#include <protocols/event.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>
#include <protocols/mm.h>
#include <string.h>

extern const struct djed_server store_server;

enum { MM_HEAP_PAGES = 2048, TABLES = 256, ENTRIES = 4096, FAULTS_PER_TOUCH = 4 };

struct entry {
	uint64_t page, frame;
	uint32_t access;
};
static struct table {
	bool used;
	unsigned count;
	struct entry entry[ENTRIES];
} tables[TABLES];
static uint64_t faults;
static uint32_t random_state = 7;

uint32_t machine_random(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

/* Handles: index + 1 in the low half, a generation that never repeats above. */
static uint32_t generation[TABLES];

static struct table *table_of(uint64_t handle)
{
	uint32_t index = (uint32_t)handle - 1;

	return index < TABLES && tables[index].used && generation[index] == handle >> 32 ? &tables[index]
											 : NULL;
}

static djed_status on_create(const uint64_t in[6], uint64_t out[3])
{
	(void)in;
	for (uint32_t i = 0; i < TABLES; i++) {
		if (tables[i].used)
			continue;
		tables[i].used = true;
		tables[i].count = 0;
		out[0] = (uint64_t)++generation[i] << 32 | (i + 1);
		return 0;
	}
	return -ENOMEM;
}

static djed_status on_destroy(const uint64_t in[6], uint64_t out[3])
{
	struct table *table = table_of(in[0]);

	(void)out;
	if (!table)
		return -ESRCH;
	table->used = false;
	return 0;
}

static struct entry *find(struct table *table, uint64_t page)
{
	for (unsigned i = 0; i < table->count; i++)
		if (table->entry[i].page == page)
			return &table->entry[i];
	return NULL;
}

static djed_status put(struct table *table, uint64_t page, uint64_t frame, uint32_t access)
{
	struct entry *entry = find(table, page);

	if (!entry) {
		if (table->count == ENTRIES)
			return -ENOMEM;
		entry = &table->entry[table->count++];
	}
	*entry = (struct entry){page, frame, access};
	return 0;
}

static djed_status on_map(const uint64_t in[6], uint64_t out[3])
{
	struct table *table = table_of(in[0]);

	(void)out;
	if (!table)
		return -ESRCH;
	cr_assert(in[1] % DJED_PAGE_SIZE == 0 && in[1] < USER_END && host_frame(in[2]) && in[3] < 8);
	return put(table, in[1], in[2], (uint32_t)in[3]);
}

static djed_status on_unmap(const uint64_t in[6], uint64_t out[3])
{
	struct table *table = table_of(in[0]);

	(void)out;
	if (!table)
		return -ESRCH;
	cr_assert(in[1] % DJED_PAGE_SIZE == 0 && in[1] < USER_END &&
		  in[2] <= (USER_END - in[1]) / DJED_PAGE_SIZE);
	for (unsigned i = 0; i < table->count;)
		if (table->entry[i].page >= in[1] && table->entry[i].page < in[1] + in[2] * DJED_PAGE_SIZE)
			table->entry[i] = table->entry[--table->count];
		else
			i++;
	return 0;
}

static djed_status on_share(const uint64_t in[6], uint64_t out[3])
{
	struct table *from = table_of(in[0]), *to = table_of(in[1]);

	if (!from || !to)
		return -ESRCH;
	for (unsigned i = 0; i < from->count; i++) {
		struct entry *entry = &from->entry[i];

		if (entry->page < in[2] || entry->page >= in[2] + in[3] * DJED_PAGE_SIZE)
			continue;
		entry->access &= ~(uint32_t)DJED_ACCESS_WRITE;
		if (put(to, entry->page, entry->frame, entry->access))
			return -ENOMEM;
		out[0]++;
	}
	return 0;
}

void machine_start(struct machine_options options)
{
	void *mine;

	host_start(&(struct host_options){.heap = options.heap ? options.heap : 24 << 20,
					  .pool_frames = options.frames});
	host_on(KERNEL_OP_SPACE_CREATE, on_create);
	host_on(KERNEL_OP_SPACE_DESTROY, on_destroy);
	host_on(KERNEL_OP_SPACE_MAP, on_map);
	host_on(KERNEL_OP_SPACE_UNMAP, on_unmap);
	host_on(KERNEL_OP_SPACE_SHARE, on_share);
	/* The store takes all of the heap that it finds, and both have the same one here. */
	mine = heap_pages(MM_HEAP_PAGES);
	cr_assert(mine);
	host_add_server("store", &store_server);
	heap_pages_free(mine);
	host_add_server("mm", &djed_server);
	host_protect_regions("mm", clients, PROCESSES_MAX, REGION_SIZE);
}

/* Memory behind a page for an access; faults until it is there. */
static uint8_t *memory(uint32_t pid, uint64_t page, uint32_t access, int *signal)
{
	for (int tries = 0; tries < FAULTS_PER_TOUCH; tries++) {
		const struct space *space = process_space(pid);
		struct table *table = space ? table_of(space->handle) : NULL;
		struct entry *entry = table ? find(table, page) : NULL;
		struct djed_message message = {.label = EVENT_PAGE_FAULT};
		struct host_outcome outcome;

		if (entry && (entry->access & access) == access)
			return host_frame(entry->frame);
		message.word[0] = page + 8;
		message.word[1] = access | (entry ? DJED_ACCESS_PRESENT : 0);
		host_be(pid, 1);
		faults++;
		outcome = host_request("mm", &message);
		if (outcome.status) {
			cr_assert(outcome.status == -EFAULT &&
				  (outcome.word[0] == 7 || outcome.word[0] == 11));
			*signal = (int)outcome.word[0];
			return NULL;
		}
	}
	cr_assert_fail("page %#llx faults for ever", (unsigned long long)page);
	return NULL;
}

static int copy(uint32_t pid, uint64_t address, void *bytes, uint64_t length, bool write)
{
	uint8_t *at = bytes;

	while (length) {
		uint64_t in_page = address % DJED_PAGE_SIZE, part = DJED_PAGE_SIZE - in_page;
		int signal = 0;
		uint8_t *frame =
		    memory(pid, address - in_page, write ? DJED_ACCESS_WRITE : DJED_ACCESS_READ, &signal);

		if (!frame)
			return signal;
		part = part < length ? part : length;
		memcpy(write ? frame + in_page : at, write ? at : frame + in_page, part);
		address += part;
		at += part;
		length -= part;
	}
	return 0;
}

int machine_read(uint32_t pid, uint64_t address, void *bytes, uint64_t length)
{
	return copy(pid, address, bytes, length, false);
}

int machine_write(uint32_t pid, uint64_t address, const void *bytes, uint64_t length)
{
	return copy(pid, address, (void *)bytes, length, true);
}

int machine_touch(uint32_t pid, uint64_t address, uint32_t access)
{
	int signal = 0;

	memory(pid, address & ~UINT64_C(4095), access, &signal);
	return signal;
}

uint64_t machine_faults(void)
{
	return faults;
}

static int64_t result_of(struct host_outcome outcome)
{
	return outcome.status ? outcome.status : (int64_t)outcome.word[0];
}

int64_t machine_call(uint32_t pid, uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		     uint64_t e, uint64_t f)
{
	host_be(pid, 1);
	return result_of(host_linux_call("mm", number, a, b, c, d, e, f));
}

int64_t machine_map_file(uint32_t pid, uint64_t address, uint64_t length, uint32_t protection, uint32_t flags,
			 uint64_t object, uint64_t offset, bool writable)
{
	struct djed_message message = {
	    .label = MM_MAP_FILE, .word = {address, length, protection, flags, object, offset, writable}};

	host_be(pid, 1);
	return result_of(host_request("mm", &message));
}

void machine_forget(uint32_t n)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned i = 0; tables[t].used && i < tables[t].count; i++)
			if (machine_random(n) == 0)
				tables[t].entry[i] = tables[t].entry[--tables[t].count];
}

static void check_entry(struct space *space, const struct entry *entry)
{
	const struct area *area = area_find(&space->areas, entry->page);
	uint32_t id = page_get(space, entry->page);

	cr_assert(area && id, "page %#llx of space %u is mapped, but not present",
		  (unsigned long long)entry->page, space->id);
	cr_assert(frame_number(id) == entry->frame, "page %#llx has another frame",
		  (unsigned long long)entry->page);
	cr_assert((entry->access & ~area->protection) == 0, "page %#llx allows too much",
		  (unsigned long long)entry->page);
	if (!(entry->access & DJED_ACCESS_WRITE))
		return;
	if (area->flags & AREA_SHARED)
		cr_assert(frames.frame[id].dirty, "page %#llx is writable and not known to be dirty",
			  (unsigned long long)entry->page);
	else
		cr_assert(frames.frame[id].references == 1, "page %#llx is writable by several",
			  (unsigned long long)entry->page);
}

void machine_check(void)
{
	struct djed_audit audit;

	for (uint32_t id = 1; id <= SPACES_MAX; id++) {
		struct space *space = space_at(id);
		struct table *table = space->references ? table_of(space->handle) : NULL;

		cr_assert(!space->references || table, "space %u has no tables", id);
		for (unsigned i = 0; table && i < table->count; i++)
			check_entry(space, &table->entry[i]);
	}
	audit = host_audit("mm");
	cr_assert(audit.violations == 0, "%s", host_log());
	cr_assert(audit.resource[3] == machine_spaces());
	cr_assert(host_audit("store").violations == 0, "%s", host_log());
}

unsigned machine_spaces(void)
{
	unsigned used = 0;

	for (unsigned t = 0; t < TABLES; t++)
		used += tables[t].used;
	return used;
}

uint32_t machine_frames_used(void)
{
	return (uint32_t)host_audit("mm").resource[0];
}
