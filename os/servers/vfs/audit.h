/* Between the parts of the audit. */
#ifndef DJED_VFS_AUDIT_H
#define DJED_VFS_AUDIT_H

#include "vfs.h"

/* What is found while walking, to be compared with what the tables say. */
struct vfs_seen {
	uint32_t links[VFS_INODES], uses[VFS_INODES], writers[VFS_INODES], runners[VFS_INODES],
	    entries[VFS_INODES];
	uint32_t references[VFS_FILES];
	uint32_t readers[VFS_PIPES], writing[VFS_PIPES];
	uint8_t listed[VFS_PROCESSES + 1];
};
extern struct vfs_seen vfs_seen;

bool audit_inode_lives(uint32_t number);
/* The names as the hash table has them, then the inodes, against what names, files and processes refer to. */
void vfs_audit_names(struct djed_audit *audit);
void vfs_audit_inodes(struct djed_audit *audit);

/* What can be told of one thing in use by looking at it, and what it refers to, alone. */
void inode_check(struct djed_audit *audit, uint32_t i);
void file_check(struct djed_audit *audit, uint32_t index);
void pipe_check(struct djed_audit *audit, uint32_t index);
void lock_check(struct djed_audit *audit, uint32_t i);
void wait_check(struct djed_audit *audit, const struct process *process); /* that waits */
/* False: the name leads nowhere. */
bool name_check(struct djed_audit *audit, const struct entry *entry, uint32_t bucket);
void deadline_check(struct djed_audit *audit);

#endif
