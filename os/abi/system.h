/* The system: what services there are, what each may do, and their images. It is made at build time, after
 * all checks that can be made there: djed-manifest makes the records out of the manifest's text
 * (os/image/manifest explains its lines), djed-image adds the images out of the linked ELF files. The boot
 * archive begins with it, and it is read where it lies: the kernel takes root from it, root all services, rs
 * new instances. */
#ifndef DJED_ABI_SYSTEM_H
#define DJED_ABI_SYSTEM_H

#include "lab.h"
#include "layout.h"
#include "message.h"

#define DJED_SYSTEM_MAGIC 0x316d657473796a64ull /* "djystem1", little-endian */
/* Of struct djed_system in the archive, in bytes: it is the first file, and this is the length of a ustar
 * header. */
enum { DJED_SYSTEM_OFFSET = 512 };
/* Where it is to those who see the archive. */
#define DJED_SYSTEM ((const struct djed_system *)(DJED_ARCHIVE_BASE + DJED_SYSTEM_OFFSET))

/* Rungs that a service's ladder may hold: docs/transactions.md, "The ladder", which has their numbers. */
enum djed_rung {
	DJED_RUNG_RETRY = 1,
	DJED_RUNG_ERROR = 2,
	DJED_RUNG_REFUSE = 3,	/* error, and the client's same call is refused from now on */
	DJED_RUNG_HANDOVER = 4, /* new text and stack, the memory is kept; the request is delivered again */
	DJED_RUNG_REBUILD =
	    5, /* new instance, built out of the clients' regions; the request is delivered again */
	DJED_RUNG_RESTART = 6, /* new, empty instance; the request gets the error */
	DJED_RUNG_ALTERNATIVE =
	    7, /* new, empty instance of the other implementation; the request is delivered again */
	DJED_RUNG_SHUTDOWN = 8,
	DJED_RUNG_RESTART_RETRY = 16, /* rung 6 too, but the request is delivered again */
};

enum {
	DJED_LADDER_MAX = 8,
	DJED_SEGMENTS_MAX = 4,
	DJED_LINUX_OWN_FIRST = 4096, /* Linux calls of users' own servers */
	DJED_LINUX_OWN_LAST = 8191,
};

struct djed_segment {
	uint64_t address;     /* start of a page */
	uint64_t memory_size; /* bytes; what is beyond file_size is zero */
	uint64_t offset;      /* of its bytes, from the start of struct djed_system */
	uint64_t file_size;   /* bytes, at most memory_size */
	uint32_t access;      /* enum djed_access bits; never both WRITE and EXECUTE */
	uint32_t reserved;
};

/* What a service may do, in the order of its slots. */
struct djed_system_capability {
	struct djed_capability_name name; /* as its start information gets it */
	uint32_t rights;		  /* as kernel_service_grant takes them, like `object` */
	uint64_t object;
};

/* A part of the image that the laboratory sees. */
struct djed_shown {
	uint64_t address, length; /* bytes, in a writable segment; 0, 0: there is none */
};

/* One service. Root, which is number 0, has only name and image; so has the other implementation of a
 * service, in a record behind those of all services. */
struct djed_system_service {
	char name[DJED_NAME_MAX];
	uint64_t heap, log;		  /* bytes, multiples of the page size */
	uint32_t priority;		  /* 17..31 */
	uint32_t regions, region_size;	  /* of clients: number, and bytes of each; 0, 0: none */
	uint32_t grants;		  /* bit per enum djed_capability_type of those without an object */
	uint32_t receives;		  /* bit per enum djed_event_message */
	uint16_t linux_first, linux_last; /* 0, 0: none */
	uint8_t archive;		  /* 1: sees the boot archive */
	uint8_t receives_linux;		  /* 1: Linux calls go to it */
	uint8_t ladder[DJED_LADDER_MAX];  /* enum djed_rung, in order; 0 ends */
	uint32_t alternative;		  /* record of its other implementation, 0: none */
	uint32_t heartbeat;		  /* ms after which the warden takes it for stuck, 0: as most */
	char policy[DJED_NAME_MAX];	  /* name of its script under /etc/policies, empty: none */
	uint32_t capabilities, segments;  /* entries in use of the tables below */
	struct djed_system_capability capability[DJED_CAPABILITIES_MAX];
	uint64_t entry;					  /* in an executable segment */
	struct djed_segment segment[DJED_SEGMENTS_MAX];	  /* by address; no two share a page */
	struct djed_shown shown[DJED_REGION_CRASHES + 1]; /* by enum djed_lab_region_kind */
};

