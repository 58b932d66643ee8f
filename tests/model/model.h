/* Model of a small system around the kernel's own transaction rules: what it consists of.
 *
 * Clients issue requests; servers run small scripts instead of C code, with an undo log like the real one;
 * the explorer (explore.c) tries every interleaving, with a crash at every point. The rules are
 * os/kernel/transaction*.c itself. */
#ifndef DJED_MODEL_H
#define DJED_MODEL_H

#include "../../os/kernel/transaction.h"

enum { ROOT, RS, VFS, PM, MM, STORE, CONSOLE, UART, SERVERS };
_Static_assert(SERVERS == TXN_SERVICES, "compiled with the model's table sizes");

enum {
	CLIENTS = TXN_THREADS,
	OBJECTS = TXN_OBJECTS,
	OLD_OBJECT = OBJECTS - 1, /* exists from the beginning */
	SEQUENCES =
	    4, /* words that record, five bits each, which transactions wrote to them and in which order */
	MEMORY = 7, /* words of a server; those behind the sequences are counters and waiting lists */
	LOG = 12,
	EFFECTS = 12,
	TAGS = 32,
	PART_TWO = 9,	   /* added to a request's tag for what happens after it was parked */
	TAG_NOTIFIED = 19, /* plus the server: the work on its notifications */
	TAG_START = 27,	   /* what a server does before it first receives */
	REQUESTS_EACH = 2, /* that a client can make */
};

/* ---- scripts --------------------------------------------------------------------------------- */

enum op_code {
	/* local to the server: executed together with the operation behind them */
	OP_WRITE,      /* a: sequence; appends the transaction's tag */
	OP_ADD,	       /* a: word, b: added to it */
	OP_UNLESS,     /* a: word, b: jump there if it is zero */
	OP_IF_RESUMED, /* b: jump there if the request was parked before */
	OP_IF_CANCEL,  /* b: jump there if it must end now */
	OP_ENLIST,     /* a: word; the held request's handle goes there */
	OP_CLEAR,      /* a: word */
	OP_LOSE,       /* the log overflows */
	/* entries into the kernel */
	OP_CALL,	/* a: server, b: handler */
	OP_FORWARD,	/* a: server, b: handler */
	OP_TRY_FORWARD, /* the same; if it is refused the script goes on */
	OP_NOTIFY,	/* a: server, b: bits */
	OP_PARK,
	OP_WAKE,   /* a: word with the handle */
	OP_ANSWER, /* a: word with the handle */
	OP_CREATE, /* a: object */
	OP_DEFER,  /* a: object */
	OP_REPLY,  /* a: errno or 0 */
	OP_FINISH,
	OP_RECOVER, /* the recoverer decides; then it replies */
	OP_READY,   /* the end of a server's start-up */
};
struct op {
	uint8_t code;
	int8_t a, b;
};

enum { HANDLER_OPS = 16 };
extern const struct op handlers[][HANDLER_OPS];

/* A request of a client: the handler, and the server where it starts. */
struct kind {
	uint8_t server, handler;
};

struct scenario {
	const char *name;
	struct kind request[CLIENTS][REQUESTS_EACH]; /* handler 0: none */
	uint8_t notified[SERVERS];		     /* handler of notifications, 0: none */
	uint8_t start[SERVERS];			     /* handler of start-up, 0: none */
	uint8_t crashes, cancels, kills, interrupts; /* how often the explorer may do each */
	uint8_t interrupted;			     /* the server that interrupts go to */
	uint8_t crash_rs;			     /* 1: rs may crash as well */
	uint8_t policy;				     /* enum djed_policy */
	uint8_t parks;				     /* 1: requests may be parked in the end */
	uint8_t confirm;			     /* enum txn_confirm */
	uint8_t loses;				     /* 1: servers lose their logs */
	uint8_t deep;				     /* 1: only explored with --deep */
};
extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/* ---- state ----------------------------------------------------------------------------------- */

enum activity { ACT_HANDLER, ACT_UNDO, ACT_START };
struct server {
	uint64_t memory[MEMORY];
	struct {
		uint8_t word;
		uint64_t old;
	} log[LOG];
	uint8_t logged, lost;
	uint8_t activity, handler, pc, tag, kind, flags;
	uint8_t root_request; /* it holds the root of its transaction */
	int32_t status;	      /* of its last call */
	uint64_t handle;
};

