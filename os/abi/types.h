/* Types and limits shared by the kernel, the servers and the host tools.
 *
 * Everything under os/abi/ is plain C11 without any other include than <stdint.h>, <stddef.h>,
 * <stdbool.h> and <stdarg.h>: a kernel, a freestanding server and a host program must all be able to read it.
 */
#ifndef DJED_ABI_TYPES_H
#define DJED_ABI_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one error type of the system: 0, or a negated Linux errno (see abi/errors.h). */
typedef int64_t djed_status;

/* A transaction's identity: the serial number of its first delivery, which is also its age. 0 is none. */
typedef uint64_t djed_transaction;

/* Handle of a kernel object: index in the low 32 bits, generation in the high 32. 0 is none.
 * A stale generation is refused with -ESRCH. */
typedef uint64_t djed_handle;

/* Slot in the caller's capability table. */
typedef uint32_t djed_slot;

enum {
	DJED_PAGE_SIZE = 4096,
	DJED_SERVICES_MAX = 32,	    /* services in a manifest; a participant set is one 32-bit word */
	DJED_CAPABILITIES_MAX = 32, /* slots of one service */
	DJED_NAME_MAX = 16,	    /* bytes of a service name, its NUL included */
	DJED_WORDS_MAX = 8,	    /* payload words of a message */
	DJED_GRANTS_MAX = 2,	    /* memory ranges lent with a message */
	DJED_REGIONS_MAX = 1024,    /* clients' regions of one service */
};

/* Recovery policies, chosen at boot (docs/campaigns.md: controls). */
enum djed_policy {
	DJED_POLICY_CHAIN = 0,	 /* roll back every participant, then the ladder: the default */
	DJED_POLICY_OSIRIS = 1,	 /* the window closes at the first state-changing message */
	DJED_POLICY_RESTART = 2, /* stateless restart of the crashed server */
	DJED_POLICY_NONE = 3,	 /* the crashed server stays dead */
};

/* How the monitor sees calls. */
enum djed_monitor_mode { DJED_MONITOR_BROKER = 0, DJED_MONITOR_TAP = 1, DJED_MONITOR_OFF = 2 };

/* Side-effect classes (docs/interface-language.md). The order is that of rising severity. */
enum djed_effect {
	DJED_READS = 0,		/* changes nothing in the callee */
	DJED_UNDOABLE = 1,	/* the callee's undo log takes it back */
	DJED_DEFERRABLE = 2,	/* its visible effect waits for the transaction's end */
	DJED_COMPENSATABLE = 3, /* has a named inverse */
	DJED_REPEATABLE = 4,	/* twice is the same as once */
	DJED_FINAL = 5,		/* cannot be taken back, and twice is wrong */
};

#endif
