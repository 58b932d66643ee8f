/* Inside of the harness: requests as the fake kernel keeps them. */
#ifndef DJED_TESTS_HOST_KERNEL_H
#define DJED_TESTS_HOST_KERNEL_H

#include "host.h"

/* A grant, traced back to the memory behind it. */
struct host_memory {
	bool present;
	bool application; /* `address` is the application's, else the test's own */
	uint64_t address;
	uint64_t length;
	uint8_t rights;
};

struct host_request {
	struct djed_message message;
	struct host_memory grant[DJED_GRANTS_MAX];
	djed_handle handle;
	djed_transaction transaction;
	uint64_t badge, bits;
	uint32_t sender;
};

extern struct host_request *host_held; /* the request in the hands of the running service; NULL: none */
extern djed_handle host_handles;       /* last one given out */

void host_kernel_start(uint64_t pool_frames);

/* Traces request->message.grant back, as sent by the holder of `held` (NULL: the test). False: a grant is not
 * valid. */
bool host_resolve_grants(struct host_request *request, const struct host_request *held);

djed_status host_call(djed_slot slot, const struct djed_message *message, struct djed_message *answer);
djed_slot host_running(void);
/* The running service's region can be written until its transaction has ended. */
djed_status host_open_region(uint64_t index);

#endif
