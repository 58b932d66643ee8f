/* What mm's calls and messages answer: the errno that Linux gives, and never a crash. */
#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/event.h>
#include <protocols/linux.h>
#include <protocols/mm_client.h>
#include <protocols/store_client.h>
#include <string.h>

#include "fault.h"
#include "machine.h"
#include "map.h"

#define BASE UINT64_C(0x200000000)
#define PAGE UINT64_C(4096)
#define NONE ((uint64_t)-1)
enum { PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS, SHARED = MAP_SHARED | MAP_ANONYMOUS };

static djed_slot mm;
static uint64_t handle;

static void begin(void)
{
	machine_start((struct machine_options){.frames = 400});
	mm = host_slot("mm");
	cr_assert(mm_create(mm, 1, &handle) == 0);
}

Test(mm, errors)
{
	begin();
	/* Three pages, a hole, one page; then every call with arguments that Linux refuses. */
	cr_assert(machine_call(1, LINUX_MMAP, BASE, 3 * PAGE, 3, PRIVATE | MAP_FIXED, NONE, 0) ==
		  (int64_t)BASE);
	cr_assert(machine_call(1, LINUX_MMAP, BASE + 4 * PAGE, PAGE, 1, PRIVATE | MAP_FIXED, NONE, 0) > 0);
	const struct {
		uint32_t number;
		uint64_t argument[6];
		int64_t result;
	} cases[] = {
	    {LINUX_MMAP, {0, 0, 3, PRIVATE, NONE, 0}, -EINVAL},
	    {LINUX_MMAP, {0, PAGE, 3, MAP_ANONYMOUS, NONE, 0}, -EINVAL},
	    {LINUX_MMAP, {0, PAGE, 3, MAP_ANONYMOUS | 7, NONE, 0}, -EINVAL},
	    {LINUX_MMAP, {0, PAGE, 3, PRIVATE, NONE, 1}, -EINVAL},
	    {LINUX_MMAP, {0, PAGE, 3, MAP_PRIVATE, NONE, 0}, -EBADF},
	    {LINUX_MMAP, {0, NONE, 3, PRIVATE, NONE, 0}, -ENOMEM},
	    {LINUX_MMAP, {0, USER_END, 3, PRIVATE, NONE, 0}, -ENOMEM},
	    {LINUX_MMAP, {BASE + 1, PAGE, 3, PRIVATE | MAP_FIXED, NONE, 0}, -EINVAL},
	    {LINUX_MMAP, {USER_END, PAGE, 3, PRIVATE | MAP_FIXED, NONE, 0}, -ENOMEM},
	    {LINUX_MMAP, {NONE & ~PAGE_MASK, PAGE, 3, PRIVATE | MAP_FIXED, NONE, 0}, -ENOMEM},
	    {LINUX_MMAP, {0, PAGE, 3, PRIVATE | MAP_FIXED, NONE, 0}, -EPERM},
	    {LINUX_MMAP, {BASE + PAGE, PAGE, 3, PRIVATE | MAP_FIXED_NOREPLACE, NONE, 0}, -EEXIST},
	    {LINUX_MUNMAP, {BASE + 1, PAGE}, -EINVAL},
	    {LINUX_MUNMAP, {BASE, 0}, -EINVAL},
	    {LINUX_MUNMAP, {BASE, NONE}, -EINVAL},
	    {LINUX_MUNMAP, {USER_END, PAGE}, -EINVAL},
	    {LINUX_MUNMAP, {BASE + 100 * PAGE, PAGE}, 0},
	    {LINUX_MPROTECT, {BASE + 1, PAGE, 1}, -EINVAL},
	    {LINUX_MPROTECT, {BASE, PAGE, 0x40}, -EINVAL},
	    {LINUX_MPROTECT, {BASE, 0, 1}, 0},
	    {LINUX_MPROTECT, {BASE, NONE, 1}, -ENOMEM},
	    {LINUX_MPROTECT, {BASE + 3 * PAGE, PAGE, 1}, -ENOMEM},
	    {LINUX_MREMAP, {BASE + 1, PAGE, PAGE, 0}, -EINVAL},
	    {LINUX_MREMAP, {BASE, PAGE, 0, 0}, -EINVAL},
	    {LINUX_MREMAP, {BASE, PAGE, NONE, 0}, -EINVAL},
	    {LINUX_MREMAP, {BASE, NONE, PAGE, 0}, -EINVAL},
	    {LINUX_MREMAP, {BASE, PAGE, PAGE, 8}, -EINVAL},
	    {LINUX_MREMAP, {BASE, PAGE, PAGE, MREMAP_FIXED, BASE + 9 * PAGE}, -EINVAL},
	    {LINUX_MREMAP, {BASE, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, BASE + 1}, -EINVAL},
	    {LINUX_MREMAP, {BASE, 2 * PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, BASE + PAGE}, -EINVAL},
	    {LINUX_MREMAP, {BASE, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, USER_END}, -EINVAL},
	    {LINUX_MREMAP, {BASE, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, 0}, -EPERM},
	    {LINUX_MREMAP, {BASE, 4 * PAGE, PAGE, MREMAP_MAYMOVE}, -EFAULT},
	    {LINUX_MREMAP, {BASE + 50 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE}, -EFAULT},
	    {LINUX_MREMAP, {BASE, 3 * PAGE, 5 * PAGE, 0}, -ENOMEM},
	    {LINUX_MREMAP, {BASE, 3 * PAGE, 4 * PAGE, 0}, (int64_t)BASE},
	    {LINUX_MREMAP, {BASE, 4 * PAGE, 3 * PAGE, 0}, (int64_t)BASE},
	    {LINUX_MADVISE, {BASE + 1, PAGE, 4}, -EINVAL},
	    {LINUX_MADVISE, {BASE, PAGE, 99}, -EINVAL},
	    {LINUX_MADVISE, {BASE, 5 * PAGE, 4}, -ENOMEM},
	    {LINUX_MADVISE, {BASE, 3 * PAGE, 8}, 0},
	    {LINUX_MADVISE, {BASE, 0, 4}, 0},
	    {LINUX_MSYNC, {BASE + 1, PAGE, MS_SYNC}, -EINVAL},
	    {LINUX_MSYNC, {BASE, PAGE, MS_SYNC | MS_ASYNC}, -EINVAL},
	    {LINUX_MSYNC, {BASE, PAGE, 64}, -EINVAL},
	    {LINUX_MSYNC, {BASE, 5 * PAGE, MS_SYNC}, -ENOMEM},
	    {LINUX_MSYNC, {BASE, 3 * PAGE, MS_SYNC}, 0},
	    {LINUX_GETPID, {0}, -ENOSYS},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint64_t *a = cases[i].argument;
		int64_t result = machine_call(1, cases[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);

		cr_expect(result == cases[i].result, "case %zu: %lld, not %lld", i, (long long)result,
			  (long long)cases[i].result);
	}
	machine_check();
	cr_assert(process_space(1)->areas.count == 2);
	/* A mapping that grows down does not grow to where nothing may be. */
	cr_assert(machine_call(1, LINUX_MMAP, 0x10000, PAGE, 3, PRIVATE | MAP_FIXED | MAP_GROWSDOWN, NONE,
			       0) == 0x10000);
	cr_assert(machine_touch(1, 0xf000, DJED_ACCESS_WRITE) == SIGNAL_SEGMENT);
	machine_check();
	cr_assert(machine_call(99, LINUX_BRK, 0, 0, 0, 0, 0, 0) == -ESRCH);
	cr_assert(machine_touch(99, BASE, DJED_ACCESS_READ) == SIGNAL_SEGMENT);
}

Test(mm, messages)
{
	uint64_t pages, resident, total, left;

	begin();
	cr_assert(mm_create(mm, 1, &handle) == -EEXIST && mm_create(mm, 0, &handle) == -EINVAL);
	cr_assert(mm_fork(mm, 5, 6, false, &handle) == -ESRCH &&
		  mm_fork(mm, 1, 1, false, &handle) == -EEXIST);
	cr_assert(mm_fork(mm, 1, 0, true, &handle) == -EINVAL &&
		  mm_fork(mm, 1, 0, false, &handle) == -EINVAL);
	cr_assert(mm_exit(mm, 5) == -ESRCH && mm_usage(mm, 5, &pages, &resident) == -ESRCH);
	machine_check();
	cr_assert(machine_call(1, LINUX_MMAP, BASE, 10 * PAGE, 3, PRIVATE | MAP_FIXED, NONE, 0) > 0);
	cr_assert(mm_populate(mm, 1, BASE + 5, 2 * PAGE, DJED_ACCESS_WRITE) == 0);
	cr_assert(mm_usage(mm, 1, &pages, &resident) == 0 && pages == 10 && resident == 3);
	cr_assert(mm_statistics(mm, &total, &left) == 0 && total - left == 3);
	cr_assert(mm_populate(mm, 1, BASE + 9 * PAGE, 2 * PAGE, DJED_ACCESS_READ) == -EFAULT);
	cr_assert(mm_populate(mm, 1, BASE, 0, DJED_ACCESS_READ) == 0);
	cr_assert(mm_populate(mm, 1, BASE, UINT64_MAX, DJED_ACCESS_READ) == -EFAULT);
	cr_assert(mm_populate(mm, 1, UINT64_MAX, 1, DJED_ACCESS_READ) == -EFAULT);
	cr_assert(mm_populate(mm, 1, UINT64_MAX, 2, DJED_ACCESS_READ) == -EFAULT);
	cr_assert(mm_populate(mm, 1, BASE, PAGE, DJED_ACCESS_EXECUTE) == -EFAULT);
	cr_assert(mm_populate(mm, 5, BASE, PAGE, DJED_ACCESS_READ) == -ESRCH);
	/* As many processes as there can be, each with a region of its own. */
	uint32_t pid = 100;
	while (mm_fork(mm, 1, pid, true, &handle) == 0)
		pid++;
	cr_assert(pid == PROCESSES_MAX + 1 && mm_fork(mm, 1, pid, false, &handle) == -EEXIST &&
		  mm_create(mm, pid, &handle) == -EEXIST);
	for (pid++; pid < PROCESSES_MAX + 100; pid++)
		cr_assert(mm_fork(mm, 1, pid, true, &handle) == 0);
	cr_assert(host_audit("mm").violations == 0 && host_audit("mm").processes == PROCESSES_MAX);
	while (pid-- > 100)
		cr_assert(mm_exit(mm, pid) == (pid == PROCESSES_MAX + 1 ? -ESRCH : 0));
	/* As many areas. */
	uint64_t at = BASE;
	while (machine_call(1, LINUX_MMAP, at, PAGE, at / PAGE % 2 ? 1 : 3, PRIVATE | MAP_FIXED, NONE, 0) > 0)
		at += PAGE;
	cr_assert(at == BASE + (AREAS_PER_SPACE - 2) * PAGE,
		  "room for a mapping in the middle of an area is kept");
	cr_assert(machine_call(1, LINUX_MUNMAP, BASE, at - BASE, 0, 0, 0, 0) == 0 &&
		  process_space(1)->areas.count == 0);
	machine_check();
	cr_assert(host_notify("mm", 1) == DJED_LOG_EMPTY);
	cr_assert(host_request("mm", &(struct djed_message){.label = DJED_LABEL(17, 99)}).status == -ENOSYS);
}

static uint64_t odd_number(void)
{
	static const uint64_t odd[] = {
	    0,		 1,	   PAGE - 1,	    PAGE,	8 * PAGE,  BASE,
	    BASE + PAGE, USER_END, USER_END - PAGE, UINT64_MAX, INT64_MAX, 1ull << 32,
	    1ull << 46,	 0x20000};
	uint64_t number = odd[machine_random(sizeof(odd) / sizeof(*odd))];

	switch (machine_random(4)) {
	case 0:
		return number + machine_random(64) * PAGE;
	case 1:
		return machine_random(256);
	case 2:
		return number - machine_random(3);
	default:
		return number;
	}
}

/* Any call with any numbers: no panic, and everything stays sound. */
Test(mm, hostile)
{
	static const uint32_t numbers[] = {LINUX_MMAP,	   LINUX_MMAP,	  LINUX_MUNMAP,
					   LINUX_MPROTECT, LINUX_MREMAP,  LINUX_MREMAP,
					   LINUX_BRK,	   LINUX_MADVISE, LINUX_MSYNC};
	uint64_t object, size;
	uint32_t count;

	begin();
	cr_assert(store_create(host_slot("store"), &object) == 0);
	cr_assert(store_write(host_slot("store"), object, 0, djed_own("file", 4), &count, &size) == 0);
	for (int i = 0; i < 20000; i++) {
		uint32_t pid = 1 + machine_random(3);
		struct djed_message event = {.label = EVENT_PAGE_FAULT,
					     .word = {odd_number(), machine_random(16), odd_number()}};
		uint64_t other;

		switch (machine_random(8)) {
		case 0:
			host_be(pid, 1);
			host_request("mm", &event);
			break;
		case 1:
			machine_map_file(pid, odd_number(), odd_number(), (uint32_t)odd_number(),
					 MAP_PRIVATE | (uint32_t)odd_number(),
					 machine_random(4) ? object : odd_number(), odd_number(),
					 machine_random(2));
			break;
		case 2:
			(void)mm_populate(mm, pid, odd_number(), odd_number() % (40 * PAGE),
					  machine_random(9));
			break;
		case 3:
			if (machine_random(4) == 0)
				(void)mm_fork(mm, pid, 1 + machine_random(3), machine_random(4) == 0, &other);
			else if (machine_random(4) == 0)
				(void)mm_exit(mm, 2 + machine_random(2));
			break;
		default:
			machine_call(pid, numbers[machine_random(9)], odd_number(), odd_number(),
				     machine_random(9),
				     machine_random(3)	 ? PRIVATE | (machine_random(2) ? MAP_FIXED : 0)
				     : machine_random(3) ? SHARED
							 : (uint32_t)odd_number(),
				     odd_number(), machine_random(3) ? 0 : odd_number());
		}
		if (i % 128 == 0)
			machine_check();
	}
	machine_check();
}
