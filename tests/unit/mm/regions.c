/* Each process's state lies in its region, and mm says which others it writes to: all tests of mm run with
 * regions protected as the kernel does it (machine_start). Here is what that is worth, and where a process's
 * region is not enough. */
#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>
#include <protocols/mm_client.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "map.h"

#define BASE UINT64_C(0x200000000)
#define PAGE UINT64_C(4096)
enum { PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };

static djed_slot mm;
static uint64_t handle;

static void begin(void)
{
	machine_start((struct machine_options){.frames = 2000});
	mm = host_slot("mm");
	host_be(1, 1);
	cr_assert(mm_create(mm, 1, &handle) == 0);
	cr_assert(machine_call(1, LINUX_MMAP, BASE, 100 * PAGE, 3, PRIVATE, -1ull, 0) > 0);
	cr_assert(machine_touch(1, BASE, DJED_ACCESS_WRITE) == 0);
}

/* ---- wild writes ----------------------------------------------------------------------------------------
 */

static void *target; /* where mm writes by mistake when it next maps a page */

static djed_status wild_map(const uint64_t in[6], uint64_t out[3])
{
	(void)in;
	(void)out;
	*(volatile uint64_t *)target = 0x5a5a5a5a5a5a5a5a;
	return -ENOMEM;
}

static bool faults_at(void *where)
{
	struct djed_message fault = {.label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_PAGE_FAULT),
				     .word = {BASE + 8 * PAGE, DJED_ACCESS_WRITE}};

	target = where;
	host_be(1, 1);
	return host_faults((void)host_request("mm", &fault));
}

/* While process 1 is served nothing of process 2 can be changed: not who it is, nor its space, areas, pages.
 */
Test(mm, wild_writes)
{
	struct space *other;
	bool own;

	begin();
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0);
	other = process_space(2);
	host_on(KERNEL_OP_SPACE_MAP, wild_map);
	void *const places[] = {process_find(2),
				other,
				&other->brk,
				other->areas.first,
				&other->first->frame[5],
				&clients[1].rest,
				&clients[1].rest[REGION_REST - 8],
				&clients[0].rest[REGION_REST]};
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		/* In a process of its own: what comes after a crash is the kernel's business. */
		pid_t test = fork();
		int status;

		if (test == 0)
			_exit(faults_at(places[i]) ? 0 : 1);
		cr_assert(waitpid(test, &status, 0) == test && status == 0, "place %zu: %x", i, status);
	}
	own = faults_at(&clients[0].rest);
	cr_assert(!own, "its own region can be written");
}

/* ---- damage -----------------------------------------------------------------------------------------------
 */

/* A region full of garbage costs its client alone: others map, fault, fork and go as before, and the audit
 * speaks of that region and of what is counted. */
Test(mm, a_damaged_region)
{
	uint32_t value = 0x1234, got = 0;

	begin();
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0 && mm_fork(mm, 1, 3, false, &handle) == 0);
	cr_assert(machine_write(3, BASE, &value, sizeof(value)) == 0);
	memset((char *)&clients[1] + sizeof(uint32_t), 0x5a, REGION_SIZE - sizeof(uint32_t));
	cr_assert(machine_call(1, LINUX_MMAP, BASE + (1 << 24), 9 * PAGE, 3, PRIVATE, -1ull, 0) > 0 &&
		  machine_touch(1, BASE + (1 << 24), DJED_ACCESS_WRITE) == 0 &&
		  machine_touch(1, BASE, DJED_ACCESS_WRITE) == 0);
	cr_assert(machine_read(3, BASE, &got, sizeof(got)) == 0 && got == value);
	cr_assert(mm_fork(mm, 3, 4, false, &handle) == 0 && mm_fork(mm, 1, 5, true, &handle) == 0);
	cr_assert(mm_exit(mm, 1) == 0 && mm_exit(mm, 3) == 0);
	cr_assert(machine_read(4, BASE, &got, sizeof(got)) == 0 && got == value);
	cr_assert(machine_touch(5, BASE + (1 << 24), DJED_ACCESS_WRITE) == 0);
	cr_assert(host_audit("mm").violations > 0 && strstr(host_log(), "region 1: process 2"));
	cr_assert(!strstr(host_log(), "region 0") && !strstr(host_log(), "region 2:") &&
		      !strstr(host_log(), "region 3") && !strstr(host_log(), "region 4"),
		  "%s", host_log());
}

/* ---- spaces that are shared -------------------------------------------------------------------------------
 */

/* A child works in its parent's space, which lies in the parent's region; it stays there when the parent has
 * gone, and another process may have that region meanwhile. */
