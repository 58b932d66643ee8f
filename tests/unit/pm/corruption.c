/* Every audit is itself tested: each of these corruptions of a sound state is reported. */
#include "changes.h"
#include "world.h"

#include <criterion/criterion.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>

static struct process *p(uint32_t pid)
{
	return process_find(pid);
}

// clang-format off
static void state(void) { p(3)->state = PROCESS_ZOMBIE; }
static void unknown_state(void) { p(3)->state = 9; }
static void used_count(void) { pm.used++; }
static void zombie_count(void) { pm.zombies--; }
static void pid(void) { p(3)->pid = 4; }
static void role(void) { p(3)->role = ROLE_PROBE + 1; }
static void chain(void) { kin_of(p(3))->next = slot_of(p(2)); }
static void chain_back(void) { kin_of(p(4))->previous = 500; }
static void parent(void) { p(3)->parent = slot_of(p(4)); }
static void parent_out_of_table(void) { p(3)->parent = 5000; }
static void sibling(void) { kin_of(p(3))->next_sibling = NONE; }
static void sibling_back(void) { kin_of(p(4))->previous_sibling = 77; }
static void last_child(void) { kin_of(p(2))->last_child = slot_of(p(3)); }
static void lost_child(void) { kin_of(p(2))->first_child = kin_of(p(3))->next_sibling; }
static void group(void) { p(3)->group = 0; }
static void session(void) { p(3)->session = 99; }
static void leader(void) { p(2)->group = 77; }
static void thread(void) { p(3)->thread = 0; }
static void stale_thread(void) { p(3)->thread = 0x12300000123; }
static void parked(void) { p(4)->parked = 0; }
static void wait_kind(void) { p(4)->wait = WAIT_NOTHING; }
static void stopped(void) { p(5)->state = PROCESS_ALIVE; }
static void vfork_child(void) { p(8)->holds_parent = false; }
static void holder(void) { p(3)->holds_parent = true; }
static void blocked(void) { p(3)->signals.blocked = signal_bit(LINUX_SIGKILL); }
static void action_mask(void) { p(3)->signals.known = 1; p(3)->signals.action[0].mask = ~0ull; }
static void known(void) { p(3)->signals.known = signal_bit(LINUX_SIGSTOP); }
static void pending(void) { p(5)->signals.pending = 0; }
static void queue_end(void) { p(5)->signals.last_info = NONE; }
static void queue_lost(void) { p(5)->signals.first_info = p(5)->signals.last_info = NONE; }
static void info_signal(void) { pm.info[p(5)->signals.first_info].signal = 99; }
static void info_loop(void) { pm.info[p(5)->signals.first_info].next = p(5)->signals.first_info; }
static void infos_count(void) { pm.infos_used = 0; }
static void leaked_info(void) { pm.first_free_info = pm.info[pm.first_free_info].next; }
static void wait_set(void) { p(3)->signals.wait_set = 4; }
static void timer_order(void) { pm.timer[slot_of(p(3))].deadline = 1ull << 60; }
static void timer_of_process(void) { p(3)->deadline[TIMER_ALARM]++; }
static void timer_count(void) { pm.timers_armed = 0; }
static void timer_lost(void) { pm.first_timer = NONE; }
static void timer_back(void) { pm.timer[slot_of(p(4))].previous = NONE; }
static void timer_of_nobody(void) { pm.timer[900].deadline = 5; }
static void zombie_timer(void) { timer_set(p(6), TIMER_ALARM, 1ull << 50); }
static void zombie_thread(void) { p(6)->thread = 5; }
static void limit(void) { p(3)->limit[7].soft = p(3)->limit[7].hard + 1; }
static void name(void) { memset(p(3)->name, 'x', sizeof(p(3)->name)); }
static void groups(void) { p(3)->credentials.groups = 33; }
static void report(void) { p(3)->report = 3; }
static void exit_signal(void) { p(3)->exit_signal = 65; }
static void first_program(void) { pm.first_program = 555; }
static void last_pid(void) { pm.last_pid = 40000; }
static void init(void) { processes[0].pid = 7; }
static void tombstones(void) { pm.tombstones = TOMBSTONES_MAX + 1; }

