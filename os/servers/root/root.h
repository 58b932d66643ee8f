/* The root task: it makes all services from the manifest, and recovers rs. Trusted, not instrumented, never
 * restarted. */
#ifndef ROOT_H
#define ROOT_H

#include <djed/server.h>
#include <lib/elf.h>
#include <lib/manifest.h>

struct root_service {
	const struct manifest_service *line;
	uint64_t number; /* the kernel's */
	struct elf_image image;
};

struct root {
	struct manifest manifest;
	struct root_service service[MANIFEST_SERVICES_MAX]; /* in the manifest's order */
	uint32_t policy;				    /* enum djed_policy */
	uint32_t monitor;				    /* enum djed_monitor_mode */
};
extern struct root root;

/* Shows one line in the log and ends the machine's run: Djed cannot start. */
[[noreturn]] void root_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reads the manifest and the images out of the archive, and the policy and monitor words of the command line.
 */
void root_read(void);

/* Makes the services: memory, capabilities, start information, events, routes, what the laboratory sees. None
 * runs yet. */
void root_make_services(void);

/* Wakes the fault that the command line names (word fault=CLASS:SERVER:SITE[:NTH][:once|always]), if there is
 * one. */
void root_wake_fault(void);

#endif
