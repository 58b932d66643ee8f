#include "guest.h"

#include "abi/detect.h"
#include "abi/layout.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const policy_names[] = {"chain", "osiris", "restart", "none", NULL};
const char *const monitor_names[] = {"broker", "tap", "off", NULL};

static void add_escaped(struct text *line, const char *word)
{
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;
		if (c < 33 || c == '%' || c > 126)
			text_format(line, "%%%02X", c);
		else
			text_add(line, word, 1);
	}
}

void guest_add_program(struct text *line, char *const *words)
{
	text_format(line, " --");
	for (; *words; words++) {
		text_add(line, " ", 1);
		/* An empty word must stay a word. */
		if (**words)
			add_escaped(line, *words);
		else
			text_format(line, "%%00");
	}
}

void guest_add_words(struct text *line, const char *key, char *const *words)
{
	text_format(line, " %s=", key);
	for (unsigned i = 0; words[i]; i++) {
		if (i)
			text_format(line, "%%20");
		add_escaped(line, words[i]);
	}
}

void guest_check_line(const struct text *line)
{
	if (line->length >= DJED_COMMAND_LINE_MAX)
		die("the program's arguments are too long: %zu bytes escaped, the guest takes %d",
		    line->length, DJED_COMMAND_LINE_MAX - 1);
}

static void copy_file(const char *source, const char *target)
{
	int from = open(source, O_RDONLY | O_CLOEXEC);
	struct stat status;
	if (from < 0 || fstat(from, &status) < 0)
		die("cannot read %s: %s", source, strerror(errno));
	int to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0)
		die("cannot write %s: %s", target, strerror(errno));
	for (off_t done = 0; done < status.st_size;) {
		ssize_t n = sendfile(to, from, &done, (size_t)(status.st_size - done));
		if (n <= 0)
			die("cannot write %s: %s", target, n ? strerror(errno) : "source became shorter");
	}
	close(from);
	if (close(to) < 0)
		die("cannot write %s: %s", target, strerror(errno));
}

void guest_overlay(const char *source, const char *target, char *const *folders, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct stat status;
		if (stat(folders[i], &status) < 0)
			die("cannot read root file system %s: %s", folders[i], strerror(errno));
		if (!S_ISDIR(status.st_mode))
			die("root file system %s is not a folder", folders[i]);
	}
	copy_file(source, target);
	for (unsigned i = 0; i < count; i++) {
		pid_t child = fork();
		if (child == 0) {
			/* It must not write what we have removed on our way out. */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			execlp("tar", "tar", "--append", "--format=ustar", "--owner=0", "--group=0",
			       "--numeric-owner", "--transform=flags=r;s,^\\.,rootfs,", "-f", target, "-C",
			       folders[i], ".", (char *)NULL);
			_exit(127);
		}
		int status = -1;
		if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
			unlink(target);
			die("tar could not pack root file system %s", folders[i]);
		}
	}
}

void require_choice(const char *option, const char *value, const char *const *choices)
{
	struct text all = {0};
	for (unsigned i = 0; choices[i]; i++) {
		if (!strcmp(value, choices[i])) {
			text_free(&all);
			return;
		}
		text_format(&all, "%s%s", i ? ", " : "", choices[i]);
	}
	die("%s must be one of %s, not '%s'", option, all.bytes, value);
}

/* In the order in which they are named; those of several bits, and none, behind them. */
static const struct {
	const char *name;
	uint32_t bits;
} detectors[] = {{"checks", DJED_DETECT_CHECKS},
		 {"invariants", DJED_DETECT_INVARIANTS},
		 {"heap", DJED_DETECT_HEAP},
		 {"limit", DJED_DETECT_LIMIT},
		 {"heartbeat", DJED_DETECT_HEARTBEAT},
		 {"confirm", DJED_DETECT_CONFIRM},
		 {"confirm-all", DJED_DETECT_CONFIRM_ALL},
		 {"all", DJED_DETECT_ALL},
		 {"none", 0}};
enum { DETECTORS = sizeof detectors / sizeof *detectors };

uint32_t parse_detectors(const char *option, const char *list)
{
	uint32_t bits = 0;

	for (const char *at = list;; at++) {
		size_t length = strcspn(at, ","), i = 0;

		while (i < DETECTORS &&
		       (strlen(detectors[i].name) != length || memcmp(detectors[i].name, at, length)))
			i++;
		if (i == DETECTORS)
			die("%s takes all, none, or some of checks, invariants, heap, limit, heartbeat, "
			    "confirm and "
			    "confirm-all, "
			    "separated by commas, not '%s'",
			    option, list);
		bits |= detectors[i].bits;
		at += length;
		if (!*at)
			return bits;
	}
}

void name_detectors(struct text *text, uint32_t bits)
{
	for (unsigned i = 0; i < DETECTORS; i++) {
		if (detectors[i].bits == bits) {
			text_format(text, "%s", detectors[i].name);
			return;
		}
	}
	const char *between = "";
	uint32_t named = bits;
	for (unsigned i = 0; i < DETECTORS && named; i++) {
		if (!detectors[i].bits || (detectors[i].bits & named) != detectors[i].bits)
			continue;
		text_format(text, "%s%s", between, detectors[i].name);
		between = ", ";
		named &= ~detectors[i].bits;
	}
	if (named)
		text_format(text, "%sunknown (%x)", between, named);
}
