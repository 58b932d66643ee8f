/* What the guest shows to the laboratory on the host.
 *
 * The guest's RAM is a file that the host maps (memory-backend-file,share=on). At a fixed physical
 * page lies a directory of regions that the host may read, and per service a fault slot that it may
 * write: no guest instruction is spent on either. */
#ifndef DJED_ABI_LAB_H
#define DJED_ABI_LAB_H

#include "layout.h"
#include "types.h"

#define DJED_LAB_PHYSICAL 0x8000ull	     /* struct djed_lab */
#define DJED_FAULT_PHYSICAL 0x10000ull	     /* DJED_SERVICES_MAX pages, a struct djed_fault_slot each */
#define DJED_LAB_MAGIC 0x3162616c64656a64ull /* "djedlab1", little-endian */

/* The doorbell: after it has set `state` to READY, PAUSED, AUDITING or a final state, the kernel writes 1 to
 * this I/O port. With
 * `-device pvpanic,ioport=0x505 -action panic=pause` the machine pauses right there, and the host takes its
 * snapshot, or reads what happened. Without the device the write goes nowhere. */
#define DJED_DOORBELL_PORT 0x505

/* Output bytes are counted where they pass the kernel: one-byte writes to this port (the serial line's data),
 * but for those that the 16550 does not send: part of the divisor, or while its loop is closed. */
#define DJED_OUTPUT_PORT 0x3f8

/* One dormant fault is awake when `site` names it and `awake` the function it lies in. Sites are numbered
 * from 1, functions from 0, within a service by djed-fault. A function that is awake runs the version of it
 * that has faults and counts its blocks; it is slower. */
struct djed_fault_slot {
	uint32_t site;	    /* 0: none */
	uint32_t always;    /* 0: once, at the chosen execution; 1: at it and at each later one */
	uint64_t countdown; /* executions of the site still to skip before it strikes */
	uint64_t hits;	    /* times it struck (written by the guest) */
	uint64_t every;	    /* executions to skip after each strike */
	uint64_t interval;  /* ns that pass at least between two strikes, 0: none need to */
	uint64_t
	    not_before; /* ns since boot, then plus `interval` after each strike (written by the guest) */
	uint8_t awake[DJED_FAULT_FUNCTIONS]; /* by function: not 0: awake */
};
_Static_assert(offsetof(struct djed_fault_slot, awake) == DJED_FAULT_AWAKE, "layout");
_Static_assert(sizeof(struct djed_fault_slot) == DJED_PAGE_SIZE, "fills the fault page");

enum djed_lab_state {
	DJED_LAB_BOOTING = 0,
	DJED_LAB_READY = 1, /* all services up, the first program not yet started: take the snapshot here */
	DJED_LAB_RUNNING = 2,
	DJED_LAB_ENDED =
	    3, /* first program ended: `exit_status` is valid (wait status as Linux encodes it) */
	DJED_LAB_SHUTDOWN = 4, /* controlled shutdown by rs */
	DJED_LAB_PANIC = 5,    /* the kernel stopped itself */
	DJED_LAB_AUDITING =
	    6, /* all programs have ended, the final audit begins: the laboratory takes its hands off */
	DJED_LAB_PAUSED = 7, /* an application calls, no server works: another snapshot may be taken */
};

/* What kernel_lab_update sets. */
enum djed_lab_item {
	DJED_LAB_STATE = 0,
	DJED_LAB_SERVICE_VIOLATIONS = 1,
	DJED_LAB_VIOLATIONS = 2,
	DJED_LAB_EXIT_STATUS = 3,
	DJED_LAB_START_ERROR = 4,
	DJED_LAB_FLAGGED = 5,
};

enum djed_lab_region_kind {
	DJED_REGION_BLOCK_COUNTS =
	    1, /* uint64_t per block, in djed-fault's order: outside of windows; then all again: in windows */
	DJED_REGION_PROFILE_COUNTS = 2, /* __llvm_prf_cnts of the coverage build */
	DJED_REGION_PROFILE_BITS = 3,
	DJED_REGION_EVENTS = 4, /* the monitor's event ring */
	DJED_REGION_KERNEL_PROFILE = 5,
	DJED_REGION_CRASHES = 6, /* struct djed_crashes */
};
struct djed_lab_region {
	uint32_t kind;
	uint32_t service;  /* ~0: the kernel */
	uint64_t physical; /* first byte; contiguous */
	uint64_t length;   /* bytes */
};

/* One finished recovery. */
struct djed_recovery_record {
	uint32_t service;
	uint32_t cause; /* enum djed_crash_cause */
	uint32_t rung;	/* 0..8 (docs/transactions.md, "The ladder") */
	uint32_t error; /* errno given to the application, 0 if none */
	uint64_t transaction;
	uint64_t address, instruction; /* of the fault */
	uint64_t crashed_at, done_at;  /* ns since boot: of the crash; when the last participant had rolled
					  back or the new instance was ready */
	uint32_t label;		       /* of the request the server held */
	uint32_t attempt;
};

/* Per service accounting, in TSC ticks (instructions under -icount shift=0). */
struct djed_lab_service {
	char name[DJED_NAME_MAX];
	uint64_t time;	      /* spent in the service since DJED_LAB_RUNNING */
	uint64_t time_window; /* of that, while rollback was allowed */
	uint64_t requests;    /* deliveries */
	uint64_t crashes;
	uint32_t violations; /* of the last audit */
	uint32_t alive;
	uint32_t flagged; /* 1: it crashed so often within a second that somebody should look */
	uint32_t reserved;
};

enum { DJED_LAB_REGIONS = 128, DJED_LAB_RECOVERIES = 256, DJED_RUNGS = 9 };

/* As exit status of kernel_halt: what lab_update has stored stays. */
#define DJED_EXIT_KEPT 0xffffffffu

struct djed_lab {
	uint64_t magic;
	uint32_t version; /* 1 */
	uint32_t state;	  /* enum djed_lab_state */
	uint32_t exit_status;
	uint32_t violations;	/* all services and the cross audit; ~0 until the final audit has run */
	uint32_t start_error;	/* errno for which the first program could not be started, 0 if it was */
	uint32_t disagreed;	/* answers that were not those of the execution before (confirmation) */
	uint64_t confirmed;	/* requests of which an answer was held back */
	uint32_t clients_ended; /* by rung 3, as they repeated for ever what fails */
	uint32_t reserved;
	uint64_t recoveries;		/* total; the first DJED_LAB_RECOVERIES have a record */
	uint64_t rung_uses[DJED_RUNGS]; /* index: rung; 0 unused */
	uint32_t regions;
	uint32_t services;
	uint64_t linux_calls; /* system calls of applications */
	uint64_t pause_at; /* of linux_calls, written by the host: PAUSED then, or at the next call at which
			    * all servers wait; 0: never */
	uint64_t errors;   /* recoveries with an error answer, whether or not they have a record */
	uint64_t first_error;	     /* output_bytes at the first of them */
	uint64_t output_bytes;	     /* bytes sent to DJED_OUTPUT_PORT */
	uint64_t ready_at, ended_at; /* ns since boot when `state` became READY, and AUDITING or final */
	struct djed_lab_service service[DJED_SERVICES_MAX];
	struct djed_lab_region region[DJED_LAB_REGIONS];
	struct djed_recovery_record recovery[DJED_LAB_RECOVERIES];
};
_Static_assert(sizeof(struct djed_lab) <= DJED_FAULT_PHYSICAL - DJED_LAB_PHYSICAL,
	       "fits below the fault slots");

#endif
