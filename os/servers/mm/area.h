/* Areas: ranges of a space's addresses with one kind of contents and protection, kept in order of address.
 * Adjacent areas that differ in nothing are one. Only the list is changed here; pages and backings' contents
 * are their users' business. */
#ifndef MM_AREA_H
#define MM_AREA_H

#include "backing.h"

enum {
	AREAS_MAX = 16384, /* in the heap, for spaces that need more than their client's own */
	AREAS_OWN = 32,
	AREAS_PER_SPACE = 4096,
};
#define USER_FIRST UINT64_C(0x10000)	  /* below, nothing is ever mapped */
#define USER_END UINT64_C(0x7ffffffff000) /* as in Linux */
#define PAGE_MASK ((uint64_t)DJED_PAGE_SIZE - 1)
#define PAGE_UP(address) (((address) + PAGE_MASK) & ~PAGE_MASK)
#define PAGE_DOWN(address) ((address) & ~PAGE_MASK)
#define NO_LIMIT UINT64_MAX

enum {
	AREA_SHARED = 1, /* writes go to the backing, not to a copy */
	AREA_STACK = 2,	 /* grows down to the page that is touched */
	AREA_READ_ONLY =
	    4, /* shared, of a descriptor that is not open for writing: mprotect cannot allow it either */
};

struct area {
	struct area *next, *previous; /* in the space; free: next alone, where it is in the heap */
	uint64_t start, end;	      /* page aligned; end exclusive */
	uint32_t protection;	      /* enum djed_access: read, write, execute */
	uint32_t flags;		      /* AREA_* */
	struct backing *backing;      /* NULL: zeros. One reference */
	uint64_t offset;	      /* of `start` in the backing, page aligned */
	uint64_t
	    limit; /* address from which there are zeros, not the backing (a program's bss), or NO_LIMIT */
};

/* A client's own, in its region. */
struct own_areas {
	uint32_t used; /* bit for each */
	struct area area[AREAS_OWN];
};

struct area_list {
	struct own_areas *own; /* which it takes first */
	struct area *first, *last;
	uint32_t count;
};

/* Those in the heap. */
struct areas {
	struct area *unused;
	uint32_t count;	   /* in use */
	struct area *area; /* [AREAS_MAX] */
};
extern struct areas areas;

djed_status areas_init(void);

/* Whether `count` more areas can be had for this space. */
bool areas_available(const struct area_list *list, uint32_t count);

/* The first area that ends behind `address` (and so holds it if it starts at or below it), NULL: none. */
struct area *area_at_or_after(const struct area_list *list, uint64_t address);
/* The area that holds `address`, NULL: none. */
struct area *area_find(const struct area_list *list, uint64_t address);

/* Adds a copy of `model`, taking over its reference to the backing, and joins it with its neighbours where
 * they are alike. The range must be free and areas_available(list, 1). Returns the area that now holds it. */
struct area *area_insert(struct area_list *list, const struct area *model);
/* The same behind all others, without joining. */
void area_append(struct area_list *list, const struct area *model);
/* Cuts an area in two at a page-aligned address strictly inside; returns the upper one. areas_available(list,
 * 1). */
struct area *area_split(struct area_list *list, struct area *area, uint64_t address);
/* Takes an area out of its list; its reference to the backing is dropped. */
void area_remove(struct area_list *list, struct area *area);
/* Joins an area with its neighbours where they are alike; returns the area that now holds it. */
struct area *area_join(struct area_list *list, struct area *area);

/* Makes page-aligned `start` and `end` borders of areas, so that all that lies between is whole areas.
 * -ENOMEM: too many areas; nothing changed. */
djed_status areas_cut_at(struct area_list *list, uint64_t start, uint64_t end);

/* Start of the highest free range of `length` bytes that ends at or below `top`; 0: none. */
uint64_t areas_gap_below(const struct area_list *list, uint64_t top, uint64_t length);

static inline uint64_t area_page(const struct area *area, uint64_t address)
{
	return (area->offset + (address - area->start)) / DJED_PAGE_SIZE;
}

#endif
