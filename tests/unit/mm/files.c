/* Mappings of files and shared memory: what is seen, what is written back, where the file ends; and memory
 * running out. */
#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/linux.h>
#include <protocols/mm_client.h>
#include <protocols/store_client.h>
#include <string.h>

#include "fault.h"
#include "machine.h"
#include "map.h"

#define BASE UINT64_C(0x200000000)
#define PAGE UINT64_C(4096)

static djed_slot mm, store;
static uint64_t handle, size;
static uint32_t count;

static void begin(uint64_t frames)
{
	machine_start((struct machine_options){.frames = frames});
	mm = host_slot("mm");
	store = host_slot("store");
	cr_assert(mm_create(mm, 1, &handle) == 0);
}

static uint64_t make_file(uint64_t length)
{
	uint64_t object;

	cr_assert(store_create(store, &object) == 0 && store_truncate(store, object, length) == 0);
	return object;
}

static uint32_t get(uint32_t pid, uint64_t address)
{
	uint32_t value = 0;

	cr_assert(machine_read(pid, address, &value, sizeof(value)) == 0);
	return value;
}

static void set(uint32_t pid, uint64_t address, uint32_t value)
{
	cr_assert(machine_write(pid, address, &value, sizeof(value)) == 0);
}

static uint32_t in_file(uint64_t object, uint64_t offset)
{
	uint32_t value = 0;

	cr_assert(
	    store_read(store, object, offset, djed_own_writable(&value, sizeof(value)), &count, &size) == 0);
	return value;
}

static void end(void)
{
	machine_check();
	for (uint32_t pid = 1; pid < 10; pid++)
		(void)mm_exit(mm, pid);
	machine_check();
	cr_assert(machine_frames_used() == 0 && backings.count == 0 && machine_spaces() == 0);
}

Test(mm, private_file)
{
	uint64_t object;
	uint32_t value = 77;

	begin(500);
	object = make_file(2 * PAGE + 100);
	cr_assert(store_write(store, object, PAGE, djed_own(&value, 4), &count, &size) == 0);
	cr_assert(machine_map_file(1, BASE, 4 * PAGE, 3, MAP_PRIVATE | MAP_FIXED, object, 0, false) ==
		  (int64_t)BASE);
	cr_assert(get(1, BASE + PAGE) == 77 && get(1, BASE + 2 * PAGE + 200) == 0);
	cr_assert(machine_touch(1, BASE + 3 * PAGE, DJED_ACCESS_READ) == SIGNAL_BUS);
	cr_assert(machine_touch(1, BASE + 3 * PAGE, DJED_ACCESS_WRITE) == SIGNAL_BUS);
	set(1, BASE + PAGE, 78);
	set(1, BASE + 2 * PAGE, 79);
	cr_assert(in_file(object, PAGE) == 77 && in_file(object, 2 * PAGE) == 0);
	/* The process's copy goes, the file comes back. */
	cr_assert(machine_call(1, LINUX_MADVISE, BASE, 3 * PAGE, 4, 0, 0, 0) == 0 &&
		  get(1, BASE + PAGE) == 77);
	/* At an offset, and moved. */
	cr_assert(
	    machine_map_file(1, BASE + 16 * PAGE, PAGE, 1, MAP_PRIVATE | MAP_FIXED, object, PAGE, false) > 0);
	cr_assert(get(1, BASE + 16 * PAGE) == 77);
	cr_assert(machine_call(1, LINUX_MREMAP, BASE + 16 * PAGE, PAGE, 3 * PAGE,
			       MREMAP_MAYMOVE | MREMAP_FIXED, BASE + 32 * PAGE, 0) > 0);
	cr_assert(get(1, BASE + 32 * PAGE) == 77 && get(1, BASE + 33 * PAGE) == 0);
	cr_assert(machine_touch(1, BASE + 34 * PAGE, DJED_ACCESS_READ) == SIGNAL_BUS);
	end();
}

