/* Frames of the pool that the kernel set aside for applications, and the page cache over them.
 *
 * A frame is known by its id, 1..count; 0 is none. Its reference count is the number of page entries that
 * name it, plus one while the cache keeps it. Contents of frames are never logged: only a fresh frame is
 * written to by mm, and a frame that is given back keeps its contents until the transaction that gave it back
 * has ended, because rollback would make it live again. So frames given back wait in a list of their own, and
 * join the free list when a later transaction takes or gives back a frame.
 *
 * The cache knows a page by a key and a page number. The key of a file's page is the file's version
 * (store.idl: no two states of any objects have the same one), so a changed file is simply not found, and
 * what nobody uses any more is dropped when frames run short. The key of a page that processes share for
 * writing is a number of its own with the top bit set. */
#ifndef MM_FRAME_H
#define MM_FRAME_H

#include <djed/server.h>

#define CACHE_SHARED (UINT64_C(1) << 63)

struct frame {
	uint32_t references;
	uint32_t next;	  /* free: in its list; cached: in its hash chain */
	uint64_t key;	  /* 0: not in the cache */
	uint32_t page;	  /* number within the object */
	uint32_t sibling; /* shared key: next frame of the same backing */
	uint32_t dirty;	  /* shared key: written to by somebody, perhaps again and again */
	uint32_t reserved;
};

enum { CACHE_BUCKETS = 4096 };

struct frames {
	uint64_t first; /* kernel's number of the frame with id 1 */
	uint32_t count;
	uint32_t available; /* length of the free list */
	uint32_t pending;   /* length of the pending list */
	uint32_t cached;    /* frames in the cache */
	uint32_t free_head;
	uint32_t pending_head, pending_tail;
	uint32_t hand; /* where the search for a cached frame that nobody uses goes on */
	djed_transaction pending_of;
	struct frame *frame; /* [count + 1] */
	uint32_t bucket[CACHE_BUCKETS];
};
extern struct frames frames;

/* Hash bucket of a cached page; neighbours lie side by side. */
static inline uint32_t cache_bucket(uint64_t key, uint32_t page)
{
	return ((key * UINT64_C(0x9e3779b97f4a7c15) >> 32) + page) % CACHE_BUCKETS;
}

/* The pool of the start information, as far as the heap can describe it. -ENOMEM. */
djed_status frames_init(void);

static inline uint64_t frame_number(uint32_t id)
{
	return frames.first + id - 1;
}

/* A frame with undefined contents and one reference; 0: none is free. */
uint32_t frame_take(void);
void frame_reference(uint32_t id);
void frame_release(uint32_t id);

/* Many at once: each write to what they share would be a record in the undo log. Frames whose last reference
 * goes are collected in a chain (start with {0}) and given back together. */
struct frame_chain {
	uint32_t head, tail, count;
};
void frame_unlink(struct frame_chain *chain, uint32_t id);
void frames_give_back(const struct frame_chain *chain);

/* Contents of fresh frames. Length and offset within the frame. */
void frame_zero(uint32_t id);
void frame_copy(uint32_t to, uint32_t from);
void frame_write(uint32_t id, uint32_t offset, const void *bytes, uint32_t length);
/* Zeros from `offset` to the end. */
void frame_zero_rest(uint32_t id, uint32_t offset);
void frame_read(uint32_t id, uint32_t offset, void *bytes, uint32_t length);

/* Frames that a later transaction will find free, though this one does not. */
bool frames_will_come(void);

/* The cached frame of a page, 0: none. No reference is added. */
uint32_t cache_find(uint64_t key, uint32_t page);
/* The cache takes a reference of its own. The page must not be in it yet. */
void cache_insert(uint32_t id, uint64_t key, uint32_t page);
/* Takes it out and drops the cache's reference. */
void cache_remove(uint32_t id);

#endif
