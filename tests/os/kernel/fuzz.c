/* Services with nearly all capabilities call all operations with random arguments, also from within requests
 * of each other and of random applications; some crash on the way. The kernel must stay alive and its
 * structures sound. */
#include "kit.h"
#include <protocols/kernel_operations.h>

enum { FUZZERS = 4, RS = FUZZERS + 1, RUN_MS = 4000, SCRATCH = 3 * DJED_PAGE_SIZE };

enum { REQUESTS, SPACES, THREADS, HANDLE_KINDS, HANDLES = 16 };
static uint64_t handle[HANDLE_KINDS][HANDLES]; /* what operations have returned */
static uint64_t operations;
static uint8_t *const scratch =
    (uint8_t *)DJED_HEAP_BASE; /* nothing else is near that operations could overwrite */

static uint64_t interesting(void)
{
	static const uint64_t edge[] = {0,
					1,
					2,
					3,
					8,
					31,
					32,
					63,
					64,
					4095,
					4096,
					4097,
					0x7fff,
					0xffff,
					0x10000,
					0x200000,
					0x400000,
					DJED_LOG_BASE,
					DJED_LOG_BASE + LOG_PAGES * DJED_PAGE_SIZE,
					DJED_STACK_TOP,
					DJED_ARCHIVE_BASE,
					0x7ffffffff000,
					0x7fffffffe000,
					0x800000000000,
					0xffff800000000000,
					0xffffffff80200000,
					0xffffffffffffffff,
					0xfffffffffffff000,
					0x100000000,
					0x100000001,
					0x1ffffffff,
					0x7fffffffffffffff,
					0x8000000000000000};
	uint64_t r = random_number();

	switch (r % 8) {
	case 0:
		return random_number();
	case 1:
	case 2:
		return edge[random_number() % (sizeof(edge) / sizeof(edge[0]))];
	case 3:
		return handle[random_number() % HANDLE_KINDS][random_number() % HANDLES];
	case 4:
		return (uintptr_t)scratch + random_number() % SCRATCH;
	case 5:
		return first_frame() + random_number() % 64;
	default:
		return random_number() % 40;
	}
}

static void remember(unsigned kind, uint64_t value)
{
	if (value)
		handle[kind][random_number() % HANDLES] = value;
}

static void random_message(struct djed_message *message)
{
	message->label = random_number() % 2 ? DJED_LABEL(random_number() % 20, random_number() % 8)
					     : ipc.in.message.label;
	message->status = random_number() % 3 ? 0 : -(int32_t)(random_number() % 600);
	for (unsigned i = 0; i < DJED_WORDS_MAX; i++)
		message->word[i] = interesting();
	for (unsigned i = 0; i < DJED_GRANTS_MAX; i++)
		message->grant[i] = (struct djed_grant){
		    interesting(), (uint32_t)interesting(), (uint8_t)(random_number() % 6),
		    (uint8_t)(random_number() % 5), (uint16_t)(random_number() % 4)};
}

static djed_status operation(uint64_t number, const uint64_t a[6], uint64_t out[2])
{
	register uint64_t r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
	uint64_t rdx = a[2];
	djed_status status;

	__asm__ volatile("syscall"
			 : "=a"(status), "+d"(rdx), "+r"(r8), "+r"(r9)
			 : "a"(number), "D"(a[0]), "S"(a[1]), "r"(r10)
			 : "rcx", "r11", "memory");
	out[0] = rdx;
	out[1] = r8;
	return status;
}

static uint64_t now(void)
{
	const struct djed_time *time = (const struct djed_time *)DJED_TIME_PAGE;

	return (uint64_t)((unsigned __int128)(ticks() - time->tsc_at_boot) * time->multiplier >> 32);
}

/* What would end the test, by design: the machine's end, ports, other events' receivers than those of
 * applications. */
static bool allowed(uint64_t number, const uint64_t *a)
{
	if (number == KERNEL_OP_HALT || number == KERNEL_OP_ATTACH || number == KERNEL_OP_SERVICE_EVENT)
		return false;
	if (number == KERNEL_OP_SERVICE_GRANT)
		return a[2] != DJED_CAP_PORTS && a[2] != DJED_CAP_HALT && a[0] != 0 && a[0] != RS;
	if (number == KERNEL_OP_SERVICE_ZERO || number == KERNEL_OP_SERVICE_WRITE ||
	    number == KERNEL_OP_RECOVER)
		return a[0] > FUZZERS; /* rs's work, below */
	if (number == KERNEL_OP_LAB_UPDATE || number == KERNEL_OP_LOG || number == KERNEL_OP_ROUTE)
		return false;
	if (number == KERNEL_OP_PANIC)
		return random_number() % 64 == 0;
	return true;
}

