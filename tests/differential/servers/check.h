/* The differential check of servers: what each of them (a `subject`) tells the check, and what the subjects
 * share. */
#ifndef DIFFERENTIAL_CHECK_H
#define DIFFERENTIAL_CHECK_H

#include "host.h"

/* What is not the server's and yet takes part: fakes, the kernel's threads, applications' memory, the random
 * numbers. It is put back before a step is repeated, so that the repetition meets what the first attempt has
 * met. */
#define WORLD __attribute__((section("differential_world")))

enum { LENT = 128 << 10 };	/* bytes that messages lend */
enum { APPLICATION = 0x10000 }; /* address of the application's memory */
enum { APPLICATION_SIZE = 1 << 16 };
enum { PIDS = 2048 }; /* processes have lower numbers */
extern uint8_t lent[LENT];
extern uint8_t application[APPLICATION_SIZE];

/* ---- steps and subjects ----------------------------------------------------------------------------------
 */

/* What happens to the server next. */
enum step_kind { STEP_REQUEST, STEP_NOTIFY, STEP_WAKE, STEP_CANCEL };
struct step {
	enum step_kind kind;
	uint32_t pid;		     /* of the application; 0: none */
	struct djed_message message; /* STEP_REQUEST */
	uint64_t bits;		     /* STEP_NOTIFY */
	djed_handle parked;	     /* STEP_WAKE, STEP_CANCEL */
};

struct subject {
	const char *name;
	uint64_t heap; /* bytes, for it and the servers that it calls */
	/* Adds the server and those that it calls, and puts them into a state in which requests find
	 * something. */
	void (*start)(void);
	/* Makes up the next step. */
	void (*make)(struct step *step);
	/* NULL, or: what has come of a step for good. */
	void (*done)(const struct step *step, const struct host_outcome *outcome);
	/* NULL, or: whether a byte at `address` may differ after a rollback. */
	bool (*exempt)(const uint8_t *address);
	const char *exemption; /* what that is, for people */
	/* Its state is the device's: nothing is logged, and a repetition may be answered differently. */
	bool device;
	/* Only `make` knows when a parked request may be cancelled. */
	bool cancels_itself;
};
extern const struct subject store_subject, mm_subject, pm_subject, sched_subject, ds_subject, vfs_subject,
    console_subject, monitor_subject, uart_subject, counter_subject;

/* Pages of the store mean something only as far as an object in the (restored) state has bytes there (rule
 * 14). */
bool store_exempts(const uint8_t *address);
#define STORE_EXEMPTION "pages of the store where no object has bytes"

/* ---- parked requests (check.c) ---------------------------------------------------------------------------
 */

/* Whether a request of that process is parked: its thread cannot make another one. */
bool process_waits(uint32_t pid);
/* Label of that request, 0 if there is none. */
uint32_t process_waits_for(uint32_t pid);
/* Turns `step` into the cancellation of the process' parked request. */
void make_cancel(struct step *step, uint32_t pid);
/* The process has ended: nobody waits for an answer. */
void process_forget(uint32_t pid);

/* ---- memory (memory.c) -----------------------------------------------------------------------------------
 */

/* After the subject's start: learns what is to be compared. */
void memory_prepare(void);
/* Remembers all writable memory of the servers, and the world. */
void memory_snapshot(void);
/* Number of the servers' bytes that differ from the snapshot; the first one is shown. Adds those that are
 * exempt to *exempted. */
size_t memory_compare(const char *what, bool (*exempt)(const uint8_t *address), size_t *exempted);
void world_restore(void);

/* ---- values (values.c) -----------------------------------------------------------------------------------
 */

void random_start(uint32_t seed);
uint32_t random_below(uint32_t limit);
uint64_t random_of(const uint64_t *values, size_t count);
#define PICK(...) \
	random_of((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* A grant of (part of) `lent`. */
struct djed_grant a_grant(uint8_t rights);
/* Puts bytes somewhere into the application's memory; its address. */
uint64_t application_bytes(const void *bytes, uint32_t length);
uint64_t application_text(const char *text);
/* Addresses, borders, small and large numbers: for any argument. */
uint64_t a_value(void);
/* Overwrites some words of the application's memory by a_value(). */
void application_scribble(unsigned words);
/* A Linux call; missing arguments are 0. */
#define set_call(step, ...) set_call_(step, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define set_call_(step, number, a, b, c, d, e, f, ...) \
	set_call_words(step, number, (const uint64_t[]){a, b, c, d, e, f})
void set_call_words(struct step *step, uint32_t number, const uint64_t word[6]);
/* Any call that the service owns (or once in a while any at all), with arguments from a_value(). */
void make_any_call(struct step *step, const char *owner);

/* A fake that answers 0, or now and then `error`; no words. */
void answer_or(struct djed_message *answer, int32_t error);
/* A fake mm: the application's missing pages stay missing. */
void fake_mm(const struct djed_delivery *delivery, struct djed_message *answer);
/* A fake that says yes to everything. */
void fake_nobody(const struct djed_delivery *delivery, struct djed_message *answer);
/* The received buffer of a fake. */
struct djed_buffer fake_buffer(const struct djed_delivery *delivery, unsigned index);

#endif
