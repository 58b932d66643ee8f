/* Operations on spaces against a naive page map: for each process and page, whether it is mapped, how, and
 * what it holds. Random calls of several processes on the same few addresses; the kernel's entries are
 * dropped at random in between. */
#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/linux.h>
#include <protocols/mm_client.h>
#include <protocols/store_client.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "map.h"

enum { PROCESSES = 6, PAGES = 160, FILE_PAGES = 24, STEPS = 12000, VALUE_AT = 16 };
#define BASE UINT64_C(0x200000000)
#define PAGE UINT64_C(4096)

/* Contents that several processes see. */
struct cell {
	uint32_t value;
	bool touched;
};
struct shared {
	struct cell cell[PAGES];
};
struct page {
	bool mapped, beyond; /* beyond: the file ends before */
	uint32_t protection;
	struct shared *shared;
	uint32_t index; /* in shared */
	uint32_t value; /* private */
};
static struct process_model {
	uint32_t pid; /* 0: none */
	struct page page[PAGES];
} models[PROCESSES];
static uint32_t last_pid;
static uint64_t file;

static uint32_t file_value(uint32_t page)
{
	return 0x10000 + page;
}

static uint64_t address_of(uint32_t page)
{
	return BASE + page * PAGE;
}

/* ---- the model --------------------------------------------------------------------------------------- */

static void model_map(struct page *pages, uint32_t first, uint32_t count, uint32_t protection, bool shared,
		      int64_t from_file)
{
	struct shared *cells = shared ? calloc(1, sizeof(*cells)) : NULL;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t in_file = (uint32_t)from_file + i;

		pages[first + i] =
		    (struct page){.mapped = true, .protection = protection, .shared = cells, .index = i};
		if (from_file >= 0) {
			pages[first + i].beyond = in_file >= FILE_PAGES;
			pages[first + i].value = file_value(in_file);
		}
	}
}

static void model_unmap(struct page *pages, uint32_t first, uint32_t count)
{
	memset(&pages[first], 0, count * sizeof(*pages));
}

static bool all_mapped(const struct page *pages, uint32_t first, uint32_t count)
{
	while (count--)
		if (!pages[first++].mapped)
			return false;
	return true;
}

/* ---- steps -------------------------------------------------------------------------------------------- */

static void range(uint32_t *first, uint32_t *count)
{
	*first = machine_random(PAGES);
	*count = 1 + machine_random(machine_random(4) ? 8 : 60);
	if (*count > PAGES - *first)
		*count = PAGES - *first;
}

static uint32_t random_protection(void)
{
	static const uint32_t some[] = {0, 1, 3, 3, 3, 5, 7, 2};

	return some[machine_random(8)];
}

static void step_map(struct process_model *m)
{
	uint32_t first, count, protection = random_protection();
	bool shared = machine_random(4) == 0;

	range(&first, &count);
	cr_assert(machine_call(m->pid, LINUX_MMAP, address_of(first), count * PAGE, protection,
			       MAP_ANONYMOUS | MAP_FIXED | (shared ? MAP_SHARED : MAP_PRIVATE) |
				   (machine_random(8) ? 0 : MAP_POPULATE),
			       (uint64_t)-1, 0) == (int64_t)address_of(first));
	model_map(m->page, first, count, protection, shared, -1);
}

static void step_map_file(struct process_model *m)
{
	uint32_t first, count, protection = random_protection(), from = machine_random(FILE_PAGES);

	range(&first, &count);
	cr_assert(machine_map_file(m->pid, address_of(first), count * PAGE, protection,
				   MAP_PRIVATE | MAP_FIXED, file, from * PAGE,
				   false) == (int64_t)address_of(first));
	model_map(m->page, first, count, protection, false, from);
}

