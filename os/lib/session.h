/* Sessions with a service that may be gone for good (state DEAD: policy none, or given up). What L4ReAnimator
 * (Vogt, Döbel, Lackorzynski 2010) calls capability-fault handlers: a call that the kernel refuses because
 * its endpoint is dead has done nothing; the client finds whoever has published that it takes that service's
 * place, makes it know what the one before knew, and calls once more. All of it happens within the client's
 * transaction, and is undone with it.
 *
 *     static struct session counter = {.name = "counter", .restore = tell_it_the_values};
 *     ... counter.slot = djed_capability("counter");                                     (in init)
 *     status = session_call(&counter, counter_add(counter.slot, which, 1, &value));
 *
 * The client needs the capability for the other service, too: its manifest says `calls counter counter_spare
 * ds`. */
#ifndef DJED_LIB_SESSION_H
#define DJED_LIB_SESSION_H

#include <djed/server.h>
#include <errno.h>

struct session {
	const char *name; /* of the service: the other one has published `service.NAME` in ds */
	djed_slot slot;	  /* whom to call */
	/* Makes a service that takes the place of another know what that one knew; calls session->slot. NULL:
	 * it need not know anything. An error: it cannot be used, and the call fails. */
	djed_status (*restore)(struct session *session);
};

/* Status of `call`, an expression that calls session->slot; done once more where it was refused and somebody
 * has taken the dead service's place. -EIO as an answer is an answer: that call may have done something, and
 * is not repeated. */
#define session_call(session, call)                             \
	({                                                      \
		session_begin();                                \
		djed_status status_ = (call);                   \
		if (status_ == -EIO && session_revive(session)) \
			status_ = (call);                       \
		status_;                                        \
	})

/* Inside of session_call: before the call; after -EIO: whether there is another service for it, which knows
 * all. */
static inline void session_begin(void)
{
	djed_ipc.answer.status = 1; /* no answer has it: it stays where the kernel refuses the call */
}
bool session_revive(struct session *session);

/* The caller takes the place of the service `name`, where that one is dead. 0, or ds's error. */
[[nodiscard]] djed_status session_publish(const char *name);

#endif
