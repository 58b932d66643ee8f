#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include <djed/server.h>

/* Checks the object table, every tree, every free list and all counts. Resources: objects, pages in use,
 * nodes in use. */
void store_audit(struct djed_audit *audit);

#endif
