/* Threads of applications: Linux calls, page faults, exceptions, signals, vector registers, fork, time
 * slices, ends. One service plays monitor, pm and mm. */
#include "kit.h"

enum { ECHO = 300, SLEEP, WAKE, FORK, KILL, THREAD_END, COPY, SET_BASE, FAIL, ROUNDS = 1000 };
enum { TO_ROOT = 2, CAP_SPACES = 3, CAP_FRAMES, CAP_THREADS, CAP_SCHEDULE };
enum { SIGNAL_ILL = 4, SIGNAL_TRAP = 5, SIGNAL_FPE = 8, SIGNAL_SEGV = 11 };
#define LAZY_PAGE 0x10000000ull
#define BAD_PAGE 0x20000000ull

static uint64_t frame;
static djed_handle space, first_thread;

/* ---- the application: what fails goes to FAIL with its line ---------------------------------- */

#define CHECK(condition) ((condition) ? (void)0 : (void)linux_call(FAIL, __LINE__, 0, 0))

static volatile uint64_t handled, raised, shared; /* raised: written by the service */

static void after_signal(void)
{
	handled++;
	linux_call(ECHO, 0, 0, 0);
	__builtin_trap(); /* never reached: the service puts the registers back at this call */
}

static void spinner(void)
{
	uint64_t mine = 0x1111;

	__asm__ volatile("movq %0, %%xmm7" : : "r"(mine));
	while (shared < 2)
		if (shared == 0)
			shared = 1; /* seen only if this thread gets time while the other spins */
	__asm__ volatile("movq %%xmm7, %0" : "=r"(mine));
	CHECK(mine == 0x1111);
	linux_call(THREAD_END, 0, 0, 0);
	__builtin_trap();
}

/* Runs an instruction that must raise this signal; the service checks the number in r14 and goes on at the
 * address in r15. */
#define RAISES(signal, instruction, ...)                                                           \
	do {                                                                                       \
		uint64_t before_ = raised;                                                         \
		__asm__ volatile("lea 1f(%%rip), %%r15; mov %[number], %%r14; " instruction "; 1:" \
				 :                                                                 \
				 : [number] "i"(signal), __VA_ARGS__                               \
				 : "r14", "r15", "rcx", "rdx", "memory");                          \
		CHECK(raised == before_ + 1);                                                      \
	} while (0)

static void faults(void)
{
	volatile uint64_t *lazy = (volatile uint64_t *)LAZY_PAGE;

	CHECK(lazy[0] == 0);
	lazy[1] = 77;
	CHECK(lazy[1] == 77);
	RAISES(SIGNAL_SEGV, "mov (%1), %%al", "r"(BAD_PAGE), "a"(0));
	RAISES(SIGNAL_SEGV, "movb $0, (%1)", "r"(faults));			/* text */
	RAISES(SIGNAL_SEGV, "jmp *%1", "r"(LAZY_PAGE));				/* not executable */
	RAISES(SIGNAL_SEGV, "mov (%1), %%al", "r"(0xffffffff80300000), "a"(0)); /* the kernel */
	RAISES(SIGNAL_SEGV, "mov (%1), %%al", "r"(0xffff800000008000), "a"(0)); /* its map of memory */
	RAISES(SIGNAL_SEGV, "mov (%1), %%al", "r"(0x800000000000), "a"(0));	/* not canonical */
	RAISES(SIGNAL_SEGV, "jmp *%1", "r"(0x800000000000));
	RAISES(SIGNAL_ILL, "ud2", "a"(0));
	RAISES(SIGNAL_TRAP, "int3", "a"(0));
	RAISES(SIGNAL_SEGV, "int $0x80", "a"(0));
	RAISES(SIGNAL_SEGV, "cli", "a"(0));
	RAISES(SIGNAL_SEGV, "hlt", "a"(0));
	RAISES(SIGNAL_SEGV, "mov %%cr3, %%rax", "a"(0));
	RAISES(SIGNAL_SEGV, "rdmsr", "a"(0));
	RAISES(SIGNAL_SEGV, "outb %%al, $0xe9", "a"('!'));
	RAISES(SIGNAL_FPE, "xor %%edx, %%edx; xor %%ecx, %%ecx; div %%ecx", "a"(1));
}