struct djed_system {
	uint64_t magic;	   /* DJED_SYSTEM_MAGIC */
	uint64_t checksum; /* djed_system_checksum */
	uint64_t length;   /* of records and images, bytes */
	uint64_t count;	   /* of services, root included; their numbers are their indices */
	uint64_t records;  /* the same, and their other implementations behind them */
	struct djed_system_service service[DJED_SERVICES_MAX]; /* zero from `records` on */
};
_Static_assert(sizeof(struct djed_system) % sizeof(uint64_t) == 0, "the checksum takes whole words");

/* Of the records: over all that follows the checksum, a word at a time as FNV-1a, so that no change within
 * one word is missed. */
static inline uint64_t djed_system_checksum(const struct djed_system *system)
{
	const uint64_t *end = (const uint64_t *)(system + 1);
	uint64_t sum = 0xcbf29ce484222325u;

	for (const uint64_t *word = &system->length; word < end; word++)
		sum = (sum ^ *word) * 0x100000001b3u;
	return sum;
}

/* Where the image of record `number` may lie: from `base` to `end`. A service has that of its other
 * implementation in its memory, too. */
static inline uint64_t djed_system_image_base(const struct djed_system *system, uint64_t number)
{
	return number < system->count ? DJED_IMAGE_BASE : DJED_ALTERNATIVE_BASE;
}
static inline uint64_t djed_system_image_end(const struct djed_system *system, uint64_t number)
{
	return number < system->count ? DJED_ALTERNATIVE_BASE : DJED_IMAGE_END;
}

/* Whether a record's image lies in the file, and where an image may lie. */
static inline bool djed_system_image_fits(const struct djed_system *system, uint64_t number)
{
	const struct djed_system_service *service = &system->service[number];
	uint64_t end = djed_system_image_end(system, number);
	/* First address behind the segments so far, page by page. */
	uint64_t free = djed_system_image_base(system, number);
	bool entry = false;

	if (service->segments > DJED_SEGMENTS_MAX)
		return false;
	for (uint32_t i = 0; i < service->segments; i++) {
		const struct djed_segment *s = &service->segment[i];

		if (s->address % DJED_PAGE_SIZE || s->address < free || s->address > end ||
		    s->memory_size > end - s->address || s->file_size > s->memory_size ||
		    s->offset > system->length || s->file_size > system->length - s->offset ||
		    (s->access & DJED_ACCESS_WRITE && s->access & DJED_ACCESS_EXECUTE))
			return false;
		free = (s->address + s->memory_size + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE * DJED_PAGE_SIZE;
		entry |= s->access & DJED_ACCESS_EXECUTE && service->entry >= s->address &&
			 service->entry - s->address < s->memory_size;
	}
	return entry;
}

/* Whether a service's capabilities are such as a manifest can give. */
static inline bool djed_system_capabilities_fit(const struct djed_system_service *service)
{
	if (service->capabilities > DJED_CAPABILITIES_MAX)
		return false;
	for (uint32_t i = 0; i < service->capabilities; i++) {
		const struct djed_capability_name *name = &service->capability[i].name;

		if (name->name[DJED_NAME_MAX - 1] || name->slot != i || name->type == DJED_CAP_NONE ||
		    name->type == DJED_CAP_BOOT || name->type > DJED_CAP_LAST)
			return false;
	}
	return true;
}

/* NULL: nobody who follows the records leaves the `size` bytes that begin at `system`, or an array. Else the
 * reason why not. Rights, sizes and numbers beyond that are checked by the kernel's operations when root uses
 * them. */
static inline const char *djed_system_check(const struct djed_system *system, uint64_t size)
{
	if (size < sizeof(*system) || system->magic != DJED_SYSTEM_MAGIC)
		return "it does not begin with a system of this version";
	if (system->checksum != djed_system_checksum(system))
		return "its records are damaged";
	if (system->length > size || system->count < 1 || system->records < system->count ||
	    system->records > DJED_SERVICES_MAX)
		return "it is cut off, or has too many services";
	for (uint32_t i = 0; i < system->records; i++) {
		const struct djed_system_service *service = &system->service[i];

		if (!service->name[0] || service->name[DJED_NAME_MAX - 1])
			return "a service has no name";
		if (!djed_system_capabilities_fit(service))
			return "a service has a capability that there is not";
		for (unsigned k = 0; k < DJED_LADDER_MAX; k++)
			if (service->ladder[k] > DJED_RUNG_RESTART_RETRY)
				return "a service has a rung that there is not";
		if (service->alternative && (i >= system->count || service->alternative < system->count ||
					     service->alternative >= system->records))
			return "a service has an implementation that there is not";
		if (!djed_system_image_fits(system, i))
			return "an image does not fit";
	}
	return NULL;
}

#endif
