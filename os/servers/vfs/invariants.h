/* Laws of vfs' tables (lib/invariants.h): invariants.c has the tables and what concerns processes and files,
 * invariants_tree.c inodes and names. */
#ifndef VFS_INVARIANTS_H
#define VFS_INVARIANTS_H

#include "vfs.h"

#include <lib/invariants.h>

enum vfs_law {
	LAW_USES = 1,	    /* of an inode */
	LAW_WRITERS,	    /* of an inode */
	LAW_RUNNERS,	    /* of an inode */
	LAW_SUBDIRECTORIES, /* of a directory */
	LAW_LINKS,	    /* of all inodes, against all names */
	LAW_INODES,	    /* in use */
	LAW_INODE_CHAIN,    /* in the list of free ones */
	LAW_REFERENCES,	    /* to a file */
	LAW_FILES,
	LAW_FILE_CHAIN,
	LAW_READERS, /* of a pipe */
	LAW_WRITING, /* to a pipe */
	LAW_PIPES,
	LAW_PIPE_CHAIN,
	LAW_PROCESSES,
	LAW_WAITING, /* in the list of those that wait */
	LAW_LOCKS,
};

void balance_inode(struct book *book, const void *before, const void *now, uint32_t index);
void check_inode(struct djed_audit *audit, uint32_t index);
void check_contents(struct djed_audit *audit, uint32_t index);
void check_names(struct djed_audit *audit, uint32_t bucket);

/* After everything else in init; before an answer. */
void vfs_invariants_start(void);
void vfs_invariants(const uint64_t *from);

#endif
