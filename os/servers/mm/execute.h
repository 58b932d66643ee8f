/* Spaces for processes: copies (fork), and new ones with a program and its first stack (execve). */
#ifndef MM_EXECUTE_H
#define MM_EXECUTE_H

#include "space.h"

/* A copy-on-write copy with one reference, in that region; or NULL: no memory. */
struct space *space_copy(struct space *from, struct client *client);

/* What a program is started with. */
struct start {
	uint32_t arguments, environment; /* numbers of strings */
	uint32_t name_length;		 /* bytes of the first string, NUL included */
	uint32_t user, group;
	struct djed_buffer strings; /* path, arguments, environment: NUL-terminated, one behind the other */
};
enum {
	STRINGS_MAX = 2 << 20,
	STRING_MAX = 128 << 10
}; /* bytes, NUL included; as in Linux with an 8 MiB stack */

/* A space with one reference, in that region, that holds the program in `object`, ready to run. -ENOEXEC,
 * -ENOENT (of the dynamic loader, or the object), -ENOMEM, -E2BIG, -EIO, -EFAULT (the strings are not what
 * `start` says). */
djed_status space_execute(struct client *client, uint64_t object, const struct start *start,
			  struct space **space, uint64_t *entry, uint64_t *stack);

#endif
