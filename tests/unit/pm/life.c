/* Start, fork, exec, exit, wait. */
#include "world.h"

#include <abi/lab.h>
#include <criterion/criterion.h>
#include <protocols/ds_client.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>

static int32_t status_at(unsigned offset)
{
	int32_t status;

	memcpy(&status, world_memory + offset, sizeof(status));
	return status;
}

Test(life, first_program)
{
	struct host_effect e;
	struct host_thread *t = &world_thread[2];

	world_start("console=raw -- sh -c a%20b");
	cr_assert_str_eq(world_calls.path, "/usr/local/sbin/sh"); /* the first folder of PATH that has it */
	cr_assert_eq(world_calls.arguments, 3);
	cr_assert_eq(memcmp(world_calls.strings, "/usr/local/sbin/sh\0sh\0-c\0a b\0PATH=", 34), 0);
	cr_assert_eq(world_calls.name_length, 19);
	cr_assert(t->exists && t->started);
	cr_assert_eq(t->context.rip, 0x401000);
	cr_assert_eq(t->context.rsp, WORLD_STACK - 4096);
	cr_assert_eq(t->context.rflags, 0x202);
	world_check("started");
	cr_assert_eq(world_call(2, LINUX_GETPID), 2);
	cr_assert_eq(world_call(2, LINUX_GETPPID), 1);
	cr_assert_eq(world_call(2, LINUX_GETPGRP), 2);
	cr_assert_eq(world_call(2, LINUX_GETSID, 0), 2);
	world_call(2, LINUX_EXIT_GROUP, 3);
	cr_assert(!t->exists);
	cr_assert(host_take_effect(KERNEL_OP_LAB_UPDATE, &e));
	cr_assert(e.in[0] == 3 && e.in[2] == 3 << 8);
	cr_assert(host_take_effect(KERNEL_OP_NOTIFY, &e));
	cr_assert(e.in[0] == host_slot("auditor") && e.in[1] == 1);
	world_check("ended");
}

Test(life, missing_program)
{
	struct host_effect e;

	world_calls.open = -ENOENT;
	world_start("-- /no/such thing");
	cr_assert(!world_thread[2].exists);
	cr_assert(host_take_effect(KERNEL_OP_LAB_UPDATE, &e));
	cr_assert_eq(e.in[0], DJED_LAB_START_ERROR);
	cr_assert(host_take_effect(KERNEL_OP_LAB_UPDATE, &e));
	cr_assert_eq(e.in[2], 127 << 8);
	cr_assert_eq(host_count_effects(KERNEL_OP_NOTIFY), 1);
	cr_assert(strstr(host_log(), "cannot run /no/such: No such file or directory"));
	cr_assert_eq(world_calls.vfs_exits, 1);
	cr_assert_eq(world_calls.mm_exits, 1);
	world_check("nothing there");
}

Test(life, probe)
{
	struct host_effect e;

	world_start("probe=/bin/sh%20/campaign/probe.sh -- true");
	world_call(2, LINUX_EXIT, 9);
	cr_assert_eq(host_count_effects(KERNEL_OP_NOTIFY), 0);
	cr_assert(host_deadline("pm"));
	world_check("between");
	world_notify(1ull << 63);
	cr_assert(world_thread[3].started);
	cr_assert_eq(memcmp(world_calls.strings, "/bin/sh\0/bin/sh\0/campaign/probe.sh\0", 35), 0);
	cr_assert_eq(world_call(3, LINUX_GETPGRP), 3);
	world_call(3, LINUX_EXIT, 1);
	cr_assert(host_take_effect(KERNEL_OP_LAB_UPDATE, &e));
	cr_assert_eq(e.in[2], 9 << 8, "the run's status stays the first program's");
	cr_assert(!host_take_effect(KERNEL_OP_LAB_UPDATE, &e));
	cr_assert_eq(host_count_effects(KERNEL_OP_NOTIFY), 1);
	world_check("ended");
}

