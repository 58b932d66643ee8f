/* The benchmark program: a static Linux program without a C library, so that it measures the system and
 * nothing else. Prints `NAME TICKS` per operation, TICKS being time-stamp counter ticks for one operation:
 * guest instructions under
 * `-icount shift=0`. Runs on Linux just as well.
 *
 *     bench [NAME...]      all, or those named
 *     bench exit           (used by itself: ends at once)
 */
#include <stddef.h>
#include <stdint.h>

enum {
	READ = 0,
	WRITE = 1,
	OPEN = 2,
	CLOSE = 3,
	STAT = 4,
	LSEEK = 8,
	MMAP = 9,
	MUNMAP = 11,
	PIPE = 22,
	GETPID = 39,
	FORK = 57,
	EXECVE = 59,
	EXIT = 60,
	WAIT4 = 61,
	UNLINK = 87,
};

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#define CALL(n, a, b, c) call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static size_t length_of(const char *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

static void say(const char *s)
{
	CALL(WRITE, 1, s, length_of(s));
}

[[noreturn]] static void fail(const char *what)
{
	say("bench: failed: ");
	say(what);
	say("\n");
	for (;;)
		CALL(EXIT, 1, 0, 0);
}

static void check(long result, const char *what)
{
	if (result < 0)
		fail(what);
}

static uint64_t ticks(void)
{
	uint32_t low, high;
	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static char buffer[65536] __attribute__((aligned(4096)));
static long file, pipes[2];
static const char *self;
static char *const *environment;

static void do_getpid(void)
{
	check(CALL(GETPID, 0, 0, 0), "getpid");
}
static void transfer(long number, long size)
{
	check(CALL(LSEEK, file, 0, 0), "lseek");
	if (CALL(number, file, buffer, size) != size)
		fail("read or write");
}
static void do_read_1(void)
{
	transfer(READ, 1);
}
static void do_read_4096(void)
{
	transfer(READ, 4096);
}
static void do_write_1(void)
{
	transfer(WRITE, 1);
}
static void do_write_4096(void)
{
	transfer(WRITE, 4096);
}
static void do_open_close(void)
{
	long fd = CALL(OPEN, "/tmp/bench.file", 0, 0);
	check(fd, "open");
	check(CALL(CLOSE, fd, 0, 0), "close");
}
static void do_stat(void)
{
	check(CALL(STAT, "/tmp/bench.file", buffer, 0), "stat");
}
static void do_pipe(void)
{
	int ends[2] = {(int)pipes[0], (int)pipes[1]};
	if (CALL(WRITE, ends[1], buffer, 1) != 1 || CALL(READ, ends[0], buffer, 1) != 1)
		fail("pipe");
}
static void await(long child)
{
	int status = -1;
	check(child, "fork");
	if (CALL(WAIT4, child, &status, 0) != child || status)
		fail("wait4");
}
static void do_fork(void)
{
	long child = CALL(FORK, 0, 0, 0);
	if (!child)
		CALL(EXIT, 0, 0, 0);
	await(child);
}
static void do_exec(void)
{
	long child = CALL(FORK, 0, 0, 0);
	if (!child) {
		const char *words[] = {self, "exit", NULL};
		CALL(EXECVE, self, words, environment);
		CALL(EXIT, 1, 0, 0);
	}
	await(child);
}
static void do_fault(void)
{
	/* 16 fresh pages; divided by 16 below. */
	enum { PRIVATE_ANONYMOUS = 0x22, READ_WRITE = 3 };
	long at = call(MMAP, 0, 16 * 4096, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
	if (at < 0 && at > -4096)
		fail("mmap");
	for (int i = 0; i < 16; i++)
		((volatile char *)at)[i * 4096] = 1;
	check(CALL(MUNMAP, at, 16 * 4096, 0), "munmap");
}
static void do_script(void)
{
	long child = CALL(FORK, 0, 0, 0);
	if (!child) {
		static const char text[] =
		    "i=0; while [ $i -lt 20 ]; do echo $i; i=$((i+1)); done | sed s/1/one/ | sort "
		    ">/tmp/bench.out;"
		    "cp /tmp/bench.out /tmp/bench.copy; grep -c one /tmp/bench.copy >/dev/null;"
		    "rm /tmp/bench.out /tmp/bench.copy";
		const char *words[] = {"sh", "-c", text, NULL};
		CALL(EXECVE, "/bin/sh", words, environment);
		CALL(EXIT, 1, 0, 0);
	}
	await(child);
}

enum {
	WARM_UP = 128
}; /* runs; so many executions of a kind until only a sample of them is worked out twice */
static const struct benchmark {
	const char *name;
	void (*run)(void);
	unsigned times, parts;
} benchmarks[] = {
    {"getpid", do_getpid, 2000, 1},
    {"read_1", do_read_1, 500, 1},
    {"read_4096", do_read_4096, 500, 1},
    {"write_1", do_write_1, 500, 1},
    {"write_4096", do_write_4096, 500, 1},
    {"open_close", do_open_close, 500, 1},
    {"stat", do_stat, 500, 1},
    {"pipe_round_trip", do_pipe, 500, 1},
    {"fork_exit_wait", do_fork, 256, 1},
    {"fork_exec_wait", do_exec, 256, 1},
    {"page_fault", do_fault, 256, 16},
    {"shell_script", do_script, 64, 1},
};

static void say_number(uint64_t n)
{
	char digits[24];
	int at = sizeof digits;
	digits[--at] = 0;
	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	say(digits + at);
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

__attribute__((used)) static void start(long *stack)
{
	long count = stack[0];
	char **words = (char **)(stack + 1);
	self = words[0][0] == '/' ? words[0] : "/bin/bench";
	environment = words + count + 1;
	if (count > 1 && same(words[1], "exit"))
		CALL(EXIT, 0, 0, 0);
	file = CALL(OPEN, "/tmp/bench.file", 0102 /* O_RDWR | O_CREAT */, 0644);
	check(file, "open /tmp/bench.file");
	if (CALL(WRITE, file, buffer, sizeof buffer) != sizeof buffer)
		fail("write /tmp/bench.file");
	int ends[2];
	check(CALL(PIPE, ends, 0, 0), "pipe");
	pipes[0] = ends[0];
	pipes[1] = ends[1];
	for (unsigned i = 0; i < sizeof benchmarks / sizeof *benchmarks; i++) {
		const struct benchmark *b = &benchmarks[i];
		int wanted = count == 1;
		for (long k = 1; k < count; k++)
			wanted |= same(words[k], b->name);
		if (!wanted)
			continue;
		/* Caches, first touches; and answers of a kind not yet seen are worked out twice. */
		for (unsigned n = 0; n < WARM_UP || n < b->times; n++)
			b->run();
		uint64_t before = ticks();
		for (unsigned n = 0; n < b->times; n++)
			b->run();
		uint64_t each = (ticks() - before) / b->times / b->parts;
		say(b->name);
		say(" ");
		say_number(each);
		say("\n");
	}
	CALL(UNLINK, "/tmp/bench.file", 0, 0);
	CALL(EXIT, 0, 0, 0);
}

__asm__(
    ".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n\thlt\n");