Test(mm, shared_file)
{
	uint64_t object;

	begin(500);
	object = make_file(2 * PAGE + 100);
	cr_assert(machine_map_file(1, BASE, 3 * PAGE, 3, MAP_SHARED | MAP_FIXED, object, 0, true) ==
		  (int64_t)BASE);
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0 && mm_create(mm, 3, &handle) == 0);
	cr_assert(machine_map_file(3, BASE, 3 * PAGE, 1, MAP_SHARED | MAP_FIXED, object, 0, false) ==
		  (int64_t)BASE);
	set(1, BASE + 4, 1111);
	cr_assert(get(2, BASE + 4) == 1111 && get(3, BASE + 4) == 1111);
	set(2, BASE + 2 * PAGE + 40, 2222);
	cr_assert(get(1, BASE + 2 * PAGE + 40) == 2222 && get(3, BASE + 2 * PAGE + 40) == 2222);
	machine_check();
	cr_assert(in_file(object, 4) == 0);
	cr_assert(machine_call(1, LINUX_MSYNC, BASE, PAGE, MS_SYNC, 0, 0, 0) == 0);
	cr_assert(in_file(object, 4) == 1111 && in_file(object, 2 * PAGE + 40) == 0,
		  "only what was asked for");
	/* A page that nobody wrote to by memory is left alone. */
	uint32_t value = 9999;
	cr_assert(get(1, BASE + PAGE) == 0);
	cr_assert(store_write(store, object, PAGE, djed_own(&value, 4), &count, &size) == 0);
	cr_assert(machine_call(1, LINUX_MSYNC, BASE, 3 * PAGE, MS_SYNC, 0, 0, 0) == 0 &&
		  in_file(object, PAGE) == 9999);
	cr_assert(machine_call(3, LINUX_MPROTECT, BASE, PAGE, 3, 0, 0, 0) == -EACCES);
	/* Written after that, too; the unmapping of a part writes that part. */
	set(2, BASE + 4, 3333);
	cr_assert(machine_call(2, LINUX_MUNMAP, BASE, PAGE, 0, 0, 0, 0) == 0 && in_file(object, 4) == 3333);
	set(1, BASE + 4, 4444);
	cr_assert(mm_exit(mm, 1) == 0 && in_file(object, 4) == 4444 &&
		  in_file(object, 2 * PAGE + 40) == 2222);
	cr_assert(size == 2 * PAGE + 100, "the file has not grown");
	cr_assert(get(3, BASE + 4) == 4444);
	machine_check();
	/* The last one goes; the next mapping sees the file. */
	cr_assert(mm_exit(mm, 2) == 0 && mm_exit(mm, 3) == 0 && backings.count == 0 && frames.cached == 0);
	cr_assert(mm_create(mm, 1, &handle) == 0);
	cr_assert(machine_map_file(1, BASE, PAGE, 3, MAP_SHARED | MAP_FIXED, object, 2 * PAGE, true) ==
		  (int64_t)BASE);
	cr_assert(get(1, BASE + 40) == 2222);
	end();
}

Test(mm, shared_memory)
{
	begin(500);
	cr_assert(machine_call(1, LINUX_MMAP, BASE, 8 * PAGE, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
			       (uint64_t)-1, 0) > 0);
	cr_assert(machine_call(1, LINUX_MMAP, BASE + 8 * PAGE, 8 * PAGE, 3,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (uint64_t)-1, 0) > 0);
	set(1, BASE, 5);
	set(1, BASE + 8 * PAGE, 6);
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0 && mm_fork(mm, 2, 3, false, &handle) == 0);
	set(3, BASE, 50);
	set(3, BASE + 7 * PAGE, 51);
	set(3, BASE + 8 * PAGE, 52);
	cr_assert(get(1, BASE) == 50 && get(2, BASE + 7 * PAGE) == 51 && get(1, BASE + 8 * PAGE) == 6);
	cr_assert(machine_call(1, LINUX_MREMAP, BASE, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       BASE + 64 * PAGE, 0) > 0);
	set(1, BASE + 64 * PAGE, 60);
	cr_assert(get(2, BASE) == 60);
	machine_check();
	/* vfork: one space for two processes, until one of them goes. */
	cr_assert(mm_fork(mm, 1, 4, true, &handle) == 0 && machine_spaces() == 3);
	set(4, BASE + 8 * PAGE, 61);
	cr_assert(get(1, BASE + 8 * PAGE) == 61);
	cr_assert(mm_exit(mm, 4) == 0 && get(1, BASE + 8 * PAGE) == 61);
	end();
}

