/* The rules of transactions: requests, endpoints, delivery, waiting, unwinding, recovery. "Rule N", here and
 * elsewhere, is one of "The sixteen rules" in docs/transactions.md.
 *
 * Hardware-free and the same code in the kernel and in tests/model/. All state is in one struct txn, with
 * indices instead of pointers, so it can be copied and compared. Nothing is allocated, so nothing here runs
 * out.
 *
 * Every entry point first checks, and returns a negated errno without having changed anything; behind its
 * line "commit" it cannot fail. Effects on the outside go through the txn_env_* functions, which the kernel
 * and the model implement. Entry points run to completion: no two at the same time. */
#ifndef DJED_KERNEL_TRANSACTION_H
#define DJED_KERNEL_TRANSACTION_H

#include "../abi/errors.h"
#include "../abi/message.h"
#include "../abi/recovery.h"
#include "../abi/types.h"

/* Table sizes. The model compiles the same code with smaller ones. */
#ifndef TXN_THREADS
#define TXN_THREADS 512 /* application threads */
#endif
#ifndef TXN_SERVICES
#define TXN_SERVICES DJED_SERVICES_MAX
#endif
#ifndef TXN_OBJECTS
#define TXN_OBJECTS 1024 /* kernel objects that transactions make and change, numbered by the environment */
#endif
#ifndef TXN_SHAPES
#define TXN_SHAPES 4096 /* of executions, told apart by a hash */
#endif

/* Requests are embedded, three for each service and one for each application thread:
 *   service * 3 + TXN_CALL           what the service's thread waits for
 *   service * 3 + TXN_NOTIFICATION   the service's work on its notification bits
 *   service * 3 + TXN_REPORT         the report of the service's crash
 *   TXN_SERVICE_REQUESTS + thread    what an application thread waits for */
enum { TXN_CALL, TXN_NOTIFICATION, TXN_REPORT, TXN_PER_SERVICE };
enum {
	TXN_SERVICE_REQUESTS = TXN_SERVICES * TXN_PER_SERVICE,
	TXN_REQUESTS = TXN_SERVICE_REQUESTS + TXN_THREADS,
	TXN_THINGS = TXN_REQUESTS + TXN_OBJECTS, /* what a deferred effect can be about */
	TXN_NONE = 0xffff,
};

enum txn_request_state {
	TXN_IDLE,      /* not in use */
	TXN_QUEUED,    /* waits at `endpoint` */
	TXN_HELD,      /* the server of `endpoint` works on it */
	TXN_PARKED,    /* kept unanswered for the server of `endpoint`; its transaction has ended */
	TXN_UNWINDING, /* roots only: participants undo their logs */
};

/* Doubly linked lists over indices; a list without elements has head TXN_NONE. */
struct txn_link {
	uint16_t next, previous;
};
struct txn_list {
	uint16_t head, tail;
};

struct txn_request {
	/* of every request */
	uint8_t state;	     /* enum txn_request_state */
	uint8_t kind;	     /* of its next or present delivery: enum djed_delivery_kind */
	uint8_t endpoint;    /* service where it is queued, held or parked */
	uint8_t resumed;     /* woken or cancelled: it was parked at `endpoint` before this delivery */
	uint16_t root;	     /* the root of its transaction: itself unless a server made it for another */
	uint16_t tip;	     /* roots: the innermost request of the chain of calls */
	uint32_t generation; /* counts ends: the upper half of its handle */
	struct djed_message message; /* as sent, or as last forwarded; parked: as last delivered */

