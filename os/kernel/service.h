/* Services: a server's thread, address space, capabilities and the page it shares with the kernel. */
#ifndef DJED_KERNEL_SERVICE_H
#define DJED_KERNEL_SERVICE_H

#include "../abi/message.h"
#include "../abi/recovery.h"
#include "space.h"
#include "thread.h"
#include "transaction.h"

struct capability {
	uint8_t type; /* enum djed_capability_type */
	uint64_t object;
	uint64_t rights;
};

struct service {
	struct thread thread;
	char name[DJED_NAME_MAX];
	bool recoverer;
	bool event_call; /* it waits in service_event: the answer's status is the operation's */
	uint32_t types;	 /* bit per capability type it holds */
	struct capability capability[DJED_CAPABILITIES_MAX];
	struct djed_ipc *ipc; /* in the kernel's map of memory; NULL before attach */
	uint64_t entry, recover_entry, recover_stack;
	uint64_t deadline;   /* ns since boot of its next notification bit 63; 0: none */
	uint32_t stop_cause; /* enum djed_crash_cause: to be stopped before it goes on; 0: not */
	uint64_t log_size;
	uint64_t sink_frame, sink_table; /* what lies behind the log once it has run over; physical */
	bool sink_shown;
	uint32_t regions, region_size;	 /* of clients; bytes */
	uint64_t *region_entry;		 /* of their first page, in the page tables; the others follow */
	uint64_t served;		 /* badge whose region alone can be written, 0: none can; else ~0 */
	uint16_t open[DJED_REGIONS_MAX]; /* those that can be written now: the first `opened` */
	uint16_t opened;
};

extern struct service service_table[DJED_SERVICES_MAX];
extern struct txn rules; /* state of the transaction rules */

/* NULL: no such service. */
struct service *service_numbered(uint64_t number);
unsigned service_number(const struct service *service);

/* A space with start information, fault and time pages, stacks and log; a thread that has not started.
 * *made: the service. -ENOMEM, -ENOSPC: no number left. */
[[nodiscard]] djed_status service_create(const struct djed_service_spec *spec, struct service **made);
/* Fresh zeroed memory, or at DJED_ARCHIVE_BASE the boot archive. Errors as kernel_service_map. */
[[nodiscard]] djed_status service_map(struct service *service, uint64_t address, uint64_t length,
				      uint64_t access);
void service_start(struct service *service, uint64_t entry);
/* From here on its time counts as that of one more delivery. */
void service_begins(struct service *service);

/* Shows root, in its start information, what is left for the pool of frames. */
void service_show_pool(void);

/* Physical address of a range that is contiguous in physical memory; 0: it is not. */
uint64_t service_contiguous(const struct service *service, uint64_t address, uint64_t length);

/* The endpoint in a slot with the given right (DJED_MAY_*). NULL: not granted. */
struct service *service_target(const struct service *service, uint64_t slot, uint64_t right);
static inline bool service_holds(const struct service *service, enum djed_capability_type type)
{
	return service->types >> type & 1;
}
/* True if a capability of this type has `object` (lines), or covers the ports [first, first + count). */
bool service_may_irq(const struct service *service, uint64_t line);
bool service_may_ports(const struct service *service, uint64_t first, uint64_t count);
/* -EINVAL: what the capability names does not exist. */
[[nodiscard]] djed_status service_grant(struct service *service, uint64_t slot,
					const struct capability *capability);

/* The current thread's service crashed; reports it. */
void service_crash(struct service *service, enum djed_crash_cause cause, uint64_t code, uint64_t address);
/* A page fault of a service: true if it was the end of its log, which now goes on in the sink. */
bool service_log_overflow(struct service *service, uint64_t address);
void service_log_reset(struct service *service);

/* A new transaction begins in the service: of its regions, that of the application with this badge can be
 * written (0: there is none), and no other. */
[[gnu::noinline]] void regions_serve(struct service *service, uint64_t badge);
/* A page fault of a service: true if it was a region, and the service works for nobody and may write it. */
bool regions_touched(struct service *service, uint64_t address);

/* Who gets events and Linux calls. */
enum { LINUX_CALLS = 8192 };
void event_receiver(uint32_t event, unsigned service);
/* Service, or TXN_NONE. */
unsigned event_target(uint32_t event);
/* -EINVAL: no such number (~0: all). */
[[nodiscard]] djed_status route_set(uint64_t number, unsigned service);
unsigned route_of(uint64_t number);

#endif
