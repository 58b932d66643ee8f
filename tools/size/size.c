/* djed size: source lines of the reliable computing base (kernel, root, rs, and all of the runtime and
 * library that is linked into them), and their share of the lines linked into the image. What is linked is
 * read from the programs' debug information; generated code and compiler headers do not count. */
#include "abi/system.h"
#include "lines.h"
#include "machine.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LIMIT = 8000,
	TABLE_MAX = 1024 /* files of one line table */
};

static const char usage_text[] = "usage: djed size [--list]\n"
				 "\n"
				 "Counts source lines without blanks and comments: of the reliable computing "
				 "base (everything linked into kernel, root and rs),\n"
				 "and of everything linked into the image. --list shows each file.\n";

struct source {
	char *path; /* from the checkout's folder */
	unsigned long lines;
	bool base;
};
struct sources {
	struct source *list;
	unsigned count;
};

/* What a program prints. */
static struct text run_program(char *const words[])
{
	int ends[2];
	struct text output = {0};
	char block[4096];
	ssize_t n;
	int status = -1;

	if (pipe(ends) < 0)
		die("pipe: %s", strerror(errno));
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(words[0], words);
		_exit(127);
	}
	close(ends[1]);
	while (child > 0 && (n = read(ends[0], block, sizeof block)) > 0)
		text_add(&output, block, (size_t)n);
	close(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0 || status)
		die("%s failed on %s", words[0], words[2]);
	return output;
}

/* Takes "." and ".." out of a relative path, in place. False: it leads out of its folder. */
static bool normalise(char *path)
{
	char *to = path;

	for (char *from = path, *end; *from; from = end) {
		while (*from == '/')
			from++;
		end = from + strcspn(from, "/");
		size_t length = (size_t)(end - from);

		if (!length || (length == 1 && from[0] == '.'))
			continue;
		if (length == 2 && from[0] == '.' && from[1] == '.') {
			if (to == path)
				return false;
			while (to > path && *--to != '/')
				;
			continue;
		}
		if (to > path)
			*to++ = '/';
		memmove(to, from, length);
		to += length;
	}
	*to = 0;
	return to > path;
}

static void add_source(struct sources *sources, const char *home, char *path, bool base)
{
	for (unsigned i = 0; i < sources->count; i++)
		if (!strcmp(sources->list[i].path, path)) {
			sources->list[i].base |= base;
			return;
		}
	struct source *larger = realloc(sources->list, (sources->count + 1) * sizeof *larger);

	if (!larger)
		die("out of memory");
	sources->list = larger;
	char *file = format_string("%s/%s", home, path);
	struct text text = read_file(file);

	sources->list[sources->count++] =
	    (struct source){format_string("%s", path), count_lines(text.bytes, text.length), base};
	text_free(&text);
	free(file);
}

/* One line table of a program's debug information, as llvm-dwarfdump prints it. */
struct table {
	char *folder[TABLE_MAX];
	char *file[TABLE_MAX]; /* name; its folder, unless it stands in the name, is folder[folder_of[i]] */
	unsigned folder_of[TABLE_MAX];
	bool code[TABLE_MAX]; /* some instruction comes from the file */
	bool within;	      /* a run of instructions */
	bool left_out;	      /* of which the linker kept nothing: it gives such runs the address 0 */
	unsigned current;     /* file whose properties are being read */
};

/* The text between the first pair of quotes, cut out in place; NULL: none. */
static char *quoted(char *line)
{
	char *start = strchr(line, '"'), *end = start ? strchr(start + 1, '"') : NULL;

	if (!end)
		return NULL;
	*end = 0;
	return start + 1;
}

/* Adds the files of a finished table: sources if code of theirs is linked, and the headers that they use. The
 * build maps the checkout's folder to "."; other paths are the compiler's own. */
static void add_table(struct sources *sources, const char *home, struct table *table, bool base)
{
	bool any = false;

	for (unsigned i = 0; i < TABLE_MAX; i++)
		any |= table->code[i];
	for (unsigned i = 0; any && i < TABLE_MAX; i++) {
		const char *folder = table->folder[table->folder_of[i]];

		if (!table->file[i])
			continue;
		char *path = !strncmp(table->file[i], "./", 2) || table->file[i][0] == '/' || !folder
				 ? format_string("%s", table->file[i])
				 : format_string("%s/%s", folder, table->file[i]);
		size_t length = strlen(path);
		bool header = length > 2 && !strcmp(path + length - 2, ".h");

		if ((table->code[i] || header) && !strncmp(path, "./", 2) && normalise(path) &&
		    !strstr(path, "generated/"))
			add_source(sources, home, path, base);
		free(path);
	}
	memset(table, 0, sizeof *table);
}

