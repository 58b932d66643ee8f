/* Intrusive doubly linked ring. The head is a struct list too; an element carries a struct list as a member.
 *
 *     struct list ready;                     list_init(&ready);
 *     list_append(&ready, &process->link);   list_remove(&process->link);
 *     list_for_each (at, &ready) { struct process *p = list_entry(at, struct process, link); ... }
 */
#ifndef DJED_LIB_LIST_H
#define DJED_LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *previous; /* to itself: empty, or in no list */
};

#define list_entry(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

/* `at` must not be removed in the body; list_for_each_safe allows that. */
#define list_for_each(at, head) for (struct list *at = (head)->next; at != (head); at = at->next)
#define list_for_each_safe(at, head)                                              \
	for (struct list *at = (head)->next, *at##_next = at->next; at != (head); \
	     at = at##_next, at##_next = at->next)

static inline void list_init(struct list *list)
{
	list->next = list->previous = list;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* Puts `link`, which is in no list, before `place`. */
static inline void list_insert_before(struct list *place, struct list *link)
{
	link->next = place;
	link->previous = place->previous;
	place->previous->next = link;
	place->previous = link;
}

static inline void list_append(struct list *head, struct list *link)
{
	list_insert_before(head, link);
}

static inline void list_prepend(struct list *head, struct list *link)
{
	list_insert_before(head->next, link);
}

/* Takes `link` out; afterwards it is in no list. Harmless if it was in none. */
static inline void list_remove(struct list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_init(link);
}

/* The first element's link, taken out; NULL if there is none. */
static inline struct list *list_take(struct list *head)
{
	struct list *link = head->next;

	if (link == head)
		return NULL;
	list_remove(link);
	return link;
}

/* Moves all of `from` to the end of `to`; `from` is empty afterwards. */
static inline void list_splice(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->previous = to->previous;
	to->previous->next = from->next;
	from->previous->next = to;
	to->previous = from->previous;
	list_init(from);
}

/* For audits: at most `limit` links, and each one's neighbours point back at it. Reads nothing through a
 * pointer that it has not reached by a consistent link. */
static inline bool list_consistent(const struct list *head, size_t limit)
{
	const struct list *at = head;

	do {
		if (!at->next || at->next->previous != at || limit-- == 0)
			return false;
		at = at->next;
	} while (at != head);
	return true;
}

#endif
