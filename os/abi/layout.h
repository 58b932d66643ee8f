/* Where things lie in a server's address space, and how the kernel describes the machine to it. */
#ifndef DJED_ABI_LAYOUT_H
#define DJED_ABI_LAYOUT_H

#include "types.h"

/* Server address space (all below the canonical hole; applications have the whole lower half). */
#define DJED_START_INFO 0x200000ull	   /* struct djed_start_info, read-only */
#define DJED_FAULT_PAGE 0x201000ull	   /* struct djed_fault_slot, read-write, a frame per service */
#define DJED_FAULT_AWAKE 0x30ull	   /* in the fault page: from here a byte for each of */
#define DJED_FAULT_FUNCTIONS 0xfd0ull	   /* so many functions, to its end */
#define DJED_TIME_PAGE 0x202000ull	   /* struct djed_time, read-only, one frame for all */
#define DJED_RUNTIME_BASE 0x203000ull	   /* the runtime's own words; a page behind, struct djed_ipc */
#define DJED_IMAGE_BASE 0x400000ull	   /* servers' images are linked here, */
#define DJED_ALTERNATIVE_BASE 0x8000000ull /* and those of other implementations of them here */
#define DJED_STACK_TOP 0x10000000ull	   /* grows down, guard page below */
#define DJED_STACK_SIZE 0x10000ull
#define DJED_IMAGE_END (DJED_STACK_TOP - 2 * DJED_STACK_SIZE) /* of where images may lie */
#define DJED_RECOVERY_STACK_TOP 0x10020000ull		      /* used by the recovery stub alone */
#define DJED_RECOVERY_STACK_SIZE 0x4000ull
#define DJED_HEAP_BASE 0x20000000ull	  /* size in the start information */
#define DJED_REGIONS_BASE 0x60000000ull	  /* of clients, one behind the other (docs/regions.md) */
#define DJED_ARCHIVE_BASE 0x5000000000ull /* boot archive, read-only, where the manifest grants it */

/* Undo log. Real memory for log_size bytes; beyond it, up to DJED_LOG_SPAN, every page is one sink
 * frame that the kernel maps on the first touch, after marking the transaction as having lost its
 * log: no store is ever lost, only the possibility to undo. */
#define DJED_LOG_BASE 0x4000000000ull
#define DJED_LOG_SPAN 0x40000000ull

/* Capability of a service by its slot. */
enum djed_capability_type {
	DJED_CAP_NONE = 0,
	DJED_CAP_ENDPOINT = 1, /* object: service number; rights: DJED_MAY_* */
	DJED_CAP_PORTS = 2,    /* object: first I/O port << 16 | count */
	DJED_CAP_IRQ = 3,      /* object: interrupt line; it arrives as notification bit `rights` */
	DJED_CAP_SPACES = 4,   /* address spaces of applications */
	DJED_CAP_FRAMES = 5,   /* the pool of application frames */
	DJED_CAP_THREADS = 6,  /* application threads */
	DJED_CAP_SCHEDULE = 7, /* priorities and quanta of application threads */
	DJED_CAP_RECOVERY = 8, /* recovery operations (rs, root) */
	DJED_CAP_BOOT = 9,     /* creation of services (root) */
	DJED_CAP_HALT = 10,    /* end of the machine's run */
	DJED_CAP_WATCH = 11,   /* looks at services, and has them stopped (warden) */
	DJED_CAP_LAST = DJED_CAP_WATCH,
};
enum { DJED_MAY_CALL = 1, DJED_MAY_FORWARD = 2, DJED_MAY_NOTIFY = 4 };

enum { DJED_COMMAND_LINE_MAX = 2560 }; /* bytes, NUL included */

struct djed_capability_name {
	char name[DJED_NAME_MAX]; /* service name for endpoints, else the capability's type in lower case */
	uint32_t type;		  /* enum djed_capability_type */
	djed_slot slot;
	uint32_t service;		  /* endpoints: service number */
	uint32_t linux_first, linux_last; /* the manifest's `linux` line of that service; 0, 0: it has none */
};

/* Which of `count` regions is that of a process, in every service. Two processes that exist at the same time
 * never have the same one: pm, with its own DJED_REGIONS_MAX regions, chooses their numbers so. */
static inline uint32_t djed_region_of(uint32_t process, uint32_t count)
{
	return (process - 1) % count;
}

/* What a new instance goes on with. */
enum djed_handed_over {
	DJED_HANDED_NOTHING = 0,
	DJED_HANDED_MEMORY = 1,	 /* all memory of the instance before */
	DJED_HANDED_REGIONS = 2, /* the log, to take back the clients' regions, and these: all else is new */
};

/* Start information of a service, filled by root. */
struct djed_start_info {
	char name[DJED_NAME_MAX];
	uint32_t service; /* own service number */
	uint32_t policy;  /* enum djed_policy */
	uint32_t monitor; /* enum djed_monitor_mode */
	uint32_t capabilities;
	uint64_t heap_size;    /* bytes of resident memory from DJED_HEAP_BASE */
	uint64_t log_size;     /* bytes of real log */
	uint64_t archive_size; /* bytes of the boot archive from DJED_ARCHIVE_BASE, 0 if not granted */
	uint64_t pool_first;   /* frame pool: first frame number and count (mm), else 0 */
	uint64_t pool_count;
	uint32_t restarts;    /* 0 at first start */
	uint32_t handed_over; /* enum djed_handed_over */
	uint32_t trace;	      /* 1: its events are recorded */
	uint32_t detect;      /* enum djed_detector bits */
	struct djed_capability_name capability[DJED_CAPABILITIES_MAX];
	char command_line[DJED_COMMAND_LINE_MAX]; /* what the host passed: "key=value" words, then " --
				    program args..." with bytes below 33, '%' and 127 in %XX form */
};
_Static_assert(sizeof(struct djed_start_info) <= DJED_PAGE_SIZE, "one page");

/* Clock: ns since boot = (tsc - tsc_at_boot) * multiplier >> 32. */
struct djed_time {
	uint64_t tsc_at_boot;
	uint64_t multiplier;   /* ns per tick, 32.32 fixed point */
	uint64_t wall_at_boot; /* seconds since 1970 */
};

/* Registers of an application thread as pm reads and writes them. Order asserted in kernel/arch. */
struct djed_context {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags, fs_base, gs_base;
	uint64_t call_number; /* the Linux call being served, or ~0 (as orig_rax) */
	uint64_t reserved[3];
	uint8_t fpu[512]; /* FXSAVE image */
};
_Static_assert(sizeof(struct djed_context) == 192 + 512, "layout");

#endif
