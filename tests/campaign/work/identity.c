/* Who a process is, and what it may know. */
#include "work.h"

struct limit {
	unsigned long soft, hard;
};

static int drops_rights(void)
{
	RUN(setgroups, 2, ((int[]){7, 8}));
	RUN(setgid, 7);
	RUN(setuid, 7);
	note(RUN(setuid, 0));
	note(RUN(setgid, 0));
	note(RUN(setreuid, 7, 0));
	note(RUN(setresuid, 0, 7, 7));
	note(RUN(setresgid, 7, 7, 0));
	note(RUN(setregid, 0, -1));
	note(RUN(setgroups, 0, 0));
	note(RUN(sethostname, "x", 1));
	return (int)(RUN(getuid) + RUN(getegid)) + (RUN(kill, 1, 9) == -1) + (RUN(chown, "/", 7, 7) == -1);
}

/* Of the three identities, what each call may change. */
static int changes_identity(void)
{
	RUN(setresuid, 1, 2, 3);
	for (int user = 0; user < 5; user++) {
		note(RUN(setreuid, user, -1));
		note(RUN(setreuid, -1, user));
		note(RUN(setresuid, -1, user, -1));
		note(RUN(setuid, user));
	}
	return (int)RUN(geteuid);
}

static int changes_group(void)
{
	RUN(setresgid, 1, 2, 3);
	RUN(setuid, 9);
	for (int group = 0; group < 5; group++) {
		note(RUN(setregid, group, -1));
		note(RUN(setregid, -1, group));
		note(RUN(setresgid, -1, -1, group));
		note(RUN(setgid, group));
	}
	return (int)RUN(getegid);
}

static int mixed_identity(void)
{
	RUN(setresuid, 3, 4, 5);
	RUN(setresgid, -1, 4, 5);
	RUN(setreuid, 4, 5);
	return (int)RUN(geteuid);
}

void identity(void)
{
	struct limit limit;
	int three[3], groups[4];
	char text[400];

	TRY(getpid);
	TRY(gettid);
	TRY(getppid);
	TRY(getpgrp);
	TRY(getpgid, 0);
	DO(getpgid, 4000);
	TRY(getsid, 0);
	DO(getsid, 4000);
	DO(getuid);
	DO(geteuid);
	DO(getgid);
	DO(getegid);
	DO(getresuid, three, three + 1, three + 2);
	DO(getresuid, NOWHERE, three, three);
	DO(getresgid, three, three + 1, three + 2);
	DO(getresgid, three, three, NOWHERE);
	DO(getgroups, 0, 0);
	DO(getgroups, 4, groups);
	DO(getgroups, -1, groups);
	DO(setgroups, 3, ((int[]){1, 2, 3}));
	DO(getgroups, 1, groups);
	DO(getgroups, 4, NOWHERE);
	DO(getgroups, 4, groups);
	DO(setgroups, 99999, groups);
	DO(setgroups, 3, NOWHERE);
	DO(setgroups, 0, 0);
	child(drops_rights);
	child(mixed_identity);
	child(changes_identity);
	child(changes_group);
	DO(uname, text);
	DO(uname, NOWHERE);
	DO(sethostname, "other", 5);
	DO(sethostname, "djed", 4);
	DO(sethostname, text, 1000);
	DO(sethostname, NOWHERE, 4);
	for (int resource = 0; resource < 17; resource++)
		DO(getrlimit, resource, &limit);
	DO(getrlimit, 7, NOWHERE);
	DO(prlimit64, 0, 7, 0, &limit);
	DO(prlimit64, 0, 7, &limit, &limit);
	limit.soft = limit.hard + 1;
	DO(setrlimit, 3, &limit);
	DO(setrlimit, 99, &limit);
	DO(setrlimit, 3, NOWHERE);
	DO(prlimit64, 4000, 3, 0, &limit);
	DO(prlimit64, 0, 99, 0, &limit);
	DO(getrusage, 0, text);
	DO(getrusage, -1, text);
	DO(getrusage, 1, text);
	DO(getrusage, 9, text);
	DO(getrusage, 0, NOWHERE);
	DO(sysinfo, text);
	DO(sysinfo, NOWHERE);
	TRY(times, text);
	TRY(times, 0);
	TRY(times, NOWHERE);
	DO(prctl, 15, "worker");
	DO(prctl, 16, text);
	DO(prctl, 15, NOWHERE);
	DO(prctl, 1, 0);
	DO(prctl, 1, 99);
	DO(prctl, 2, three);
	DO(prctl, 3);
	DO(prctl, 4, 1);
	DO(prctl, 4, 7);
	DO(prctl, 23, 1);
	DO(prctl, 39);
	DO(prctl, 38, 1);
	DO(prctl, 12345);
	TRY(arch_prctl, 0x1003, text);
	DO(arch_prctl, 0x1002, 0x1000);
	DO(arch_prctl, 0x1001, KERNEL);
	DO(arch_prctl, 0x1003, NOWHERE);
	DO(arch_prctl, 0x1004, text);
	DO(arch_prctl, 1);
	DO(getrandom, text, 100, 0);
	DO(getrandom, text, 300, 1);
	DO(getrandom, NOWHERE, 100, 0);
	DO(getrandom, text, 1, 99);
}