/* A file that does not fit into the pool can be read; memory that does not fit is refused, and comes back. */
Test(mm, out_of_memory)
{
	uint64_t object, total, before, left;
	int signal = 0;

	begin(300);
	object = make_file(600 * PAGE);
	for (uint32_t page = 0; page < 600; page++)
		cr_assert(store_write(store, object, page * PAGE, djed_own(&page, 4), &count, &size) == 0);
	cr_assert(mm_statistics(mm, &total, &before) == 0 && total == 300 && before == 300);
	for (uint32_t round = 0; round < 2; round++) {
		cr_assert(
		    machine_map_file(1, BASE, 600 * PAGE, 1, MAP_PRIVATE | MAP_FIXED, object, 0, false) > 0);
		for (uint32_t page = 0; page < 600; page++) {
			cr_assert(get(1, BASE + page * PAGE) == page);
			if (page % 50 == 49)
				cr_assert(machine_call(1, LINUX_MADVISE, BASE, 600 * PAGE, 4, 0, 0, 0) == 0);
		}
		machine_check();
	}
	cr_assert(machine_call(1, LINUX_MMAP, BASE, 600 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			       (uint64_t)-1, 0) > 0);
	for (uint64_t page = 0; page < 600 && !signal; page++)
		signal = machine_touch(1, BASE + page * PAGE, DJED_ACCESS_WRITE);
	cr_assert(signal == SIGNAL_BUS);
	cr_assert(process_space(1)->resident > 290, "nearly all frames can be used: %u",
		  process_space(1)->resident);
	machine_check();
	cr_assert(mm_statistics(mm, &total, &left) == 0 &&
		  left + process_space(1)->resident + frames.cached == 300);
	/* fork needs no frames; writing then does. */
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0);
	cr_assert(machine_touch(2, BASE, DJED_ACCESS_READ) == 0 &&
		  machine_touch(2, BASE, DJED_ACCESS_WRITE) == SIGNAL_BUS);
	machine_check();
	cr_assert(mm_exit(mm, 1) == 0 && machine_touch(2, BASE, DJED_ACCESS_WRITE) == 0);
	end();
}

/* In one transaction, a process goes and another one needs memory: it must not get frames that rollback would
 * need. */
static uint32_t given_back;

static void in_one_transaction(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	cr_assert(mm_exit(mm, 2) == 0);
	given_back = frames.pending_head;
	cr_assert(mm_populate(mm, 1, BASE, 4 * PAGE, DJED_ACCESS_WRITE) == 0);
	for (uint32_t page = 0; page < 4; page++)
		cr_assert(frames.frame[page_get(process_space(1), BASE + page * PAGE)].references == 1 &&
			  page_get(process_space(1), BASE + page * PAGE) != given_back);
	answer->status = 0;
}

Test(mm, held_back)
{
	begin(200);
	host_add_fake("client", in_one_transaction);
	cr_assert(mm_create(mm, 2, &handle) == 0);
	for (uint32_t pid = 1; pid <= 2; pid++)
		cr_assert(machine_call(pid, LINUX_MMAP, BASE, 4 * PAGE, 3,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (uint64_t)-1, 0) > 0);
	set(2, BASE, 0x12345678);
	uint32_t id = page_get(process_space(2), BASE);
	host_request("client", &(struct djed_message){0});
	cr_assert(given_back == id && frames.pending == 1);
	uint32_t kept;
	memcpy(&kept, host_frame(frame_number(id)), sizeof(kept));
	cr_assert(kept == 0x12345678, "rollback would need its contents");
	/* The next transaction may have it. */
	cr_assert(machine_call(1, LINUX_MMAP, BASE + 8 * PAGE, PAGE, 3,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (uint64_t)-1, 0) > 0);
	set(1, BASE + 8 * PAGE, 1);
	cr_assert(page_get(process_space(1), BASE + 8 * PAGE) == id && frames.pending == 0);
	end();
}
