/* A new instance of pm, of which nothing is left but the regions of its processes. */
#include "world.h"

#include <criterion/criterion.h>
#include <protocols/linux.h>

/* 3: with a timer; 4: waits for 7; 5: stopped, with two queued signals; 6: a zombie; 7: in the middle of
 * vfork, held by its child 8. */
static void build(void)
{
	world_start("-- sh");
	for (uint32_t pid = 3; pid <= 6; pid++)
		cr_assert_eq(world_call(2, LINUX_FORK), pid);
	cr_assert_eq(world_call(4, LINUX_FORK), 7);
	world_call(3, LINUX_ALARM, 10);
	world_call(4, LINUX_WAIT4, -1, 0, 0, 0);
	world_call(2, LINUX_KILL, 5, LINUX_SIGSTOP);
	world_call(2, LINUX_KILL, 5, 40);
	world_call(2, LINUX_KILL, 5, 40);
	world_call(6, LINUX_EXIT, 0);
	world_call(7, LINUX_CLONE, 0x4111, 0, 0, 0, 0);
	world_check("before");
}

static void renew(void)
{
	memset(&pm, 0xa5, sizeof(pm));
	djed_port_start.handed_over = DJED_HANDED_REGIONS;
	host_add_server("renewed", &djed_server);
}

static uint32_t violations(void)
{
	return host_audit("renewed").violations;
}

Test(rebuild, all_is_as_before)
{
	static struct pm before;
	static struct process regions[PROCESSES_MAX];
	uint64_t deadline;

	build();
	deadline = host_deadline("pm");
	memcpy(&before, &pm, sizeof(pm));
	memcpy(regions, processes, sizeof(processes));
	renew();
	cr_assert_eq(violations(), 0, "%s", host_log());
	cr_assert_eq(memcmp(pm.kin, before.kin, sizeof(pm.kin)), 0);
	cr_assert(pm.used == before.used && pm.zombies == 1 && pm.last_pid == before.last_pid &&
		  pm.first_program == 2 && !pm.probe_wanted);
	cr_assert(pm.timers_armed == 1 && pm.first_timer == before.first_timer &&
		  host_deadline("renewed") == deadline);
	/* The signals are still pending; what was told with them is lost. */
	cr_assert(pm.infos_used == 0 && process_find(5)->signals.pending == signal_bit(40));
	for (uint32_t pid = 1; pid <= 8; pid++) {
		struct process *was = &regions[djed_region_of(pid, PROCESSES_MAX)], *is = process_find(pid);

		was->signals.first_info = was->signals.last_info = NONE;
		cr_assert_eq(memcmp(is, was, sizeof(*is)), 0, "process %u", pid);
	}
	cr_assert_eq(process_create(process_find(2))->pid, 9);
}

/* Another one finds what servers may still hold of a process that is no more. */
Test(rebuild, tombstones)
{
	build();
	tombstone_add(6, 3);
	process_reap(process_find(6));
	cr_assert(!process_find(6));
	renew();
	cr_assert(violations() == 0 && pm.tombstones == 1 && pm.tombstone[0].pid == 6 &&
		  pm.tombstone[0].left == 3);
	for (uint32_t i = 0; i < 2 * PROCESSES_MAX; i++) {
		struct process *p = process_create(&processes[0]);

		cr_assert(p && djed_region_of(p->pid, PROCESSES_MAX) != 5);
		process_free(p);
	}
}

static void ended_alone(void (*damage)(struct process *p), bool known)
{
	static struct process regions[PROCESSES_MAX];
	unsigned exits;

	build();
	damage(process_find(3));
	memcpy(regions, processes, sizeof(processes));
	renew();
	cr_assert(strstr(host_log(), "region 2 (process"), "%s", host_log());
	cr_assert_eq(host_deadline("renewed"), known ? 1 : 0);
	exits = world_calls.mm_exits;
	host_notify("renewed", UINT64_C(1) << 63);
	host_notify("renewed", UINT64_C(1) << 63);
	host_notify("renewed", UINT64_C(1) << 63);
	host_notify("renewed", UINT64_C(1) << 63);
	cr_assert_eq(world_calls.mm_exits, exits + known);
	cr_assert_eq(violations(), 0, "%s", host_log());
	cr_assert(!process_find(3) || (known && process_find(3)->state == PROCESS_ZOMBIE));
	for (uint32_t pid = 4; pid <= 8; pid++)
		cr_assert_eq(memcmp(process_find(pid)->name, regions[djed_region_of(pid, PROCESSES_MAX)].name,
				    sizeof(regions[0].name)),
			     0);
}

static void limit(struct process *p)
{
	p->limit[3] = (struct limit){.soft = 6, .hard = 5};
}
static void thread(struct process *p)
{
	p->thread = 0x12300000123;
}
static void garbage(struct process *p)
{
	memset((char *)p + sizeof(p->pid), 0xff, sizeof(*p) - sizeof(p->pid));
}
static void number(struct process *p)
{
	p->pid = 77;
}
static void state(struct process *p)
{
	p->state = PROCESS_FREE;
}

Test(rebuild, a_wrong_value_costs_its_process)
{
	ended_alone(limit, true);
}
Test(rebuild, a_wrong_thread_costs_its_process)
{
	ended_alone(thread, true);
}
Test(rebuild, garbage_costs_its_process)
{
	ended_alone(garbage, true);
}
Test(rebuild, a_lost_number_costs_its_process)
{
	ended_alone(number, false);
}
Test(rebuild, a_lost_process_is_ended)
{
	ended_alone(state, true);
}
