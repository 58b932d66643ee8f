/* What a program under the differential check offers to the harness. */
#ifndef DJED_TESTS_DIFFERENTIAL_PROGRAM_H
#define DJED_TESTS_DIFFERENTIAL_PROGRAM_H

#include <stdint.h>

enum { ARENA_SIZE = 16384 }; /* bytes */

struct test_program {
	const char *name;
	uint32_t rounds; /* requests to handle, each from the state that the one before left; 1: only from the
			    initial state */
	uint32_t may_fail; /* the generator does not promise that it ends, or ends well: then it is skipped */
	uint64_t (*handle)(uint64_t argument,
			   uint8_t *arena); /* one request; the result depends on memory alone */
};

#endif
