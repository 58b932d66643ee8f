#include "application.h"
#include "copy.h"
#include "lab.h"
#include "log.h"
#include "service.h"
#include "tap.h"

/* Linux call numbers and signals that the kernel itself must know. */
enum {
	LINUX_BRK = 12,
	LINUX_RT_SIGRETURN = 15,
	LINUX_EXIT = 60,
	LINUX_EXIT_GROUP = 231,
	SIGNAL_BUS = 7,
	SIGNAL_SEGV = 11
};
enum { LABEL_TOO_LARGE = 0xffff, RESTART_FIRST = -516, RESTART_LAST = -512 };
enum { QUANTUM_DEFAULT_NS = 10000000, FAILURES_MAX = 1024, RUNG_END_CLIENT = 3 };

struct application application_table[TXN_THREADS];

static uint16_t free_number[TXN_THREADS]; /* stack of free positions */
static uint32_t free_numbers, buried;

void application_init(void)
{
	for (unsigned i = TXN_THREADS; i-- > 0;) {
		application_table[i].generation = 1;
		application_table[i].thread.number = (uint16_t)i;
		application_table[i].thread.application = 1;
		free_number[free_numbers++] = (uint16_t)i;
	}
}

struct application *application_create(struct space *space, uint64_t badge)
{
	struct application *a;

	if (!free_numbers)
		return NULL;
	a = &application_table[free_number[--free_numbers]];
	arch_thread_clear(&a->thread.arch);
	a->thread.tables = space->tables;
	a->thread.user_ticks = a->system_ticks = a->system_shown = a->used = 0;
	a->thread.priority = PRIORITY_DEFAULT;
	a->quantum = arch_ns_to_ticks(QUANTUM_DEFAULT_NS);
	a->space = space;
	space_enter(space);
	a->state = APPLICATION_STOPPED;
	a->signalled = a->raise = a->context_replaced = a->tapped = false;
	a->badge = badge;
	a->call_number = ~0ull;
	a->failing = a->failures = a->row = 0;
	a->refusal = 0;
	return a;
}

void application_copy(struct application *to, struct application *from)
{
	arch_thread_copy(&to->thread.arch, &from->thread.arch);
	arch_call_status(&to->thread.arch, 0);
	to->thread.priority = from->thread.priority;
	to->quantum = from->quantum;
}

struct application *application_of(djed_handle handle)
{
	uint32_t number = (uint32_t)handle;

	if (number >= TXN_THREADS || application_table[number].generation != handle >> 32 ||
	    application_table[number].state == APPLICATION_FREE ||
	    application_table[number].state == APPLICATION_GONE)
		return NULL;
	return &application_table[number];
}

djed_handle application_handle(const struct application *a)
{
	return (uint64_t)a->generation << 32 | a->thread.number;
}

unsigned application_number(const struct application *a)
{
	return a->thread.number;
}

static void release(struct application *a)
{
	a->state = APPLICATION_FREE;
	free_number[free_numbers++] = a->thread.number;
}

void application_destroy(struct application *a)
{
	thread_block(&a->thread);
	arch_thread_gone(&a->thread.arch);
	a->generation = a->generation == ~0u ? 1 : a->generation + 1;
	space_leave(a->space);
	a->space = NULL;
	a->state = APPLICATION_GONE;
	if (txn_thread_gone(&rules, application_number(a)))
		release(a);
}

/* The kernel ends the thread, as what it asked for cannot fail (rule 16), and pm is told to look. */
static void bury(struct application *a, const char *reason)
{
	unsigned pm = event_target(DJED_EVENT_SIGNAL);

	kernel_log("thread %u of process %u ended: %s", (uint32_t)a->badge, (uint32_t)(a->badge >> 32),
		   reason);
	application_destroy(a);
	buried++;
	if (pm != TXN_NONE)
		txn_interrupt(&rules, pm, DJED_NOTIFY_TOMBSTONE);
}

/* Rung 3: it repeats for ever what fails. */
static void end_client(struct application *a)
{
	lab()->rung_uses[RUNG_END_CLIENT]++;
	lab()->clients_ended++;
	bury(a, "it repeats for ever what fails");
}

/* ---- requests -------------------------------------------------------------------------------- */

static void send(struct application *a, unsigned target, const struct djed_message *message)
{
	const struct djed_message dead = {.status = -EIO};

	thread_block(&a->thread);
	a->state = APPLICATION_WAITING;
	a->waiting_for = message->label;
	a->context_replaced = false;
	copy_begin(application_number(a));
	a->system_shown = a->system_ticks;
	if (target == TXN_NONE || txn_request(&rules, application_number(a), target, message))
		application_answered(a, &dead, TXN_ABANDONED);
}