static void application(void)
{
	uint64_t start, base, x = 0x2222;

	__asm__ volatile("movq %0, %%xmm7" : : "r"(x));
	CHECK(linux_call(ECHO, 41, 0, 0) == 42);
	CHECK(linux_call(~0ull, 41, 0, 0) == 42);
	start = ticks();
	for (unsigned i = 0; i < ROUNDS; i++)
		linux_call(ECHO, i, 0, 0);
	start = ticks() - start;
	linux_call(SLEEP, start / ROUNDS, 0, 0);
	__asm__ volatile("movq %%xmm7, %0" : "=r"(x));
	CHECK(x == 0x2222);
	faults();
	CHECK(linux_call(COPY, (uintptr_t)"a string", 0, 0) == 9);
	CHECK(linux_call(COPY, BAD_PAGE, 0, 0) == 0);
	CHECK(linux_call(COPY, 0xffffffff80300000, 0, 0) == 0);
	CHECK(linux_call(COPY, ~0ull, 0, 0) == 0);
	CHECK(linux_call(SET_BASE, 0x12345000, 0, 0) == 5);
	CHECK(linux_call(FORK, (uintptr_t)spinner, 0, 0) == 0);
	while (shared == 0)
		;
	shared = 2;
	__asm__ volatile("movq %%xmm7, %0" : "=r"(x));
	CHECK(x == 0x2222);
	base = handled;
	CHECK(linux_call(KILL, 0, 0, 0) == 0); /* signals itself: handled before the call returns */
	CHECK(handled == base + 1);
	linux_call(THREAD_END, 0, 0, 0);
	__builtin_trap();
}

/* ---- the service ----------------------------------------------------------------------------- */

static struct djed_context saved, changed;
static unsigned failures, ended;
static djed_handle gone; /* of the thread that has ended last */

static void enter_handler(void)
{
	REQUIRE(kernel_thread_get_context(ipc.in.thread, (uintptr_t)&saved) == 0);
	changed = saved;
	changed.rip = (uintptr_t)after_signal;
	changed.rsp = (saved.rsp - 256) & ~15ull;
	REQUIRE(kernel_thread_set_context(ipc.in.thread, (uintptr_t)&changed) == 0);
}

static djed_status event(uint32_t number, const uint64_t *word, uint64_t *result)
{
	uint64_t count, copied;

	switch (number) {
	case DJED_EVENT_PAGE_FAULT:
		if ((word[0] & ~4095ull) == LAZY_PAGE && !(word[1] & DJED_ACCESS_EXECUTE)) {
			REQUIRE(kernel_frame_zero(frame) == 0);
			REQUIRE(kernel_space_map(space, LAZY_PAGE, frame++,
						 DJED_ACCESS_READ | DJED_ACCESS_WRITE) == 0);
			return 0;
		}
		*result = SIGNAL_SEGV;
		return -EFAULT;
	case DJED_EVENT_EXCEPTION:
		REQUIRE(kernel_thread_get_context(ipc.in.thread, (uintptr_t)&changed) == 0);
		REQUIRE(word[0] == changed.r14);
		REQUIRE(kernel_copy_in(2, (uintptr_t)&raised, (uintptr_t)&count, sizeof(count), 0, &copied) ==
			    0 &&
			copied == 8);
		count++;
		REQUIRE(kernel_copy_out(2, (uintptr_t)&raised, (uintptr_t)&count, sizeof(count), 0,
					&copied) == 0 &&
			copied == 8);
		changed.rip = changed.r15;
		REQUIRE(kernel_thread_set_context(ipc.in.thread, (uintptr_t)&changed) == 0);
		return 0;
	case DJED_EVENT_SIGNAL:
		enter_handler();
		return 0;
	}
	return 0;
}

