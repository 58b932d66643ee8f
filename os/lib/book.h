/* The books of one check (invariants.h): accounts that must all be zero in the end.
 *
 * At first only one sum per law is kept, in which each account has a weight of its own: while every account
 * is zero the sum is, and else it is not, but for one case in 2^64 or so. Only where a sum is not zero the
 * whole is done again with an account for each index, to tell which one is wrong. */
#ifndef DJED_LIB_BOOK_H
#define DJED_LIB_BOOK_H

#include <djed/server.h>

enum { BOOK_LAWS = 32 };

/* Memory from `at` on is free. */
struct room {
	uint8_t *at, *end;
};

struct account {
	uint64_t key; /* law << 32 | index; 0: free */
	int64_t amount;
};

/* Starts as {0}. */
struct book {
	uint64_t sum[BOOK_LAWS];
	struct room *room;	 /* for accounts; NULL: only sums are kept */
	struct account *account; /* hash table */
	uint32_t accounts, used; /* a power of two, or 0 */
	uint32_t suspended;	 /* bit per law */
	bool full;		 /* no room: what is missing is not told */
};

/* `size` bytes, aligned to 8; NULL: there is no room. */
void *room_take(struct room *room, size_t size);

static inline uint32_t book_hash(uint64_t key)
{
	return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 40);
}

/* Enters the amount by name. */
void book_enter(struct book *book, uint32_t law, uint32_t index, int64_t amount);
/* Whether every law's sum is zero. */
bool book_balanced(const struct book *book);
/* Reports every account of a law that is not zero. */
void book_close(const struct book *book, const char *const name[], struct djed_audit *audit);

/* ---- for `balance` ---------------------------------------------------------------------------------- */

/* Enters an amount into the account `index` of a law. */
static inline void book_count(struct book *book, uint32_t law, uint32_t index, int64_t amount)
{
	uint64_t weight = (index + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

	if (amount == 0)
		return;
	book->sum[law] += (uint64_t)amount * (weight ^ weight >> 29);
	if (book->room)
		book_enter(book, law, index, amount);
}

/* An object held one thing and now holds another, by index; 0: nothing. */
static inline void book_move(struct book *book, uint32_t law, uint32_t before, uint32_t now)
{
	if (before == now)
		return;
	if (before)
		book_count(book, law, before, -1);
	if (now)
		book_count(book, law, now, 1);
}

/* The law cannot be told from the log this time: something that it speaks of lies outside of all tables. */
static inline void book_suspend(struct book *book, uint32_t law)
{
	book->suspended |= UINT32_C(1) << law % BOOK_LAWS;
}

#endif