void application_event(struct application *a, const struct djed_message *event)
{
	send(a, event_target(DJED_LABEL_NUMBER(event->label)), event);
}

void application_call(struct application *a)
{
	uint64_t number = arch_call_number(&a->thread.arch);
	unsigned target = route_of(number);
	struct djed_message message = {
	    .label = DJED_LABEL(DJED_PROTOCOL_LINUX, number < LABEL_TOO_LARGE ? number : LABEL_TOO_LARGE)};

	a->call_number = number;
	lab_call();
	if (a->refusal && number == a->refused) {
		arch_call_status(&a->thread.arch, a->refusal);
		if (++a->failures >= FAILURES_MAX)
			end_client(a);
		return;
	}
	if (target == TXN_NONE) {
		arch_call_status(&a->thread.arch, -ENOSYS);
		return;
	}
	arch_call_arguments(&a->thread.arch, message.word);
	tap_call(a, target, &message);
	send(a, target, &message);
}

static struct djed_message exception(uint64_t signal, uint64_t address, uint64_t vector, uint64_t error)
{
	return (struct djed_message){.label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_EXCEPTION),
				     .word = {signal, address, vector, error}};
}

/* Raises an exception when the thread is to run again. */
static void raise_later(struct application *a, uint64_t signal, uint64_t address, uint64_t vector,
			uint64_t error)
{
	a->event = exception(signal, address, vector, error);
	a->raise = true;
}

void kernel_page_fault(uint64_t address, uint32_t access)
{
	account_user_time();
	if (current->application) {
		struct application *a = (struct application *)current;

		a->call_number = ~0ull;
		a->event =
		    (struct djed_message){.label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_PAGE_FAULT),
					  .word = {address, access, arch_instruction(&a->thread.arch)}};
		application_event(a, &a->event);
	} else if (!service_log_overflow((struct service *)current, address) &&
		   !regions_touched((struct service *)current, address)) {
		service_crash((struct service *)current, DJED_CRASH_EXCEPTION, ARCH_PAGE_FAULT, address);
	}
	schedule();
}

void kernel_exception(uint32_t vector, uint64_t address, uint64_t error, uint32_t signal)
{
	account_user_time();
	if (current->application) {
		struct application *a = (struct application *)current;

		a->call_number = ~0ull;
		a->event = exception(signal, address, vector, error);
		application_event(a, &a->event);
	} else {
		service_crash((struct service *)current, DJED_CRASH_EXCEPTION, vector, address);
	}
	schedule();
}

/* ---- answers --------------------------------------------------------------------------------- */

/* A program that goes on repeating what recovery goes on failing, or that needs a signal which cannot be
 * delivered, would run for ever (rung 3 of the ladder). It can do without the end of its quantum. */
static bool is_hopeless(struct application *a, enum txn_outcome outcome)
{
	if (a->waiting_for == DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_QUANTUM))
		return false;
	if (outcome != TXN_FAILED) {
		if (a->waiting_for == a->failing)
			a->failures = a->row = 0;
		return false;
	}
	a->row = a->waiting_for == a->failing ? a->row + 1 : 1;
	a->failing = a->waiting_for;
	return ++a->failures == FAILURES_MAX;
}

/* False: the thread has been ended. */
static bool call_answered(struct application *a, const struct djed_message *answer, enum txn_outcome outcome)
{
	int64_t result = answer->status ? answer->status : (int64_t)answer->word[0];

	if (a->tapped)
		tap_answer(a, result);
	if (outcome != TXN_ANSWERED) {
		if (a->call_number == LINUX_EXIT || a->call_number == LINUX_EXIT_GROUP) {
			bury(a, "its exit cannot be served");
			return false;
		}
		if (a->call_number == LINUX_RT_SIGRETURN)
			raise_later(a, SIGNAL_SEGV, 0, ARCH_PAGE_FAULT, 0);
		if (a->call_number == LINUX_BRK)
			result = 0; /* it fails with a break lower than wanted; -ENOMEM would be a high one */
	}
	if (a->context_replaced)
		return true;
	if (result >= RESTART_FIRST && result <= RESTART_LAST && !a->signalled)
		result = -EINTR; /* only pm, at a signal, knows what else to do with it (abi/restart.h) */
	arch_call_status(&a->thread.arch, result);
	return true;
}

static void fault_answered(struct application *a, const struct djed_message *answer, enum txn_outcome outcome)
{
	uint64_t signal = SIGNAL_BUS;

	if (!answer->status)
		return;
	if (outcome == TXN_ANSWERED && answer->status == -EFAULT && answer->word[0] >= 1 &&
	    answer->word[0] <= 64)
		signal = answer->word[0];
	raise_later(a, signal, a->event.word[0], ARCH_PAGE_FAULT, a->event.word[1]);
}

