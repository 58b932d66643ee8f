/* Windows, tracing and faults together: what the hooks see, what the counters count, and that a fault strikes
 * where and when the slot says, in both versions of the code, after which rollback gives back the state.
 * RUN: %djed_cc -O2 -g -I%inputs -I%runtime/include -DSERVER -c %s -o %t.server.o
 * RUN: %native -Wno-unused-parameter -I%inputs -c %s -o %t.main.o
 * RUN: %native -c %runtime/undo.c -o %t.undo.o && %native -c %runtime/fault.c -o %t.fault.o
 * RUN: env DJED_PASS=undo,window,trace,fault DJED_FAULT_SITES=%t.sites %djed_cc -O2 -static -Wl,--image-base=0x400000 \
 * RUN:   %t.server.o %t.main.o %t.undo.o %t.fault.o -o %t
 * RUN: %t %t.sites
 * RUN: llvm-objdump --no-show-raw-insn -d %t --disassemble-symbols=handle.undo | FileCheck %s
 * RUN: llvm-objdump --no-show-raw-insn -d %t --disassemble-symbols=handle.fault.undo | FileCheck --check-prefix=AWAKE %s
 * All faults of a function that sleeps are one comparison with memory and one jump, each in one that is
 * awake, too; a counter is one more instruction.
 *
 * CHECK-NOT: 0x201000
 * CHECK: cmpb $0x0, 0x2010{{[0-9a-f]+}}
 * CHECK-NEXT: j{{n?}}e
 * CHECK-NOT: 0x201000
 * AWAKE: cmpl $0x{{[0-9a-f]+}}, 0x201000
 * AWAKE-NEXT: j{{n?}}e
 * AWAKE: incq
 */
#include <djed/hooks.h>
#include <djed/server.h>

struct state {
	uint64_t value, calls;
};
extern struct state state;

#ifdef SERVER
struct state state;

static djed_status init(void)
{
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	state.value += delivery->message.word[0];
	djed_effect(DJED_READS);
	if (djed_call(7, DJED_LABEL(16, 4), DJED_READS) == 0) {
		state.calls++;
		djed_effect(DJED_UNDOABLE);
		djed_call(7, DJED_LABEL(16, 5), DJED_UNDOABLE);
	}
}

static void notified(uint64_t bits)
{
	state.value = bits;
}

static void audit(struct djed_audit *audit)
{
	audit->violations = state.value == 99;
}

DJED_SERVER(init, handle, notified, audit)
#else
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "expect.h"
#include "os/abi/lab.h"

uint32_t djed_policy_closes, djed_trace_on;
static char seen[256];
static djed_status answer;
static jmp_buf crash;

/* Strikes keep no distance in time here. */
uint64_t djed_port_now(void)
{
	return 0;
}

void djed_effect(uint32_t effect)
{
	strcat(seen, "marker ");
}
djed_status djed_call(djed_slot to, uint32_t label, enum djed_effect effect)
{
	return answer;
}
DJED_HOOK void djed_window_effect(uint32_t effect)
{
	sprintf(seen + strlen(seen), "effect %u ", effect);
}
DJED_HOOK void djed_trace_enter(uint32_t label)
{
	sprintf(seen + strlen(seen), "enter %x ", label);
}
DJED_HOOK void djed_trace_exit(int64_t status)
{
	sprintf(seen + strlen(seen), "exit %d ", (int)status);
}

static void on_crash(int signal)
{
	siglongjmp(crash, signal);
}

/* One request. True: it crashed. */
static bool request(uint64_t word, bool window)
{
	struct djed_delivery delivery = {.message = {.label = 0x100001, .word = {word}}};

	memset(seen, 0, sizeof(seen));
	djed_window_open = window;
	bool crashed = sigsetjmp(crash, 1) != 0;
	if (!crashed)
		djed_server.handle(&delivery);
	djed_window_open = 0;
	return crashed;
}

