/* One function per class of faults: asleep nothing changes; struck once, in both versions of the code, the
 * result is that of the mistake, and rollback gives back memory byte by byte.
 * RUN: %djed_cc -O2 -g -I%inputs -I%runtime/include -DSERVER -c %s -o %t.server.o
 * RUN: %native -Wno-unused-parameter -I%inputs -c %s -o %t.main.o
 * RUN: %native -c %runtime/undo.c -o %t.undo.o && %native -c %runtime/fault.c -o %t.fault.o
 * RUN: env DJED_PASS=undo,window,trace,fault DJED_FAULT_SITES=%t.sites %djed_cc -O2 -static -Wl,--image-base=0x400000 \
 * RUN:   %t.server.o %t.main.o %t.undo.o %t.fault.o -o %t
 * RUN: %t %t.sites
 */
#include <stdbool.h>
#include <stdint.h>

#define CELLS 64

/* What the functions below work on; all of it is compared after rollback. */
struct state {
	uint64_t number, result, flag;
	uint8_t *pointer;
	uint8_t bytes[256];
	uint64_t used, cell[CELLS];
};
extern struct state state;

void swap(uint64_t a, uint64_t b);
void load(uint64_t a, uint64_t b);
void store(uint64_t a, uint64_t b);
void branch(uint64_t a, uint64_t b);
void loop(uint64_t a, uint64_t b);
void boolean(uint64_t a, uint64_t b);
void pointer(uint64_t a, uint64_t b);
void array(uint64_t a, uint64_t b);
void integer(uint64_t a, uint64_t b);
void operation(uint64_t a, uint64_t b);
void overflow(uint64_t a, uint64_t b);
void leak(uint64_t a, uint64_t b);
void dangle(uint64_t a, uint64_t b);
uint64_t sum(unsigned count, ...);
struct state copy_of(struct state by_value);

#ifdef SERVER
#include <stdarg.h>
#include <string.h>

struct state state;

void swap(uint64_t a, uint64_t b)
{
	state.result = a - b;
}

void load(uint64_t a, uint64_t b)
{
	state.result = state.number + 1;
}

void store(uint64_t a, uint64_t b)
{
	state.result = a;
}

extern uint64_t djed_outside(uint64_t), djed_elsewhere(uint64_t);

void branch(uint64_t a, uint64_t b)
{
	if (a < b)
		djed_outside(a);
	else
		djed_elsewhere(b);
}

void loop(uint64_t a, uint64_t b)
{
	/* Not by a counter of its own, which would be compared for equality and missed for ever. */
	while (djed_outside(b) < a)
		;
}

void boolean(uint64_t a, uint64_t b)
{
	state.flag = a == b;
}

void pointer(uint64_t a, uint64_t b)
{
	*state.pointer = (uint8_t)a;
}

void array(uint64_t a, uint64_t b)
{
	state.bytes[a] = (uint8_t)b;
}

void integer(uint64_t a, uint64_t b)
{
	state.result = a;
}

void operation(uint64_t a, uint64_t b)
{
	state.result = a + b;
}

void overflow(uint64_t a, uint64_t b)
{
	memset(state.bytes, (int)b, a);
}

/* Named as an allocator that djed-fault knows. */
__attribute__((noinline)) uint64_t *heap_malloc(uint64_t size)
{
	state.used++;
	for (unsigned i = 0; i < CELLS; i++)
		if (!state.cell[i]) {
			state.cell[i] = size;
			return &state.cell[i];
		}
	return 0;
}

__attribute__((noinline)) void heap_free(uint64_t *cell)
{
	state.used--;
	*cell = 0;
}

void leak(uint64_t a, uint64_t b)
{
	heap_free(&state.cell[a]);
}

void dangle(uint64_t a, uint64_t b)
{
	state.pointer = (uint8_t *)heap_malloc(a);
}

uint64_t sum(unsigned count, ...)
{
	va_list list;
	uint64_t total = 0;

	va_start(list, count);
	while (count--)
		total += va_arg(list, uint64_t);
	va_end(list);
	return total;
}

