/* What a server sees of the runtime. A server is four functions and a line in the manifest; the
 * runtime owns the main loop, the undo log and recovery.
 *
 *     static djed_status init(void) {...}
 *     static void handle(const struct djed_delivery *d) { if (!counter_dispatch(d)) djed_reply(-ENOSYS); }
 *     static void notified(uint64_t bits) {...}
 *     static void audit(struct djed_audit *a) { djed_check(a, count >= 0, "count %d is negative", count); }
 *     DJED_SERVER(init, handle, notified, audit)
 *
 * A server is single-threaded and event-driven. If it crashes while it handles a request or a
 * notification, everything that `handle`, `notified` and what they called have written to memory is undone.
 * "Rule N" is one of "The sixteen rules" in docs/transactions.md. */
#ifndef DJED_SERVER_H
#define DJED_SERVER_H

#include "../../../os/abi/layout.h"
#include "../../../os/abi/message.h"
#include "../../../os/abi/types.h"
#include "undo.h"

struct djed_audit;

struct djed_server {
	djed_status (*init)(void); /* once, before the first request; outside of recovery */
	void (*handle)(const struct djed_delivery *delivery);
	void (*notified)(uint64_t bits);	 /* bit 63: djed_deadline has passed */
	void (*audit)(struct djed_audit *audit); /* checks the server's own invariants; changes nothing */
	/* Optional: recovery had to give up work on these bits, as the service crashed at it each time. The
	 * simplest way, by other code than that of `notified`, to let those go on who depend on it. If that
	 * crashes, too, it is called once more, with djed_current()->attempt 1, to do still less. */
	void (*failed)(uint64_t bits);
	/* Optional: looks, before an answer leaves, at what the records of the undo log from `from` on have
	 * changed, and panics where that cannot be right (os/lib/invariants.h). */
	void (*invariants)(const uint64_t *from);
};
extern const struct djed_server djed_server;
#define DJED_SERVER(init_, handle_, notified_, audit_) \
	DJED_SERVER_CHECKED(init_, handle_, notified_, audit_, 0, 0)
#define DJED_SERVER_WITH_FAILED(init_, handle_, notified_, audit_, failed_) \
	DJED_SERVER_CHECKED(init_, handle_, notified_, audit_, failed_, 0)
#define DJED_SERVER_CHECKED(init_, handle_, notified_, audit_, failed_, invariants_) \
	const struct djed_server djed_server = {init_, handle_, notified_, audit_, failed_, invariants_};

/* ---- start information ------------------------------------------------------------------------ */

/* The slot of a capability by its name in the manifest ("store", "frames", ...). Panics if it was not
 * granted: to be called in init. */
djed_slot djed_capability(const char *name);
/* The same for what may not be granted. False: it was not. */
bool djed_find_capability(const char *name, djed_slot *slot);
const struct djed_start_info *djed_start(void);

/* ---- the request that is held ------------------------------------------------------------------ */

/* The page shared with the kernel. The section keeps it out of the undo log. */
extern struct djed_ipc djed_ipc __attribute__((section(".djed.ipc")));

/* The delivery being handled; stable until the handler returns (nested calls do not disturb it). */
static inline const struct djed_delivery *djed_current(void)
{
	return &djed_ipc.in;
}

/* Answer of a handler that no generated dispatch serves. The last of reply, park and forward counts. */
void djed_reply(djed_status status);
void djed_reply_words(djed_status status, const uint64_t *word, unsigned count);
/* Answer of a generated dispatch function: counts only if the handler has called none of reply, park and
 * forward. */
void djed_result(djed_status status, const uint64_t *word, unsigned count);

/* Whether the handler has called one of reply, park and forward. */
bool djed_answered(void);

/* Keeps the request unanswered after the handler returns. `result_if_lost` is given to the client if
 * this server has to be restarted. The handle for wake and answer is djed_current()->request. */
void djed_park(djed_status result_if_lost);

/* Hands the request on with the message in djed_out() (as a generated _forward stub fills it). The server
 * must not have changed any logged state for this request: otherwise the runtime panics (rule 11). */
void djed_forward(djed_slot to);

