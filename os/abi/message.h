/* Messages, deliveries and the page through which a server and the kernel exchange them. */
#ifndef DJED_ABI_MESSAGE_H
#define DJED_ABI_MESSAGE_H

#include "types.h"

/* A memory range lent with a message. The receiver names it by its index and can copy to and from it
 * for as long as it holds the request, and not longer. */
enum djed_grant_kind {
	DJED_GRANT_NONE = 0,
	DJED_GRANT_OWN = 1,    /* base is an address of the sender's own memory */
	DJED_GRANT_CLIENT = 2, /* base is an address of the memory of the transaction's application */
	DJED_GRANT_PASS = 3,   /* base is an offset into grant `index` of the request the sender holds */
	DJED_GRANT_FRAME = 4,  /* base is a frame number of the pool, index the offset into it (needs the
				  FRAMES capability) */
};
enum { DJED_GRANT_READ = 1, DJED_GRANT_WRITE = 2 };

struct djed_grant {
	uint64_t base;
	uint32_t length; /* bytes */
	uint8_t kind;	 /* enum djed_grant_kind */
	uint8_t rights;	 /* DJED_GRANT_READ: the receiver may read; DJED_GRANT_WRITE: may write */
	uint16_t index;	 /* DJED_GRANT_PASS: grant of the held request; DJED_GRANT_FRAME: offset; else 0 */
};
_Static_assert(sizeof(struct djed_grant) == 16, "layout");

/* Label of a message: protocol number in the high 16 bits, message number in the low 16.
 * In a reply the label is unused and `status` counts. */
#define DJED_LABEL(protocol, number) ((uint32_t)(protocol) << 16 | (uint32_t)(number))
#define DJED_LABEL_PROTOCOL(label) ((label) >> 16)
#define DJED_LABEL_NUMBER(label) ((label) & 0xffffu)

struct djed_message {
	uint32_t label;
	int32_t status; /* replies: 0 or a negated errno */
	uint64_t word[DJED_WORDS_MAX];
	struct djed_grant grant[DJED_GRANTS_MAX];
};
_Static_assert(sizeof(struct djed_message) == 104, "layout");

/* Protocol numbers below 16 are the kernel's own and the Linux calls'; the others are assigned by
 * the interface files in os/protocols/. */
enum {
	DJED_PROTOCOL_KERNEL = 0, /* operations of the kernel itself; never a message */
	DJED_PROTOCOL_LINUX = 1,  /* an application's system call: number, six argument words */
	DJED_PROTOCOL_EVENT = 2,  /* what the kernel itself sends: enum djed_event_message */
	DJED_PROTOCOL_AUDIT = 3,  /* answered by the runtime of every server */
};

/* Messages of DJED_PROTOCOL_EVENT. Each is a request like any other: it is a transaction, it is kept
 * by the kernel, and it ends with a reply. */
enum djed_event_message {
	/* An application touched memory that is not mapped as it needs.  To the `faults` endpoint (mm).
	 * word: address, access (enum djed_access bits), instruction pointer.
	 * Reply status 0: try again.  Reply status -EFAULT: word[0] is a signal number, and the kernel
	 * sends DJED_EVENT_EXCEPTION to pm next. */
	DJED_EVENT_PAGE_FAULT = 1,
	/* An application raised a CPU exception or a refused page fault.  To the `signals` endpoint (pm).
	 * word: signal number, address, CPU vector, CPU error code.  Reply: go on with the thread's
	 * context, as pm may have replaced it. */
	DJED_EVENT_EXCEPTION = 2,
	/* A thread marked with thread_signal is about to return to user mode.  To `signals` (pm).
	 * Reply as above. */
	DJED_EVENT_SIGNAL = 3,
	/* A thread used up its quantum.  To the `quanta` endpoint (sched).  word: ns it ran since. */
	DJED_EVENT_QUANTUM = 4,
	/* A server crashed.  To rs; if rs itself crashed, to root.
	 * word: service number, enum djed_crash_cause, CPU vector or assertion line, address,
	 * instruction pointer, transaction, label of the request it held, attempt of that request. */
	DJED_EVENT_CRASH = 5,
	/* Root tells a service that all services are up (pm then starts the first program). */
	DJED_EVENT_START = 6,
};
/* Notification bit by which the kernel tells the receiver of DJED_EVENT_SIGNAL (pm) that it ended an
 * application's thread itself, because recovery had to fail its exit (rule 16): pm looks which of its threads
 * are no more. */
#define DJED_NOTIFY_TOMBSTONE ((uint64_t)1 << 62)
/* Notification bit that marks work which recovery gave up after it had crashed the service again and again:
 * the other bits come in this once more, for the simplest thing that lets others go on. */
#define DJED_NOTIFY_FAILED ((uint64_t)1 << 61)
/* Notification bit by which the kernel tells the holder of DJED_CAP_WATCH, four times a second at most, that
 * some service is at work. */
