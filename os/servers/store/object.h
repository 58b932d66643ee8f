/* Objects: a table of them, and for each a tree of its pages.
 *
 * A tree of height 0 is one page; of height h, a node of level h. It grows as needed, up to 64^3 pages = 1
 * GiB. Bytes of the last page that lie beyond the object's size mean nothing: they are made zero when the
 * object grows over them. So appending needs no log, only the new size. */
#ifndef STORE_OBJECT_H
#define STORE_OBJECT_H

#include "pool.h"

enum {
	OBJECTS_MAX = 16384,
	HEIGHT_MAX = 3,
	NODES_PER_PATH = 2 * HEIGHT_MAX, /* that one page at most adds: higher roots, and a path below */
};
#define OBJECT_SIZE_MAX ((uint64_t)DJED_PAGE_SIZE << NODE_BITS * HEIGHT_MAX)

struct object {
	uint32_t generation; /* high half of the object's number; changes when the object goes */
	uint32_t references; /* 0: a free slot */
	uint64_t size;	     /* bytes */
	uint64_t version;    /* objects.clock at its last change */
	uint32_t root;	     /* page (height 0) or node; 0: no pages at all */
	uint32_t height;
	uint32_t pages; /* of data */
	uint32_t next;	/* free slot: the next one, index + 1 */
	uint64_t attribute[6];
};

struct objects {
	uint32_t count;	       /* in use */
	uint32_t free_head;    /* index + 1 */
	uint64_t clock;	       /* last version given out */
	struct object *object; /* [OBJECTS_MAX] */
};
extern struct objects objects;

/* -ENOMEM: the heap is too small. */
djed_status objects_init(void);

/* The object with this number, or NULL. */
struct object *object_find(uint64_t number);
uint64_t object_number(const struct object *object);

/* A new object of size 0 with one reference, or NULL: the table is full. */
struct object *object_create(void);
void object_retain(struct object *object);
/* The last reference takes the object and its pages along. */
void object_release(struct object *object);

/* To be called with each change of an object's bytes or size. */
void object_changed(struct object *object);

/* Page `index` of the object, 0: a hole. */
uint32_t object_page(const struct object *object, uint32_t index);
/* Puts a page, taken for this place, where a hole or another page is; gives the other one back.
 * NODES_PER_PATH nodes must be free. */
void object_set_page(struct object *object, uint32_t index, uint32_t page);
/* Gives back all pages from number `first` on. */
void object_cut(struct object *object, uint32_t first);

#endif
