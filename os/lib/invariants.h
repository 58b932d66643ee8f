/* Invariants at reply: what a request has changed is looked at again before its answer leaves the server,
 * while the changes can still be undone.
 *
 * Nothing has to be noted for that, because the undo log already tells which bytes were changed and what they
 * were before. So each server only says where its objects lie, and for each kind
 *
 *   check     what must hold of such an object and between it and its neighbours (links that point back,
 * bounds, order); balance   how a change of it changes the books: a law is a sum over all objects that is
 * always zero, such as "references counted minus references held". Each changed object enters the difference
 * between what it was and what it is; an answer leaves only if every account is zero again.
 *
 * So the sums that an audit finds by walking through everything are kept at a cost that depends on the number
 * of changes alone.
 *
 *     static void balance_file(struct book *book, const void *before, const void *now, uint32_t index)
 *     {
 *             const struct file *old = before, *new = now;
 *             book_move(book, LAW_USES, old->inode, new->inode);             // an inode is held by the file
 *     }
 *     static struct invariant_table tables[] = {
 *             {"file", vfs_file, sizeof(struct file), VFS_FILES, 0, sizeof(struct file), check_file,
 * balance_file},
 *     };
 *     static struct invariants invariants = {tables, 1, law_names};
 *     init: invariants_start(&invariants);
 */
#ifndef DJED_LIB_INVARIANTS_H
#define DJED_LIB_INVARIANTS_H

#include "book.h"

/* One kind of object, in an array. Only changes in bytes [from, to) of an object count; `balance` may read
 * only these of `before`, though the pointer is to the whole object. */
struct invariant_table {
	const char *name;  /* of one object, for the message */
	const void *first; /* the array */
	uint32_t size, count;
	uint32_t from, to;
	void (*check)(struct djed_audit *audit, uint32_t index); /* or NULL; changes nothing */
	void (*balance)(struct book *book, const void *before, const void *now, uint32_t index); /* or NULL */
	/* Further bytes of the same objects that are watched, or NULL. If its `size` is smaller than its
	 * bytes they are an array inside of each object, whose elements are objects by themselves, numbered
	 * through. */
	struct invariant_table *part;
};

struct invariants {
	struct invariant_table *table;
	uint32_t tables;
	const char *const *law; /* names by number, for the message; laws are numbered from 1 */
	bool started;
};

/* Puts the tables in order of address. Once, when all arrays are there. */
void invariants_start(struct invariants *invariants);

/* Checks everything that was changed by the records of the undo log from `from` up to its top. Panics where
 * something does not hold. With a closed window; a change too large for the room behind the log is not
 * checked.
 */
void invariants_check(const struct invariants *invariants, const uint64_t *from);

/* The same for every request of a shape (message, and length of what it has logged) that has rarely been
 * seen, for every request that is delivered again, and for a sample of the others: a check costs some ten
 * times what the records in the log have cost. */
void invariants_at_reply(const struct invariants *invariants, const uint64_t *from);

#endif