#define DJED_NOTIFY_BUSY ((uint64_t)1 << 60)
/* Notification bit by which rs tells the warden that it has dealt with a crash. */
enum { DJED_NOTIFY_CRASH = 1 };
enum djed_access {
	DJED_ACCESS_READ = 1,
	DJED_ACCESS_WRITE = 2,
	DJED_ACCESS_EXECUTE = 4,
	DJED_ACCESS_PRESENT = 8
};
enum djed_crash_cause {
	DJED_CRASH_EXCEPTION = 1, /* a CPU exception in the server */
	DJED_CRASH_PANIC = 2,	  /* the server's own assertion or panic */
	DJED_CRASH_PROTOCOL = 3,  /* a malformed kernel operation or reply */
	DJED_CRASH_HANG = 4,	  /* too long at work on one delivery */
	DJED_CRASH_HEARTBEAT =
	    5,		      /* at work on one delivery, or in the way of others, for too long (warden) */
	DJED_CRASH_ASKED = 6, /* nothing is wrong with it: a policy wants a new instance (warden) */
};

/* What `receive` gave. */
enum djed_delivery_kind {
	DJED_DELIVERY_REQUEST = 1,  /* a message; answer, forward or park it */
	DJED_DELIVERY_NOTIFIED = 2, /* `bits` came in; end with finish */
	DJED_DELIVERY_ROLLBACK = 3, /* undo the whole log, then receive again with DJED_NEXT_ROLLED_BACK */
	DJED_DELIVERY_CANCEL = 4,   /* a parked request (given again in full) must end now: reply -EINTR or a
				       partial   result, or park it again where it must not be interrupted */
};
enum {
	DJED_DELIVERY_LOG_KEPT = 1, /* the log belongs to this very transaction: append.  Absent: reset it */
	DJED_DELIVERY_RESUMED = 2,  /* this request was parked before and has been woken */
	DJED_DELIVERY_CONFIRMS =
	    4, /* an answer is held back: the digest of the log is wanted, at rollback too */
};

struct djed_delivery {
	uint32_t kind;	  /* enum djed_delivery_kind */
	uint32_t flags;	  /* DJED_DELIVERY_* flags */
	uint32_t attempt; /* 0 at first; counts redeliveries of the same transaction */
	uint32_t sender;  /* service number of the calling server, or DJED_SENDER_* */
	djed_transaction transaction;
	djed_handle request; /* valid until it is answered, forwarded or finished */
	uint64_t badge;	     /* identity of the transaction's application (pid << 32 | tid), 0 if none */
	djed_handle thread;  /* the transaction's application thread, 0 if none */
	uint64_t bits;	     /* DJED_DELIVERY_NOTIFIED: the notification bits */
	struct djed_message message;
	uint64_t begun; /* ns since boot: first delivery of the transaction; 0: to rs and root */
};
enum { DJED_SENDER_APPLICATION = 0xfffffffeu, DJED_SENDER_KERNEL = 0xffffffffu };

/* What to do with the request that is held, in one kernel entry with the next receive. */
enum djed_next {
	DJED_NEXT_NONE = 0,  /* nothing is held: just receive */
	DJED_NEXT_REPLY = 1, /* answer with `out` */
	DJED_NEXT_FORWARD =
	    2, /* hand it on, with `out` as its message, to endpoint slot `target`; log must be empty */
	DJED_NEXT_PARK = 3,   /* keep it unanswered; the transaction ends; out.status/word[0] = result if the
				 holder is lost */
	DJED_NEXT_FINISH = 4, /* end of a notification's work */
	DJED_NEXT_ROLLED_BACK = 5, /* the log has been undone; nothing is held any more */
};
/* State of the server's log, which it states with every DJED_NEXT_*. */
enum djed_log_state { DJED_LOG_EMPTY = 0, DJED_LOG_USED = 1, DJED_LOG_LOST = 2 };
/* As an argument of the operations: the state, the length in bytes << 2, the digest of what the records'
 * memory holds now << 32 (0 unless DJED_DELIVERY_CONFIRMS). */
#define DJED_LOG_WORD(state, length, digest) ((uint64_t)(digest) << 32 | (uint32_t)((length) << 2 | (state)))

/* The page each server shares with the kernel. Placed by the runtime in the section ".djed.ipc",
 * announced once with kernel_attach. Neither logged nor rolled back. */
struct djed_ipc {
	struct djed_delivery in;    /* written by the kernel at receive, and only then */
	struct djed_message out;    /* written by the server before call, reply, forward */
	struct djed_message answer; /* written by the kernel: the reply to `call` */
};
_Static_assert(sizeof(struct djed_ipc) <= DJED_PAGE_SIZE, "one page");

#endif
