/* What a campaign runs as a fresh process after the workload: shows that the system still works, and the file
 * tree, so that lost or leaked state makes a difference that can be seen. It is part of each experiment's
 * time, so it is one small program instead of find, stat and md5sum. */
#include "work.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_MAX_BYTES = 4096 };

struct entry { /* struct linux_dirent64 */
	uint64_t inode, offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static char path[PATH_MAX_BYTES];
static char text[16384];
static size_t used;
static long to; /* where the text is written */

static void flush(void)
{
	RUN(write, to, text, used);
	used = 0;
}

static void add(const char *word)
{
	while (*word) {
		if (used == sizeof(text))
			flush();
		text[used++] = *word++;
	}
}

static void add_number(uint64_t value, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = 0;
	do
		digits[--at] = "0123456789abcdef"[value % base];
	while (value /= base);
	add(" ");
	add(digits + at);
}

/* Of the whole contents: FNV-1a, by words. */
static uint64_t contents(void)
{
	long file = RUN(open, path, O_RDONLY), length;
	uint64_t hash = 0xcbf29ce484222325u, *word = (uint64_t *)buffer;

	if (file < 0)
		return (uint64_t)file;
	while ((length = RUN(read, file, buffer, sizeof(buffer))) > 0) {
		for (size_t rest = (size_t)length; rest % 8; rest++)
			buffer[rest] = 0;
		for (size_t i = 0; i < ((size_t)length + 7) / 8; i++)
			hash = (hash ^ word[i]) * 0x100000001b3u;
	}
	RUN(close, file);
	return length < 0 ? (uint64_t)length : hash;
}

/* Type, permissions, links, owner, name; what a file holds, where a link points. */
static _Bool show(void)
{
	static const char types[] = "?pc?d?b?-?l?s???";
	struct stat seen;
	long result = RUN(lstat, path, &seen);

	if (result < 0) {
		add("?");
		add_number((uint64_t)-result, 10);
	} else {
		add((char[]){types[seen.st_mode >> 12], 0});
		add_number(seen.st_mode & 07777, 8);
		add_number(seen.st_nlink, 10);
		add_number(seen.st_uid, 10);
	}
	add(" ");
	add(path);
	if (result == 0 && S_ISREG(seen.st_mode)) {
		add_number((uint64_t)seen.st_size, 10);
		add_number(contents(), 16);
	} else if (result == 0 && S_ISLNK(seen.st_mode)) {
		static char target[PATH_MAX_BYTES];
		long length = RUN(readlink, path, target, sizeof(target) - 1);

		target[length < 0 ? 0 : length] = 0;
		add(" -> ");
		add(target);
	}
	add("\n");
	return result == 0 && S_ISDIR(seen.st_mode);
}

static _Bool is_left_out(void)
{
	static const char *const names[] = {"/proc", "/dev", "/bin", "/sbin", "/usr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (same(path, names[i], length_of(names[i]) + 1))
			return 1;
	return 0;
}

/* The folder `path`, of `length` bytes, and what is in it. */
static void walk(size_t length)
{
	_Alignas(8) char entries[1024];
	long folder, got;

	if (is_left_out() || !show())
		return;
	folder = RUN(open, path, O_RDONLY | O_DIRECTORY);
	while ((got = RUN(getdents64, folder, entries, sizeof(entries))) > 0)
		for (long at = 0; at < got; at += ((struct entry *)(entries + at))->length) {
			const char *name = ((struct entry *)(entries + at))->name;
			size_t bytes = length_of(name) + 1, from = length > 1 ? length + 1 : 1;

			if (same(name, ".", 2) || same(name, "..", 3) || from + bytes > sizeof(path))
				continue;
			path[from - 1] = '/';
			memcpy(path + from, name, bytes);
			walk(from + bytes - 1);
			path[length] = 0;
		}
	if (folder < 0 || got < 0)
		add("? cannot be read\n");
	RUN(close, folder);
}

void tree(void)
{
	int ends[2] = {-1, -1}, status = -1;
	long pid, length;

	RUN(write, 1, "== probe\n", 9);
	RUN(pipe2, ends, O_CLOEXEC);
	pid = must_fork();
	if (pid == 0) {
		to = ends[1];
		path[0] = '/';
		walk(1);
		flush();
		for (;;)
			RUN(exit_group, 0);
	}
	RUN(close, ends[1]);
	while ((length = RUN(read, ends[0], buffer, sizeof(buffer))) > 0)
		RUN(write, 1, buffer, length);
	RUN(wait4, pid, &status);
	if (length == 0 && status == 0)
		RUN(write, 1, "== probe ends\n", 14);
}
