/* vfs' invariants of the tree. */
#include "audit.h"

#include <string.h>

static bool is_known_type(uint32_t mode)
{
	switch (mode & LINUX_S_IFMT) {
	case LINUX_S_IFREG:
	case LINUX_S_IFDIR:
	case LINUX_S_IFLNK:
	case LINUX_S_IFCHR:
	case LINUX_S_IFBLK:
	case LINUX_S_IFIFO:
	case LINUX_S_IFSOCK:
		return true;
	default:
		return false;
	}
}

bool name_check(struct djed_audit *audit, const struct entry *entry, uint32_t bucket)
{
	djed_check(audit,
		   entry->hash % VFS_NAMES == bucket &&
		       entry->hash == name_hash(entry->directory, entry->name, entry->length),
		   "a name in bucket %u has a wrong hash", bucket);
	djed_check(audit, entry->length > 0 && entry->length <= LINUX_NAME_MAX, "a name has %u bytes",
		   entry->length);
	if (!audit_inode_lives(entry->directory) || !is_type(&vfs_inode[entry->directory], LINUX_S_IFDIR)) {
		djed_violation(audit, "a name lies in inode %u, which is no directory", entry->directory);
		return false;
	}
	if (!audit_inode_lives(entry->inode)) {
		djed_violation(audit, "a name in directory %u leads to inode %u, which does not exist",
			       entry->directory, entry->inode);
		return false;
	}
	djed_check(audit,
		   !is_type(&vfs_inode[entry->inode], LINUX_S_IFDIR) ||
		       vfs_inode[entry->inode].directory.parent == entry->directory,
		   "directory %u lies in %u, but its parent is %u", entry->inode, entry->directory,
		   vfs_inode[entry->inode].directory.parent);
	return true;
}

static void audit_entry(struct djed_audit *audit, const struct entry *entry, uint32_t bucket)
{
	if (!name_check(audit, entry, bucket))
		return;
	vfs_seen.entries[entry->directory]++;
	vfs_seen.links[entry->inode]++;
	if (is_type(&vfs_inode[entry->inode], LINUX_S_IFDIR)) {
		vfs_seen.links[entry->inode]++;
		vfs_seen.links[entry->directory]++;
	}
}

/* The names, as the hash table has them. */
void vfs_audit_names(struct djed_audit *audit)
{
	uint32_t found = 0;

	for (uint32_t bucket = 0; bucket < VFS_NAMES; bucket++) {
		for (const struct entry *entry = vfs_names[bucket]; entry; entry = entry->next_hash) {
			if (++found > 16 * VFS_INODES) {
				djed_violation(audit, "the table of names has a circle");
				return;
			}
			audit_entry(audit, entry, bucket);
		}
	}
}

/* The names of a directory, as its list has them. */
static void audit_directory(struct djed_audit *audit, uint32_t number)
{
	const struct inode *inode = &vfs_inode[number];
	const struct entry *previous = NULL;
	uint32_t found = 0;

	for (const struct entry *entry = inode->directory.first; entry; entry = entry->next) {
		if (++found > inode->directory.entries || entry->previous != previous ||
		    entry->directory != number)
			break;
		djed_check(audit, !previous || previous->position < entry->position,
			   "directory %u is out of order", number);
		previous = entry;
	}
	djed_check(audit, found == inode->directory.entries && inode->directory.last == previous,
		   "directory %u: its list does not hold its %u names", number, inode->directory.entries);
	djed_check(audit, vfs_seen.entries[number] == inode->directory.entries,
		   "directory %u has %u names, the table of names %u of them", number,
		   inode->directory.entries, vfs_seen.entries[number]);
	djed_check(audit, !previous || previous->position < inode->directory.next_position,
		   "directory %u: its next position %lu is taken", number,
		   (unsigned long)inode->directory.next_position);
	if (!audit_inode_lives(inode->directory.parent) ||
	    !is_type(&vfs_inode[inode->directory.parent], LINUX_S_IFDIR))
		djed_violation(audit, "directory %u: its parent %u is no directory", number,
			       inode->directory.parent);
	else if (inode->links == 0)
		vfs_seen.uses[inode->directory.parent]++;
}

void inode_check(struct djed_audit *audit, uint32_t i)
{
	const struct inode *inode = &vfs_inode[i];

	djed_check(audit, is_known_type(inode->mode), "inode %u has mode %o", i, inode->mode);
	djed_check(audit, !is_type(inode, LINUX_S_IFREG) || inode->object, "file %u has no object", i);
	djed_check(audit, inode->size <= INT64_MAX, "inode %u has size %lu", i, (unsigned long)inode->size);
	djed_check(audit,
		   !is_type(inode, LINUX_S_IFLNK) || (inode->target && strlen(inode->target) == inode->size),
		   "link %u: its target is not %lu bytes long", i, (unsigned long)inode->size);
}

void vfs_audit_inodes(struct djed_audit *audit)
{
	uint32_t used = 0, free_slots = 0;

	vfs_seen.links[VFS_ROOT] += 2;
	for (uint32_t i = 1; i < VFS_INODES; i++) {
		const struct inode *inode = &vfs_inode[i];

		if (inode->mode == 0)
			continue;
		used++;
		inode_check(audit, i);
		if (is_type(inode, LINUX_S_IFDIR))
			audit_directory(audit, i);
	}
	for (uint32_t i = 1; i < VFS_INODES; i++) {
		const struct inode *inode = &vfs_inode[i];

		if (inode->mode == 0)
			continue;
		djed_check(audit, inode->links == vfs_seen.links[i], "inode %u has %u links, told are %u", i,
			   vfs_seen.links[i], inode->links);
		djed_check(audit, inode->uses == vfs_seen.uses[i], "inode %u has %u uses, told are %u", i,
			   vfs_seen.uses[i], inode->uses);
		djed_check(audit, inode->writers == vfs_seen.writers[i],
			   "inode %u has %u writers, told are %u", i, vfs_seen.writers[i], inode->writers);
		djed_check(audit, inode->runners == vfs_seen.runners[i], "inode %u is run by %u, told are %u",
			   i, vfs_seen.runners[i], inode->runners);
		djed_check(audit, inode->links || inode->uses, "inode %u is leaked", i);
	}
	djed_check(audit, used == vfs_inodes_used, "%u inodes are in use, told are %u", used,
		   vfs_inodes_used);
	for (uint32_t i = vfs_inode_free; i; i = vfs_inode[i].next_free) {
		if (i >= VFS_INODES || vfs_inode[i].mode != 0 || ++free_slots > VFS_INODES) {
			djed_violation(audit, "the chain of free inodes is broken at %u", i);
			return;
		}
	}
	djed_check(audit, used + free_slots == VFS_INODES - 1, "%u inodes are lost",
		   VFS_INODES - 1 - used - free_slots);
}