static void hooks(void)
{
	EXPECT(!request(1, true) && strcmp(seen, "") == 0);
	djed_trace_on = 1;
	EXPECT(!request(1, true) &&
	       strcmp(seen, "enter 100001 enter 100004 exit 0 enter 100005 exit 0 exit 0 ") == 0);
	answer = -5;
	EXPECT(!request(1, false) && strcmp(seen, "enter 100001 enter 100004 exit -5 exit 0 ") == 0);
	memset(seen, 0, sizeof(seen));
	djed_server.notified(5);
	EXPECT(strcmp(seen, "enter 20000 exit 0 ") == 0);
	djed_trace_on = 0;
	answer = 0;
	djed_policy_closes = 1;
	EXPECT(!request(1, true) && strcmp(seen, "effect 1 ") == 0);
	EXPECT(!request(1, false) && strcmp(seen, "") == 0);
	djed_policy_closes = 0;
	djed_undo_reset();
}

static void counters(void)
{
	uint64_t before[128];

	EXPECT(djed_block_count > 3 && djed_block_count < 64);
	memset(((struct djed_fault_slot *)DJED_FAULT_PAGE)->awake, 1, DJED_FAULT_FUNCTIONS);
	memcpy(before, djed_block_counts, 2 * djed_block_count * sizeof(uint64_t));
	request(1, true);
	EXPECT(djed_undo_rollback());
	request(1, false);
	unsigned both = 0;
	for (uint64_t i = 0; i < djed_block_count; i++) {
		uint64_t in = i + djed_block_count;

		both += djed_block_counts[i] == before[i] + 1 && djed_block_counts[in] == before[in] + 1;
	}
	EXPECT(both >= 2); /* each version counts in its own place, and rollback leaves counters alone */
}

/* Wakes each site of the table in turn, to strike at its third execution. */
static void faults(const char *sites)
{
	volatile struct djed_fault_slot *slot = (struct djed_fault_slot *)DJED_FAULT_PAGE;
	FILE *table = fopen(sites, "r");
	char line[512], function[64], place[256], class[64];
	unsigned site, block, number, known = 0, struck = 0;

	EXPECT(table);
	while (table && fgets(line, sizeof(line), table)) {
		if (line[0] == '#') /* blocks that are apart */
			continue;
		EXPECT(sscanf(line, "%u %u %63s %255s %63s %u", &site, &block, function, place, class,
			      &number) == 6);
		EXPECT(site == ++known && block < djed_block_count);
		EXPECT(strstr(place, "run-hooks.c:"));
		if (strcmp(function, "handle") != 0 || strcmp(class, "null-pointer") != 0)
			continue;
		for (int window = 0; window < 2; window++) {
			struct state before = state;
			memset((void *)slot, 0, sizeof(*slot));
			slot->site = site;
			slot->countdown = 2;
			slot->awake[number] = 1;
			EXPECT(!request(1, window) && !request(1, window));
			djed_undo_reset();
			before = state;
			EXPECT(request(1, window));
			EXPECT(slot->hits == 1 && slot->site == 0);
			EXPECT(djed_undo_rollback());
			EXPECT(!window || memcmp(&before, &state, sizeof(state)) == 0);
			EXPECT(!request(1, window)); /* once */
			djed_undo_reset();
			struck++;
		}
		slot->site = site;
		slot->always = 1;
		slot->hits = 0;
		EXPECT(request(1, true) && djed_undo_rollback() && request(1, true) && djed_undo_rollback());
		EXPECT(slot->hits == 2 && slot->site == site);
		slot->site = 0;
	}
	EXPECT(struck >= 4);
}

int main(int argc, char **argv)
{
	void *page = mmap((void *)DJED_FAULT_PAGE, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	struct sigaction action = {.sa_handler = on_crash};

	EXPECT(argc == 2 && page == (void *)DJED_FAULT_PAGE);
	sigaction(SIGSEGV, &action, NULL);
	djed_undo_attach(malloc(1 << 20));
	hooks();
	counters();
	faults(argv[1]);
	return expect_end();
}
#endif
