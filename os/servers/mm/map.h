/* What the Linux calls do to a space. All give a result or a negated errno, exactly as Linux does. */
#ifndef MM_MAP_H
#define MM_MAP_H

#include "space.h"

/* Numbers of the Linux ABI. */
enum {
	MAP_SHARED = 0x01,
	MAP_PRIVATE = 0x02,
	MAP_SHARED_VALIDATE = 0x03,
	MAP_TYPE = 0x0f,
	MAP_FIXED = 0x10,
	MAP_ANONYMOUS = 0x20,
	MAP_GROWSDOWN = 0x0100,
	MAP_POPULATE = 0x8000,
	MAP_FIXED_NOREPLACE = 0x100000,
	PROTECTION_KNOWN = 7,	/* PROT_READ | PROT_WRITE | PROT_EXEC, the same bits as enum djed_access */
	PROTECTION_IGNORED = 8, /* PROT_SEM */
	MREMAP_MAYMOVE = 1,
	MREMAP_FIXED = 2,
	MS_ASYNC = 1,
	MS_INVALIDATE = 2,
	MS_SYNC = 4,
};

/* A file to be mapped; NULL where memory is asked for. */
struct map_file {
	uint64_t object, offset;
	bool writable; /* a shared mapping may be written to */
};

/* Start of a free range for a mapping that may go anywhere, 0: none. Length page aligned. */
uint64_t map_place(const struct space *space, uint64_t length);

int64_t map_create(struct space *space, uint64_t address, uint64_t length, uint32_t protection,
		   uint32_t flags, const struct map_file *file);
int64_t map_remove(struct space *space, uint64_t address, uint64_t length);
int64_t map_protect(struct space *space, uint64_t address, uint64_t length, uint32_t protection);
int64_t map_brk(struct space *space, uint64_t end);
int64_t map_remap(struct space *space, uint64_t address, uint64_t old_length, uint64_t new_length,
		  uint32_t flags, uint64_t new_address);
int64_t map_advise(struct space *space, uint64_t address, uint64_t length, int32_t advice);
int64_t map_synchronize(struct space *space, uint64_t address, uint64_t length, uint32_t flags);

#endif