	/* of roots */
	djed_transaction transaction; /* age; 0 until first delivered */
	uint64_t begun;		      /* txn_env_now of its first delivery */
	uint32_t attempt;	      /* redeliveries of this transaction, for any reason */
	uint32_t retries;	      /* of these, those that followed a crash */
	uint32_t origin;	      /* label of the first message, whatever forwarders made of it */
	uint32_t participants;	      /* services whose log or effects belong to this transaction */
	uint32_t lost;		      /* services that can no longer undo their part (rule 4) */
	uint32_t undoing;	      /* TXN_UNWINDING: services that have not reported yet */
	int32_t failure;	      /* TXN_UNWINDING: 0: deliver again; else the errno to answer with */
	uint32_t shape;		      /* what this execution has done so far, as a hash */
	uint32_t done, undone;	   /* sums of digests of logs: of this execution; of the one before, undone */
	uint32_t told, told_shape; /* hashes of the answer held back last and of its execution */
	uint8_t rounds;		   /* answers held back */
	uint8_t differs; /* enum txn_comparison: results in the client's memory, with those of the execution
			    before */
	uint8_t once;	 /* its answer cannot be confirmed */
	uint8_t again;	 /* it is rolled back to confirm its answer */
	struct txn_list effects; /* things with a deferred effect or creation of this transaction */

	/* of application threads */
	uint8_t cancel;	     /* a signal came while it could not be cancelled */
	uint8_t gone;	     /* its thread has been destroyed: nobody awaits the answer */
	int32_t park_status; /* result to give if the holder of the parked request is lost */
	uint64_t park_word;
	struct djed_message answer; /* deferred, see TXN_EFFECT_ANSWER */
};

/* What is deferred on a thing until the transaction `root` ends. */
struct txn_effect {
	struct txn_link link;
	uint16_t root;	 /* TXN_NONE: nothing is deferred */
	uint8_t service; /* which issued it */
	uint8_t created; /* objects: made by this transaction */
	uint32_t bits;	 /* requests: enum txn_request_effect; objects: the environment's */
};
enum txn_request_effect { TXN_EFFECT_WAKE = 1, TXN_EFFECT_ANSWER = 2 };

/* Whose answers are confirmed, see transaction_confirm.c. */
enum txn_confirm { TXN_CONFIRM_NONE, TXN_CONFIRM_DOUBTFUL, TXN_CONFIRM_ALL };

struct txn_service {
	uint8_t state;	      /* DJED_SERVICE_* */
	uint8_t log;	      /* enum djed_log_state as last stated */
	uint8_t effects;      /* it has issued deferred effects or creations for log_owner */
	uint8_t alone;	      /* it alone undoes (osiris); the held request then gets `alone_error` */
	uint8_t undo_crashed; /* STOPPED: in the middle of undoing its log */
	uint8_t report_again; /* it crashed while the report of its last crash was still being worked on */
	int32_t alone_error;
	uint16_t held;	    /* request that it works on, or TXN_NONE */
	uint16_t log_owner; /* open root to which its log, effects and creations belong, or TXN_NONE */
	struct txn_list queue;
	uint64_t bits;	   /* notification bits that came in */
	uint64_t given_up; /* bits whose work recovery had to fail; they come once more, as failed */
	uint32_t digest;   /* its part of `done` of log_owner */
	uint32_t notifies; /* services that it has deferred notifications for */
	uint64_t notify[TXN_SERVICES];
	struct djed_message report; /* of its last crash */
};

struct txn {
	djed_transaction serial;   /* of the last transaction begun */
	uint16_t stopped;	   /* services in state STOPPED */
	uint16_t unwinding;	   /* roots in state UNWINDING */
	uint8_t recoverer;	   /* service number, 0 until one is opened */
	uint8_t confirm;	   /* enum txn_confirm */
	uint32_t confirmed;	   /* requests of which an answer was held back */
	uint32_t disagreed;	   /* answers that were other than the one before */
	uint16_t seen[TXN_SHAPES]; /* executions, by shape; counts in a circle once they are usual */
	struct txn_service service[TXN_SERVICES];
	struct txn_request request[TXN_REQUESTS];
	struct txn_link queue_link[TXN_REQUESTS];
	struct txn_effect effect[TXN_THINGS];
};

/* ---- set-up ---------------------------------------------------------------------------------- */

/* Everything empty, all services DEAD. */
void txn_init(struct txn *t);

