/* Raw profiles (as LLVM's profile runtime would write them) from an ELF file and counters read out of guest
 * memory. */
#ifndef DJED_COVERAGE_PROFILE_H
#define DJED_COVERAGE_PROFILE_H

#include <stddef.h>

/* Writes `path` for the program `elf` (compiled with -fprofile-instr-generate, symbols or not) whose section
 * __llvm_prf_cnts had the bytes `counters` when it ended. Dies with the reason if the file does not fit. */
void profile_write(const char *path, const char *elf, const void *counters, size_t length);

#endif
