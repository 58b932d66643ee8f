/* From the machine to the first service. */
#ifndef DJED_KERNEL_BOOT_H
#define DJED_KERNEL_BOOT_H

#include <stddef.h>
#include <stdint.h>

/* Physical address and size of the boot archive; 0: there is none. */
uint64_t boot_archive(uint64_t *size);
/* Checks the system that the archive begins with, makes its service 0, root, and lets it run. */
void root_start(const char *command_line);

#endif