static uint64_t random_operation(void)
{
#define NUMBER(NAME, name, number, ins, outs, effect) number,
	static const uint8_t numbers[] = {KERNEL_OPERATIONS(NUMBER)};
#undef NUMBER

	if (random_number() % 64 == 0)
		return interesting();
	if (random_number() % 3 == 0)
		return random_number() % 2 ? KERNEL_OP_RECEIVE : KERNEL_OP_CALL;
	return numbers[random_number() % sizeof(numbers)];
}

static void fuzz(void)
{
	for (;;) {
		uint64_t a[6], out[2], number = random_operation();

		for (unsigned i = 0; i < 6; i++)
			a[i] = interesting();
		/* Mostly such handles as the operation wants. */
		if (random_number() % 8 && number >= KERNEL_OP_THREAD_START &&
		    number <= KERNEL_OP_THREAD_ALIVE)
			a[0] = handle[THREADS][random_number() % HANDLES];
		else if (random_number() % 8 && number >= KERNEL_OP_SPACE_DESTROY &&
			 number <= KERNEL_OP_SPACE_SHARE)
			a[0] = handle[SPACES][random_number() % HANDLES];
		else if (number == KERNEL_OP_THREAD_CREATE)
			a[0] = handle[SPACES][random_number() % HANDLES], a[2] = random_number() % 2;
		if (random_number() % 4 &&
		    (number == KERNEL_OP_SPACE_SHARE || number == KERNEL_OP_THREAD_SET_SPACE))
			a[1] = handle[SPACES][random_number() % HANDLES];
		if (random_number() % 4 && number == KERNEL_OP_SPACE_MAP)
			a[1] = (random_number() % 0x800) << 12 | (random_number() % 8) << 21,
			a[2] = first_frame() + random_number() % 64;
		if (number == KERNEL_OP_RECEIVE) {
			a[0] = random_number() % 7;
			a[1] = random_number() % 4;
			a[2] = random_number() % 5;
			a[3] = now() + random_number() % 20000;
		} else if (number == KERNEL_OP_CALL || number == KERNEL_OP_NOTIFY) {
			if (random_number() % 16)
				a[0] = random_number() % 5;
			if (number == KERNEL_OP_CALL)
				a[1] = random_number() % 4;
		} else if (number == KERNEL_OP_THREAD_SET_CONTEXT || number == KERNEL_OP_THREAD_GET_CONTEXT) {
			a[1] = (uintptr_t)scratch;
		} else if (number == KERNEL_OP_SERVICE_CREATE) {
			a[0] = (uintptr_t)scratch;
		} else if (number == KERNEL_OP_SPACE_SHARE || number == KERNEL_OP_SPACE_UNMAP) {
			a[number == KERNEL_OP_SPACE_SHARE ? 3 : 2] &= 0xfffff;
		}
		if (number < 100 && !allowed(number, a))
			continue;
		if (random_number() % 4 == 0)
			for (unsigned i = 0; i < sizeof(struct djed_context) / 8; i++)
				((uint64_t *)scratch)[i] = interesting();
		random_message(&ipc.out);
		operations++;
		if (operation(number, a, out) == 0) {
			if (number == KERNEL_OP_SPACE_CREATE)
				remember(SPACES, out[0]);
			else if (number == KERNEL_OP_THREAD_CREATE)
				remember(THREADS, out[0]);
			else if (number == KERNEL_OP_RECEIVE)
				remember(REQUESTS, ipc.in.request);
		}
		if (operations % 10000 == 0)
			say("%u operations", operations);
		if (random_number() % 20000 == 0)
			*(volatile uint8_t *)interesting() = 1;
	}
}

static void recovered(void)
{
	(void)kernel_receive(DJED_NEXT_ROLLED_BACK, DJED_LOG_EMPTY, 0, now() + 1000000);
	fuzz();
}

static void fuzzer(void)
{
	attach(recovered);
	random_seed(*(volatile uint64_t *)DJED_FAULT_PAGE);
	fuzz();
}

