#ifndef MM_AUDIT_H
#define MM_AUDIT_H

#include "space.h"

/* Memory for the counts that an audit makes. -ENOMEM. */
djed_status mm_audit_init(void);

/* Checks processes, spaces, areas, pages, frames, cache and backings against each other. Resources: frames
 * that processes own alone or among them, frames in the cache, frames free, spaces. */
void mm_audit(struct djed_audit *audit);
/* Of it, what can be told of one process, one area in use, one space in use, a client's own areas and groups,
 * and the list of pending frames by its ends. */
bool process_valid(const struct process *process);
bool own_valid(const struct client *client);
bool area_valid(const struct area *area);
bool space_valid(const struct space *space, uint32_t id);
void pending_check(struct djed_audit *audit);

/* invariants.c: after everything else in init; before an answer. */
void mm_invariants_start(void);
void mm_invariants(const uint64_t *from);

#endif
