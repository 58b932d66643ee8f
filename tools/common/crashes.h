/* The file of crash records that `djed run` and `djed repro` write and `djed crashes` shows. */
#ifndef DJED_TOOLS_CRASHES_H
#define DJED_TOOLS_CRASHES_H

#include "abi/crash_records.h"
#include "abi/lab.h"
#include "abi/ring.h"

#include <stdbool.h>

struct machine;

/* Head of the file; behind it `rings` event rings, of the services that have one. */
struct crashes_file {
	char magic[8]; /* CRASHES_MAGIC */
	uint32_t version, rings;
	uint64_t checksum; /* digest of what follows it, rings included */
	char variant[16];  /* of the build that ran: where symbols are, */
	uint64_t build;	   /* variant_digest at that time */
	struct djed_crashes crashes;
};
#define CRASHES_MAGIC "djedcrf"
enum { CRASHES_VERSION = 2 };

struct crashes_ring {
	uint32_t service, reserved;
	struct djed_ring ring;
};

/* What `checksum` must be in a whole file of `length` bytes. */
uint64_t crashes_checksum(const struct crashes_file *file, size_t length);

/* Writes what the guest shows of its crashes, also after machine_stop. False: it shows nothing that could be
 * read, nothing is written. Dies if the file cannot be written. */
bool crashes_save(struct machine *m, const char *variant, const char *path);

#endif
