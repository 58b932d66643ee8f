/* Random lives: whatever processes do to each other, pm's invariants hold, and calls with random arguments
 * get an answer. */
#include "world.h"

#include <criterion/criterion.h>
#include <protocols/linux.h>
#include <stdlib.h>

static uint64_t state;

static uint32_t below(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* A process whose thread can make a call; 0: none. */
static uint32_t somebody(void)
{
	uint32_t start = below(WORLD_THREADS);

	for (uint32_t i = 0; i < WORLD_THREADS; i++) {
		uint32_t pid = (start + i) % WORLD_THREADS;
		struct host_thread *t = &world_thread[pid];

		if (t->exists && t->started && !t->parked)
			return pid;
	}
	return 0;
}

static uint32_t some_pid(void)
{
	return below(8) ? 1 + below(pm.last_pid + 2) : below(40000);
}

static void fork_some(uint32_t pid)
{
	static const uint32_t flags[] = {17, 0x4111, 0x01200011, 0x4011, 0, 10};

	if (pm.used < 200)
		world_call(pid, LINUX_CLONE, flags[below(6)], at(4096 * below(16)), 0, at(512), 0);
}

static void signal_some(uint32_t pid)
{
	static const int signals[] = {0, 1, 9, 10, 15, 17, 18, 19, 20, 40, 64};
	int signal = signals[below(11)];

	if (signal == 9 && below(4))
		signal = 10;
	switch (below(4)) {
	case 0:
		world_call(pid, LINUX_KILL, below(16) ? -(int)some_pid() : -1, signal == 9 ? 18 : signal);
		break;
	default:
		world_call(pid, LINUX_KILL, some_pid(), signal);
	}
}

static void mask_some(uint32_t pid)
{
	struct signal_action action = {below(3), below(2) ? LINUX_SA_NOCLDWAIT : 0, 0, 0};
	signal_set set = (uint64_t)below(1u << 31) << 10 | below(1024);

	if (action.handler == 2)
		action = (struct signal_action){
		    0x500000, LINUX_SA_RESTORER | (below(2) ? LINUX_SA_RESTART : 0), 0x500100, set};
	put(0, &action, sizeof(action));
	put(64, &set, sizeof(set));
	switch (below(5)) {
	case 0:
		world_call(pid, LINUX_RT_SIGPROCMASK, below(3), at(64), 0, 8);
		break;
	case 1:
		world_call(pid, LINUX_RT_SIGSUSPEND, at(64), 8);
		break;
	case 2:
		put(72, &(struct linux_timespec){below(3), 0}, 16);
		world_call(pid, LINUX_RT_SIGTIMEDWAIT, at(64), at(128), at(72), 8);
		break;
	default:
		world_call(pid, LINUX_RT_SIGACTION, 1 + below(64), at(0), 0, 8);
	}
}

static void step(uint32_t pid)
{
	world_thread[pid].context.rsp = WORLD_STACK - 64;
	switch (below(14)) {
	case 0:
	case 1:
	case 2:
	case 3:
		fork_some(pid);
		break;
	case 4:
		if (pid != 2)
			world_call(pid, LINUX_EXIT, below(256));
		break;
	case 5:
	case 6:
		world_call(pid, LINUX_WAIT4, below(2) ? -1 : (int)some_pid(), 0,
			   below(4) ? LINUX_WNOHANG | LINUX_WUNTRACED | LINUX_WCONTINUED : 0, 0);
		break;
	case 7:
	case 8:
		signal_some(pid);
		break;
	case 9:
	case 10:
		mask_some(pid);
		break;
	case 11:
		world_call(pid, LINUX_SETPGID, below(2) ? 0 : some_pid(), below(2) ? 0 : some_pid());
		break;
	case 12:
		if (below(2))
			world_call(pid, LINUX_SETSID);
		else
			world_call(pid, LINUX_EXECVE, put(256, "/x", 3), 0, 0);
		break;
	case 13:
		world_call(pid, LINUX_ALARM, below(3));
		break;
	}
}

Test(random, lives, .timeout = 60)
{
	world_start("-- sh");
	for (state = 1; state < 12; state++) {
		uint64_t seed = state;

		for (unsigned i = 0; i < 2000; i++) {
			uint32_t pid = somebody();

			if (!pid)
				break;
			step(pid);
			if (below(50) == 0) {
				djed_port_time += 1000000000;
				world_notify(1ull << 63);
			}
			if (i % 16 == 0)
				world_check("random lives");
		}
		world_check("end of a seed");
		state = seed;
	}
}

/* Whatever an application passes, it gets a result, and nothing breaks. */
Test(random, hostile_arguments, .timeout = 60)
{
	static const uint64_t odd[] = {0,
				       1,
				       8,
				       64,
				       65,
				       ~0ull,
				       1ull << 63,
				       0x7fffffff,
				       0xffffffff80000000,
				       4096,
				       WORLD_BASE,
				       WORLD_STACK - 4,
				       WORLD_STACK,
				       0x7ffffffff000,
				       0x7fffffffefff,
				       33,
				       17};

	state = 77;
	world_start("-- sh");
	for (unsigned i = 0; i < 30000; i++) {
		uint32_t pid = somebody(), number = below(8) ? below(LINUX_CALLS) : below(70000);
		uint64_t argument[5];

		for (unsigned k = 0; k < 5; k++)
			argument[k] = below(3)	 ? odd[below(17)]
				      : below(3) ? at(below(WORLD_MEMORY))
						 : below(100);
		if (!pid || (number == LINUX_FORK && pm.used > 100))
			continue;
		if (pid == 2 &&
		    (number == LINUX_EXIT || number == LINUX_EXIT_GROUP || number == LINUX_RT_SIGRETURN ||
		     number == LINUX_KILL || number == LINUX_TKILL || number == LINUX_TGKILL ||
		     number == LINUX_ALARM || number == LINUX_PAUSE || number == LINUX_WAIT4 ||
		     number == LINUX_WAITID || number == LINUX_RT_SIGSUSPEND || number == LINUX_SETITIMER ||
		     number == LINUX_RT_SIGTIMEDWAIT || number == LINUX_VFORK || number == LINUX_CLONE))
			continue; /* somebody must go on */
		for (unsigned k = 0; k < 256; k++)
			world_memory[below(WORLD_MEMORY)] = (uint8_t)below(256);
		world_do(pid, number, argument[0], argument[1], argument[2], argument[3], argument[4]);
		if (i % 64 == 0)
			world_check("hostile arguments");
	}
	world_check("end");
}