/* A service comes to life: its thread is running (state WORKING) and holds nothing. `recoverer`: crashes of
 * others are reported to it. Service 0 is the root task. -EINVAL: no such number, or already open. */
[[nodiscard]] djed_status txn_service_open(struct txn *t, unsigned service, bool recoverer);

/* ---- what applications cause ----------------------------------------------------------------- */

/* An event of an application thread (system call, page fault, exception, signal, quantum) becomes a root
 * request to `target`; the thread is blocked until txn_env_answer. `thread` < TXN_THREADS must have no
 * request under way (-EBUSY). -EIO: the target is dead; the environment answers the thread itself. */
[[nodiscard]] djed_status txn_request(struct txn *t, unsigned thread, unsigned target,
				      const struct djed_message *message);

/* A signal for the thread: a parked request is delivered to its holder with kind CANCEL; one that is under
 * way will be when it parks. Without a request, and with one that already has a (deferred) answer: no effect.
 */
void txn_cancel(struct txn *t, unsigned thread);

/* The thread has been destroyed. True: it has no request, its number may be used again at once. False: it may
 * be used again when txn_env_answer has been called for it. */
[[nodiscard]] bool txn_thread_gone(struct txn *t, unsigned thread);

/* ---- what servers do -------------------------------------------------------------------------- */

/* The service must be running (WORKING; txn_receive also UNDOING), else -EINVAL. */

/* The service calls `target` and is blocked until txn_env_return, or until txn_env_unwind has given it
 * something else to do. Whether it may call `target` at all is checked by the environment.
 * - -EIO: the target is dead
 * - -EDEADLK: the target works for this very chain of calls, or waiting would close a cycle in which nobody
 *   can be rolled back
 * - -EBUSY: the caller has to decide about a stopped service */
[[nodiscard]] djed_status txn_call(struct txn *t, unsigned service, unsigned target, enum djed_log_state log,
				   const struct djed_message *message);

/* Disposes of what the service holds (`next`), then waits for the next delivery; txn_env_deliver may be
 * called before this returns. `message` is for REPLY, FORWARD and PARK, `target` for FORWARD. Any error
 * leaves the service running with what it held:
 * - -EINVAL: `next` does not fit what it holds (REPLY, FORWARD and PARK want a request, FINISH a
 *   notification, NONE nothing, ROLLED_BACK the state UNDOING, and conversely)
 * - -EINVAL: FORWARD with a log that is not empty, or with deferred effects other than notifications, or of a
 *   root request whose transaction has participants
 * - -EINVAL: PARK of anything but an application's request
 * - -EIO: FORWARD to a dead endpoint
 * - -EDEADLK: FORWARD as in txn_call */
[[nodiscard]] djed_status txn_receive(struct txn *t, unsigned service, enum djed_next next,
				      enum djed_log_state log, unsigned target,
				      const struct djed_message *message);

/* ORs `bits` into the target's notification word, at the end of the transaction the service works for (at
 * once if it works for none). Bits for a dead service are dropped. */
[[nodiscard]] djed_status txn_notify(struct txn *t, unsigned service, unsigned target, uint64_t bits);

/* The same at once, from the kernel: interrupts and timers. */
void txn_interrupt(struct txn *t, unsigned target, uint64_t bits);

/* Answers a request that is parked with the service, at the end of the transaction. It counts as parked until
 * it is delivered again. -ESRCH: no such request, or already answered. */
[[nodiscard]] djed_status txn_answer_parked(struct txn *t, unsigned service, djed_handle request,
					    const struct djed_message *message);

/* Delivers a parked request again as a new transaction, at the end of the present one. -ESRCH as above. */
[[nodiscard]] djed_status txn_wake(struct txn *t, unsigned service, djed_handle request);

/* The service has run over the end of its log: its part of the present transaction cannot be undone. */
void txn_log_lost(struct txn *t, unsigned service);

/* ---- kernel objects (rule 10); `object` < TXN_OBJECTS, numbered by the environment ----------- */

