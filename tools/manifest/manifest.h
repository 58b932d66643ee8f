/* The text of the boot manifest (os/image/manifest explains its lines), and the records that it becomes. */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <abi/system.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One file of text; several follow each other as if they were one. */
struct manifest_text {
	const char *file; /* its name in messages */
	const char *bytes;
	size_t length;
};

/* Where something stands. */
struct manifest_place {
	const char *file;
	uint32_t line;
};

/* What a service asks for, before it becomes capabilities. */
struct manifest_rights {
	uint32_t calls, forwards, notifies; /* bit per service number */
	bool audits;			    /* may call every other service, for its audit */
	uint16_t port_first, port_count;    /* count 0: none */
	bool has_irq;
	uint8_t irq_line, irq_bit;
};

struct manifest {
	struct djed_system system;			/* whole, but for the images */
	struct manifest_place place[DJED_SERVICES_MAX]; /* by record: `service` line, `alternative` line */
	struct manifest_rights rights[DJED_SERVICES_MAX];
	struct manifest_place policy_place[DJED_SERVICES_MAX]; /* of each `policy` line */
	char error[400];				       /* "FILE:LINE: reason"; empty: none */
};

/* Reads the texts, whose bytes and names must stay while the result is used. False: manifest->error says what
 * is wrong and where. */
[[nodiscard]] bool manifest_parse(struct manifest *manifest, const struct manifest_text *texts,
				  unsigned count);

/* Checks the scripts that the services' `policy` lines name, which are those of `scripts` whose file has that
 * name, and those that nobody names. `manifest` is the result of manifest_parse; false as there. */
[[nodiscard]] bool manifest_check_policies(struct manifest *manifest, const struct manifest_text *scripts,
					   unsigned count);

/* Checks that each service and each other implementation has an image: one of `names`. `manifest` is the
 * result of manifest_parse; false as there. */
[[nodiscard]] bool manifest_check_images(struct manifest *manifest, char *const *names, unsigned count);

/* Number of a service by its name, or -1. Root has no name here. */
int manifest_find(const struct manifest *manifest, const char *name);

#endif
