/* Files and folders that must not stay behind when a tool ends before it has removed them. */
#ifndef DJED_TOOLS_TEMPORARY_H
#define DJED_TOOLS_TEMPORARY_H

enum { TEMPORARIES_MAX = 16 };

/* Remembers a path, of a file or a folder, that may not exist yet: it is removed when this process exits,
 * `die` included, and when SIGINT, SIGTERM or SIGHUP would end it (handlers of the tool's own, and ignored
 * signals, stay as they are). Those remembered last go first, so a folder is remembered before what lies in
 * it. A child of a fork remembers nothing. Dies if there are TEMPORARIES_MAX already. */
void temporary_add(const char *path);

/* Removes it at once, and forgets it. */
void temporary_remove(const char *path);

/* Forgets it: it stays. */
void temporary_keep(const char *path);

#endif