Test(life, fork_and_wait)
{
	uint64_t forks;

	world_start("-- sh");
	world_thread[2].context.rbx = 0x1234;
	cr_assert_eq(world_call(2, LINUX_WAIT4, -1, 0, 0, 0), -ECHILD);
	/* As glibc's fork: the child writes its id into its own memory when it first runs. */
	cr_assert_eq(world_call(2, LINUX_CLONE, 0x01200011, 0, 0, at(64), 0), 3);
	cr_assert_eq(world_thread[3].context.rbx, 0x1234);
	cr_assert_eq(world_thread[3].context.rax, 0);
	cr_assert_eq(status_at(64), 3);
	cr_assert(ds_look_up(host_slot("ds"), "pm.forks", &forks) == 0 && forks == 1);
	cr_assert_eq(world_call(2, LINUX_WAIT4, -1, 0, LINUX_WNOHANG, 0), 0);
	cr_assert_eq(world_call(2, LINUX_WAIT4, 99, 0, LINUX_WNOHANG, 0), -ECHILD);
	cr_assert_eq(world_call(2, LINUX_WAIT4, -1, 0, 0x10, 0), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_WAIT4, INT32_MIN, 0, 0, 0), -ESRCH);
	world_call(2, LINUX_WAIT4, -1, at(0), 0, at(128));
	cr_assert(world_thread[2].parked);
	world_check("parked");
	world_call(3, LINUX_EXIT, 0x1ff);
	cr_assert(!world_thread[2].parked);
	cr_assert_eq(world_thread[2].context.rax, 3);
	cr_assert_eq(status_at(0), 0xff00);
	cr_assert_eq(world_memory[128], 3, "user time of the child");
	cr_assert(!process_find(3));
	world_check("reaped");

	/* A zombie waits for its parent; orphans go to init, which keeps none. */
	cr_assert_eq(world_call(2, LINUX_FORK), 4);
	cr_assert_eq(world_call(4, LINUX_FORK), 5);
	cr_assert_eq(world_call(4, LINUX_FORK), 6);
	world_call(5, LINUX_EXIT, 1);
	world_call(4, LINUX_EXIT, 2);
	cr_assert(!process_find(5) && process_find(6)->parent == 0 &&
		  process_find(4)->state == PROCESS_ZOMBIE);
	cr_assert_eq(world_call(6, LINUX_GETPPID), 1);
	world_check("orphans");
	cr_assert_eq(world_call(2, LINUX_WAITID, LINUX_P_ALL, 0, at(0), LINUX_WEXITED | LINUX_WNOWAIT, 0), 0);
	cr_assert_eq(status_at(0), LINUX_SIGCHLD);
	cr_assert_eq(status_at(8), LINUX_CLD_EXITED);
	cr_assert_eq(status_at(16), 4);
	cr_assert_eq(status_at(24), 2);
	cr_assert_eq(world_call(2, LINUX_WAIT4, 0, 8 /* no memory */, 0, 0), -EFAULT);
	cr_assert(!process_find(4));
	world_call(6, LINUX_EXIT, 0);
	cr_assert(!process_find(6));
	world_check("none left");

	/* Who ignores SIGCHLD has no zombies, and its wait ends with the last child. */
	memset(world_memory, 0, 64);
	world_memory[0] = LINUX_SIG_IGN;
	cr_assert_eq(world_call(2, LINUX_RT_SIGACTION, LINUX_SIGCHLD, at(0), 0, 8), 0);
	cr_assert_eq(world_call(2, LINUX_FORK), 7);
	world_call(2, LINUX_WAIT4, -1, 0, 0, 0);
	cr_assert(world_thread[2].parked);
	world_call(7, LINUX_EXIT, 0);
	cr_assert_eq((int64_t)world_thread[2].context.rax, -ECHILD);
	world_check("no zombies");
}

Test(life, vfork)
{
	world_start("-- sh");
	world_call(2, LINUX_VFORK);
	cr_assert(world_thread[2].parked && world_thread[3].started);
	world_check("held");
	/* A signal to the parent waits; death does not. */
	cr_assert_eq(world_call(3, LINUX_KILL, 2, LINUX_SIGCHLD), 0);
	cr_assert(world_thread[2].parked);
	put(0, "/bin/x", 7);
	cr_assert_eq(world_call(3, LINUX_EXECVE, at(0), 0, 0), 0);
	cr_assert(!world_thread[2].parked);
	cr_assert_eq(world_thread[2].context.rax, 3);
	world_check("after exec");
	cr_assert_eq(world_call(3, LINUX_CLONE, 0x4111, at(4096), 0, 0, 0), 0);
	cr_assert_eq(world_thread[4].context.rsp, at(4096));
	cr_assert(world_thread[3].parked);
	world_call(4, LINUX_EXIT, 0);
	cr_assert_eq(world_thread[3].context.rax, 4);
	world_call(3, LINUX_VFORK);
	cr_assert_eq(world_call(2, LINUX_KILL, 3, LINUX_SIGKILL), 0);
	cr_assert_eq(process_find(3)->state, PROCESS_ZOMBIE, "a vfork's parent can be killed");
	cr_assert(process_find(5)->parent == 0);
	world_call(5, LINUX_EXIT, 0);
	world_check("killed");
	cr_assert_eq(world_call(2, LINUX_CLONE, 0x10100 | 17), -ENOSYS, "no threads");
	cr_assert_eq(world_call(2, LINUX_CLONE, 0x100 | 17), -ENOSYS);
	cr_assert_eq(world_call(2, LINUX_CLONE, 65), -EINVAL);
	world_calls.fork = -ENOMEM;
	cr_assert_eq(world_call(2, LINUX_FORK), -ENOMEM);
	world_check("failed fork");
	world_calls.fork = 0;
	for (uint32_t i = 0; world_call(2, LINUX_FORK) > 0; i++)
		cr_assert_lt(i, PROCESSES_MAX);
	cr_assert_eq((int64_t)world_thread[2].context.rax, -ENOMEM); /* the world's threads end first */
	world_check("full");
}

