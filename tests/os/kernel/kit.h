/* For programs that test the kernel alone: each is a `root` with everything in one image. It makes services
 * that run functions of the same image, on a copy of their own. No runtime, no instrumentation. */
#ifndef DJED_TEST_KIT_H
#define DJED_TEST_KIT_H

#define KERNEL_BARE
#include "abi/errors.h"
#include "abi/layout.h"
#include "abi/message.h"
#include "abi/recovery.h"
#include <protocols/kernel.h>

/* The page of whoever runs. */
extern _Alignas(512) struct djed_ipc ipc;

/* ---- root ------------------------------------------------------------------------------------ */

/* The test itself, as root. Returning ends the run; the last line of the log is "root: passed" or "root:
 * failed". */
void test(void);

/* A service with a copy of the image, which starts in `entry`; LOG_PAGES of log. Its capabilities are granted
 * between make and start. */
enum { LOG_PAGES = 4 };
unsigned make_service(const char *name, unsigned priority, uint32_t flags);
void start_service(unsigned service, void (*entry)(void));
void grant_endpoint(unsigned service, djed_slot slot, unsigned target, uint32_t rights);
void grant(unsigned service, djed_slot slot, enum djed_capability_type type, uint64_t object,
	   uint64_t rights);

/* Waits until `bits` have come in as notifications. */
void wait_for(uint64_t bits);

/* ---- everybody ------------------------------------------------------------------------------- */

void say(const char *format, ...); /* a line in the kernel's log; %u (64 bits), %x (64 bits), %s */
/* Counts a failure, and says so, unless `condition` holds. Root only. */
void expect(bool condition, const char *text, unsigned line);
#define EXPECT(condition) expect(condition, #condition, __LINE__)
/* The same anywhere else: a panic. */
#define REQUIRE(condition) ((condition) ? (void)0 : give_up(#condition, __LINE__))
void give_up(const char *text, unsigned line);

void attach(void (*recover)(void)); /* NULL: none */
djed_status receive(enum djed_next next, enum djed_log_state log);
djed_status reply(djed_status status, uint64_t word0); /* fills ipc.out, then receives */
djed_status call(djed_slot target, uint32_t label, uint64_t word0);
void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memset(void *to, int value, size_t length);
uint64_t ticks(void);
uint64_t random_number(void);
void random_seed(uint64_t seed);

/* ---- applications, made by a service with the capabilities for it ---------------------------- */

/* A space that has a copy of the image, writable where the image is, and `stack_pages` behind
 * APPLICATION_STACK. Frames are taken from *frame on. */
uint64_t first_frame(void); /* of the pool; right once all services are made */
#define APPLICATION_STACK 0x70000000ull
djed_handle make_space(uint64_t *frame, unsigned stack_pages);
djed_handle make_thread(djed_handle space, uint64_t badge, void (*entry)(void), uint64_t stack);
int64_t linux_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c);

#endif
