/* Address spaces and which process uses which. A space is its list of areas and, for each page that is
 * present, the id of its frame. The kernel's page tables are only a cache of this: entries are dropped
 * freely, and come back by page faults. So mapping a page is undone by dropping its entry, and dropping
 * entries need not be undone at all. */
#ifndef MM_SPACE_H
#define MM_SPACE_H

#include "area.h"

enum {
	SPACES_MAX = 1024,
	PROCESSES_MAX = 1024,
	GROUP_PAGES = 64,
	GROUP_BUCKETS = 2048,
	PROCESS_BUCKETS = 256,
};

/* Frames of 64 neighbouring pages of a space, at least one of them present. */
struct group {
	struct group *chain;	       /* in its hash bucket; free: the next free one */
	struct group *next, *previous; /* in the space, by number */
	uint32_t space;		       /* its id, 0: free */
	uint32_t used;		       /* entries that are not 0 */
	uint64_t number;	       /* page number / GROUP_PAGES */
	uint32_t frame[GROUP_PAGES];   /* ids; 0: not present */
};

struct space {
	djed_handle handle;
	uint32_t id;		  /* 1..SPACES_MAX */
	uint32_t references;	  /* processes; 0: free */
	uint32_t next_free;	  /* id */
	uint32_t resident;	  /* pages present */
	djed_transaction made_in; /* the transaction that made it */
	struct area_list areas;
	struct group *first, *recent; /* groups; the one touched last */
	uint32_t groups;
	uint64_t brk_start, brk; /* end of the program's data, as set by it; 0: no program yet */
	uint64_t stack_limit;	 /* the stack does not grow below */
};

struct process {
	uint32_t pid; /* 0: free */
	uint32_t space;
	uint32_t next; /* index + 1 in its hash bucket, or in the free list */
};

struct spaces {
	uint32_t count, free_head;		  /* spaces in use; id */
	struct space *space;			  /* [SPACES_MAX + 1] */
	uint32_t processes, process_free;	  /* in use; index + 1 */
	struct process *process;		  /* [PROCESSES_MAX] */
	uint32_t process_bucket[PROCESS_BUCKETS]; /* index + 1 */
	uint32_t groups, groups_max;		  /* in use, all */
	struct group *group;			  /* [groups_max] */
	struct group *group_free;
	struct group *group_bucket[GROUP_BUCKETS];
};
extern struct spaces spaces;

/* Hash bucket of a space's group. */
static inline uint32_t group_bucket(uint32_t space, uint64_t number)
{
	return (number + (uint64_t)space * 97) % GROUP_BUCKETS;
}

djed_status spaces_init(void);

/* ---- processes --------------------------------------------------------------------------------- */

/* NULL: there is no such process. */
struct process *process_find(uint32_t pid);
struct space *process_space(uint32_t pid);
/* A process that uses `space`, which gets a reference. -EEXIST, -ENOMEM, -EINVAL (pid 0). */
djed_status process_add(uint32_t pid, struct space *space);
/* Forgets the process; with the last user the space goes. */
void process_remove(struct process *process);
/* Lets the process use another space (with the caller's reference) instead of its own. */
void process_move(struct process *process, struct space *space);

/* ---- spaces --------------------------------------------------------------------------------------- */

/* An empty space with one reference, or NULL. */
struct space *space_create(void);
void space_release(struct space *space);

/* ---- pages ------------------------------------------------------------------------------------------ */

/* Frame of the page that holds an address, 0: not present. */
uint32_t page_get(struct space *space, uint64_t address);
/* Makes a page present, taking over the caller's reference to the frame, in place of the frame that was there
 * (released; drop the kernel's entry first). False: no memory for it; nothing changed. */
bool page_set(struct space *space, uint64_t address, uint32_t frame);
/* Takes all pages of a range away, releasing their frames (drop the kernel's entries first). */
void pages_clear(struct space *space, uint64_t start, uint64_t end);
/* Gives `to`, which has no page there, the pages of a range as well. *any: there was one. False: no memory,
 * and a part of them is copied. */
bool pages_copy(struct space *from, struct space *to, uint64_t start, uint64_t end, bool *any);
/* Moves all pages of a range by `distance` bytes (may be negative) to where none is present. -ENOMEM: nothing
 * changed. */
djed_status pages_move(struct space *space, uint64_t start, uint64_t end, int64_t distance);
/* The first present page at or behind *address and below `end`: its frame, and its address in *address. 0:
 * none. */
uint32_t page_next(struct space *space, uint64_t *address, uint64_t end);

/* ---- the kernel's page tables ------------------------------------------------------------------------- */

/* Maps a page, for as long as nothing drops it. -ENOMEM: the kernel has no memory for tables. */
djed_status space_map(struct space *space, uint64_t address, uint32_t frame, uint32_t access);
/* The same for at most AROUND_PAGES pages that follow each other. On an error the first ones may be mapped.
 */
djed_status space_map_run(struct space *space, uint64_t address, const uint32_t *frames, unsigned count,
			  uint32_t access);
/* Drops all entries of a range. */
void space_unmap(struct space *space, uint64_t start, uint64_t end);

#endif
