/* Address spaces and which process uses which. All that belongs to one process lies in its region
 * (docs/regions.md): which space it uses, spaces that were made for it, and a first share of areas and page
 * groups for these; what does not fit comes out of tables in the heap, for all. A space that a process shares
 * with its parent lies in the parent's region, and stays there if the parent goes first.
 *
 * A space is its list of areas and, for each page that is
 * present, the id of its frame. The kernel's page tables are only a cache of this: entries are dropped
 * freely, and come back by page faults. So mapping a page is undone by dropping its entry, and dropping
 * entries need not be undone at all. */
#ifndef MM_SPACE_H
#define MM_SPACE_H

#include "area.h"

#include <lib/region.h>

enum {
	PROCESSES_MAX = 1024,
	SPACES_OWN = 4, /* the one in use, what execve makes, and those of processes that were there before */
	SPACES_MAX = PROCESSES_MAX * SPACES_OWN,
	GROUP_PAGES = 64,
	GROUPS_OWN = 19,
	GROUP_BUCKETS = 2048,
	REGION_SIZE = 2 * DJED_PAGE_SIZE,
	REGION_REST = 232, /* bytes of a region that are not used */
};

/* Frames of 64 neighbouring pages of a space, at least one of them present. */
struct group {
	struct group *next, *previous; /* in the space, by number */
	uint32_t space;		       /* its id, 0: free */
	uint32_t used;		       /* entries that are not 0 */
	uint64_t number;	       /* page number / GROUP_PAGES */
	uint32_t frame[GROUP_PAGES];   /* ids; 0: not present */
};

/* A client's own. */
struct own_groups {
	uint32_t used; /* bit for each */
	struct group group[GROUPS_OWN];
};

struct space {
	djed_handle handle;
	uint32_t id;	     /* 1..SPACES_MAX; by its place: see space_at */
	uint32_t references; /* processes; 0: free */
	uint32_t resident;   /* pages present */
	uint32_t groups;
	djed_transaction made_in; /* the transaction that made it */
	struct area_list areas;
	struct group *first, *recent; /* groups; the one touched last */
	uint64_t brk_start, brk;      /* end of the program's data, as set by it; 0: no program yet */
	uint64_t stack_limit;	      /* the stack does not grow below */
};

struct process {
	uint32_t pid; /* 0: free */
	uint32_t space;
};

/* A region. */
struct client {
	struct process process;
	struct space space[SPACES_OWN];
	struct own_areas areas;
	struct own_groups groups;
	uint8_t rest[REGION_REST];
};
_Static_assert(sizeof(struct client) == REGION_SIZE, "a region");
extern struct client clients[PROCESSES_MAX];

struct spaces {
	uint32_t count;		     /* spaces in use */
	uint32_t processes;	     /* in use */
	uint32_t groups, groups_max; /* of the heap: in use, all */
	struct group *group;	     /* [groups_max] */
	struct group *group_free;    /* chained like a bucket */
	/* By the group's index: the next one in its hash bucket; free ones of the heap: the next free one. */
	struct group **chain; /* [GROUPS_OWN * PROCESSES_MAX + groups_max] */
	struct group *group_bucket[GROUP_BUCKETS];
};
extern struct spaces spaces;

/* Groups are numbered through, those in regions first. */
static inline uint32_t group_index(const struct group *group)
{
	uintptr_t at = (uintptr_t)group - (uintptr_t)clients;

	if (at >= sizeof(clients))
		return GROUPS_OWN * PROCESSES_MAX + (uint32_t)(group - spaces.group);
	return (uint32_t)(at / REGION_SIZE) * GROUPS_OWN +
	       (uint32_t)((at % REGION_SIZE - offsetof(struct client, groups.group)) / sizeof(*group));
}

/* Hash bucket of a space's group. */
static inline uint32_t group_bucket(uint32_t space, uint64_t number)
{
	return (number + (uint64_t)space * 97) % GROUP_BUCKETS;
}

djed_status spaces_init(void);

/* ---- processes --------------------------------------------------------------------------------- */

static inline struct client *client_of(uint32_t pid)
{
	return &clients[djed_region_of(pid, PROCESSES_MAX)];
}
/* To be said before the region of a process is changed, which may be another than the one that is served. */
static inline void client_write(uint32_t pid)
{
	region_write(djed_region_of(pid, PROCESSES_MAX), PROCESSES_MAX);
}

/* NULL: there is no such process. */
struct process *process_find(uint32_t pid);
struct space *process_space(uint32_t pid);
/* A process that uses `space`, which gets a reference; to both regions one can write. -EEXIST (also: another
 * process has its region), -EINVAL (pid 0). */
djed_status process_add(uint32_t pid, struct space *space);
/* Forgets the process; with the last user the space goes. */
void process_remove(struct process *process);
/* Lets the process use another space (with the caller's reference) instead of its own. */
void process_move(struct process *process, struct space *space);

/* ---- spaces --------------------------------------------------------------------------------------- */

static inline struct space *space_at(uint32_t id)
{
	return &clients[(id - 1) / SPACES_OWN].space[(id - 1) % SPACES_OWN];
}
/* The region in which it lies; that is not taken from what lies there. */
static inline uint32_t region_with(const struct space *space)
{
	return (uint32_t)(((uintptr_t)space - (uintptr_t)clients) / REGION_SIZE);
}
static inline struct client *client_with(const struct space *space)
{
	return &clients[region_with(space)];
}
/* To be said before a space is changed, and what it consists of: it may lie in another's region. */
static inline void space_write(const struct space *space)
{
	region_write(region_with(space), PROCESSES_MAX);
}

/* An empty space with one reference, in that region, to which one can write; or NULL. */
struct space *space_create(struct client *client);
void space_release(struct space *space);

/* ---- pages ------------------------------------------------------------------------------------------ */

/* Whether the space can have `count` more groups. */
bool groups_available(const struct space *space, uint32_t count);
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
