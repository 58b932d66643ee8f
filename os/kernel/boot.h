/* From the machine to the first service. */
#ifndef DJED_KERNEL_BOOT_H
#define DJED_KERNEL_BOOT_H

#include <stddef.h>
#include <stdint.h>

/* Physical address and size of the boot archive; 0: there is none. */
uint64_t boot_archive(uint64_t *size);
/* A regular file of the archive (ustar), by its name. NULL: not in it, or the archive is damaged. */
const void *archive_find(const char *name, uint64_t *size);
/* Makes service 0 from the archive's "root" and lets it run. */
void root_start(const char *command_line);

#endif
