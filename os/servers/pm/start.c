/* The first program of a run, and the probe that may follow it. */
#include "pm.h"

#include <abi/lab.h>
#include <lib/command_line.h>
#include <protocols/kernel.h>
#include <protocols/mm_client.h>
#include <protocols/sched_client.h>
#include <protocols/vfs_client.h>
#include <stdio.h>

enum { WORDS_MAX = 512, TEXT_SIZE = 8192, NOT_FOUND = 127, NOT_EXECUTABLE = 126 };

static const char *const environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "TERM=linux",
    "USER=root",
    "LOGNAME=root",
    "SHELL=/bin/sh",
    NULL,
};

struct words {
	const char *word[WORDS_MAX + 1]; /* ends with NULL */
	unsigned count;
	char text[TEXT_SIZE];
};

static bool append(struct words *w, size_t *used, const char *word)
{
	size_t size = strlen(word) + 1;

	if (w->count == WORDS_MAX || size > sizeof(w->text) - *used)
		return false;
	memcpy(w->text + *used, word, size);
	w->word[w->count++] = w->text + *used;
	*used += size;
	return true;
}

/* The words of a command line's end, in %XX form. False: too many, too long. */
static bool split_encoded(struct words *w, const char *text)
{
	static char word[TEXT_SIZE];
	size_t used = 0;

	while (command_line_next(&text, word, sizeof(word)))
		if (!append(w, &used, word))
			return false;
	return text[0] == 0 || strchr(" ", text[0]);
}

/* The words of a plain text, separated by blanks. */
static bool split_plain(struct words *w, const char *text)
{
	char word[PATH_SIZE];
	size_t used = 0, length;

	for (;;) {
		while (*text == ' ')
			text++;
		for (length = 0; text[length] && text[length] != ' '; length++)
			;
		if (!length)
			return true;
		if (length >= sizeof(word))
			return false;
		memcpy(word, text, length);
		word[length] = 0;
		text += length;
		if (!append(w, &used, word))
			return false;
	}
}

/* Loads the program, which is searched for in PATH if its name has no slash. */
static djed_status load_by_name(struct process *p, struct words *w, struct djed_context *context,
				uint64_t *space)
{
	static const char *const directory[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
						"/usr/bin",	   "/sbin",	     "/bin"};
	char path[PATH_SIZE];
	const char *name = w->word[0];
	djed_status status = -ENOENT, first = -ENOENT;

	if (strchr(name, '/'))
		return process_load(p, name, w->word, environment, context, space);
	for (unsigned i = 0; i < sizeof(directory) / sizeof(directory[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", directory[i], name) >= (int)sizeof(path))
			return -ENAMETOOLONG;
		status = process_load(p, path, w->word, environment, context, space);
		if (status != -ENOENT && status != -ENOTDIR && status != -EACCES)
			return status;
		if (status == -EACCES)
			first = status;
	}
	return first;
}

/* Gives a process its memory, descriptors and thread. On failure nobody but pm knows it. */
static djed_status give_life(struct process *p, struct words *w)
{
	struct djed_context context;
	uint64_t space;
	djed_status status = vfs_create(to.vfs, p->pid);

	if (status)
		return status;
	status = mm_create(to.mm, p->pid, &space);
	if (status)
		goto leave_vfs;
	status = load_by_name(p, w, &context, &space);
	if (!status)
		status = kernel_thread_create(space, (uint64_t)p->pid << 32 | p->pid, 0, &p->thread);
	if (status)
		goto leave_mm;
	status = kernel_thread_set_context(p->thread, (uint64_t)&context);
	if (!status)
		status = sched_add(to.sched, p->pid, 0, p->thread);
	if (!status)
		status = kernel_thread_start(p->thread);
	if (!status)
		return 0;
	(void)kernel_thread_destroy(p->thread);
leave_mm:
	(void)mm_exit(to.mm, p->pid);
leave_vfs:
	(void)vfs_exit(to.vfs, p->pid);
	p->thread = 0;
	return status;
}

static const char *error_text(int error)
{
	switch (error) {
#define CASE(name, text) \
	case name:       \
		return text;
		DJED_ERRORS(CASE)
#undef CASE
	default:
		return "unknown error";
	}
}

/* Starts a program as the leader of its own session. `*pid` is where its number is kept. `status`: why it
 * cannot, if that is known before. */
static void start(struct words *w, uint32_t *pid, djed_status status)
{
	struct process *p = process_create(&processes[0]);

	djed_assert(p); /* the table holds more than the first program's leftovers may be */
	*pid = p->group = p->session = p->pid;
	p->role = pid == &pm.first_program ? ROLE_FIRST_PROGRAM : ROLE_PROBE;
	if (!status)
		status = give_life(p, w);
	if (status) {
		djed_log("cannot run %s: %s", w->word[0] ? w->word[0] : "the program",
			 error_text((int)-status));
		if (pid == &pm.first_program)
			(void)kernel_lab_update(DJED_LAB_START_ERROR, 0, (uint64_t)-status);
		p->exit_status = (status == -ENOENT || status == -ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE) << 8;
		run_ended(p);
		process_free(p);
		return;
	}
	p->executed = false;
	identity_publish(p);
}

static struct words words;

static void words_reset(void)
{
	memset(words.word, 0, sizeof(words.word));
	words.count = 0;
}

void start_first_program(void)
{
	const char *text = command_line_program(djed_start()->command_line);

	words_reset();
	djed_status status = text && !split_encoded(&words, text) ? -E2BIG : 0;

	if (words.count == 0)
		(void)split_plain(&words, "/bin/busybox sh -i");
	start(&words, &pm.first_program, status);
}

static char probe_text[TEXT_SIZE];

bool probe_named(void)
{
	return command_line_value(djed_start()->command_line, "probe", probe_text, sizeof(probe_text));
}

void start_probe(void)
{
	pm.probe_wanted = false;
	deadline_update();
	words_reset();
	if (probe_named() && split_plain(&words, probe_text) && words.count)
		start(&words, &pm.probe_program, 0);
	else
		djed_notify(to.auditor, RUN_ENDED);
}

void probe_refuse(void)
{
	djed_log("the probe cannot be started");
	pm.probe_wanted = false;
	deadline_update();
	djed_notify(to.auditor, RUN_ENDED);
}

void run_ended(const struct process *p)
{
	if (p->pid == pm.first_program) {
		(void)kernel_lab_update(DJED_LAB_EXIT_STATUS, 0, (uint64_t)p->exit_status);
		pm.first_program = 0;
		/* Started by a transaction of its own: this one, an exit, must not depend on it. */
		pm.probe_wanted = probe_named();
		deadline_update();
		if (pm.probe_wanted)
			return;
	}
	pm.probe_program = 0;
	djed_notify(to.auditor, RUN_ENDED);
}
