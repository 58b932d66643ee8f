/* Page tables: four levels, 4 KiB pages for user mode; large pages only in the kernel's map of physical
 * memory. */
#include "../../../abi/message.h"
#include "../../log.h"
#include "../../memory.h"
#include "cpu.h"

#define PAGE_PRESENT 0x1ull
#define PAGE_WRITE 0x2ull
#define PAGE_USER 0x4ull
#define PAGE_UNCACHED 0x18ull
#define PAGE_LARGE 0x80ull
#define PAGE_NO_EXECUTE (1ull << 63)
#define PAGE_FRAME 0x000ffffffffff000ull
#define LARGE_SIZE 0x200000ull

enum { ENTRIES = 512, TOP = 3 };

extern char kernel_text_start[], kernel_rodata_start[], kernel_data_start[], kernel_end[],
    kernel_stack_guard[];

static uint64_t kernel_tables;
static uint64_t loaded; /* what CR3 holds */

static uint64_t *table(uint64_t entry)
{
	return arch_memory(entry & PAGE_FRAME);
}

static unsigned index_at(uint64_t address, int level)
{
	return address >> (12 + 9 * level) & (ENTRIES - 1);
}

/* The entry of `address` at `level`, its tables made as needed. NULL: no table frames left. */
static uint64_t *make_entry(uint64_t tables, uint64_t address, int level, uint64_t flags)
{
	uint64_t *t = table(tables);

	for (int l = TOP; l > level; l--) {
		uint64_t *e = &t[index_at(address, l)];
		if (!(*e & PAGE_PRESENT)) {
			uint64_t frame = table_frame_allocate();
			if (!frame)
				return NULL;
			*e = frame | flags;
		}
		t = table(*e);
	}
	return &t[index_at(address, level)];
}

/* The lowest table that covers `address`, or NULL; then *skip is the distance to the next address that may
 * have one. */
static uint64_t *leaf_table(uint64_t tables, uint64_t address, uint64_t *skip)
{
	uint64_t *t = table(tables);

	for (int l = TOP; l > 0; l--) {
		uint64_t e = t[index_at(address, l)];
		if (!(e & PAGE_PRESENT)) {
			uint64_t span = 1ull << (12 + 9 * l);
			*skip = span - (address & (span - 1));
			return NULL;
		}
		t = table(e);
	}
	return t;
}

/* ---- the kernel's own part ----------------------------------------------------------------------------- */

static void kernel_map(uint64_t address, int level, uint64_t entry)
{
	uint64_t *e = make_entry(kernel_tables, address, level, PAGE_PRESENT | PAGE_WRITE);

	if (!e)
		panic("no memory for the kernel's own page tables");
	*e = entry | PAGE_PRESENT;
}

static void map_image(void)
{
	for (char *p = kernel_text_start; p < kernel_end; p += DJED_PAGE_SIZE) {
		uint64_t flags = PAGE_NO_EXECUTE | PAGE_WRITE;
		if (p == kernel_stack_guard)
			continue;
		if (p < kernel_rodata_start)
			flags = 0;
		else if (p < kernel_data_start)
			flags = PAGE_NO_EXECUTE;
		kernel_map((uint64_t)p, 0, ((uint64_t)p - ARCH_KERNEL_BASE) | flags);
	}
}

/* All RAM but the kernel's image, which thus has no second, writable view. */
static void map_physical(uint64_t memory_end)
{
	uint64_t image = (uint64_t)kernel_text_start - ARCH_KERNEL_BASE,
		 image_end = (uint64_t)kernel_end - ARCH_KERNEL_BASE;
	uint64_t flags = PAGE_WRITE | PAGE_NO_EXECUTE;

	for (uint64_t p = 0; p < memory_end; p += LARGE_SIZE) {
		if (p + LARGE_SIZE <= image || p >= image_end) {
			kernel_map(ARCH_PHYSICAL_MAP + p, 1, p | flags | PAGE_LARGE);
			continue;
		}
		for (uint64_t q = p; q < p + LARGE_SIZE; q += DJED_PAGE_SIZE)
			if (q < image || q >= image_end)
				kernel_map(ARCH_PHYSICAL_MAP + q, 0, q | flags);
	}
}

void arch_memory_init(uint64_t memory_end)
{
	uint64_t device = PAGE_WRITE | PAGE_NO_EXECUTE | PAGE_LARGE | PAGE_UNCACHED;

	kernel_tables = table_frame_allocate();
	map_physical(memory_end);
	map_image();
	kernel_map(ARCH_MMIO_BASE + IO_APIC, 1, IO_APIC | device);
	kernel_map(ARCH_MMIO_BASE + LOCAL_APIC, 1, LOCAL_APIC | device);
	loaded = kernel_tables;
	write_cr3(kernel_tables);
}

/* ---- user address spaces --------------------------------------------------------------------------------
 */

uint64_t arch_tables_create(void)
{
	uint64_t tables = table_frame_allocate();

	if (tables)
		__builtin_memcpy(table(tables) + ENTRIES / 2, table(kernel_tables) + ENTRIES / 2,
				 ENTRIES / 2 * 8);
	return tables;
}

/* The first present entry from `i` on; `entries`: none. Tables are nearly empty, so eight are looked at
 * together. */
static unsigned next_present(const uint64_t *t, unsigned i, unsigned entries)
{
	for (; i < entries; i++) {
		while (i % 8 == 0 && i < entries &&
		       !((t[i] | t[i + 1] | t[i + 2] | t[i + 3] | t[i + 4] | t[i + 5] | t[i + 6] | t[i + 7]) &
			 PAGE_PRESENT))
			i += 8;
		if (i < entries && (t[i] & PAGE_PRESENT))
			break;
	}
	return i < entries ? i : entries;
}