/* The service has made the object: undone if the transaction is (txn_env_object_undo), permanent at its end
 * (txn_env_object_commit). If it works for no transaction the object is permanent at once and nothing is
 * called. -EINVAL: it is already tagged by an open transaction. */
[[nodiscard]] djed_status txn_object_created(struct txn *t, unsigned service, unsigned object);

/* Defers effects on the object (bits of the environment's own choosing; they add up) to the end of the
 * transaction, when txn_env_object_commit is called with all of them; at once if the service works for none.
 * Their data is kept by the environment. -EBUSY: another open transaction holds something on this object. */
[[nodiscard]] djed_status txn_object_defer(struct txn *t, unsigned service, unsigned object,
					   uint32_t effects);

/* Effects deferred on the object by the transaction the service works for (0: none, or another's). */
uint32_t txn_object_deferred(const struct txn *t, unsigned service, unsigned object);

/* ---- crashes (docs/transactions.md, "Crash and unwinding") ----------------------------------- */

/* A running service (WORKING or UNDOING) has crashed and is STOPPED. `report` is the DJED_EVENT_CRASH
 * message; its words 0 (service), 5 (transaction), 6 (label held) and 7 (attempt: earlier crashes of this
 * transaction) are filled here. -EINVAL: it is not running. -EIO: nobody to report to (root itself, or the
 * recoverer is dead): it stays stopped. */
[[nodiscard]] djed_status txn_crash(struct txn *t, unsigned service, const struct djed_message *report);

/* The recoverer's decision (enum djed_recovery_action) about a stopped service. `error`: a positive errno,
 * for the actions that answer with one.
 * - -ESRCH: the service is not stopped
 * - -EINVAL: unknown action, or error out of 1..4095 where one is needed
 * - -EINVAL: RETRY, ERROR, ERROR_ALONE when it crashed while undoing or held nothing
 * - -EINVAL: RETRY, ERROR when a participant lost its log; ERROR_ALONE when it lost its own; RESTART and
 *   RESTART_RETRY when another one did */
[[nodiscard]] djed_status txn_recover(struct txn *t, unsigned service, enum djed_recovery_action action,
				      unsigned error);

/* Fills everything but `name`. */
void txn_information(const struct txn *t, unsigned service, struct djed_service_information *information);

/* Adds to the members parked, queued, held, log_owners, deferred and violations; the rest is the
 * environment's. What belongs to the transaction that `service` works for is not counted. Walks all tables.
 */
void txn_audit(const struct txn *t, unsigned service, struct djed_kernel_audit *audit);

/* ---- looking --------------------------------------------------------------------------------- */

/* Request that the service works on, or TXN_NONE. */
static inline unsigned txn_held(const struct txn *t, unsigned service)
{
	return t->service[service].held;
}

/* Root of the transaction that the service works for, or TXN_NONE. */
static inline unsigned txn_working_for(const struct txn *t, unsigned service)
{
	unsigned held = t->service[service].held;

	return held == TXN_NONE ? TXN_NONE : t->request[held].root;
}

/* The application thread whose request this is, or TXN_NONE. For the transaction's application ask for the
 * root. */
static inline unsigned txn_thread_of(unsigned request)
{
	return request >= TXN_SERVICE_REQUESTS && request < TXN_REQUESTS ? request - TXN_SERVICE_REQUESTS
									 : TXN_NONE;
}

/* The service that made the request (TXN_CALL) or that it is about (the other two); not for application
 * threads'. */
static inline unsigned txn_service_of(unsigned request)
{
	return request / TXN_PER_SERVICE;
}

static inline unsigned txn_thread_request(unsigned thread)
{
	return TXN_SERVICE_REQUESTS + thread;
}

static inline djed_handle txn_handle(const struct txn *t, unsigned request)
{
	return (uint64_t)t->request[request].generation << 32 | request;
}

/* ---- confirmation (docs/transactions.md) ------------------------------------------------------ */

/* One step of multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): the upper half is the
 * good one. */