/* Deferred effects: they happen when the transaction ends, and not if it is rolled back. A parked request
 * that recovery has answered meanwhile is no error; djed_wake then returns false: what the server noted of it
 * is to be forgotten. */
bool djed_wake(djed_handle parked);
void djed_answer_parked(djed_handle parked, djed_status status, uint64_t word0);
void djed_notify(djed_slot to, uint64_t bits);

/* Time at which `notified` wants bit 63, ns since boot; 0: none. Ordinary logged state of the server. */
extern uint64_t djed_deadline;
/* ns since boot: when the delivery in hand was first made, so that whoever does it again sees the same time;
 * before the first delivery the clock. */
uint64_t djed_now(void);
uint64_t djed_clock(void);	  /* ns since boot: the clock itself */
uint64_t djed_wall_seconds(void); /* seconds since 1970 at boot */

/* ---- memory lent with messages ------------------------------------------------------------------- */

struct djed_buffer {
	uint64_t base;
	uint32_t length; /* bytes */
	uint8_t kind;	 /* enum djed_grant_kind; for a received one: DJED_GRANT_PASS */
	uint8_t rights;
	uint16_t index; /* received: which grant of the held request */
};
/* To lend: own memory; memory of the application; part of a received buffer; a frame (mm); nothing. */
struct djed_buffer djed_own(const void *memory, uint32_t length);
struct djed_buffer djed_own_writable(void *memory, uint32_t length);
struct djed_buffer djed_client(uint64_t address, uint32_t length, uint8_t rights);
struct djed_buffer djed_part(struct djed_buffer received, uint64_t offset, uint32_t length);
struct djed_buffer djed_frame(uint64_t frame, uint32_t offset, uint32_t length, uint8_t rights);
struct djed_buffer djed_nothing(void);

/* Copies from and to a received buffer. Returns the bytes copied: fewer than asked where the lender's
 * memory is not there. `destination` is logged. */
uint64_t djed_copy_in(void *destination, struct djed_buffer from, uint64_t offset, uint64_t length);
/* The same, but `destination` is not logged: for memory whose old contents mean nothing even if the
 * transaction is rolled back (a free page that no logged state points at yet; rule 14). */
uint64_t djed_copy_in_fresh(void *destination, struct djed_buffer from, uint64_t offset, uint64_t length);
uint64_t djed_copy_out(struct djed_buffer to, uint64_t offset, const void *source, uint64_t length);

/* Copies from and to the memory of the transaction's application; short where it is not mapped. Servers above
 * mm use client_read and client_write of os/lib/client.h, which ask mm for the missing pages. `replaces`: as
 * of the kernel's copy_out (os/protocols/kernel.idl). */
uint64_t djed_client_in(void *destination, uint64_t address, uint64_t length, bool until_nul);
uint64_t djed_client_out(uint64_t address, const void *source, uint64_t length, bool replaces);

/* ---- calls out; used by generated stubs ------------------------------------------------------------ */

/* To fill; never logged. */
static inline struct djed_message *djed_out(void)
{
	return &djed_ipc.out;
}
/* Of the last call. */
static inline const struct djed_message *djed_answer(void)
{
	return &djed_ipc.answer;
}
djed_status djed_call(djed_slot to, uint32_t label, enum djed_effect effect);
/* Marks a call site with its side-effect class; djed-window turns it into its inline test. */
void djed_effect(uint32_t effect);

/* ---- errors and log ---------------------------------------------------------------------------------- */

[[noreturn]] void djed_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define djed_assert(condition) \
	((condition) ? (void)0 : djed_panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition))
void djed_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
void djed_log_text(const char *line, uint64_t length); /* as it is */

/* ---- audit --------------------------------------------------------------------------------------------- */

/* What the cross audit compares between servers; xor and count over live processes (pid each). */
struct djed_audit {
	uint32_t violations;
	uint32_t processes;
	uint64_t process_xor; /* xor of djed_mix(pid) */
	uint64_t resource[4]; /* meaning per server, in its audit.c: e.g. mm: frames used, frames free */
};
void djed_violation(struct djed_audit *audit, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define djed_check(audit, condition, ...) ((condition) ? (void)0 : djed_violation(audit, __VA_ARGS__))
static inline uint64_t djed_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u; /* splitmix64, Steele et al. 2014 */
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

#endif
