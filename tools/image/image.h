/* Images of services, from linked ELF files into the system (os/abi/system.h). */
#ifndef IMAGE_H
#define IMAGE_H

#include <abi/system.h>
#include <stddef.h>

#include "text.h"

/* Starts a system: `records` of djed-manifest, or NULL: root alone. NULL, or the reason why they are none.
 * The caller frees *system. */
[[nodiscard]] const char *image_start(struct text *system, const struct text *records);

/* The records of a started system; they move when images are added. */
struct djed_system *image_system(const struct text *system);

/* Adds to service `number` the image in an ELF file's `length` bytes, which must be a static x86_64
 * executable that lies where images may. NULL, or the reason why not. `elf` is not kept. */
[[nodiscard]] const char *image_add(struct text *system, unsigned number, char *elf, size_t length);

/* Completes the system after all images have been added. NULL, or what the guest would refuse it for. */
[[nodiscard]] const char *image_finish(struct text *system);

#endif