Test(life, exec)
{
	uint64_t pointers[4] = {at(100), at(110), 0};
	char *end = (char *)world_memory + WORLD_MEMORY;

	world_start("-- sh");
	put(0, "/bin/prog", 10);
	put(100, "prog\0", 5);
	put(110, "one\0", 4);
	put(200, pointers, sizeof(pointers));
	put(300, &(uint64_t[]){at(110), 0}, 16);
	world_thread[2].context.rbx = 1;
	process_find(2)->signals.blocked = 4;
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), at(300)), 0);
	cr_assert_eq(memcmp(world_calls.strings, "/bin/prog\0prog\0one\0one\0", world_calls.length), 0);
	cr_assert(world_calls.length == 23 && world_calls.arguments == 2 && world_calls.environment == 1);
	cr_assert(world_thread[2].context.rbx == 0 && world_thread[2].context.rip == 0x401000);
	cr_assert_str_eq(process_find(2)->name, "prog");
	cr_assert_eq(process_find(2)->signals.blocked, 4);
	/* No arguments: an empty name. */
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), 0, 0), 0);
	cr_assert_eq(memcmp(world_calls.strings, "/bin/prog\0\0", world_calls.length), 0);

	/* A script brings its interpreter. */
	world_calls.head = "#!  /bin/interpreter  -x y \nrest";
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), 0);
	cr_assert_eq(memcmp(world_calls.strings, "/bin/prog\0/bin/interpreter\0-x y\0/bin/prog\0one\0",
			    world_calls.length),
		     0);
	cr_assert_eq(world_calls.arguments, 4);
	world_calls.head = "#!/bin/prog";
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), -ELOOP);
	world_calls.head = "#! \n";
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), -ENOEXEC);
	world_calls.head = NULL;

	/* Everything that can be wrong. */
	world_calls.execute = -ENOEXEC;
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), -ENOEXEC);
	world_calls.execute = 0;
	world_calls.open = -EACCES;
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), -EACCES);
	world_calls.open = 0;
	cr_assert_eq(world_call(2, LINUX_EXECVE, 8, at(200), 0), -EFAULT);
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), 8, 0), -EFAULT);
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), ~0ull, 0), -EFAULT);
	put(200, &(uint64_t){~0ull}, 8);
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), -EFAULT);
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(9), at(200), 0), -ENOENT);
	memset(world_memory + 20000, 'a', 40000);
	world_memory[60000] = 0;
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(20000), 0, 0), -ENAMETOOLONG);
	for (unsigned i = 0; i < 8; i++)
		put(200 + i * 8, &(uint64_t){at(20000)}, 8);
	put(264, &(uint64_t){0}, 8);
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), -E2BIG);
	put(224, &(uint64_t){0}, 8);
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), 0, "long strings are read in pieces");
	cr_assert_eq(world_calls.length, 10 + 3 * 40001);
	end[-1] = 1; /* a string that runs out of memory */
	put(200, &(uint64_t){at(WORLD_MEMORY - 1)}, 8);
	cr_assert_eq(world_call(2, LINUX_EXECVE, at(0), at(200), 0), -EFAULT);
	world_check("exec");
}