/* Decides at random, at last by a restart. */
static void recoverer(void)
{
	attach(NULL);
	REQUIRE(receive(DJED_NEXT_NONE, DJED_LOG_EMPTY) == 0);
	for (;;) {
		uint64_t service = ipc.in.message.word[0];

		if (ipc.in.message.label == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH)) {
			static struct djed_service_information information;

			REQUIRE(kernel_service_information(service, (uintptr_t)&information) == 0);
			if (kernel_recover(service,
					   random_number() % 8 ? DJED_RECOVER_RETRY + random_number() % 4
							       : DJED_RECOVER_REFUSE,
					   EIO, information.entry))
				(void)kernel_recover(service, DJED_RECOVER_RESTART_ALONE, EIO,
						     information.entry);
		}
		REQUIRE(reply(0, 0) == 0);
	}
}

/* From the word "seed=N" of the command line. */
static uint64_t seed(void)
{
	const char *line = ((const struct djed_start_info *)DJED_START_INFO)->command_line;
	uint64_t value = 0;

	while (*line && !(line[0] == 's' && line[1] == 'e' && line[4] == '='))
		line++;
	for (line += *line ? 5 : 0; *line >= '0' && *line <= '9'; line++)
		value = value * 10 + (uint64_t)(*line - '0');
	return value;
}

void test(void)
{
	unsigned service[FUZZERS], rs;
	struct djed_kernel_audit audit;
	uint64_t end, rounds = 0;

	for (unsigned i = 0; i < FUZZERS; i++)
		service[i] = make_service("fuzzer", 18 + i, 0);
	for (unsigned i = 0; i < FUZZERS; i++)
		EXPECT(kernel_service_map(service[i], DJED_HEAP_BASE, SCRATCH,
					  DJED_ACCESS_READ | DJED_ACCESS_WRITE) == 0);
	rs = make_service("rs", 30, DJED_SPEC_RECOVERER);
	grant(rs, 2, DJED_CAP_RECOVERY, 0, 0);
	for (unsigned i = 0; i < FUZZERS; i++) {
		for (unsigned j = 0; j < FUZZERS; j++)
			grant_endpoint(service[i], j, service[j],
				       DJED_MAY_CALL | DJED_MAY_FORWARD | DJED_MAY_NOTIFY);
		for (unsigned type = DJED_CAP_SPACES; type <= DJED_CAP_RECOVERY; type++)
			grant(service[i], type, type, 0, 0);
		EXPECT(kernel_service_write(service[i], DJED_FAULT_PAGE,
					    (uintptr_t)&(uint64_t){seed() * FUZZERS + i}, 8) == 0);
	}
	grant(service[0], 10, DJED_CAP_BOOT, 0, 0);
	EXPECT(kernel_route(~0ull, service[0]) == 0);
	for (unsigned e = DJED_EVENT_PAGE_FAULT; e <= DJED_EVENT_QUANTUM; e++)
		EXPECT(kernel_service_event(service[e % FUZZERS], e) == 0);
	start_service(rs, recoverer);
	for (unsigned i = 0; i < FUZZERS; i++)
		start_service(service[i], fuzzer);
	end = now() + RUN_MS * 1000000ull;
	EXPECT(kernel_receive(DJED_NEXT_NONE, DJED_LOG_EMPTY, 0, now() + 50000000) == 0);
	while (now() < end) {
		EXPECT(kernel_kernel_audit((uintptr_t)&audit) == 0);
		EXPECT(audit.violations == 0);
		if (audit.violations)
			break;
		rounds++;
		if (ipc.in.kind == DJED_DELIVERY_NOTIFIED) {
			EXPECT(kernel_receive(DJED_NEXT_FINISH, DJED_LOG_EMPTY, 0, now() + 50000000) == 0);
		} else {
			ipc.out.status = -EIO;
			EXPECT(kernel_receive(DJED_NEXT_REPLY, DJED_LOG_EMPTY, 0, now() + 50000000) == 0);
		}
	}
	say("audits: %u, threads %u, spaces %u, table frames %u of %u", rounds, (uint64_t)audit.threads,
	    (uint64_t)audit.spaces, (uint64_t)audit.table_frames_used, (uint64_t)audit.table_frames_total);
	EXPECT(rounds > 5);
}
