/* What lies behind mappings of files and of memory shared between processes.
 *
 * A private backing is an object of the store in one state (version); mm has one reference to the object for
 * it. Processes that map the same state share the clean frames through the cache. A shared backing is an
 * object, in whatever state, or nothing (anonymous memory); its frames live in the cache until the last
 * mapping goes, and are written back when a mapping of them goes, and by msync. So a file that is mapped
 * shared and read or written through descriptors at the same time is only up to date after that. */
#ifndef MM_BACKING_H
#define MM_BACKING_H

#include "frame.h"

enum { BACKINGS_MAX = 1024 };

struct backing {
	struct backing *next; /* in the list of those in use, or of free ones */
	uint64_t key;	      /* for the cache: a version, or CACHE_SHARED | serial number */
	uint64_t object;      /* 0: anonymous shared memory */
	uint32_t references;  /* areas; 0: free */
	uint32_t frames;      /* shared: first cached frame, chained by `sibling` */
};

struct backings {
	struct backing *used, *unused;
	uint32_t count;		 /* in use */
	uint64_t serial;	 /* of the last shared one */
	struct backing *backing; /* [BACKINGS_MAX] */
};
extern struct backings backings;

djed_status backings_init(void);

/* With one reference for the caller. -ENOENT: no such object; -ENOMEM: too many. */
djed_status backing_private(uint64_t object, struct backing **backing);
djed_status backing_shared(uint64_t object, struct backing **backing);

void backing_reference(struct backing *backing);
/* The last one writes back what is shared and drops the object. */
void backing_release(struct backing *backing);

/* The frame of a page, from the cache or brought in, without a reference for the caller.
 * -ENXIO: behind the end of the object; -ENOMEM: no frame; -EIO. */
djed_status backing_frame(struct backing *backing, uint32_t page, uint32_t *id);

/* Writes dirty pages [first, end) of a shared backing to its object, as far as they lie within its size. 0 or
 * -EIO. */
djed_status backing_write(struct backing *backing, uint64_t first, uint64_t end);

#endif
