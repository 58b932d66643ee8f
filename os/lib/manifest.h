/* The boot manifest (os/image/manifest explains its lines): what services there are and what each may do. */
#ifndef DJED_LIB_MANIFEST_H
#define DJED_LIB_MANIFEST_H

#include <abi/layout.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MANIFEST_SERVICES_MAX = DJED_SERVICES_MAX - 1, /* service 0 is root */
	MANIFEST_LADDER_MAX = 6,
	MANIFEST_LINUX_FIRST = 4096, /* Linux calls of users' own servers */
	MANIFEST_LINUX_LAST = 8191,
};

/* Rungs as the manifest names them; the values are those of design section 6. */
enum manifest_rung {
	MANIFEST_RETRY = 1,
	MANIFEST_ERROR = 2,
	MANIFEST_RESTART = 6, /* new, empty instance; the request gets the error */
	MANIFEST_SHUTDOWN = 8,
	MANIFEST_RESTART_RETRY = 16, /* new, empty instance; the request is delivered again: rung 6 too */
};

struct manifest_service {
	char name[DJED_NAME_MAX];
	uint32_t line;			    /* of its `service` line */
	uint32_t priority;		    /* 17..31 */
	uint64_t heap, log;		    /* bytes, multiples of the page size */
	uint32_t calls, forwards, notifies; /* bit i: the i-th service of the manifest, counted from 0 */
	uint32_t grants;		    /* bit per enum djed_capability_type */
	bool archive;			    /* sees the boot archive */
	uint16_t port_first, port_count;    /* count 0: none */
	bool has_irq;
	uint8_t irq_line, irq_bit;
	uint32_t receives; /* bit per enum djed_event_message */
	bool receives_linux;
	uint16_t linux_first, linux_last;    /* 0, 0: none */
	uint8_t ladder[MANIFEST_LADDER_MAX]; /* enum manifest_rung, in order; 0 ends */
};

struct manifest {
	uint32_t count;
	struct manifest_service service[MANIFEST_SERVICES_MAX];
	char error[160]; /* "manifest:LINE: reason"; empty: none */
};

/* Reads `length` bytes of text. False: manifest->error says what is wrong and where. */
[[nodiscard]] bool manifest_parse(struct manifest *manifest, const char *text, size_t length);

/* Index of a service, or -1. */
int manifest_find(const struct manifest *manifest, const char *name);

#endif