static void free_tables(uint64_t tables, int level, unsigned entries)
{
	const uint64_t *t = table(tables);

	for (unsigned i = 0; level > 0 && (i = next_present(t, i, entries)) < entries; i++)
		free_tables(t[i] & PAGE_FRAME, level - 1, ENTRIES);
	table_frame_free(tables);
}

void arch_tables_load(uint64_t tables)
{
	if (loaded != tables) {
		loaded = tables;
		write_cr3(tables);
	}
}

void arch_tables_destroy(uint64_t tables)
{
	if (loaded == tables)
		arch_tables_load(kernel_tables);
	free_tables(tables, TOP, ENTRIES / 2);
}

/* The processor may have kept entries of `tables`. */
static void changed(uint64_t tables)
{
	if (loaded == tables)
		write_cr3(tables);
}

bool arch_tables_clear(uint64_t tables)
{
	uint64_t *top = table(tables);
	bool freed = false;

	for (unsigned i = 0; (i = next_present(top, i, ENTRIES / 2)) < ENTRIES / 2; i++) {
		free_tables(top[i] & PAGE_FRAME, TOP - 1, ENTRIES);
		top[i] = 0;
		freed = true;
	}
	changed(tables);
	return freed;
}

djed_status arch_map(uint64_t tables, uint64_t address, uint64_t physical, uint32_t access)
{
	uint64_t *e = make_entry(tables, address, 0, PAGE_PRESENT | PAGE_WRITE | PAGE_USER);
	uint64_t flags = PAGE_PRESENT | PAGE_USER;

	if (!e)
		return -ENOMEM;
	if (access & DJED_ACCESS_WRITE)
		flags |= PAGE_WRITE;
	if (!(access & DJED_ACCESS_EXECUTE))
		flags |= PAGE_NO_EXECUTE;
	*e = physical | flags;
	changed(tables);
	return 0;
}

uint64_t *arch_entry(uint64_t tables, uint64_t address)
{
	uint64_t skip;

	return &leaf_table(tables, address, &skip)[index_at(address, 0)];
}

void arch_protect(uint64_t tables, uint64_t *entry, uint64_t address, uint64_t pages, bool write)
{
	for (; pages--; entry++, address += DJED_PAGE_SIZE) {
		*entry = write ? *entry | PAGE_WRITE : *entry & ~PAGE_WRITE;
		if (loaded == tables)
			__asm__ volatile("invlpg %0" : : "m"(*(const char *)address) : "memory");
	}
}

void arch_unmap(uint64_t tables, uint64_t address, uint64_t pages)
{
	uint64_t end = address + pages * DJED_PAGE_SIZE, skip;

	while (address < end) {
		uint64_t *t = leaf_table(tables, address, &skip);
		if (!t) {
			address += skip;
			continue;
		}
		do {
			t[index_at(address, 0)] = 0;
			address += DJED_PAGE_SIZE;
		} while (address < end && index_at(address, 0));
	}
	changed(tables);
}

uint64_t arch_share(uint64_t from, uint64_t to, uint64_t address, uint64_t pages)
{
	uint64_t end = address + pages * DJED_PAGE_SIZE, copied = 0, skip;

	while (address < end) {
		uint64_t *f = leaf_table(from, address, &skip), *t = NULL;
		if (!f) {
			address += skip;
			continue;
		}
		do {
			uint64_t *e = &f[index_at(address, 0)];
			if (*e & PAGE_PRESENT) {
				*e &= ~PAGE_WRITE;
				if (!t)
					t = make_entry(to, address & ~(LARGE_SIZE - 1), 0,
						       PAGE_PRESENT | PAGE_WRITE | PAGE_USER);
				if (t) {
					t[index_at(address, 0)] = *e;
					copied++;
				}
			}
			address += DJED_PAGE_SIZE;
		} while (address < end && index_at(address, 0));
	}
	changed(from);
	changed(to);
	return copied;
}

uint64_t arch_translate(uint64_t tables, uint64_t address, bool write)
{
	uint64_t *t, e, skip;

	if (address >> ARCH_USER_LIMIT_BITS)
		return 0;
	t = leaf_table(tables, address, &skip);
	if (!t)
		return 0;
	e = t[index_at(address, 0)];
	if (!(e & PAGE_PRESENT) || (write && !(e & PAGE_WRITE)))
		return 0;
	return (e & PAGE_FRAME) | (address & (DJED_PAGE_SIZE - 1));
}

void arch_sink(uint64_t tables, uint64_t address, uint64_t own, uint64_t sink_table, uint64_t sink_frame,
	       bool on)
{
	const uint64_t flags = PAGE_PRESENT | PAGE_WRITE | PAGE_USER,
		       leaf = sink_frame | flags | PAGE_NO_EXECUTE;
	uint64_t *directory, *partial, skip;
	uint64_t base = address & ~((1ull << 30) - 1);
	unsigned real = (unsigned)((own + LARGE_SIZE - 1) / LARGE_SIZE);

	partial = own % LARGE_SIZE ? leaf_table(tables, base + own, &skip) : NULL;
	directory = make_entry(tables, base, 1, flags);
	if (!directory)
		return; /* the log has no memory at all: the fault stays what it is */
	for (unsigned i = 0; i < ENTRIES; i++)
		table(sink_table)[i] = leaf;
	for (unsigned i = real; i < ENTRIES; i++)
		directory[i] = on ? sink_table | flags : 0;
	for (unsigned i = index_at(base + own, 0); partial && i < ENTRIES; i++)
		partial[i] = on ? leaf : 0;
	changed(tables);
}
