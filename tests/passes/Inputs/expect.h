/* Checks that tell what they expected, and count. */
#ifndef DJED_TESTS_PASSES_EXPECT_H
#define DJED_TESTS_PASSES_EXPECT_H

#include <stdio.h>

static int expect_failed;

#define EXPECT(condition) \
	((condition)      \
	     ? (void)0    \
	     : (void)(expect_failed++, printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition)))

/* The exit status of a test: 0 if everything was as expected. */
static inline int expect_end(void)
{
	printf(expect_failed ? "%d failed\n" : "all as expected\n", expect_failed);
	return expect_failed != 0;
}

#endif
