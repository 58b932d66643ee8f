/* A Linux program that uses the counter server: a server's messages are system calls of their own, so it
 * needs no library.
 *
 *     counter add AMOUNT [WHICH]    counter get [WHICH]    counter reset [WHICH]    counter name WHICH NAME
 *     counter list                  counter -
 *
 * WHICH is 0..15, 0 if it is not stated. Prints the result. `-`: commands from standard input, a line each.
 * Exit status 1: the server refused; 2: bad usage; of several commands the last one's.
 */
#include <protocols/counter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CALL_READ = 0, CALL_WRITE = 1, CALL_EXIT = 60 };
enum { WORDS_MAX = 4, INPUT_MAX = 4096 };

static int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
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

static void print_number(uint64_t number)
{
	char text[24], *at = text + sizeof(text);

	*--at = 0;
	*--at = '\n';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	print(at);
}

/* Shows what a call gave; the exit status. */
static int show(int64_t result)
{
	if (result < 0) {
		print("counter: error ");
		print_number(0 - (uint64_t)result);
		return 1;
	}
	print_number((uint64_t)result);
	return 0;
}

static bool same(const char *left, const char *right)
{
	while (*left && *left == *right)
		left++, right++;
	return *left == *right;
}

/* A decimal number; one that is absent is 0, one that is none or too large is a counter that does not exist.
 */
static uint64_t number_of(const char *text)
{
	uint64_t number = 0;

	for (; text && *text; text++) {
		if (*text < '0' || *text > '9' || number > UINT32_MAX)
			return UINT32_MAX;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	return number;
}

static int list(void)
{
	static char lines[1024];
	int64_t length = call(COUNTER_CALL_LIST, (uint64_t)lines, sizeof(lines), 0);

	if (length < 0)
		return show(length);
	call(CALL_WRITE, 1, (uint64_t)lines, (uint64_t)length);
	return 0;
}

static int run_one(int count, char **word)
{
	const char *command = count > 0 ? word[0] : "", *first = count > 1 ? word[1] : NULL;
	const char *second = first && count > 2 ? word[2] : NULL;

	if (same(command, "add") && first)
		return show(call(COUNTER_CALL_ADD, number_of(second), number_of(first), 0));
	if (same(command, "get"))
		return show(call(COUNTER_CALL_GET, number_of(first), 0, 0));
	if (same(command, "reset"))
		return show(call(COUNTER_CALL_RESET, number_of(first), 0, 0));
	if (same(command, "name") && second)
		return show(call(COUNTER_CALL_LABEL, number_of(first), (uint64_t)second, length_of(second)));
	if (same(command, "list"))
		return list();
	print(
	    "usage: counter add AMOUNT [WHICH] | get [WHICH] | reset [WHICH] | name WHICH NAME | list | -\n");
	return 2;
}

/* The words of a line, at most WORDS_MAX; *at is moved behind it. */
static int split(char **at, char **word)
{
	char *c = *at;
	int count = 0;

	for (bool inside = false; *c && *c != '\n'; c++) {
		if (*c == ' ') {
			*c = 0;
			inside = false;
		} else if (!inside && count < WORDS_MAX) {
			word[count++] = c;
			inside = true;
		}
	}
	if (*c)
		*c++ = 0;
	*at = c;
	return count;
}

static int run_input(void)
{
	static char input[INPUT_MAX + 1];
	char *word[WORDS_MAX], *at = input;
	int64_t used = 0, got;
	int status = 0, count;

	while (used < INPUT_MAX &&
	       (got = call(CALL_READ, 0, (uint64_t)(input + used), (uint64_t)(INPUT_MAX - used))) > 0)
		used += got;
	input[used] = 0;
	while (*at) {
		count = split(&at, word);
		if (count)
			status = run_one(count, word);
	}
	return status;
}

static int run(int count, char **argument)
{
	return count == 2 && same(argument[1], "-") ? run_input() : run_one(count - 1, argument + 1);
}

__attribute__((used, noreturn)) static void begin(uint64_t *stack)
{
	call(CALL_EXIT, (uint64_t)run((int)stack[0], (char **)(stack + 1)), 0, 0);
	__builtin_unreachable();
}

/* The stack holds argc, then argv; it is aligned to 16. */
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tcall begin\n");