/* Anywhere, found to be free, and unmapped again. */
static void step_map_anywhere(struct process_model *m)
{
	uint64_t length = (1 + machine_random(600)) * PAGE,
		 hint = machine_random(2) ? address_of(machine_random(PAGES)) : 0;
	int64_t at =
	    machine_call(m->pid, LINUX_MMAP, hint, length, 3, MAP_ANONYMOUS | MAP_PRIVATE, (uint64_t)-1, 0);

	cr_assert(at > 0 && at % PAGE == 0);
	for (uint32_t page = 0; page < PAGES; page++)
		cr_assert(!m->page[page].mapped || address_of(page) + PAGE <= (uint64_t)at ||
			  address_of(page) >= (uint64_t)at + length);
	cr_assert(machine_touch(m->pid, (uint64_t)at + length - 1, DJED_ACCESS_WRITE) == 0);
	cr_assert(machine_call(m->pid, LINUX_MUNMAP, (uint64_t)at, length, 0, 0, 0, 0) == 0);
	cr_assert(machine_touch(m->pid, (uint64_t)at + length - 1, DJED_ACCESS_READ) == 11);
}

static void step_unmap(struct process_model *m)
{
	uint32_t first, count;

	range(&first, &count);
	cr_assert(machine_call(m->pid, LINUX_MUNMAP, address_of(first), count * PAGE, 0, 0, 0, 0) == 0);
	model_unmap(m->page, first, count);
}

static void step_protect(struct process_model *m)
{
	uint32_t first, count, protection = random_protection();
	int64_t result;

	range(&first, &count);
	result = machine_call(m->pid, LINUX_MPROTECT, address_of(first), count * PAGE, protection, 0, 0, 0);
	cr_assert(result == (all_mapped(m->page, first, count) ? 0 : -ENOMEM));
	for (uint32_t i = first; i < first + count && m->page[i].mapped; i++)
		m->page[i].protection = protection;
}

static void step_advise(struct process_model *m)
{
	uint32_t first, count;
	int64_t result;

	range(&first, &count);
	for (uint32_t i = first; i < first + count; i++)
		if (m->page[i].mapped && m->page[i].value && !m->page[i].shared && m->page[i].value < 0x20000)
			return; /* dropping brings the file back; the model does not know which page it was */
	result = machine_call(m->pid, LINUX_MADVISE, address_of(first), count * PAGE, 4, 0, 0, 0);
	cr_assert(result == (all_mapped(m->page, first, count) ? 0 : -ENOMEM));
	for (uint32_t i = first; i < first + count; i++)
		if (!m->page[i].shared && m->page[i].value >= 0x20000)
			m->page[i].value = 0;
}

/* Pages of one mapping may be moved together; the model takes those that follow each other in all they have.
 */
static void step_remap(struct process_model *m)
{
	uint32_t first = machine_random(PAGES), count = 1, wanted, to;
	const struct page *p = &m->page[first];
	static struct page moved[PAGES];
	int64_t result;

	if (!p->mapped || p->shared || p->beyond || p->value)
		return;
	wanted = 1 + machine_random(20);
	to = machine_random(PAGES - 20);
	if (to <= first + count && first <= to + wanted)
		return;
	result = machine_call(m->pid, LINUX_MREMAP, address_of(first), PAGE, wanted * PAGE,
			      MREMAP_MAYMOVE | MREMAP_FIXED, address_of(to), 0);
	/* Anonymous, or of a file beyond what was read: only anonymous memory has the value 0 here. */
	cr_assert(result == (int64_t)address_of(to));
	moved[0] = *p;
	for (uint32_t i = 1; i < wanted; i++)
		moved[i] = (struct page){.mapped = true, .protection = p->protection};
	model_unmap(m->page, first, count);
	memcpy(&m->page[to], moved, wanted * sizeof(*moved));
}

static struct process_model *unused_model(void)
{
	for (int i = 0; i < PROCESSES; i++)
		if (!models[i].pid)
			return &models[i];
	return NULL;
}