// clang-format on
static const struct corruption {
	const char *name;
	void (*make)(void);
} corruptions[] = {
#define ONE(name) {#name, name}
    ONE(state),
    ONE(unknown_state),
    ONE(used_count),
    ONE(zombie_count),
    ONE(pid),
    ONE(role),
    ONE(chain),
    ONE(chain_back),
    ONE(parent),
    ONE(parent_out_of_table),
    ONE(sibling),
    ONE(sibling_back),
    ONE(last_child),
    ONE(lost_child),
    ONE(group),
    ONE(session),
    ONE(leader),
    ONE(thread),
    ONE(stale_thread),
    ONE(parked),
    ONE(wait_kind),
    ONE(stopped),
    ONE(vfork_child),
    ONE(holder),
    ONE(blocked),
    ONE(action_mask),
    ONE(known),
    ONE(pending),
    ONE(queue_end),
    ONE(queue_lost),
    ONE(info_signal),
    ONE(info_loop),
    ONE(infos_count),
    ONE(leaked_info),
    ONE(wait_set),
    ONE(timer_order),
    ONE(timer_of_process),
    ONE(timer_count),
    ONE(timer_lost),
    ONE(timer_back),
    ONE(timer_of_nobody),
    ONE(zombie_timer),
    ONE(zombie_thread),
    ONE(limit),
    ONE(name),
    ONE(groups),
    ONE(report),
    ONE(exit_signal),
    ONE(first_program),
    ONE(last_pid),
    ONE(init),
    ONE(tombstones),
#undef ONE
};

/* 2: the shell; 3: with a timer; 4: waits for 7, with a timer; 5: stopped, with a queued signal; 6: a zombie;
 * 7: in the middle of vfork, held by its child 8. */
static void build(void)
{
	world_start("-- sh");
	for (uint32_t pid = 3; pid <= 6; pid++)
		cr_assert_eq(world_call(2, LINUX_FORK), pid);
	cr_assert_eq(world_call(4, LINUX_FORK), 7);
	world_call(3, LINUX_ALARM, 10);
	world_call(4, LINUX_ALARM, 20);
	world_call(4, LINUX_WAIT4, -1, 0, 0, 0);
	world_call(2, LINUX_KILL, 5, LINUX_SIGSTOP);
	world_call(2, LINUX_KILL, 5, 40);
	world_call(6, LINUX_EXIT, 0);
	world_call(7, LINUX_CLONE, 0x4111, 0, 0, 0, 0);
	world_check("sound");
}

/* What is no business of a single process, or of another server. */
static const char unseen[] =
    " session stale_thread vfork_child holder action_mask info_signal last_pid tombstones timer_of_process ";

Test(corruption, each_is_reported, .timeout = 60)
{
	static struct pm sound;
	static struct process regions[PROCESSES_MAX];
	uint64_t deadline;

	build();
	cr_assert(p(7)->wait == WAIT_VFORK && p(8)->holds_parent && p(6)->state == PROCESS_ZOMBIE);
	memcpy(&sound, &pm, sizeof(pm));
	memcpy(regions, processes, sizeof(processes));
	deadline = host_deadline("pm");
	cr_assert_geq(sizeof(corruptions) / sizeof(corruptions[0]), 20);
	for (unsigned i = 0; i < sizeof(corruptions) / sizeof(corruptions[0]); i++) {
		corruptions[i].make();
		cr_expect_gt(host_audit("pm").violations, 0, "%s is not reported", corruptions[i].name);
		changes_log(&pm, &sound, sizeof(pm));
		changes_log(processes, regions, sizeof(processes));
		expect_noticed(pm_invariants, corruptions[i].name, unseen);
		memcpy(&pm, &sound, sizeof(pm));
		memcpy(processes, regions, sizeof(processes));
		cr_assert_eq(host_audit("pm").violations, 0, "%s cannot be taken back", corruptions[i].name);
	}
	cr_assert_eq(host_deadline("pm"), deadline);
}
