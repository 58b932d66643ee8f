/* A client of the server `clients`, as its arguments say, one after the other:
 *
 *     set NUMBER | get PROCESS | poke PROCESS NUMBER | give PROCESS NUMBER | wait
 *
 * Prints each result; 0 as PROCESS is the caller itself. */
#include <stdint.h>

enum { CALL_WRITE = 1, CALL_PAUSE = 34, CALL_GETPID = 39, CALL_EXIT = 60 };
enum { SET = 4128, GET, POKE, GIVE };

static int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static void print(int64_t number)
{
	char text[24], *at = text + sizeof(text);
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	*--at = '\n';
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (number < 0)
		*--at = '-';
	call(CALL_WRITE, 1, (uint64_t)at, (uint64_t)(text + sizeof(text) - at));
}

static uint64_t number_of(const char *text)
{
	uint64_t number = 0;

	while (text && *text >= '0' && *text <= '9')
		number = number * 10 + (uint64_t)(*text++ - '0');
	return number;
}

static uint64_t process(const char *text)
{
	uint64_t number = number_of(text);

	return number ? number : (uint64_t)call(CALL_GETPID, 0, 0, 0);
}

[[noreturn]] __attribute__((used)) static void run(const uint64_t *stack)
{
	char **argument = (char **)(stack + 2);

	for (; *argument; argument++) {
		switch (**argument == 'g' ? argument[0][1] : **argument) {
		case 's':
			print(call(SET, number_of(*++argument), 0, 0));
			break;
		case 'e':
			print(call(GET, process(*++argument), 0, 0));
			break;
		case 'p':
			print(call(POKE, process(argument[1]), number_of(argument[2]), 0));
			argument += 2;
			break;
		case 'i':
			print(call(GIVE, process(argument[1]), number_of(argument[2]), 0));
			argument += 2;
			break;
		default:
			call(CALL_PAUSE, 0, 0, 0);
		}
	}
	call(CALL_EXIT, 0, 0, 0);
	__builtin_unreachable();
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n");
