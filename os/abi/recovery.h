/* Structures of the recovery and start operations (protocols/kernel.idl). */
#ifndef DJED_ABI_RECOVERY_H
#define DJED_ABI_RECOVERY_H

#include "types.h"

enum djed_recovery_action {
	DJED_RECOVER_RETRY = 1,	  /* rung 1: unwind, deliver again */
	DJED_RECOVER_ERROR = 2,	  /* rung 2: unwind, answer with the error */
	DJED_RECOVER_RESTART = 3, /* rung 6: start at the entry point; rs has renewed the memory; the others
				     are rolled back and the transaction gets the error */
	DJED_RECOVER_RESTART_RETRY = 4, /* the same, but the transaction is delivered again */
	DJED_RECOVER_ABANDON = 5,	/* policy none: the endpoint is dead */
	DJED_RECOVER_ERROR_ALONE =
	    6, /* policy osiris: roll back the crashed server alone, answer its caller with the error */
	DJED_RECOVER_RESTART_ALONE =
	    7, /* policy restart: as RESTART, but nobody is rolled back and its caller gets the error */
	DJED_RECOVER_REBUILD = 9, /* rung 5: as RESTART_RETRY, but what is parked stays parked, as the new
				     instance finds it in the clients' regions */
};
enum {
	DJED_RECOVER_REFUSE = 8, /* rung 3, beside those of the transaction rules: as ERROR, and from now on
				    the application gets the error at once when it makes that call */
};

enum {
	DJED_SERVICE_RECEIVING,
	DJED_SERVICE_WORKING,
	DJED_SERVICE_CALLING,
	DJED_SERVICE_UNDOING,
	DJED_SERVICE_STOPPED,
	DJED_SERVICE_DEAD
};

/* What rs needs to know about a stopped service. */
struct djed_service_information {
	char name[DJED_NAME_MAX];
	uint32_t state;	     /* DJED_SERVICE_* */
	uint32_t held_label; /* of the request it held, 0 if none */
	uint32_t root_label; /* of the transaction's root request (a Linux call's number tells which error it
				may give) */
	uint32_t root_attempt; /* earlier crashes of this transaction (cycles of waiting not counted) */
	uint32_t
	    lost; /* bit per service that lost its log: neither retry nor a plain error is allowed (rule 4) */
	uint32_t participants; /* bit per service */
	uint64_t transaction;
	uint32_t window_closed; /* osiris policy: the window of the crashed server was closed */
	uint32_t undoing;	/* it crashed while it was undoing its log */
	uint32_t failures; /* how often recovery has failed this Linux call of the transaction's application,
			      in a row; 0 also where it cannot be refused */
	uint64_t entry;	   /* of its image */
	uint64_t deliveries; /* so far */
	uint64_t time;	     /* ns that it has worked so far */
};

struct djed_service_spec {
	char name[DJED_NAME_MAX];
	uint32_t priority;    /* 17..31 */
	uint32_t flags;	      /* DJED_SPEC_* */
	uint64_t log_size;    /* bytes, multiple of the page size */
	uint32_t regions;     /* of clients; 0: none */
	uint32_t region_size; /* bytes, multiple of the page size */
};
enum { DJED_SPEC_RECOVERER = 1 /* its crashes go to root, those of others to it */ };

/* Everything the kernel keeps for open work; all zero at rest but `threads`, `spaces`, `parked`. */
struct djed_kernel_audit {
	uint32_t threads, spaces; /* of applications */
	uint32_t parked;	  /* requests */
	uint32_t queued, held;	  /* requests other than the caller's own */
	uint32_t log_owners; /* endpoints whose log belongs to an open transaction other than the caller's */
	uint32_t deferred;   /* effects held */
	uint32_t table_frames_used, table_frames_total; /* page-table pages */
	uint64_t thread_badges_xor;			/* over live application threads */
	uint32_t violations;				/* broken invariants of the kernel's own structures */
	uint32_t tombstones;
};

#endif
