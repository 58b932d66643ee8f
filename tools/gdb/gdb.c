/* djed gdb: gdb on a running system, with the kernel's symbols and one server's. */
#include "guest.h"
#include "machine.h"
#include "temporary.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: djed gdb [SERVER] [-- PROGRAM ARGS...]\n"
    "\n"
    "Boots the instrumented build under gdb: symbols of the kernel and of SERVER (all servers are linked at "
    "one address, so only\n"
    "one makes sense at a time). The machine stands still until `continue`. PROGRAM (default: a shell loop)\n"
    "runs in it; its output goes to the file that is named at start.\n";

/* The symbols name files as ./FILE, relative to the build folder, which is itself relative to the sources if
 * it lies in them
 * (-fdebug-prefix-map). */
static char *source_rule(void)
{
	const char *home = getenv("DJED_HOME"), *build = getenv("DJED_BUILD_DIR");
	size_t length = home ? strlen(home) : 0;
	if (!home || !build)
		die("DJED_HOME and DJED_BUILD_DIR are not set: start the tools through ./djed");
	bool inside = !strncmp(build, home, length) && build[length] == '/';
	return format_string("set substitute-path %s%s/. %s", inside ? "." : "",
			     inside ? build + length : build, home);
}

static pid_t start_gdb(const char *server, const char *socket)
{
	char *words[20] = {"gdb", "-q"};
	unsigned n = 2;
	words[n++] = variant_path("instrumented", "kernel");
	words[n++] = "-ex";
	words[n++] = "set architecture i386:x86-64";
	words[n++] = "-ex";
	words[n++] = source_rule();
	if (server) {
		char *file = format_string("services/%s.elf", server),
		     *elf = variant_path("instrumented", file);
		if (access(elf, R_OK) < 0)
			die("there is no server '%s' (%s)", server, elf);
		words[n++] = "-ex";
		words[n++] = format_string("add-symbol-file %s", elf);
	}
	words[n++] = "-ex";
	words[n++] = format_string("target remote %s", socket);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		execvp(words[0], words);
		fprintf(stderr, "djed gdb: cannot start gdb: %s\n", strerror(errno));
		_exit(127);
	}
	if (child < 0)
		die("fork: %s", strerror(errno));
	return child;
}

int main(int count, char **words)
{
	tool_name = "djed gdb";
	static char *const busy[] = {"sh", "-c", "while true; do ls >/dev/null; done", NULL};
	const char *server = NULL;
	int at = 1;
	if (at < count && (!strcmp(words[at], "--help") || !strcmp(words[at], "-h"))) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (at < count && strcmp(words[at], "--")) {
		if (words[at][0] == '-')
			die("unknown option '%s' (see: djed gdb --help)", words[at]);
		server = words[at++];
	}
	if (at < count && strcmp(words[at], "--"))
		die("unexpected word '%s': a program comes behind '--'", words[at]);
	struct text line = {0};
	text_format(&line, "policy=chain monitor=broker console=raw");
	guest_add_program(&line, at + 1 < count ? words + at + 1 : busy);
	guest_check_line(&line);
	char *folder = format_string("/tmp/djed-gdb.XXXXXX");
	if (!mkdtemp(folder))
		die("cannot make %s: %s", folder, strerror(errno));
	temporary_add(folder);
	char *socket = format_string("%s/socket", folder), *output = format_string("%s/output", folder);
	char *log = format_string("%s/log", folder);
	temporary_add(socket);
	temporary_add(output);
	temporary_add(log);
	int file = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		die("cannot write %s: %s", output, strerror(errno));
	struct machine_options options = {.variant = "instrumented",
					  .command_line = line.bytes,
					  .memory = 256ull << 20,
					  .log = log,
					  .gdb_socket = socket};
	signal(SIGINT, SIG_IGN); /* ctrl-C is gdb's */
	struct machine *m = machine_start(&options);
	/* From now on whoever started us knows them. */
	temporary_keep(log);
	temporary_keep(output);
	printf("output of the program: %s\nlog of the kernel: %s\n", output, log);
	fflush(stdout);
	pid_t gdb = start_gdb(server, socket);
	int status = 0;
	while (waitpid(gdb, &status, WNOHANG) == 0) {
		struct text bytes = {0};
		machine_step(m, 0.2, &bytes);
		if (bytes.length && write(file, bytes.bytes, bytes.length) < 0)
			warn("cannot write %s: %s", output, strerror(errno));
		text_free(&bytes);
	}
	machine_stop(m);
	temporary_remove(socket);
	temporary_keep(folder);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_DJED;
}
