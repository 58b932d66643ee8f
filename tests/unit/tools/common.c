/* Text, numbers and intervals of the host tools. */
#include "guest.h"
#include "statistics.h"
#include "temporary.h"
#include "text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool near(double a, double b)
{
	return fabs(a - b) < 5e-4;
}

Test(common, wilson)
{
	/* Figures from Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29. */
	struct rate r = wilson(81, 263);
	cr_expect(near(r.low, 0.2553) && near(r.high, 0.3662), "%f %f", r.low, r.high);
	r = wilson(15, 148);
	cr_expect(near(r.low, 0.0624) && near(r.high, 0.1605), "%f %f", r.low, r.high);
	r = wilson(0, 20);
	cr_expect(r.low == 0 && near(r.high, 0.1611), "%f %f", r.low, r.high);
	r = wilson(1, 29);
	cr_expect(near(r.low, 0.0061) && near(r.high, 0.1718), "%f %f", r.low, r.high);
	r = wilson(29, 29);
	cr_expect(r.high == 1 && r.rate == 1);
	r = wilson(0, 0);
	cr_expect(r.low == 0 && r.high == 0);
}

Test(common, random)
{
	uint64_t state = 0;
	/* First output of splitmix64 from seed 0, as published with the generator. */
	cr_expect_eq(random_next(&state), 0xe220a8397b1dcdafu);
	unsigned seen[7] = {0};
	for (int i = 0; i < 7000; i++) {
		uint64_t x = random_below(&state, 7);
		cr_assert_lt(x, 7);
		seen[x]++;
	}
	for (int i = 0; i < 7; i++)
		cr_expect(seen[i] > 800 && seen[i] < 1200, "%d: %u", i, seen[i]);
	cr_expect_eq(random_below(&state, 1), 0);
}

Test(common, command_line)
{
	struct text line = {0};
	text_format(&line, "policy=chain");
	guest_add_words(&line, "probe", (char *const[]){"a b", "c", NULL});
	guest_add_program(&line, (char *const[]){"sh", "-c", "echo \"%d\"\n\377", "", NULL});
	cr_expect_str_eq(line.bytes, "policy=chain probe=a%20b%20c -- sh -c echo%20\"%25d\"%0A%FF %00");
	text_free(&line);
}

Test(common, growth)
{
	struct text t = {0};
	for (int i = 0; i < 10000; i++)
		text_format(&t, "%d,", i);
	text_add(&t, "\0x", 2);
	cr_expect_eq(t.length, 48892);
	cr_expect_eq(t.bytes[t.length], 0);
	cr_expect(!strncmp(t.bytes + 48880, "9998,9999,", 10));
	text_clear(&t);
	cr_expect_eq(t.length, 0);
	text_free(&t);
}

Test(common, detectors)
{
	static const char *const lists[] = {
	    "all", "none", "checks", "checks, heartbeat",
	    "checks, invariants, heap, limit, heartbeat, confirm, confirm-all"};
	for (unsigned i = 0; i < sizeof lists / sizeof *lists; i++) {
		char given[80];
		unsigned length = 0;
		for (const char *from = lists[i]; *from; from++)
			if (*from != ' ')
				given[length++] = *from;
		given[length] = 0;
		struct text named = {0};
		name_detectors(&named, parse_detectors("--detect", given));
		cr_expect_str_eq(named.bytes, lists[i]);
		text_free(&named);
	}
	struct text named = {0};
	name_detectors(&named, 1u << 31);
	cr_expect_str_eq(named.bytes, "unknown (80000000)");
	text_free(&named);
}

/* In a process of its own: a folder with a file in it, both temporary, another file that is not any more.
 * Then that process ends in some way. True: only the last one is left. */
static bool left_clean(int end)
{
	enum { DEATH = 0 }; /* else a signal */
	char folder[] = "/tmp/djed-common.XXXXXX";
	cr_assert(mkdtemp(folder));
	char *inner = format_string("%s/inner", folder), *file = format_string("%s/inner/file", folder),
	     *kept = format_string("%s/kept", folder);
	pid_t child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		signal(SIGHUP, SIG_IGN);
		temporary_add(inner);
		temporary_add(kept);
		temporary_add(file);
		make_directories(inner);
		write_file(file, "x", 1);
		write_file(kept, "x", 1);
		temporary_keep(kept);
		pid_t other = fork();
		if (other == 0)
			exit(0); /* this removes nothing: the parent still works with them */
		waitpid(other, NULL, 0);
		raise(SIGHUP); /* as one who ignores it wants it */
		if (access(file, F_OK) < 0)
			_exit(1);
		if (end == DEATH)
			die("for a reason");
		raise(end);
	}
	int status;
	cr_assert_eq(waitpid(child, &status, 0), child);
	bool good = end == DEATH ? WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DJED
				 : WIFSIGNALED(status) && WTERMSIG(status) == end;
	good = good && access(inner, F_OK) < 0 && access(kept, F_OK) == 0;
	unlink(file);
	rmdir(inner);
	unlink(kept);
	rmdir(folder);
	free(inner);
	free(file);
	free(kept);
	return good;
}

Test(common, temporaries)
{
	cr_expect(left_clean(0), "after an error");
	cr_expect(left_clean(SIGINT), "after SIGINT");
	cr_expect(left_clean(SIGTERM), "after SIGTERM");
	char file[] = "/tmp/djed-common.XXXXXX";
	for (unsigned i = 0; i <= TEMPORARIES_MAX; i++) { /* forgotten ones take no place */
		temporary_add(file);
		temporary_remove(file);
	}
}
