#ifndef MM_AUDIT_H
#define MM_AUDIT_H

#include <djed/server.h>

/* Memory for the counts that an audit makes. -ENOMEM. */
djed_status mm_audit_init(void);

/* Checks processes, spaces, areas, pages, frames, cache and backings against each other. Resources: frames
 * that processes own alone or among them, frames in the cache, frames free, spaces. */
void mm_audit(struct djed_audit *audit);

#endif
