/* Threads of applications: the Linux system-call interface, and what else makes them send requests. */
#ifndef DJED_KERNEL_APPLICATION_H
#define DJED_KERNEL_APPLICATION_H

#include "../abi/message.h"
#include "space.h"
#include "thread.h"
#include "transaction.h"

enum application_state {
	APPLICATION_FREE,
	APPLICATION_STOPPED, /* made, not started */
	APPLICATION_RUNNING, /* runs or may run */
	APPLICATION_WAITING, /* its request is under way */
	APPLICATION_GONE,    /* destroyed, its request is still to be answered */
};

/* Effects deferred to the end of a transaction, as the rules keep them. */
enum application_effect {
	APPLICATION_START = 1,
	APPLICATION_DESTROY = 2,
	APPLICATION_SIGNAL = 4,
	APPLICATION_CONTEXT = 8,
	APPLICATION_MOVE = 16,
};

struct application {
	struct thread thread;
	struct space *space;   /* NULL once gone */
	uint32_t generation;   /* upper half of its handle; from 1 */
	uint8_t state;	       /* enum application_state */
	bool signalled;	       /* pm wants DJED_EVENT_SIGNAL before it returns to user mode */
	bool raise;	       /* `event` is to be sent before it returns to user mode */
	bool context_replaced; /* while it waited: its answer leaves the registers alone */
	uint32_t waiting_for;  /* label of its request */
	uint64_t badge;
	uint32_t failing;     /* label of the last request that recovery answered with an error */
	uint32_t failures;    /* such answers since the last success of a request with that label */
	uint32_t row;	      /* of these, the last ones with the same label */
	uint64_t refused;     /* Linux call that is not served any more, if `refusal` is not 0 */
	djed_status refusal;  /* what it gives at once */
	uint64_t call_number; /* Linux call it is in or has just made; ~0: it came otherwise */
	bool tapped;	      /* `record` is the number of the call's record in the monitor's ring */
	uint64_t record, called_at;
	struct djed_message event;
	uint64_t system_ticks;	/* servers' time for it */
	uint64_t system_shown;	/* the same before its last request: executions of that see no other */
	uint64_t quantum, used; /* ticks; quantum 0: none */
	djed_handle next_space; /* for APPLICATION_MOVE */
	struct djed_context next_context; /* for APPLICATION_CONTEXT */
};

extern struct application application_table[TXN_THREADS];

void application_init(void);
/* Stopped, registers zero. NULL: none left. */
struct application *application_create(struct space *space, uint64_t badge);
/* NULL: stale, or gone. */
struct application *application_of(djed_handle handle);
djed_handle application_handle(const struct application *application);
unsigned application_number(const struct application *application);

/* How often recovery has failed the Linux call that it waits for, in a row; 0 also for calls that cannot be
 * refused. */
uint32_t application_failures(const struct application *application);
/* From now on that call gives the error at once. If it is repeated for ever even so, the thread is ended. */
void application_refuse(struct application *application, uint64_t error);

/* Its handle is stale at once; its number is free when no request of it is under way any more. */
void application_destroy(struct application *application);
/* Registers, vector state and thread base of another. The result of the call that made it is 0 in the copy.
 */
void application_copy(struct application *to, struct application *from);

/* The current thread made a system call. */
void application_call(struct application *application);
/* The current thread raised something: it waits for the event's receiver. */
void application_event(struct application *application, const struct djed_message *event);
/* Before it returns to user mode. False: it has to wait for something first. */
bool application_prepare(struct application *application);

/* The request of a waiting thread has been answered. */
void application_answered(struct application *application, const struct djed_message *answer,
			  enum txn_outcome outcome);
/* A transaction that had effects on the thread has ended. */
void application_commit(struct application *application, uint32_t effects);

struct application_counts {
	uint32_t threads;
	uint32_t tombstones; /* threads that the kernel has ended and pm has not yet looked for */
	uint32_t violations; /* broken invariants of the table */
	uint64_t badges_xor;
};
struct application_counts application_count(void);

#endif
