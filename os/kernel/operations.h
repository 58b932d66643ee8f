/* The kernel's operations (os/protocols/kernel.idl): one function each, called by number. */
#ifndef DJED_KERNEL_OPERATIONS_H
#define DJED_KERNEL_OPERATIONS_H

#include "service.h"
#include <protocols/kernel_operations.h>

enum { OPERATION_ARGUMENTS = 6, OPERATION_RESULTS = 2 };

/* `caller` runs; in: the `in` fields; out: the `out` fields, zero at entry. The result is the operation's
 * status. */
typedef djed_status operation_function(struct service *caller, const uint64_t *in, uint64_t *out);

#define OPERATION_DECLARE(NAME, name, number, ins, outs, effect) operation_function operation_##name;
KERNEL_OPERATIONS(OPERATION_DECLARE)
#undef OPERATION_DECLARE

#endif
