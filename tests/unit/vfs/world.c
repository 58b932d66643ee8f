#include "world.h"
#include "lib/heap.h"

#include <errno.h>
#include <protocols/console.h>
#include <protocols/mm.h>
#include <protocols/vfs_client.h>
#include <sys/mman.h>

extern const struct djed_server store_server, ds_server, djed_server;

uint8_t world_memory[WORLD_SIZE];
uint8_t world_archive[1 << 20];
uint64_t world_archive_size;
uint32_t world_console_events;

static void mm(const struct djed_delivery *delivery, struct djed_message *answer)
{
	answer->status = delivery->message.label == MM_POPULATE ? -EFAULT : 0;
	answer->word[0] = answer->word[1] = 100;
}

static void console(const struct djed_delivery *delivery, struct djed_message *answer)
{
	if (delivery->message.label == CONSOLE_READY)
		answer->word[0] = world_console_events;
}

static void pm(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	(void)answer;
}

static void put_octal(char *to, unsigned size, uint64_t value)
{
	snprintf(to, size, "%0*lo", (int)size - 1, (unsigned long)value);
}

void world_add(const char *name, char type, unsigned mode, const char *link, const void *bytes,
	       uint64_t length)
{
	char *header = (char *)world_archive + world_archive_size;
	unsigned sum = 0;

	memset(header, 0, 512);
	strncpy(header, name, 100);
	put_octal(header + 100, 8, mode);
	put_octal(header + 108, 8, 0);
	put_octal(header + 116, 8, 0);
	put_octal(header + 124, 12, length);
	put_octal(header + 136, 12, 1000);
	header[156] = type;
	if (link)
		strncpy(header + 157, link, 100);
	memcpy(header + 257, "ustar\00000", 8);
	memset(header + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (uint8_t)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	world_archive_size += 512;
	if (length)
		memcpy(world_archive + world_archive_size, bytes, length);
	world_archive_size += (length + 511) / 512 * 512;
}

void world_end_archive(void)
{
	memset(world_archive + world_archive_size, 0, 1024);
	world_archive_size += 1024;
}

void world_start(void)
{
	void *at = (void *)DJED_ARCHIVE_BASE, *reserve;

	if (world_archive_size == 0)
		world_end_archive();
	cr_assert(mmap(at, sizeof(world_archive), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
	memcpy(at, world_archive, world_archive_size);
	djed_port_time = 1000;
	host_start(&(struct host_options){.heap = 64 << 20, .archive_size = world_archive_size});
	host_add_fake("mm", mm);
	host_add_fake("console", console);
	host_add_fake("pm", pm);
	host_add_server("ds", &ds_server);
	/* All servers of a test share one heap, and the store takes what it finds: keep some for vfs. */
	reserve = heap_pages(4096);
	host_add_server("store", &store_server);
	heap_pages_free(reserve);
	host_add_server("vfs", &djed_server);
	host_protect_regions("vfs", vfs_process, VFS_PROCESSES, sizeof(*vfs_process));
	host_map(WORLD_BASE, world_memory, sizeof(world_memory), DJED_GRANT_READ | DJED_GRANT_WRITE);
	cr_assert_eq(vfs_create(host_slot("vfs"), 1), 0);
	host_be(1, 1);
}

void world_fork(uint32_t parent, uint32_t pid)
{
	cr_assert_eq(vfs_fork(host_slot("vfs"), parent, pid), 0);
}

void world_exit(uint32_t pid)
{
	cr_assert_eq(vfs_exit(host_slot("vfs"), pid), 0);
}

static uint64_t next;

uint64_t world_room(uint64_t length)
{
	uint64_t at;

	next = (next + 15) & ~UINT64_C(15);
	if (next + length > sizeof(world_memory))
		next = 0;
	at = next;
	next += length;
	return WORLD_BASE + at;
}

void *world_at(uint64_t address)
{
	return world_memory + (address - WORLD_BASE);
}

uint64_t world_bytes(const void *bytes, uint64_t length)
{
	uint64_t at = world_room(length);

	memcpy(world_at(at), bytes, length);
	return at;
}

uint64_t world_text(const char *text)
{
	return world_bytes(text, strlen(text) + 1);
}

int64_t world_result(struct host_outcome outcome)
{
	cr_assert_eq(outcome.next, DJED_NEXT_REPLY, "the call was not answered, but %u", outcome.next);
	return outcome.status ? outcome.status : (int64_t)outcome.word[0];
}

int64_t world_finish(struct host_outcome outcome)
{
	for (int steps = 0; outcome.next == DJED_NEXT_PARK; steps++) {
		struct host_effect wake;

		cr_assert_lt(steps, 1000, "it never ends");
		cr_assert_neq(host_deadline("vfs"), 0, "it waits for nothing");
		host_notify("vfs", UINT64_C(1) << 63);
		cr_assert(host_take_effect(KERNEL_OP_WAKE, &wake), "it was not woken");
		cr_assert_eq(wake.in[0], outcome.request);
		outcome = host_wake(outcome.request);
	}
	return world_result(outcome);
}

void world_check(const char *when)
{
	struct djed_audit audit = host_audit("vfs");

	cr_assert_eq(audit.violations, 0, "%s:\n%s", when, host_log());
}
