/* ELF programs: what their headers say, checked. Everything in a program file is hostile. */
#ifndef MM_PROGRAM_H
#define MM_PROGRAM_H

#include "backing.h"

enum { SEGMENTS_MAX = 16, PROGRAM_HEADERS_MAX = 64, PROGRAMS_KEPT = 16 };

struct segment {
	uint64_t address; /* of the first byte, relocated */
	uint64_t
	    file_length; /* bytes from the file, at `offset`; congruent to `address` modulo the page size */
	uint64_t length; /* bytes in memory, at least file_length; what is more is zeros */
	uint64_t offset;
	uint32_t protection; /* enum djed_access */
};

/* Segments are in order of address, in pages of their own, and below USER_END. */
struct program {
	uint64_t version;	 /* of the object this was read from: key of its private backing; 0: unused */
	uint64_t entry, headers; /* relocated addresses; headers: of the program headers, 0: not in memory */
	uint64_t bias;		 /* what relocation adds to the addresses of the file */
	uint64_t end;		 /* of the last segment */
	uint32_t header_count;
	uint32_t segments;
	struct segment segment[SEGMENTS_MAX];
};

/* Reads headers of an ELF64 program for x86_64: `head` holds the first `length` bytes of the file, at most a
 * page. -ENOEXEC: not such a program; -ENOENT: it wants a dynamic loader, and there is none. */
djed_status program_parse(const void *head, uint32_t length, struct program *program);

/* The program in an object, from a table of those parsed last. The result is valid until the next call.
 * Errors as above, and those of backing_frame. */
djed_status program_load(struct backing *backing, const struct program **program);

#endif