Test(life, groups_and_users)
{
	uint32_t groups[2] = {7, 8};

	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_SETSID), -EPERM);
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	cr_assert_eq(world_call(2, LINUX_FORK), 4);
	cr_assert_eq(world_call(2, LINUX_SETPGID, 3, 3), 0);
	cr_assert_eq(world_call(2, LINUX_SETPGID, 4, 3), 0);
	cr_assert_eq(world_call(4, LINUX_GETPGRP), 3);
	cr_assert_eq(world_call(2, LINUX_SETPGID, 0, 0), -EPERM, "a session's leader");
	cr_assert_eq(world_call(2, LINUX_SETPGID, 3, -1), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_SETPGID, 77, 0), -ESRCH);
	cr_assert_eq(world_call(3, LINUX_SETPGID, 4, 0), -ESRCH, "not a child");
	cr_assert_eq(world_call(3, LINUX_SETPGID, 0, 99), -EPERM);
	cr_assert_eq(world_call(4, LINUX_SETSID), 4);
	cr_assert_eq(world_call(2, LINUX_SETPGID, 4, 2), -EPERM);
	cr_assert_eq(world_call(2, LINUX_GETSID, 4), 4);
	cr_assert_eq(world_call(2, LINUX_GETPGID, 99), -ESRCH);
	put(0, "/x", 3);
	cr_assert_eq(world_call(3, LINUX_EXECVE, at(0), 0, 0), 0);
	cr_assert_eq(world_call(2, LINUX_SETPGID, 3, 2), -EACCES);
	world_check("groups");

	put(0, groups, sizeof(groups));
	cr_assert_eq(world_call(3, LINUX_SETGROUPS, 2, at(0)), 0);
	cr_assert_eq(world_call(3, LINUX_SETGROUPS, 33, at(0)), -EINVAL);
	cr_assert_eq(world_call(3, LINUX_GETGROUPS, 0, 0), 2);
	cr_assert_eq(world_call(3, LINUX_GETGROUPS, 1, at(0)), -EINVAL);
	cr_assert_eq(world_call(3, LINUX_GETGROUPS, 2, at(8)), 2);
	cr_assert_eq(memcmp(world_memory + 8, groups, sizeof(groups)), 0);
	cr_assert_eq(world_call(3, LINUX_SETRESUID, 1000, 1000, 0), 0);
	cr_assert_eq(world_call(3, LINUX_SETUID, 0), 0, "back to the saved one");
	cr_assert_eq(world_call(3, LINUX_GETEUID), 0);
	cr_assert_eq(world_call(3, LINUX_SETUID, 1000), 0);
	cr_assert_eq(world_call(3, LINUX_SETUID, 0), -EPERM);
	cr_assert_eq(world_call(3, LINUX_SETREUID, 0, -1), -EPERM);
	cr_assert_eq(world_call(3, LINUX_SETREUID, -1, 1000), 0);
	cr_assert_eq(world_call(3, LINUX_SETGROUPS, 0, 0), -EPERM);
	cr_assert_eq(world_call(3, LINUX_SETHOSTNAME, at(0), 1), -EPERM);
	cr_assert_eq(world_call(3, LINUX_KILL, 2, LINUX_SIGTERM), -EPERM);
	cr_assert_eq(world_call(3, LINUX_KILL, 2, LINUX_SIGCONT), 0, "the same session");
	cr_assert_eq(world_call(3, LINUX_GETRESUID, at(0), at(4), 1), -EFAULT);
	world_check("users");
}

