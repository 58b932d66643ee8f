/* What is checked of a request's changes before its answer leaves (lib/invariants.h). */
#include "console.h"

#include <lib/invariants.h>
#include <stddef.h>

enum law { LAW_WAITERS = 1 };
static const char *const law_names[] = {[LAW_WAITERS] = "waiters counted in"};

static void balance_waiter(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct waiter *old = before, *new = now;

	(void)index;
	book_count(book, LAW_WAITERS, 0, (new->kind != WAITER_FREE) - (old->kind != WAITER_FREE));
}

static void balance_waiters(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_count(book, LAW_WAITERS, 0, (int64_t)*(const uint32_t *)before - *(const uint32_t *)now);
}

static void check_waiter(struct djed_audit *audit, uint32_t index)
{
	waiter_check(audit, index);
}

static void check_waiting(struct djed_audit *audit, uint32_t index)
{
	for (uint32_t i = 0; i < WAITING_BITS; i++)
		waiter_check(audit, index * WAITING_BITS + i);
}

static void check_watch(struct djed_audit *audit, uint32_t index)
{
	(void)index;
	djed_check(audit, console.vfs_watches <= 1, "the watch is %u", console.vfs_watches);
}

static void check_terminal(struct djed_audit *audit, uint32_t index)
{
	(void)index;
	terminal_check(audit);
}

static struct invariant_table tables[] = {
    {"terminal", &console.tty, offsetof(struct tty, end_mark), 1, 0, offsetof(struct tty, end_mark),
     check_terminal, NULL, NULL},
    {"number of waiters", &console.waiters, sizeof(console.waiters), 1, 0, sizeof(console.waiters), NULL,
     balance_waiters, NULL},
    {"watch", &console.vfs_watches, 1, 1, 0, 1, check_watch, NULL, NULL},
    {"waiting clients", console.waiting, sizeof(*console.waiting), CONSOLE_CLIENTS / WAITING_BITS, 0,
     sizeof(*console.waiting), check_waiting, NULL, NULL},
    {"client", clients, sizeof(struct client), CONSOLE_CLIENTS, 0, sizeof(struct waiter), check_waiter,
     balance_waiter, NULL},
};
static struct invariants invariants = {tables, sizeof(tables) / sizeof(*tables), law_names, false};

void console_invariants_start(void)
{
	invariants_start(&invariants);
}

void console_invariants(const uint64_t *from)
{
	invariants_at_reply(&invariants, from);
}
