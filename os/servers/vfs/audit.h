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
	uint8_t listed[VFS_PROCESSES];
};
extern struct vfs_seen vfs_seen;

bool audit_inode_lives(uint32_t number);
/* The names as the hash table has them, then the inodes, against what names, files and processes refer to. */
void vfs_audit_names(struct djed_audit *audit);
void vfs_audit_inodes(struct djed_audit *audit);

#endif
