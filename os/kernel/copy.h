/* Copies between address spaces, by walking the page tables of both sides page by page: no user address is
 * ever dereferenced, and a page that is missing or has not the right ends the copy. */
#ifndef DJED_KERNEL_COPY_H
#define DJED_KERNEL_COPY_H

#include "service.h"

/* Memory that somebody owns. */
struct view {
	uint64_t tables; /* 0: `base` is a physical address */
	uint64_t base;
};

/* Copies up to `length` bytes; stops behind the first zero byte if `until_nul`. Returns the bytes copied. */
uint64_t copy_between(struct view to, struct view from, uint64_t length, bool until_nul);

/* Between the kernel and a service's own memory; all or nothing: -EFAULT. */
[[nodiscard]] djed_status copy_from_service(const struct service *service, void *to, uint64_t address,
					    uint64_t length);
[[nodiscard]] djed_status copy_to_service(const struct service *service, uint64_t address, const void *from,
					  uint64_t length);
/* Into any page that is there, also one that the service itself cannot write (its text). from NULL: zeros. */
[[nodiscard]] djed_status copy_into_stopped(const struct service *service, uint64_t address, struct view from,
					    uint64_t length);
[[nodiscard]] djed_status zero_stopped(const struct service *service, uint64_t address, uint64_t length);

/* ---- memory lent with requests --------------------------------------------------------------- */

/* A grant, resolved when the message was sent: it no longer depends on what the sender holds. */
struct lent {
	uint8_t kind;	/* DJED_GRANT_NONE, OWN (owner: service), CLIENT (owner: application thread), FRAME */
	uint8_t rights; /* DJED_GRANT_READ, DJED_GRANT_WRITE */
	uint16_t owner;
	uint32_t length;
	uint64_t base; /* FRAME: physical address */
};
struct lent_pair {
	struct lent grant[DJED_GRANTS_MAX];
};
/* The request has been sent with these. */
void lend_commit(unsigned request, const struct lent_pair *lent);

/* Resolves the grants of a message that `sender` is about to send. -EINVAL: malformed or beyond what is lent
 * to the sender; -EPERM: it has no such right. */
[[nodiscard]] djed_status lend(const struct service *sender, const struct djed_message *message,
			       struct lent_pair *result);

/* A new request of the application thread: nothing has been read for it. */
void copy_begin(unsigned thread);

/* A new request of the application thread: nothing has been read for it. */
void copy_begin(unsigned thread);

#endif
