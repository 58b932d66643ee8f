#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *tool_name = "djed";

static void complain(const char *format, va_list arguments)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", tool_name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void die(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
	exit(EXIT_DJED);
}

void warn(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
}

static void reserve(struct text *t, size_t more)
{
	if (more < SIZE_MAX / 4 && t->length < SIZE_MAX / 4 && t->length + more + 1 <= t->capacity)
		return;
	size_t capacity = (t->length + more + 1) * 2;
	char *bytes = realloc(t->bytes, capacity);
	if (!bytes)
		die("out of memory");
	t->bytes = bytes;
	t->capacity = capacity;
}

void text_add(struct text *t, const void *bytes, size_t length)
{
	reserve(t, length);
	if (length)
		memcpy(t->bytes + t->length, bytes, length);
	t->length += length;
	t->bytes[t->length] = 0;
}

void text_format(struct text *t, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		die("bad format");
	reserve(t, (size_t)length);
	vsnprintf(t->bytes + t->length, (size_t)length + 1, format, again);
	va_end(again);
	t->length += (size_t)length;
}

void text_clear(struct text *t)
{
	t->length = 0;
	if (t->bytes)
		t->bytes[0] = 0;
}

void text_free(struct text *t)
{
	free(t->bytes);
	*t = (struct text){0};
}

char *format_string(const char *format, ...)
{
	va_list arguments;
	char *result;
	va_start(arguments, format);
	if (vasprintf(&result, format, arguments) < 0)
		die("out of memory");
	va_end(arguments);
	return result;
}

struct text read_file(const char *path)
{
	struct text t = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("cannot read %s: %s", path, strerror(errno));
	for (;;) {
		reserve(&t, 65536);
		ssize_t n = read(fd, t.bytes + t.length, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("cannot read %s: %s", path, strerror(errno));
		if (n == 0)
			break;
		t.length += (size_t)n;
	}
	t.bytes[t.length] = 0;
	close(fd);
	return t;
}

void write_file(const char *path, const void *bytes, size_t length)
{
	char *temporary = format_string("%s.new.%d", path, (int)getpid());
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		die("cannot write %s: %s", path, strerror(errno));
	const char *from = bytes;
	size_t left = length;
	bool good = true;
	while (left && good) {
		ssize_t n = write(fd, from, left);
		if (n > 0)
			from += n, left -= (size_t)n;
		else if (n == 0 || errno != EINTR)
			good = false;
	}
	if (!good || fsync(fd) < 0 || close(fd) < 0 || rename(temporary, path) < 0) {
		int reason = errno;
		unlink(temporary);
		die("cannot write %s: %s", path, strerror(reason));
	}
	free(temporary);
}

void make_directories(const char *path)
{
	char *copy = format_string("%s", path);
	for (char *slash = copy + 1;; slash++) {
		if (*slash && *slash != '/')
			continue;
		char kept = *slash;
		*slash = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			die("cannot make folder %s: %s", copy, strerror(errno));
		*slash = kept;
		if (!kept)
			break;
	}
	struct stat status;
	if (stat(copy, &status) < 0 || !S_ISDIR(status.st_mode))
		die("%s is not a folder", path);
	free(copy);
}

unsigned long long parse_number(const char *text, const char *what, unsigned long long low,
				unsigned long long high)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (!*text || *text == '-' || *end || errno || value < low || value > high)
		die("%s must be a number from %llu to %llu, not '%s'", what, low, high, text);
	return value;
}

double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

uint64_t digest(const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3u;
	return hash;
}

uint64_t digest_file(const char *path)
{
	struct text file = read_file(path);
	uint64_t hash = digest(file.bytes, file.length);
	text_free(&file);
	return hash;
}
