/* Invariants of inodes and names. A name lies in the heap, so no table holds it; the laws know it by the
 * counts in its directory, and by the ends of the directory's list. */
#include "../../lib/heap.h"
#include "audit.h"
#include "invariants.h"

#include <abi/detect.h>

static bool is_directory(const struct inode *inode)
{
	return inode->mode && is_type(inode, LINUX_S_IFDIR);
}

/* The parent of a directory that was removed, which it still holds. */
static uint32_t held_parent(const struct inode *inode)
{
	return is_directory(inode) && inode->links == 0 ? inode->directory.parent : 0;
}

/* Names of a directory; and links that are not explained by a name: a directory's "." and its ".." in its
 * parent.
 */
static int64_t expected_links(const struct inode *inode)
{
	return is_directory(inode) ? (int64_t)inode->directory.entries + (inode->links ? 2 : 0) : 0;
}

/* Where a directory that has a name counts as one more link, by its "..". */
static uint32_t counted_parent(const struct inode *inode, uint32_t number)
{
	return is_directory(inode) && inode->links && number != VFS_ROOT ? inode->directory.parent : 0;
}

static int64_t subdirectories(const struct inode *inode)
{
	return is_directory(inode) && inode->links ? (int64_t)inode->links - 2 : 0;
}

void balance_inode(struct book *book, const void *before, const void *now, uint32_t index)
{
	const struct inode *old = before, *new = now;
	bool was = old->mode != 0, is = new->mode != 0;

	book_count(book, LAW_INODES, 0, is - was);
	book_count(book, LAW_INODE_CHAIN, index, is - was);
	book_move(book, LAW_INODE_CHAIN, was ? 0 : old->next_free, is ? 0 : new->next_free);
	book_count(book, LAW_USES, index, (int64_t)(was ? old->uses : 0) - (is ? new->uses : 0));
	book_count(book, LAW_WRITERS, index, (int64_t)(was ? old->writers : 0) - (is ? new->writers : 0));
	book_count(book, LAW_RUNNERS, index, (int64_t)(was ? old->runners : 0) - (is ? new->runners : 0));
	book_move(book, LAW_USES, held_parent(old), held_parent(new));
	book_move(book, LAW_SUBDIRECTORIES, counted_parent(old, index), counted_parent(new, index));
	book_count(book, LAW_SUBDIRECTORIES, index, subdirectories(old) - subdirectories(new));
	book_count(book, LAW_LINKS, 0,
		   (int64_t)(was ? old->links : 0) - (is ? new->links : 0) + expected_links(new) -
		       expected_links(old));
}

/* Whether nobody has written over the border of a block. */
static bool block_sound(const void *block)
{
	return !(djed_start()->detect & DJED_DETECT_HEAP) || heap_sound(block);
}

/* The ends of a directory's list. */
static bool ends_meet(const struct inode *inode, uint32_t number)
{
	const struct entry *first = inode->directory.first, *last = inode->directory.last;

	if (!first || !last)
		return !first && !last && inode->directory.entries == 0;
	return block_sound(first) && block_sound(last) && !first->previous && first->directory == number &&
	       !last->next && last->directory == number &&
	       (first == last) == (inode->directory.entries == 1) && inode->directory.entries > 0 &&
	       (first == last || (first->next->previous == first && last->previous->next == last)) &&
	       last->position < inode->directory.next_position;
}

void check_inode(struct djed_audit *audit, uint32_t index)
{
	const struct inode *inode = &vfs_inode[index];

	if (!inode->mode)
		return;
	inode_check(audit, index);
	djed_check(audit, inode->links || inode->uses, "inode %u is leaked", index);
	djed_check(audit, inode->writers <= inode->uses && inode->runners <= inode->uses,
		   "inode %u has %u uses, but %u writers, %u runners", index, inode->uses, inode->writers,
		   inode->runners);
	djed_check(audit, !is_type(inode, LINUX_S_IFLNK) || block_sound(inode->target),
		   "link %u: its target was written over", index);
	djed_check(audit,
		   !inode->pipe || (inode->pipe < VFS_PIPES && vfs_pipe[inode->pipe].used &&
				    vfs_pipe[inode->pipe].inode == index),
		   "inode %u: pipe %u does not know it", index, inode->pipe);
	if (!is_directory(inode))
		return;
	djed_check(audit, ends_meet(inode, index), "directory %u: its list does not hold its %u names", index,
		   inode->directory.entries);
	djed_check(audit,
		   audit_inode_lives(inode->directory.parent) &&
		       is_directory(&vfs_inode[inode->directory.parent]),
		   "directory %u: its parent %u is no directory", index, inode->directory.parent);
}

void check_contents(struct djed_audit *audit, uint32_t index)
{
	if (vfs_inode[index].mode)
		inode_check(audit, index);
}

/* The name that was put into a bucket last. */
void check_names(struct djed_audit *audit, uint32_t bucket)
{
	const struct entry *entry = vfs_names[bucket];

	if (!entry)
		return;
	if (!block_sound(entry)) {
		djed_violation(audit, "a name in bucket %u was written over", bucket);
		return;
	}
	name_check(audit, entry, bucket);
	djed_check(audit,
		   (!entry->next || entry->next->previous == entry) &&
		       (!entry->previous || entry->previous->next == entry),
		   "a name in directory %u is not in its list", entry->directory);
}