static inline uint32_t txn_mix(uint32_t sum, uint64_t word)
{
	return (uint32_t)((sum ^ word) * 0x9e3779b97f4a7c15u >> 32);
}

/* Adds to the shape of the execution that the service works for: `what` it sends or answers, and the length
 * of its log (bytes; of a long one only the two leading bits). */
static inline void txn_shape(struct txn *t, unsigned service, uint32_t what, uint32_t log)
{
	unsigned root = txn_working_for(t, service);

	if (!t->confirm || root == TXN_NONE)
		return;
	if (log >= 256)
		log &= ~0u << (30 - (unsigned)__builtin_clz(log));
	t->request[root].shape = txn_mix(t->request[root].shape, (uint64_t)log << 32 | what);
}

/* The digest of the service's log, as it states it with a message or (next: ROLLED_BACK) of what it has
 * undone. */
void txn_digest(struct txn *t, unsigned service, enum djed_next next, uint32_t digest);

/* Whether the service works for a request of which an answer is held back: then results are compared with
 * those in the client's memory, and txn_differs tells if they are others; what is told first counts. */
bool txn_confirms(const struct txn *t, unsigned service);
enum txn_comparison { TXN_SAME, TXN_DIFFERS, TXN_CANNOT_COMPARE };
void txn_differs(struct txn *t, unsigned service, enum txn_comparison comparison);

/* The request that the service works for cannot be delivered again only to confirm its answer. */
void txn_once(struct txn *t, unsigned service);

/* ---- what the environment implements ---------------------------------------------------------- */

/* They must not call back into this file, but for txn_env_answer and txn_env_object_commit (see there). */

/* What `begun` of a request gets; has no other meaning here. */
uint64_t txn_env_now(void);

/* Delivers to a service that was RECEIVING and is now WORKING (kind ROLLBACK: UNDOING). The message is
 * t->request[request].message; attempt and transaction are those of its root. ROLLBACK: request is the root.
 * `flags`: DJED_DELIVERY_*; `bits`: kind NOTIFIED. */
void txn_env_deliver(struct txn *t, unsigned service, unsigned request, enum djed_delivery_kind kind,
		     uint32_t flags, uint64_t bits);

/* The call of a service returns with this answer; it is WORKING again. */
void txn_env_return(struct txn *t, unsigned service, const struct djed_message *answer);

enum txn_outcome {
	TXN_ANSWERED, /* by a server */
	TXN_FAILED, /* by recovery, with answer->status only: what the call did has been undone. For exit the
		       environment ends the thread nevertheless and keeps a tombstone (rule 16) */
	TXN_ABANDONED, /* its server is dead or was restarted without undoing */
};
/* The thread's event has ended: it may run again. If txn_thread_gone returned false for it: there is nobody
 * to answer, and its number may be used again. May end the thread (txn_thread_gone is true then) and call
 * txn_interrupt. */
void txn_env_answer(struct txn *t, unsigned thread, const struct djed_message *answer,
		    enum txn_outcome outcome);

/* The service's thread, wherever it is (running, or blocked in a call, or stopped), goes on at its recovery
 * stub. */
void txn_env_unwind(struct txn *t, unsigned service);

/* The service's thread starts again at its entry point. */
void txn_env_restart(struct txn *t, unsigned service);

/* The service is dead for good: its thread never runs again. */
void txn_env_dead(struct txn *t, unsigned service);

/* The transaction ended: what it made is permanent, and these effects happen now. May call txn_cancel,
 * txn_thread_gone and txn_interrupt. */
void txn_env_object_commit(struct txn *t, unsigned object, bool created, uint32_t effects);

/* The transaction was rolled back: forget the deferred effects. */
void txn_env_object_drop(struct txn *t, unsigned object, uint32_t effects);

/* The transaction was rolled back, and every participant has undone its log: destroy what it made. In the
 * reverse order of creation. */
void txn_env_object_undo(struct txn *t, unsigned object);

#endif
