/* Servers under test on Linux: the real runtime (runtime/port/linux.c) over a fake kernel.
 *
 *     host_start(&(struct host_options){.heap = 4 << 20});
 *     host_add_fake("mm", my_mm);                     // answers the server's calls
 *     host_add_server("store", &djed_server);         // the code under test; runs its init
 *     store_create(host_slot("store"), &object);      // generated client stubs work from the test itself
 *     struct host_outcome o = host_linux("vfs", LINUX_READ, 0, 0x1000, 5);   // as an application
 *     cr_assert(o.next == DJED_NEXT_PARK);
 *     o = host_wake(o.request);
 *
 * One process can hold several servers: link the others with the CMake function djed_host_server
 * (tests/CMakeLists.txt), which leaves only NAME_server visible. They share one heap. Everything is
 * deterministic: time is djed_port_time. */
#ifndef DJED_TESTS_HOST_H
#define DJED_TESTS_HOST_H

#include <djed/server.h>
#include <setjmp.h>

struct host_options {
	uint64_t heap;		  /* bytes, 0: 16 MiB */
	uint64_t log;		  /* bytes per server, 0: 16 MiB */
	uint64_t pool_frames;	  /* frames of the application pool, 0: 1024; the first one is number
				     HOST_POOL_FIRST */
	uint32_t policy;	  /* enum djed_policy */
	uint32_t detect_off;	  /* enum djed_detector bits that are not to be on */
	const char *command_line; /* NULL: empty */
	uint64_t archive_size;	  /* boot archive, mapped by the test itself at DJED_ARCHIVE_BASE */
};
enum { HOST_POOL_FIRST = 256 };

/* Once per test (Criterion runs each test in a process of its own), before anything else. */
void host_start(const struct host_options *options);

/* ---- services -------------------------------------------------------------------------------------- */

/* Answers a message in place of a server: fills answer->status and answer->word. While it runs, djed_copy_in,
 * djed_client_in and so on work on the request. */
typedef void host_fake(const struct djed_delivery *delivery, struct djed_message *answer);
void host_add_fake(const char *name, host_fake *fake);

/* Adds a server and runs its init, which must succeed. Every service sees all others as capabilities; the
 * kernel's capability types (spaces, frames, ...) are granted to all. Services that it looks up in init must
 * be added before. */
void host_add_server(const char *name, const struct djed_server *server);

/* From now on the server's regions (docs/regions.md; `count` of them, `size` bytes each) are protected while
 * it works, as the kernel does it. */
void host_protect_regions(const char *name, void *regions, uint32_t count, uint64_t size);

/* The slot under which everybody, the test included, calls a service. */
djed_slot host_slot(const char *name);

/* ---- applications ------------------------------------------------------------------------------------- */

/* Who sends the next requests: badge pid << 32 | tid. At start: process 1, thread 1. */
void host_be(uint32_t pid, uint32_t tid);

/* Makes `length` bytes of the test's memory the application's memory at `address`; rights DJED_GRANT_*. There
 * is one application address space. host_unmap drops all ranges that start in [address, address + length). */
void host_map(uint64_t address, void *memory, uint64_t length, uint8_t rights);
void host_unmap(uint64_t address, uint64_t length);

/* ---- requests -------------------------------------------------------------------------------------------
 */

struct host_outcome {
	uint32_t next;		       /* DJED_NEXT_REPLY, DJED_NEXT_PARK or DJED_NEXT_FORWARD */
	djed_status status;	       /* reply: its status; park: result if lost */
	uint64_t word[DJED_WORDS_MAX]; /* reply */
	djed_slot target;	       /* forward: the slot */
	struct djed_message message;   /* forward: the message as handed on */
	djed_handle request;	       /* for host_wake and host_cancel while it is parked */
	uint32_t log;		       /* enum djed_log_state of the server at the end */
};

/* Sends any message, as a new transaction of the current application. Grants of kind OWN lend the test's
 * memory. */
struct host_outcome host_request(const char *service, const struct djed_message *message);
/* A Linux call. Pass six arguments; missing ones may be left out. */
#define host_linux(...) host_linux_(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define host_linux_(service, number, a, b, c, d, e, f, ...)                                          \
	host_linux_call(service, number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), \
			(uint64_t)(e), (uint64_t)(f))
struct host_outcome host_linux_call(const char *service, uint32_t number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, uint64_t e, uint64_t f);
/* Hands a forwarded request on, as the kernel would. */
struct host_outcome host_follow(struct host_outcome forwarded);
/* A parked request again: woken, or cancelled. */
struct host_outcome host_wake(djed_handle parked);
struct host_outcome host_cancel(djed_handle parked);
/* The attempt that all further deliveries are said to be (0 at first), as after rollbacks. */
void host_attempt(uint32_t attempt);
/* Notification bits; returns the log state at the end. */
uint32_t host_notify(const char *service, uint64_t bits);
/* The server's own audit. */
struct djed_audit host_audit(const char *service);
/* The server's djed_deadline. */
uint64_t host_deadline(const char *service);

/* Undoes what the last transaction did in every server (instrumented builds). False: a log was damaged. */
bool host_rollback(void);

/* ---- the fake kernel ------------------------------------------------------------------------- */

/* Operations with an effect outside of the server are recorded, in order: notify, wake, answer_parked,
 * thread_*, space_*, port_*, and so on. */
struct host_effect {
	uint64_t operation; /* KERNEL_OP_* */
	uint64_t in[6];
	struct djed_message message; /* answer_parked: the answer */
	djed_slot caller;
};
/* The first recorded effect of that kind, removed. False: there is none. */
bool host_take_effect(uint64_t operation, struct host_effect *effect);
unsigned host_count_effects(uint64_t operation);
void host_forget_effects(void);

/* Takes over an operation. Return 0 or a negated errno, fill out[]. */
typedef djed_status host_operation(const uint64_t in[6], uint64_t out[3]);
void host_on(uint64_t number, host_operation *function);

/* Memory of a frame of the pool. */
void *host_frame(uint64_t frame);

/* What was logged with djed_log and djed_violation since the start, one line behind the other. */
const char *host_log(void);

/* Whether `statement` has touched memory that it must not; it has then been left there. */
#define host_faults(statement)                                   \
	({                                                       \
		bool fault_ = sigsetjmp(*host_fault_point(), 1); \
		if (!fault_) {                                   \
			statement;                               \
		}                                                \
		host_no_fault_point();                           \
		fault_;                                          \
	})
sigjmp_buf *host_fault_point(void);
void host_no_fault_point(void);

/* The text of the panic in `statement`, or NULL if there was none. The state of the server is undefined
 * afterwards. */
#define host_panic_of(statement)                                 \
	({                                                       \
		const char *panic_text_ = NULL;                  \
		if (__builtin_setjmp(host_panic_point()) == 0) { \
			statement;                               \
			host_no_panic_point();                   \
		} else {                                         \
			panic_text_ = host_panic_text();         \
		}                                                \
		panic_text_;                                     \
	})
void **host_panic_point(void);
void host_no_panic_point(void);
const char *host_panic_text(void);

#endif