/* Adds what a linked program was made of. */
static void add_program(struct sources *sources, const char *home, char *elf, bool base)
{
	struct text output = run_program((char *const[]){"llvm-dwarfdump-19", "--debug-line", elf, NULL});
	struct table table = {0};
	char *rest = output.bytes, *line;
	unsigned index, number, column, file;
	unsigned long long address;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "debug_line[", 11)) {
			add_table(sources, home, &table, base);
		} else if (sscanf(line, "include_directories[%u]", &index) == 1 && index < TABLE_MAX) {
			table.folder[index] = quoted(line);
		} else if (sscanf(line, "file_names[%u]", &index) == 1 && index < TABLE_MAX) {
			table.current = index;
		} else if (strstr(line, "name: \"")) {
			table.file[table.current] = quoted(line);
		} else if (sscanf(line, " dir_index: %u", &index) == 1 && index < TABLE_MAX) {
			table.folder_of[table.current] = index;
		} else if (sscanf(line, "0x%llx %u %u %u", &address, &number, &column, &file) == 4 &&
			   file < TABLE_MAX) {
			if (!table.within)
				table.left_out = address == 0;
			table.within = !strstr(line, "end_sequence");
			table.code[file] |= number > 0 && !table.left_out;
		}
	}
	add_table(sources, home, &table, base);
	text_free(&output);
}

/* The programs of the services in the boot archive, their other implementations, and the kernel. */
static void add_image(struct sources *sources, const char *home)
{
	char *archive = variant_path("plain", "boot.tar");
	struct text tar = read_file(archive);
	const struct djed_system *system = (const struct djed_system *)(tar.bytes + DJED_SYSTEM_OFFSET);
	const char *reason = tar.length > DJED_SYSTEM_OFFSET
				 ? djed_system_check(system, tar.length - DJED_SYSTEM_OFFSET)
				 : "it is empty";

	if (reason)
		die("%s: %s", archive, reason);
	add_program(sources, home, variant_path("plain", "kernel"), true);
	for (unsigned i = 0; i < system->records; i++) {
		const char *service = system->service[i].name;
		bool base = !strcmp(service, "root") || !strcmp(service, "rs");
		char *elf = format_string("services/%s.elf", service), *path = variant_path("plain", elf);

		add_program(sources, home, path, base);
		free(elf);
		free(path);
	}
	text_free(&tar);
	free(archive);
}

/* Lines of the base under a folder. */
static unsigned long base_lines(const struct sources *sources, const char *folder)
{
	unsigned long lines = 0;

	for (unsigned i = 0; i < sources->count; i++)
		if (sources->list[i].base && !strncmp(sources->list[i].path, folder, strlen(folder)))
			lines += sources->list[i].lines;
	return lines;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct source *)a)->path, ((const struct source *)b)->path);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"list", no_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'}, {0}};
	static const char *const folders[] = {"os/kernel/", "os/servers/root/", "os/servers/rs/",
					      "runtime/",   "os/lib/",		"os/abi/"};
	const char *home = getenv("DJED_HOME");
	struct sources sources = {0};
	bool list = false;
	int option;

	tool_name = "djed size";
	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (option != 'l')
			die("unknown option '%s' (see: djed size --help)", argv[optind - 1]);
		list = true;
	}
	if (optind < argc)
		die("unexpected argument '%s' (see: djed size --help)", argv[optind]);
	if (!home)
		die("DJED_HOME is not set: start the tools through ./djed");
	add_image(&sources, home);
	qsort(sources.list, sources.count, sizeof *sources.list, by_path);
	unsigned long base = base_lines(&sources, ""), all = 0;

	for (unsigned i = 0; i < sources.count; i++) {
		const struct source *source = &sources.list[i];

		all += source->lines;
		if (list)
			printf("%6lu %s %s\n", source->lines, source->base ? "base" : "    ", source->path);
	}
	printf("reliable computing base: %lu source lines (at most %d), %.1f%% of the %lu linked into the "
	       "image\n",
	       base, LIMIT, all ? 100.0 * (double)base / (double)all : 0.0, all);
	printf("  ");
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		printf("%s %lu%s", folders[i], base_lines(&sources, folders[i]),
		       i + 1 < sizeof folders / sizeof *folders ? ", " : "\n");
	return base > LIMIT;
}
