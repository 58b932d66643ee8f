#include "work.h"

#include <signal.h>

char buffer[65536] __attribute__((aligned(4096)));
const struct span soon = {0, 4000000};
static char line[8192];
enum {
	LIMIT_SECONDS = 5
}; /* a part that waits for what never comes, because a call of its own has failed, is ended */
static size_t used;
static _Bool verbose;
static unsigned calls;
static uint64_t hash;

long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* The compiler may call these for assignments. */
void *memcpy(void *to, const void *from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((char *)to)[i] = ((const volatile char *)from)[i];
	return to;
}

void *memset(void *to, int byte, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((volatile char *)to)[i] = (char)byte;
	return to;
}

size_t length_of(const char *text)
{
	size_t length = 0;
	while (text[length])
		length++;
	return length;
}

_Bool same(const void *a, const void *b, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((const char *)a)[i] != ((const char *)b)[i])
			return 0;
	return 1;
}

static void put(const char *text)
{
	while (*text && used < sizeof(line) - 1)
		line[used++] = *text++;
}

long note(long result)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;
	unsigned long value = result < 0 ? 0ul - (unsigned long)result : (unsigned long)result;

	calls++;
	if (result > 10000000 || result < -4095)
		value = UINT64_MAX;
	hash = (hash ^ value ^ (result < 0 ? 1ul << 63 : 0)) * 0x100000001b3u; /* FNV-1a, by words */
	if (!verbose)
		return result;
	put(" ");
	digits[at] = 0;
	if (result > 10000000 || result < -4095) {
		put("p");
		return result;
	}
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	if (result < 0)
		digits[--at] = '-';
	put(digits + at);
	return result;
}

long note_sign(long result)
{
	note(result < 0 && result >= -4095 ? result : 0);
	return result;
}

void holds(_Bool condition)
{
	note(condition);
}

long must_fork(void)
{
	long pid = RUN(fork);

	if (pid < 0)
		for (;;)
			RUN(exit_group, 99);
	return pid;
}

void child(int (*body)(void))
{
	int status = 0;
	long pid = must_fork();

	if (pid == 0)
		for (int result = body();;)
			RUN(exit_group, result);
	note_sign(pid);
	if (pid > 0 && RUN(wait4, pid, &status) == pid)
		note(status);
}

static const struct part {
	const char *name;
	void (*run)(void);
} parts[] = {
    {"files", files},	  {"records", records},	  {"names", names},	  {"pipes", pipes},
    {"waits", waits},	  {"memory", memory},	  {"times", times},	  {"processes", processes},
    {"signals", signals}, {"terminal", terminal}, {"identity", identity},
};

static void run(const struct part *part)
{
	used = 0;
	put(part->name);
	RUN(rt_sigaction, SIGALRM, ((long[]){0, 0, 0, 0}), 0, 8);
	RUN(alarm, LIMIT_SECONDS);
	calls = 0;
	hash = 0xcbf29ce484222325u;
	part->run();
	RUN(alarm, 0);
	if (!verbose) {
		verbose = 1;
		note(calls);
		note((long)(hash % 1000000));
		verbose = 0;
	}
	put("\n");
	RUN(write, 1, line, used);
}

__attribute__((used)) void start(long *stack)
{
	long count = stack[0];
	char **words = (char **)(stack + 1);

	int status = 0;

	if (count == 2 && same(words[1], "-t", 3)) {
		tree();
		count = 0;
	} else if (count > 3 && same(words[1], "-l", 3)) {
		status = limited(words[2], words + 3, words + count + 1);
		count = 0;
	} else if (count > 1 && same(words[1], "-v", 3)) {
		verbose = 1;
		words++;
		count--;
	}
	for (size_t i = 0; count && i < sizeof(parts) / sizeof(parts[0]); i++) {
		_Bool wanted = count == 1;
		for (long word = 1; word < count; word++)
			wanted |= length_of(words[word]) == length_of(parts[i].name) &&
				  same(words[word], parts[i].name, length_of(words[word]));
		if (wanted)
			run(&parts[i]);
	}
	for (;;)
		RUN(exit_group, status);
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