static void step_fork(struct process_model *m)
{
	struct process_model *child = unused_model();
	uint64_t handle;

	if (!child)
		return;
	*child = *m;
	child->pid = ++last_pid;
	cr_assert(mm_fork(host_slot("mm"), m->pid, child->pid, false, &handle) == 0 && handle);
}

static void step_exit(struct process_model *m)
{
	int alive = 0;

	for (int i = 0; i < PROCESSES; i++)
		alive += models[i].pid != 0;
	if (alive == 1)
		return;
	cr_assert(mm_exit(host_slot("mm"), m->pid) == 0);
	m->pid = 0;
}

static uint32_t *value_of(struct page *page)
{
	return page->shared ? &page->shared->cell[page->index].value : &page->value;
}

static void step_touch(struct process_model *m)
{
	uint32_t index = machine_random(PAGES), value = 0x20000 + machine_random(1 << 20), got = 0;
	struct page *page = &m->page[index];
	bool write = machine_random(2);
	uint32_t access = write ? DJED_ACCESS_WRITE : DJED_ACCESS_READ;
	int expected = 0, result;

	if (!page->mapped || !page->protection || (write && !(page->protection & DJED_ACCESS_WRITE)))
		expected = 11;
	else if (page->beyond)
		expected = 7;
	/* Memory that is only writable or executable can be read, too. */
	if (!expected && !write && !(page->protection & DJED_ACCESS_READ))
		access = page->protection & ~(uint32_t)DJED_ACCESS_READ;
	result = write ? machine_write(m->pid, address_of(index) + VALUE_AT, &value, sizeof(value))
		 : access == DJED_ACCESS_READ
		     ? machine_read(m->pid, address_of(index) + VALUE_AT, &got, sizeof(got))
		     : machine_touch(m->pid, address_of(index), access);
	cr_assert(result == expected, "page %u, write %d: %d, not %d", index, write, result, expected);
	if (expected || (!write && access != DJED_ACCESS_READ))
		return;
	if (write)
		*value_of(page) = value;
	else
		cr_assert(got == *value_of(page), "page %u of process %u: %#x, not %#x", index, m->pid, got,
			  *value_of(page));
}

static void make_file(void)
{
	uint64_t size;
	uint32_t count;

	cr_assert(store_create(host_slot("store"), &file) == 0);
	for (uint32_t page = 0; page < FILE_PAGES; page++) {
		uint32_t value = file_value(page);

		cr_assert(store_write(host_slot("store"), file, page * PAGE + VALUE_AT,
				      djed_own(&value, sizeof(value)), &count, &size) == 0);
	}
}

Test(mm, model)
{
	static void (*const steps[])(struct process_model *) = {
	    step_touch,	 step_touch, step_touch,	step_touch, step_touch,
	    step_touch,	 step_map,   step_map_file,	step_unmap, step_protect,
	    step_advise, step_remap, step_map_anywhere, step_fork,  step_exit};
	uint64_t handle, total, before, after;

	machine_start((struct machine_options){.frames = 3000});
	make_file();
	cr_assert(mm_statistics(host_slot("mm"), &total, &before) == 0);
	models[0].pid = ++last_pid;
	cr_assert(mm_create(host_slot("mm"), models[0].pid, &handle) == 0);
	for (int step = 0; step < STEPS; step++) {
		struct process_model *m = &models[machine_random(PROCESSES)];

		if (!m->pid)
			continue;
		steps[machine_random(15)](m);
		if (step % 64 == 0)
			machine_check();
		if (step % 500 == 0)
			machine_forget(3);
	}
	machine_check();
	for (int i = 0; i < PROCESSES; i++)
		if (models[i].pid)
			cr_assert(mm_exit(host_slot("mm"), models[i].pid) == 0);
	machine_check();
	cr_assert(machine_spaces() == 0 && areas.count == 0 && spaces.groups == 0 &&
		  machine_frames_used() == 0);
	cr_assert(backings.count == 0, "the file is held for ever");
	cr_assert(mm_statistics(host_slot("mm"), &total, &after) == 0 && before - after == frames.cached);
}
