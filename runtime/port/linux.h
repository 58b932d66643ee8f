/* Port to Linux: what the program around a hosted server provides and may set. The kernel's operations go to
 * djed_hosted_operation (protocols/kernel.h), which that program defines: the tests' fake kernel, or a real
 * transport. */
#ifndef DJED_PORT_LINUX_H
#define DJED_PORT_LINUX_H

#include "../runtime.h"

extern struct djed_start_info
    djed_port_start;		/* what djed_start gives; `heap_size` and `log_size` must be set first */
extern uint64_t djed_port_time; /* what djed_now gives: ns */

/* Called with the panic's text, before the program aborts; may leave by longjmp. NULL: the text goes to
 * stderr. */
extern void (*djed_port_on_panic)(const char *text);

/* Maps the heap at its fixed address, the fault page and a log of djed_port_start.log_size bytes, and learns
 * the bounds of this thread's stack. 0 or a negated errno. Once per process. */
[[nodiscard]] int djed_port_map(void);

/* Memory for one more log of `size` bytes; NULL: none. */
void *djed_port_log_memory(size_t size);

#endif
