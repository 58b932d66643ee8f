/* A Linux program that uses the counter server: a server's messages are system calls of their own, so it needs no library.
 * Usage: count [N]: adds 1 to counter 3 N times (default: 5) and shows the counters. Exit status 1: a call went wrong. */
#include <protocols/counter.h>
#include <stddef.h>
#include <stdint.h>

enum { CALL_WRITE = 1, CALL_EXIT = 60 };

static int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

static size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

static void print(const char *text)
{
	call(CALL_WRITE, 1, (uint64_t)text, length_of(text));
}

static void print_number(int64_t number)
{
	char text[24], *at = text + sizeof(text);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	*--at = 0;
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		*--at = '-';
	print(at);
}

static void show(const char *what, int64_t result)
{
	print(what);
	print(": ");
	print_number(result);
	print("\n");
}

static int run(int count, char **argument)
{
	static const char name[] = "answers";
	static char lines[256];
	uint64_t times = 0, before;
	int64_t result = 0, length;

	for (const char *at = count > 1 ? argument[1] : "5"; *at >= '0' && *at <= '9'; at++)
		times = times * 10 + (uint64_t)(*at - '0');
	before = (uint64_t)call(COUNTER_CALL_GET, 3, 0, 0);
	for (uint64_t i = 0; i < times; i++)
		if ((result = call(COUNTER_CALL_ADD, 3, 1, 0)) < 0)
			break;
	show("counter 3", result);
	show("added", result < 0 ? result : result - (int64_t)before);
	show("counter 5", call(COUNTER_CALL_ADD, 5, 37, 0));
	show("name", call(COUNTER_CALL_LABEL, 5, (uint64_t)name, sizeof(name) - 1));
	show("there is no counter 16", call(COUNTER_CALL_ADD, 16, 1, 0));
	show("no such memory", call(COUNTER_CALL_LABEL, 5, 8, 4));
	length = call(COUNTER_CALL_LIST, (uint64_t)lines, sizeof(lines), 0);
	if (length >= 0)
		call(CALL_WRITE, 1, (uint64_t)lines, (uint64_t)length);
	show("reset", call(COUNTER_CALL_RESET, 5, 0, 0));
	return result < 0 || length < 0 || (uint64_t)result != before + times;
}

__attribute__((used, noreturn)) static void begin(uint64_t *stack)
{
	call(CALL_EXIT, (uint64_t)run((int)stack[0], (char **)(stack + 1)), 0, 0);
	__builtin_unreachable();
}

/* The stack holds argc, then argv; it is aligned to 16. */
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tcall begin\n");