/* A deferred effect that the scripts have asked for. */
struct wanted {
	uint8_t code, tag, target; /* enum op_code; 0 tag: free */
	uint64_t bits;
};

struct client {
	uint8_t next, waiting, killed, answers, failures;
};

struct world {
	struct txn t;
	struct server server[SERVERS];
	struct client client[CLIENTS];
	struct wanted wanted[EFFECTS];
	uint64_t released[SERVERS], in_work[SERVERS]; /* notification bits */
	uint8_t in_failed_work[SERVERS];	      /* they came as those of failed work */
	uint8_t to_fail[SERVERS];		      /* the work on them is to be ended with an error */
	uint8_t object[OBJECTS];		      /* 0 absent, 1 tentative, 2 permanent */
	uint8_t object_effects[OBJECTS];
	uint8_t expected_object[OBJECTS];
	uint32_t written[TAGS]; /* sequences written in the present attempt, one bit each */
	uint32_t
	    before_forward[TAGS]; /* of these, those before the last forward: no redelivery repeats them */
	uint8_t expected[TAGS][SERVERS * SEQUENCES]; /* how often each tag must be found at the end */
	djed_transaction age[TXN_REQUESTS];	     /* of roots, at their first delivery */
	uint32_t
	    execution[CLIENTS];	  /* of the client's transaction when last delivered: attempt << 8 | rounds */
	uint8_t decided[CLIENTS]; /* about the client's transaction, since it was last delivered */
	uint8_t crashes, cancels, kills, interrupts; /* still allowed */
	uint8_t shutdown;
};

enum decision { DECIDED_NOTHING, DECIDED_RETRY, DECIDED_ERROR };
enum choice_kind { DO_ISSUE, DO_STEP, DO_CRASH, DO_CANCEL, DO_KILL, DO_INTERRUPT };
struct choice {
	uint8_t kind, who, variant;
};

/* ---- world.c ---------------------------------------------------------------------------------- */

extern const struct scenario *scenario;
extern struct world *world; /* the one that all functions work on */

void world_init(void);
/* All that can happen next; at most CHOICES. */
enum { CHOICES = 64 };
unsigned world_choices(struct choice *choices);
void world_apply(struct choice choice);

/* ---- server.c -------------------------------------------------------------------------------- */

/* Runs a server to the next kernel entry; if `points` >= 0 it does only so many local operations, and then
 * crashes. `variant`: of a decision about a crash, 1 for the error. */
void run(unsigned service, int points, unsigned variant);
struct op current(const struct server *s);
/* Number of different points at which the server can crash before its next kernel entry. */
unsigned crash_points(const struct server *s);
/* Undoes the newest `count` records of its log. */
void undo(struct server *s, unsigned count);

/* ---- expectation.c --------------------------------------------------------------------------- */

extern unsigned ending; /* the transaction that the present kernel entry ends, by its tag; 0: none */
extern bool resolving;	/* the present kernel entry can make a transaction wait, and so close a cycle */

/* Under the policies that do not roll everybody back, only progress and clean structures can be expected. */
bool exact(void);
/* Notification bits were dropped: work on them failed, and what the server then did about it, too. */
bool bits_dropped(unsigned service);
unsigned tag_of(unsigned client, unsigned request);
/* A script asks for a deferred effect. */
void want(unsigned code, unsigned tag, unsigned target, uint64_t bits);
/* It happens: only while its transaction ends. */
void wanted_happened(unsigned code, unsigned target);
/* The attempt of a transaction does not count: it is delivered again. */
void forget_attempt(unsigned tag);
/* Nothing may be left of the transaction. */
void forget(unsigned tag);
/* A server is about to end its transaction: from now on its writes count and its effects must happen; and it
 * has. */
void begin_end(unsigned tag);
void not_ended(const struct world *before);
void finish_end(void);

/* Reports a broken property and ends the exploration (explore.c). */
[[noreturn]] void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- check.c --------------------------------------------------------------------------------- */

extern bool check_structures; /* false: only what is visible from outside */
void check_always(void);      /* after every step */
void check_end(void);	      /* when nothing can happen any more */
uint64_t fingerprint(void);

#endif