Test(life, small_calls)
{
	uint64_t limit[2] = {100, 50};
	uint8_t before[16] = {0};

	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_UNAME, at(0)), 0);
	cr_assert_str_eq((char *)world_memory, "Linux");
	cr_assert_str_eq((char *)world_memory + 65, "djed");
	cr_assert_str_eq((char *)world_memory + 4 * 65, "x86_64");
	cr_assert_eq(world_call(2, LINUX_UNAME, at(WORLD_MEMORY - 100)), -EFAULT);
	cr_assert_eq(world_call(2, LINUX_SETHOSTNAME, put(500, "ptah", 4), 4), 0);
	cr_assert_eq(world_call(2, LINUX_SETHOSTNAME, at(500), 65), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_UNAME, at(0)), 0);
	cr_assert_str_eq((char *)world_memory + 65, "ptah");
	cr_assert_eq(world_call(2, LINUX_SYSINFO, at(0)), 0);
	cr_assert_eq(world_memory[80], 1, "processes");
	cr_assert_eq(world_call(2, LINUX_PRCTL, LINUX_PR_SET_NAME, put(0, "a very long name indeed", 24)), 0);
	cr_assert_eq(world_call(2, LINUX_PRCTL, LINUX_PR_GET_NAME, at(100)), 0);
	cr_assert_str_eq((char *)world_memory + 100, "a very long nam");
	cr_assert_eq(world_call(2, LINUX_PRCTL, 9999), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_PRCTL, LINUX_PR_SET_PDEATHSIG, 65), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_ARCH_PRCTL, LINUX_ARCH_SET_FS, 0x7000), 0);
	cr_assert_eq(world_thread[2].context.fs_base, 0x7000);
	cr_assert_eq(world_call(2, LINUX_ARCH_PRCTL, LINUX_ARCH_SET_FS, 1ull << 63), -EPERM);
	cr_assert_eq(world_call(2, LINUX_ARCH_PRCTL, LINUX_ARCH_GET_FS, at(0)), 0);
	cr_assert_eq(world_memory[1], 0x70);
	cr_assert_eq(world_call(2, LINUX_ARCH_PRCTL, 0x3001, 0), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_PRLIMIT64, 0, LINUX_RLIMIT_NOFILE, put(0, limit, 16), 0), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_PRLIMIT64, 0, 16, 0, 0), -EINVAL);
	limit[0] = 20;
	cr_assert_eq(world_call(2, LINUX_PRLIMIT64, 0, LINUX_RLIMIT_NOFILE, put(0, limit, 16), at(16)), 0);
	cr_assert_eq(world_call(2, LINUX_GETRLIMIT, LINUX_RLIMIT_NOFILE, at(32)), 0);
	cr_assert(world_memory[17] == 4 && world_memory[32] == 20 && world_memory[40] == 50);
	for (unsigned i = 0; i < 100; i++) {
		cr_assert_eq(world_call(2, LINUX_GETRANDOM, at(0), 16, 0), 16);
		cr_assert(memcmp(world_memory, before, 16) != 0);
		memcpy(before, world_memory, 16);
	}
	cr_assert_eq(world_call(2, LINUX_GETRANDOM, at(0), 1000, 0), 1000);
	cr_assert_eq(world_call(2, LINUX_GETRANDOM, at(WORLD_MEMORY - 10), 300, 0), 10);
	cr_assert_eq(world_call(2, LINUX_GETRANDOM, 8, 1, 0), -EFAULT);
	cr_assert_eq(world_call(2, LINUX_GETRANDOM, at(0), 1, 8), -EINVAL);
	cr_assert_geq(world_call(2, LINUX_TIMES, at(0)), 0);
	cr_assert_eq(world_memory[0], 200, "2 s of user time");
	cr_assert_eq(world_call(2, LINUX_GETRUSAGE, 5, at(0)), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_SET_TID_ADDRESS, 77), 2);
	cr_assert_eq(world_call(2, LINUX_SET_ROBUST_LIST, 0, 23), -EINVAL);
	cr_assert_eq(world_call(2, LINUX_RSEQ, 0, 0, 0, 0), -ENOSYS);
	cr_assert_eq(world_call(2, 0xfffe), -ENOSYS);
	world_check("small calls");
}

Test(life, tombstone)
{
	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	world_call(2, LINUX_WAIT4, 3, at(0), 0, 0);
	world_thread[3] = (struct host_thread){0}; /* as the kernel does where recovery failed its exit */
	cr_assert_gt(host_audit("pm").violations, 0);
	world_notify(DJED_NOTIFY_TOMBSTONE);
	cr_assert_eq(world_thread[2].context.rax, 3);
	cr_assert_eq(status_at(0), LINUX_SIGKILL);
	cr_assert_eq(world_calls.vfs_exits, 0);
	for (unsigned servers = 0; servers < 3; servers++)
		world_notify(1ull << 63); /* each in a transaction of its own */
	cr_assert_eq(world_calls.vfs_exits, 1);
	cr_assert_eq(world_calls.sched_removes, 1);
	world_check("cleared");
}