void application_answered(struct application *a, const struct djed_message *answer, enum txn_outcome outcome)
{
	if (a->state == APPLICATION_GONE) {
		release(a);
		return;
	}
	if (is_hopeless(a, outcome)) {
		end_client(a);
		return;
	}
	if (DJED_LABEL_PROTOCOL(a->waiting_for) == DJED_PROTOCOL_LINUX) {
		if (!call_answered(a, answer, outcome))
			return;
	} else if (DJED_LABEL_NUMBER(a->waiting_for) == DJED_EVENT_PAGE_FAULT) {
		fault_answered(a, answer, outcome);
	} else if (DJED_LABEL_NUMBER(a->waiting_for) == DJED_EVENT_EXCEPTION && outcome != TXN_ANSWERED) {
		bury(a, "its exception cannot be served");
		return;
	}
	a->context_replaced = false;
	a->state = APPLICATION_RUNNING;
	thread_ready(&a->thread);
}

uint32_t application_failures(const struct application *a)
{
	bool refusable = DJED_LABEL_PROTOCOL(a->waiting_for) == DJED_PROTOCOL_LINUX &&
			 a->call_number != LINUX_EXIT && a->call_number != LINUX_EXIT_GROUP &&
			 a->call_number != LINUX_RT_SIGRETURN && a->call_number != LINUX_BRK;

	return refusable && a->waiting_for == a->failing ? a->row : 0;
}

void application_refuse(struct application *a, uint64_t error)
{
	a->refused = a->call_number;
	a->refusal = -(djed_status)error;
}

/* ---- the end of a transaction ---------------------------------------------------------------- */

static void move(struct application *a)
{
	struct space *space = space_of(a->next_space);

	if (!space) { /* destroyed by the same transaction: there is nowhere to run */
		bury(a, "its memory is gone");
		return;
	}
	space_enter(space);
	space_leave(a->space);
	a->space = space;
	a->thread.tables = space->tables;
	a->refusal = 0; /* another program */
}

void application_commit(struct application *a, uint32_t effects)
{
	if (a->state == APPLICATION_GONE || a->state == APPLICATION_FREE)
		return;
	if (effects & APPLICATION_DESTROY) {
		application_destroy(a);
		return;
	}
	if (effects & APPLICATION_CONTEXT) {
		arch_thread_set_context(&a->thread.arch, &a->next_context);
		a->context_replaced = a->state == APPLICATION_WAITING;
	}
	if (effects & APPLICATION_SIGNAL) {
		a->signalled = true;
		txn_cancel(&rules, application_number(a));
	}
	if ((effects & APPLICATION_START) && a->state == APPLICATION_STOPPED) {
		a->state = APPLICATION_RUNNING;
		thread_ready(&a->thread);
	}
	if (effects & APPLICATION_MOVE)
		move(a);
}

/* ---- return to user mode --------------------------------------------------------------------- */

bool application_prepare(struct application *a)
{
	if (a->raise) {
		a->raise = false;
		application_event(a, &a->event);
		return false;
	}
	if (a->signalled) {
		const struct djed_message signal = {.label =
							DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_SIGNAL)};
		a->signalled = false;
		application_event(a, &signal);
		return false;
	}
	if (!a->quantum)
		return true;
	if (a->used >= a->quantum) {
		struct djed_message quantum = {.label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_QUANTUM)};
		quantum.word[0] = arch_ticks_to_ns(a->used);
		a->used = 0;
		if (event_target(DJED_EVENT_QUANTUM) == TXN_NONE) {
			thread_yield();
			return false;
		}
		application_event(a, &quantum);
		return false;
	}
	timer_want(arch_ticks() + a->quantum - a->used);
	return true;
}

/* The audits compare this with what pm knows. */
struct application_counts application_count(void)
{
	struct application_counts counts = {.violations = 0};
	unsigned pm = event_target(DJED_EVENT_SIGNAL), unused = 0;

	for (unsigned i = 0; i < TXN_THREADS; i++) {
		const struct application *a = &application_table[i];

		unused += a->state == APPLICATION_FREE;
		if (a->state == APPLICATION_FREE || a->state == APPLICATION_GONE)
			continue;
		counts.threads++;
		counts.badges_xor ^= a->badge;
		counts.violations += !a->space || !a->space->tables || a->thread.tables != a->space->tables;
	}
	counts.violations += unused != free_numbers;
	if (pm == TXN_NONE || !(rules.service[pm].bits & DJED_NOTIFY_TOMBSTONE))
		buried = 0;
	counts.tombstones = buried;
	return counts;
}
