#include "book.h"

#include <string.h>

enum { ACCOUNTS_MIN = 32 };

void *room_take(struct room *room, size_t size)
{
	void *taken = room->at;

	size = (size + 7) & ~(size_t)7;
	if ((size_t)(room->end - room->at) < size)
		return NULL;
	room->at += size;
	return taken;
}

static bool book_grow(struct book *book)
{
	struct account *old = book->account;
	uint32_t accounts = book->accounts, larger = accounts ? 4 * accounts : ACCOUNTS_MIN;
	struct account *account = room_take(book->room, larger * sizeof(*account));

	if (!account)
		return false;
	memset(account, 0, larger * sizeof(*account));
	for (uint32_t i = 0; i < accounts; i++) {
		uint32_t at = book_hash(old[i].key);

		while (old[i].key && account[at & (larger - 1)].key)
			at++;
		if (old[i].key)
			account[at & (larger - 1)] = old[i];
	}
	book->account = account;
	book->accounts = larger;
	return true;
}

void book_enter(struct book *book, uint32_t law, uint32_t index, int64_t amount)
{
	uint64_t key = (uint64_t)law << 32 | index;
	struct account *account;

	if (book->full)
		return;
	if (2 * book->used >= book->accounts && !book_grow(book)) {
		book->full = true;
		return;
	}
	for (uint32_t at = book_hash(key);; at++) {
		account = &book->account[at & (book->accounts - 1)];
		if (account->key == key)
			break;
		if (account->key)
			continue;
		account->key = key;
		book->used++;
		break;
	}
	account->amount += amount;
}

bool book_balanced(const struct book *book)
{
	uint64_t wrong = 0;

	for (uint32_t law = 0; law < BOOK_LAWS; law++)
		wrong |= book->suspended >> law & 1 ? 0 : book->sum[law];
	return !wrong;
}

void book_close(const struct book *book, const char *const name[], struct djed_audit *audit)
{
	for (uint32_t i = 0; i < book->accounts && !book->full; i++) {
		const struct account *account = &book->account[i];
		uint32_t law = (uint32_t)(account->key >> 32);

		if (account->amount && !(book->suspended >> law % BOOK_LAWS & 1))
			djed_violation(audit, "%s %u: %lld too many", name[law], (uint32_t)account->key,
				       (long long)account->amount);
	}
}
