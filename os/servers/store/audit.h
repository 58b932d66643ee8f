#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "object.h"

/* Checks the object table, every tree, every free list and all counts. Resources: objects, pages in use,
 * nodes in use. */
void store_audit(struct djed_audit *audit);
/* Of it, what can be told of one object in use by looking at it alone; false: its tree cannot be walked. And
 * the list of pending pages by its ends. */
bool object_check(struct djed_audit *audit, const struct object *object);
void pending_check(struct djed_audit *audit);

/* invariants.c: after everything else in init; before an answer. */
void store_invariants_start(void);
void store_invariants(const uint64_t *from);

#endif
