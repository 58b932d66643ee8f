/* The page through which the laboratory on the host looks in (abi/lab.h). */
#ifndef DJED_KERNEL_LAB_H
#define DJED_KERNEL_LAB_H

#include "../abi/lab.h"

void lab_init(void);
struct djed_lab *lab(void);
/* Shows a contiguous range. `service`: ~0 for the kernel. -ENOSPC: all places are taken. */
djed_status lab_add_region(uint32_t service, uint32_t kind, uint64_t physical, uint64_t length);
/* Sets the state and rings the doorbell where the host waits for it. -EINVAL: no such state. */
djed_status lab_set_state(uint64_t state);
/* An application makes a system call: counted, and the machine may be paused at it. */
void lab_call(void);
/* A service crashed just now. */
void lab_crashed(uint32_t service);
/* A driver has written one byte to a port: may be output. */
void lab_port_written(uint16_t port, uint8_t value);
/* Adds a record about the last crash of a service; `error`: errno that the application gets, or 0. */
void lab_record_recovery(uint32_t service, uint32_t rung, uint32_t error);
/* A service waits for its next delivery: the last recovery is done when all participants have rolled back,
 * and a new instance has come so far. */
void lab_recovery_goes_on(uint32_t service, bool rolled_back);
/* `exit_status`: DJED_EXIT_KEPT for the one stored before. */
[[noreturn]] void lab_halt(enum djed_lab_state state, uint32_t exit_status);

#endif
