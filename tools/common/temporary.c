#include "temporary.h"

#include "text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A signal may come at any time: a path is in the list before it is counted, and is freed behind it. */
static char *volatile list[TEMPORARIES_MAX];
static volatile sig_atomic_t count;
static pid_t owner;

static void remove_path(const char *path)
{
	if (unlink(path) < 0)
		rmdir(path);
}

static void remove_all(void)
{
	if (getpid() != owner)
		return;
	for (int i = count - 1; i >= 0; i--)
		if (list[i])
			remove_path(list[i]);
}

static void on_signal(int number)
{
	remove_all();
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct sigaction now, ours = {.sa_handler = on_signal};
		if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaction(ends[i], &ours, NULL);
	}
}

void temporary_add(const char *path)
{
	static bool at_exit;
	if (owner != getpid()) {
		count = 0;
		owner = getpid();
	}
	if (count == TEMPORARIES_MAX)
		die("more than %d temporary files", TEMPORARIES_MAX);
	if (!at_exit)
		atexit(remove_all);
	at_exit = true;
	catch_signals();
	list[count] = format_string("%s", path);
	count++;
}

static void forget(const char *path, bool remove)
{
	for (int i = getpid() == owner ? count - 1 : -1; i >= 0; i--) {
		char *found = list[i];
		if (!found || strcmp(found, path))
			continue;
		if (remove)
			remove_path(found);
		list[i] = NULL;
		while (count && !list[count - 1])
			count--;
		free(found);
		return;
	}
}

void temporary_remove(const char *path)
{
	forget(path, true);
}

void temporary_keep(const char *path)
{
	forget(path, false);
}
