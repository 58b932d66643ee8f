/* Changes made by a test in place of instrumented code, for what looks at the undo log (lib/invariants.h).
 *
 *     CHANGE(sched.used, 3);
 *     cr_assert(changes_noticed(sched_invariants));
 */
#ifndef DJED_TESTS_CHANGES_H
#define DJED_TESTS_CHANGES_H

#include <criterion/criterion.h>
#include <string.h>

#include "host.h"

/* What the instrumentation does before a store. */
static inline void *changing(void *bytes, size_t length)
{
	djed_window_open = 1;
	djed_undo_range(bytes, length);
	djed_window_open = 0;
	return bytes;
}
#define CHANGE(place, value) (*(typeof(place) *)changing(&(place), sizeof(place)) = (value))

/* Logs whatever differs from a copy made before. */
static inline void changes_log(void *memory, const void *copy, size_t size)
{
	uint8_t *now = memory, new[8];
	const uint8_t *before = copy;

	for (size_t at = 0; at < size; at += sizeof(new)) {
		size_t part = size - at < sizeof(new) ? size - at : sizeof(new);

		if (memcmp(now + at, before + at, part) == 0)
			continue;
		memcpy(new, now + at, part);
		memcpy(now + at, before + at, part);
		changing(now + at, part);
		memcpy(now + at, new, part);
	}
}

/* Whether what is in the log is noticed. Empties the log; takes nothing back. */
static inline bool changes_noticed(void (*invariants)(const uint64_t *))
{
	const uint64_t *base = djed_log_top - djed_undo_length() / sizeof(uint64_t);
	const char *panic;

	djed_ipc.in.attempt = 1; /* however usual it looks */
	panic = host_panic_of(invariants(base));
	djed_ipc.in.attempt = 0;
	djed_undo_reset();
	cr_assert(!panic || strstr(panic, "do not hold"), "%s", panic);
	return panic;
}

/* The same for a corruption: it is noticed, unless it is in the list ` name name ` of those that only the
 * whole audit sees. */
static inline void expect_noticed(void (*invariants)(const uint64_t *), const char *name, const char *unseen)
{
	size_t length = strlen(name);
	bool listed = false;

	for (const char *at = strstr(unseen, name); at; at = strstr(at + 1, name))
		listed = listed || (at[-1] == ' ' && at[length] == ' ');
	cr_expect_eq(changes_noticed(invariants), !listed, "%s %s", name,
		     listed ? "is noticed, but listed as unseen" : "is not noticed");
}

#endif