Test(life, exit_that_crashed)
{
	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	host_attempt(1);
	world_call(2, LINUX_WAIT4, 3, at(0), 0, 0);
	cr_assert_eq(process_find(2)->wait, WAIT_CHILD);
	world_call(3, LINUX_EXIT_GROUP, 5);
	cr_assert_eq(world_thread[2].context.rax, 3);
	cr_assert_eq(status_at(0), 5 << 8, "its parent has its status");
	cr_assert_eq(world_call(2, LINUX_WAIT4, -1, at(0), 0, 0), -ECHILD);
	host_attempt(0);
	cr_assert_eq(world_calls.vfs_exits + world_calls.sched_removes + world_calls.mm_exits, 0);
	world_check("ended");
	cr_assert_eq(process_find(3)->state, PROCESS_ZOMBIE);
	/* vfs crashes over it, also in the simple way: the others go first, and it is tried again later. */
	host_attempt(1);
	world_notify(1ull << 63 | DJED_NOTIFY_FAILED);
	host_attempt(0);
	world_notify(1ull << 63); /* init reaps it */
	cr_assert_eq(process_find(3), NULL);
	world_notify(1ull << 63);
	world_notify(1ull << 63);
	cr_assert(world_calls.vfs_exits == 0 && world_calls.sched_removes == 1 && world_calls.mm_exits == 1);
	cr_assert_gt(host_deadline("pm"), djed_now());
	djed_port_time = host_deadline("pm");
	world_notify(1ull << 63);
	cr_assert(world_calls.vfs_exits == 1 && pm.tombstones == 0 && host_deadline("pm") == 0);
	world_check("cleared");
}

/* pm itself crashes over it in the usual way, each time. */
Test(life, exit_that_goes_on_crashing)
{
	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	host_attempt(1);
	world_call(3, LINUX_EXIT_GROUP, 5);
	cr_assert_eq(world_call(2, LINUX_WAIT4, -1, at(0), 0, 0), 3);
	host_attempt(0);
	for (unsigned steps = 0; steps < 4; steps++)
		world_notify(1ull << 63 | DJED_NOTIFY_FAILED);
	cr_assert(world_calls.vfs_exits == 1 && world_calls.sched_removes == 1 && world_calls.mm_exits == 1);
	cr_assert(!process_find(3) && pm.tombstones == 0 && host_deadline("pm") == 0);
	world_check("cleared");
}

Test(life, kill_that_crashed)
{
	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	host_attempt(1);
	cr_assert_eq(world_call(2, LINUX_KILL, 3, LINUX_SIGTERM), 0);
	host_attempt(0);
	cr_assert_eq(world_call(2, LINUX_WAIT4, 3, at(0), 0, 0), 3);
	cr_assert_eq(status_at(0), LINUX_SIGTERM);
	world_check("killed");
}

Test(life, tombstone_of_a_parent_that_crashed)
{
	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	cr_assert_eq(world_call(3, LINUX_FORK), 4);
	cr_assert_eq(world_call(3, LINUX_FORK), 5);
	cr_assert_eq(world_call(3, LINUX_FORK), 6);
	world_call(5, LINUX_EXIT_GROUP, 7);
	world_call(4, LINUX_ALARM, 50);
	world_call(3, LINUX_ALARM, 100);
	world_call(6, LINUX_ALARM, 150);
	world_thread[3] = (struct host_thread){0};
	world_notify(DJED_NOTIFY_TOMBSTONE | DJED_NOTIFY_FAILED);
	cr_assert(process_find(4)->parent == 0 && process_find(6)->parent == 0);
	for (unsigned steps = 0; steps < 5; steps++)
		world_notify(1ull << 63);
	cr_assert(!process_find(5), "init has reaped it");
	cr_assert_eq(world_call(2, LINUX_WAIT4, 3, at(0), 0, 0), 3);
	world_check("children");
	world_call(4, LINUX_EXIT_GROUP, 0);
	world_call(6, LINUX_EXIT_GROUP, 0);
	cr_assert(!process_find(4) && !process_find(6));
	world_check("grandchildren");
}

Test(life, tombstone_that_crashed)
{
	world_start("-- sh");
	cr_assert_eq(world_call(2, LINUX_FORK), 3);
	process_find(3)->signals.blocked = signal_bit(40);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(world_call(2, LINUX_KILL, 3, 40), 0);
	world_call(2, LINUX_WAIT4, 3, at(0), 0, 0);
	world_thread[3] = (struct host_thread){0};
	world_notify(DJED_NOTIFY_TOMBSTONE | DJED_NOTIFY_FAILED);
	cr_assert_eq(world_thread[2].context.rax, 3);
	cr_assert_eq(status_at(0), LINUX_SIGKILL);
	cr_assert_eq(pm.infos_used, 0);
	for (unsigned steps = 0; steps < 4; steps++)
		world_notify(1ull << 63);
	cr_assert(world_calls.vfs_exits == 1 && pm.tombstones == 0);
	world_check("cleared");
}
