/* Directories: names in a list per directory, and all of them in one hash table.
 *
 * Every change of the tree goes through directory_add and directory_remove, so that a later layer can write
 * each directory through to an object at these two places. */
#include "vfs.h"

#include <stdlib.h>
#include <string.h>

struct entry *vfs_names[VFS_NAMES];

uint32_t name_hash(uint32_t directory, const char *name, uint32_t length)
{
	uint32_t hash = 2166136261u ^ directory; /* FNV-1a */

	for (uint32_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash ^ hash >> 15;
}

struct entry *directory_find(uint32_t directory, const char *name, uint32_t length)
{
	uint32_t hash = name_hash(directory, name, length);

	for (struct entry *entry = vfs_names[hash % VFS_NAMES]; entry; entry = entry->next_hash)
		if (entry->hash == hash && entry->directory == directory && entry->length == length &&
		    memcmp(entry->name, name, length) == 0)
			return entry;
	return NULL;
}

/* Puts an entry into the list of its directory and the table of names, and counts the links that it makes. */
static void insert(struct entry *entry)
{
	struct inode *parent = &vfs_inode[entry->directory], *child = &vfs_inode[entry->inode];
	struct entry **bucket;

	entry->hash = name_hash(entry->directory, entry->name, entry->length);
	entry->position = parent->directory.next_position++;
	entry->next = NULL;
	entry->previous = parent->directory.last;
	*(entry->previous ? &entry->previous->next : &parent->directory.first) = entry;
	parent->directory.last = entry;
	parent->directory.entries++;
	bucket = &vfs_names[entry->hash % VFS_NAMES];
	entry->next_hash = *bucket;
	*bucket = entry;
	child->links++;
	if (is_type(child, LINUX_S_IFDIR)) {
		child->links++; /* its own "." */
		child->directory.parent = entry->directory;
		parent->links++; /* its ".." */
	}
	inode_touch(parent);
	child->changed = parent->changed;
}

static void take_out(struct entry *entry)
{
	struct inode *parent = &vfs_inode[entry->directory], *child = &vfs_inode[entry->inode];
	struct entry **at = &vfs_names[entry->hash % VFS_NAMES];

	while (*at != entry) {
		djed_assert(*at);
		at = &(*at)->next_hash;
	}
	*at = entry->next_hash;
	*(entry->previous ? &entry->previous->next : &parent->directory.first) = entry->next;
	*(entry->next ? &entry->next->previous : &parent->directory.last) = entry->previous;
	parent->directory.entries--;
	djed_assert(child->links > 0);
	child->links--;
	if (is_type(child, LINUX_S_IFDIR)) {
		child->links--;
		parent->links--;
	}
	inode_touch(parent);
	child->changed = parent->changed;
}

djed_status directory_add(uint32_t directory, const char *name, uint32_t length, uint32_t inode)
{
	struct inode *parent = &vfs_inode[directory], *child = &vfs_inode[inode];
	struct entry *entry;

	djed_assert(length > 0 && length <= LINUX_NAME_MAX && is_type(parent, LINUX_S_IFDIR));
	if (parent->links == 0)
		return -ENOENT;
	if (child->links >= 65000)
		return -EMLINK;
	entry = malloc(sizeof(*entry) + length);
	if (!entry)
		return -ENOSPC;
	entry->directory = directory;
	entry->inode = inode;
	entry->length = length;
	memcpy(entry->name, name, length);
	insert(entry);
	return 0;
}

void directory_remove(struct entry *entry)
{
	uint32_t directory = entry->directory, inode = entry->inode;
	struct inode *child = &vfs_inode[inode];

	take_out(entry);
	free(entry);
	if (is_type(child, LINUX_S_IFDIR)) {
		djed_assert(child->directory.entries == 0 && child->links == 0);
		inode_use(directory); /* ".." of a directory that is gone still leads there */
	}
	inode_settle(inode);
}

djed_status directory_move(struct entry *entry, uint32_t directory, const char *name, uint32_t length)
{
	struct entry *moved;

	if (vfs_inode[directory].links == 0)
		return -ENOENT;
	moved = malloc(sizeof(*moved) + length);
	if (!moved)
		return -ENOSPC;
	moved->directory = directory;
	moved->inode = entry->inode;
	moved->length = length;
	memcpy(moved->name, name, length);
	take_out(entry);
	free(entry);
	insert(moved);
	return 0;
}

bool directory_below(uint32_t inode, uint32_t ancestor)
{
	for (uint32_t steps = 0; steps < VFS_INODES; steps++) {
		if (inode == ancestor)
			return true;
		if (inode == VFS_ROOT)
			return false;
		inode = vfs_inode[inode].directory.parent;
	}
	djed_panic("directory %u: its parents lead in a circle", inode);
}

/* The name of a directory in its parent; NULL if it was removed. */
static const struct entry *own_entry(uint32_t directory)
{
	const struct inode *parent = &vfs_inode[vfs_inode[directory].directory.parent];

	if (vfs_inode[directory].links == 0)
		return NULL;
	for (const struct entry *entry = parent->directory.first; entry; entry = entry->next)
		if (entry->inode == directory)
			return entry;
	djed_panic("directory %u is not in its parent", directory);
}

char *directory_path(uint32_t directory, char *buffer, uint32_t size)
{
	char *at = buffer + size - 1;

	*at = 0;
	if (directory == VFS_ROOT)
		*--at = '/';
	while (directory != VFS_ROOT) {
		const struct entry *entry = own_entry(directory);

		if (!entry || (uint64_t)(at - buffer) < entry->length + 1)
			return NULL;
		at -= entry->length;
		memcpy(at, entry->name, entry->length);
		*--at = '/';
		directory = entry->directory;
	}
	return at;
}