struct state copy_of(struct state by_value)
{
	by_value.number++;
	return by_value;
}
#else
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "expect.h"
#include "os/abi/lab.h"
#include <djed/hooks.h>
#include <djed/undo.h>

static struct djed_fault_slot *const slot = (struct djed_fault_slot *)DJED_FAULT_PAGE;
static uint64_t here, elsewhere; /* calls of functions outside, which are not rolled back */
static jmp_buf crash;

/* Strikes keep no distance in time here. */
uint64_t djed_port_now(void)
{
	return 0;
}

uint64_t djed_outside(uint64_t value)
{
	return ++here;
}

uint64_t djed_elsewhere(uint64_t value)
{
	return ++elsewhere;
}

static void on_crash(int signal)
{
	siglongjmp(crash, signal);
}

static void reset(void)
{
	memset(&state, 0, sizeof(state));
	state.number = 41;
	state.pointer = (uint8_t *)&state.flag;
	for (unsigned i = 0; i < sizeof(state.bytes); i++)
		state.bytes[i] = (uint8_t)(200 + i);
	state.cell[5] = 7;
	state.used = 1;
	here = elsewhere = 0;
}

/* ---- what each class must do; called with the state after the call ------------------------------------- */

static bool crashed;

static bool swapped(void)
{
	return state.result == (uint64_t)(3 - 5);
}
static bool loaded_nothing(void)
{
	return state.result == 1;
}
static bool loaded_something(void)
{
	return state.result != 42 && state.result != 1;
}
static bool stored_nothing(void)
{
	return state.result == 0;
}
static bool branched_wrong(void)
{
	return here == 1 && elsewhere == 0;
}
static bool branched_somewhere(void)
{
	return here + elsewhere == 1;
}
static bool turned_once_more(void)
{
	return here == 6;
}
static bool inverted(void)
{
	return state.flag == 1;
}
static bool wild(void)
{
	return crashed; /* the lower 4 GiB are empty but for this program */
}
static bool one_too_high(void)
{
	return state.bytes[5] == 205 && state.bytes[6] == 3;
}
static bool another_number(void)
{
	return state.result != 5 && state.result != 0;
}
static bool subtracted(void)
{
	return state.result == 5 - 3 || state.result == (uint64_t)(3 - 5);
}
static bool too_far(void)
{
	return state.bytes[4] == 3 && state.bytes[5 + 63] == 3 && state.bytes[5 + 64] == (uint8_t)(200 + 69);
}
static bool leaked(void)
{
	return state.used == 1 && state.cell[5] == 7;
}
static bool dangling(void)
{
	return state.used == 1 && state.pointer == (uint8_t *)&state.cell[0] && state.cell[0] == 0;
}

static const struct test {
	const char *class, *function;
	void (*call)(uint64_t a, uint64_t b); /* with 5 and 3 */
	bool (*struck)(void);
} tests[] = {
    {"swap", "swap", swap, swapped},
    {"no-load", "load", load, loaded_nothing},
    {"rnd-load", "load", load, loaded_something},
    {"no-store", "store", store, stored_nothing},
    {"flip-branch", "branch", branch, branched_wrong},
    {"stuck-at-branch", "branch", branch, branched_somewhere},
    {"stuck-at-loop", "loop", loop, turned_once_more},
    {"flip-bool", "boolean", boolean, inverted},
    {"corrupt-pointer", "pointer", pointer, wild},
    {"null-pointer", "pointer", pointer, wild},
    {"corrupt-index", "array", array, one_too_high},
    {"corrupt-integer", "integer", integer, another_number},
    {"corrupt-operator", "operation", operation, subtracted},
    {"buffer-overflow", "overflow", overflow, too_far},
    {"mem-leak", "leak", leak, leaked},
    {"dangling-pointer", "dangle", dangle, dangling},
};
enum { TESTS = sizeof(tests) / sizeof(*tests) };

static void call(const struct test *test, bool window)
{
	djed_window_open = window;
	crashed = sigsetjmp(crash, 1) != 0;
	if (!crashed)
		test->call(5, 3);
	djed_window_open = 0;
}