Test(mm, a_space_outlives_its_owner)
{
	uint64_t pages, resident;

	begin();
	cr_assert(mm_fork(mm, 1, 2, true, &handle) == 0 && process_space(2) == process_space(1));
	host_be(2, 2);
	cr_assert(machine_touch(2, BASE + PAGE, DJED_ACCESS_WRITE) == 0);
	cr_assert(mm_exit(mm, 1) == 0);
	machine_check();
	cr_assert(mm_create(mm, 1 + PROCESSES_MAX, &handle) == 0);
	cr_assert(client_with(process_space(2)) == client_of(1 + PROCESSES_MAX));
	cr_assert(machine_call(1 + PROCESSES_MAX, LINUX_MMAP, BASE, 5 * PAGE, 3, PRIVATE, -1ull, 0) > 0);
	cr_assert(machine_touch(1 + PROCESSES_MAX, BASE, DJED_ACCESS_WRITE) == 0 &&
		  machine_touch(2, BASE + 70 * PAGE, DJED_ACCESS_WRITE) == 0);
	machine_check();
	cr_assert(mm_usage(mm, 2, &pages, &resident) == 0 && pages == 100 && resident == 3);
	cr_assert(mm_usage(mm, 1 + PROCESSES_MAX, &pages, &resident) == 0 && pages == 5 && resident == 1);
	cr_assert(mm_exit(mm, 2) == 0);
	machine_check();
	cr_assert(machine_spaces() == 1 && mm_exit(mm, 1 + PROCESSES_MAX) == 0 && machine_spaces() == 0);
	machine_check();
	cr_assert(clients[0].areas.used == 0 && clients[0].groups.used == 0);
}

/* Where the region has no place for a further space, there is no memory. */
Test(mm, a_region_full_of_spaces)
{
	begin();
	for (uint32_t i = 0; i < SPACES_OWN; i++) {
		cr_assert(mm_fork(mm, 1 + i * PROCESSES_MAX, 2 + i, true, &handle) == 0);
		cr_assert(mm_exit(mm, 1 + i * PROCESSES_MAX) == 0);
		cr_assert(mm_create(mm, 1 + (i + 1) * PROCESSES_MAX, &handle) ==
			  (i + 1 < SPACES_OWN ? 0 : -ENOMEM));
		machine_check();
	}
	cr_assert(mm_exit(mm, 3) == 0 && mm_create(mm, 1, &handle) == 0);
	machine_check();
}

/* ---- what does not fit ------------------------------------------------------------------------------------
 */

/* Areas and page groups beyond a region's own lie in the heap, in one list with them, and go as they came. */
Test(mm, more_than_a_region_holds)
{
	enum { MANY = 3 * AREAS_OWN };

	begin();
	for (uint32_t i = 0; i < MANY; i++) {
		uint64_t at = BASE + (i + 1) * GROUP_PAGES * PAGE * 2;

		cr_assert(machine_call(1, LINUX_MMAP, at, PAGE, 3, PRIVATE, -1ull, 0) > 0);
		cr_assert(machine_touch(1, at, DJED_ACCESS_WRITE) == 0);
	}
	cr_assert(~clients[0].areas.used == 0 && areas.count == MANY + 1 - AREAS_OWN);
	cr_assert(clients[0].groups.used + 1 == 1u << GROUPS_OWN && spaces.groups == MANY + 1 - GROUPS_OWN);
	machine_check();
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0 && areas.count == 2 * (MANY + 1 - AREAS_OWN));
	machine_check();
	/* Every third one goes: of the region's as of the heap's; then one is made, in the region. */
	for (uint32_t i = 0; i < MANY; i += 3)
		cr_assert(machine_call(1, LINUX_MUNMAP, BASE + (i + 1) * GROUP_PAGES * PAGE * 2, PAGE, 0, 0,
				       0, 0) == 0);
	machine_check();
	cr_assert(machine_call(1, LINUX_MMAP, BASE - PAGE, PAGE, 1, PRIVATE, -1ull, 0) > 0);
	cr_assert(~clients[0].areas.used != 0);
	cr_assert(mm_exit(mm, 1) == 0 && areas.count == MANY + 1 - AREAS_OWN);
	machine_check();
	cr_assert(mm_exit(mm, 2) == 0 && areas.count == 0 && spaces.groups == 0);
	machine_check();
}

/* An instance that starts anew, and has not been handed anything, begins with empty regions. */
Test(mm, a_fresh_instance)
{
	static const struct client zeros;

	begin();
	cr_assert(mm_fork(mm, 1, 2, false, &handle) == 0);
	host_add_server("again", &djed_server);
	cr_assert(memcmp(&clients[0], &zeros, sizeof(zeros)) == 0 &&
		  memcmp(&clients[1], &zeros, sizeof(zeros)) == 0);
}