static int64_t linux_operation(uint32_t number, const uint64_t *word)
{
	static char text[64];
	djed_handle thread;
	uint64_t copied;

	switch (number) {
	case ECHO:
		if (saved.rip) {
			REQUIRE(kernel_thread_set_context(ipc.in.thread, (uintptr_t)&saved) == 0);
			saved.rip = 0;
			return 0;
		}
		return (int64_t)word[0] + 1;
	case 0xffff:
		return (int64_t)word[0] + 1;
	case SLEEP:
		say("instructions of a null Linux call: %u", word[0]);
		return 0;
	case COPY:
		REQUIRE(kernel_copy_in(2, word[0], (uintptr_t)text, sizeof(text), 1, &copied) == 0);
		return (int64_t)copied;
	case SET_BASE:
		REQUIRE(kernel_thread_get_context(ipc.in.thread, (uintptr_t)&changed) == 0);
		REQUIRE(changed.call_number == SET_BASE);
		changed.fs_base = word[0];
		changed.rax = 5;
		REQUIRE(kernel_thread_set_context(ipc.in.thread, (uintptr_t)&changed) == 0);
		return 9;
	case FORK:
		REQUIRE(kernel_thread_create(space, 2, 1, &thread) == 0);
		REQUIRE(kernel_thread_get_context(thread, (uintptr_t)&changed) == 0);
		REQUIRE(changed.fs_base == 0x12345000 && changed.rax == 0);
		changed.rip = word[0];
		changed.rsp = APPLICATION_STACK - 4096 - 8;
		REQUIRE(kernel_thread_set_context(thread, (uintptr_t)&changed) == 0);
		REQUIRE(kernel_thread_start(thread) == 0);
		return 0;
	case KILL:
		REQUIRE(kernel_thread_signal(ipc.in.thread) == 0);
		return 0;
	case THREAD_END:
		if (gone) { /* the first one: its handle means nothing any more */
			REQUIRE(kernel_thread_signal(gone) == -ESRCH &&
				kernel_thread_destroy(gone) == -ESRCH);
			REQUIRE(kernel_thread_get_context(gone, (uintptr_t)&changed) == -ESRCH);
			REQUIRE(kernel_thread_start(gone) == -ESRCH);
		}
		gone = ipc.in.thread;
		REQUIRE(kernel_thread_destroy(gone) == 0);
		if (++ended == 2)
			REQUIRE(kernel_notify(TO_ROOT, failures ? 2 : 1) == 0);
		return 0;
	case FAIL:
		failures++;
		say("application: line %u failed", word[0]);
		return 0;
	}
	return -ENOSYS;
}

static void service(void)
{
	attach(NULL);
	frame = first_frame();
	space = make_space(&frame, 4);
	first_thread = make_thread(space, 1, application, APPLICATION_STACK);
	REQUIRE(kernel_thread_priority(first_thread, 8, 1000000) == 0);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		uint32_t label = ipc.in.message.label;
		uint64_t result = 0;
		djed_status status = 0;

		REQUIRE(ipc.in.kind == DJED_DELIVERY_REQUEST);
		if (DJED_LABEL_PROTOCOL(label) == DJED_PROTOCOL_LINUX)
			result = (uint64_t)linux_operation(DJED_LABEL_NUMBER(label), ipc.in.message.word);
		else
			status = event(DJED_LABEL_NUMBER(label), ipc.in.message.word, &result);
		REQUIRE(reply(status, result) == 0);
	}
}

void test(void)
{
	unsigned s = make_service("all", 20, 0);
	struct djed_kernel_audit audit;

	grant_endpoint(s, TO_ROOT, 0, DJED_MAY_NOTIFY);
	grant(s, CAP_SPACES, DJED_CAP_SPACES, 0, 0);
	grant(s, CAP_FRAMES, DJED_CAP_FRAMES, 0, 0);
	grant(s, CAP_THREADS, DJED_CAP_THREADS, 0, 0);
	grant(s, CAP_SCHEDULE, DJED_CAP_SCHEDULE, 0, 0);
	EXPECT(kernel_route(~0ull, s) == 0);
	EXPECT(kernel_service_event(s, DJED_EVENT_PAGE_FAULT) == 0);
	EXPECT(kernel_service_event(s, DJED_EVENT_EXCEPTION) == 0);
	EXPECT(kernel_service_event(s, DJED_EVENT_SIGNAL) == 0);
	start_service(s, service);
	wait_for(1);
	EXPECT(kernel_kernel_audit((uintptr_t)&audit) == 0);
	EXPECT(audit.threads == 0 && audit.spaces == 1 && audit.violations == 0 && audit.queued == 0 &&
	       audit.held == 0);
}