/* Strikes at the third call; in the loop, at the fifth iteration of one, its last. */
static void strike(const struct test *test, uint32_t site, uint32_t function, bool window)
{
	struct state before, right;
	bool inner = !strcmp(test->class, "stuck-at-loop");

	/* Asleep, and awake without a site: as if there were no faults. */
	memset(slot, 0, sizeof(*slot));
	reset();
	call(test, window);
	djed_undo_reset();
	right = state;
	reset();
	slot->awake[function] = 1;
	call(test, window);
	djed_undo_reset();
	EXPECT(!crashed && memcmp(&right, &state, sizeof(state)) == 0);

	slot->site = site;
	slot->countdown = inner ? 4 : 2;
	for (unsigned i = 0; i < 2 && !inner; i++)
		call(test, window);
	djed_undo_reset();
	EXPECT(slot->hits == 0);
	reset();
	before = state;
	call(test, window);
	EXPECT(slot->hits == 1 && slot->site == 0);
	if (!test->struck())
		printf("site %u, %s in %s%s: no effect\n", site, test->class, test->function,
		       window ? ", in a window" : "");
	EXPECT(test->struck());
	if (window) {
		EXPECT(djed_undo_rollback());
		EXPECT(memcmp(&before, &state, sizeof(state)) == 0);
	}
	djed_undo_reset();

	/* Once; and with another function awake it would not even be asked. */
	reset();
	call(test, window);
	djed_undo_reset();
	EXPECT(memcmp(&right, &state, sizeof(state)) == 0);
	slot->site = site;
	slot->countdown = 0;
	slot->awake[function] = 0;
	slot->awake[function + 1] = 1;
	reset();
	call(test, window);
	djed_undo_reset();
	EXPECT(slot->hits == 1 && memcmp(&right, &state, sizeof(state)) == 0);

	/* Always. */
	if (inner)
		return;
	slot->awake[function] = 1;
	slot->always = 1;
	slot->hits = 0;
	for (unsigned i = 0; i < 2; i++) {
		reset();
		call(test, window);
		EXPECT(test->struck());
		EXPECT(!window || djed_undo_rollback());
	}
	EXPECT(slot->hits == 2);
}

/* Arguments on the stack, of a number that is not known, by value, and a result in memory, all pass the
 * choice. */
static void arguments(void)
{
	memset(slot->awake, 1, sizeof(slot->awake));
	slot->site = 0;
	for (int window = 0; window < 2; window++) {
		djed_window_open = window;
		EXPECT(sum(9, 1ul, 2ul, 3ul, 4ul, 5ul, 6ul, 7ul, 8ul, 900ul) == 936);
		reset();
		struct state got = copy_of(state);
		EXPECT(got.number == 42 && memcmp(got.bytes, state.bytes, sizeof(got.bytes)) == 0);
		djed_window_open = 0;
		djed_undo_reset();
	}
}

int main(int argc, char **argv)
{
	void *page = mmap((void *)DJED_FAULT_PAGE, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	struct sigaction action = {.sa_handler = on_crash};
	FILE *table = fopen(argc == 2 ? argv[1] : "", "r");
	char line[512], function[64], place[256], class[64];
	unsigned site, block, number, seen[TESTS] = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	EXPECT(page == (void *)DJED_FAULT_PAGE && table);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	djed_undo_attach(malloc(1 << 20));
	while (table && fgets(line, sizeof(line), table)) {
		if (line[0] == '#')
			continue;
		EXPECT(sscanf(line, "%u %u %63s %255s %63s %u", &site, &block, function, place, class,
			      &number) == 6);
		for (unsigned i = 0; i < TESTS; i++)
			if (!strcmp(tests[i].class, class) && !strcmp(tests[i].function, function)) {
				seen[i]++;
				strike(&tests[i], site, number, false);
				strike(&tests[i], site, number, true);
			}
	}
	for (unsigned i = 0; i < TESTS; i++)
		if (seen[i] != 1)
			printf("%s in %s: %u sites\n", tests[i].class, tests[i].function, seen[i]);
	for (unsigned i = 0; i < TESTS; i++)
		EXPECT(seen[i] == 1);
	arguments();
	return expect_end();
}
#endif
