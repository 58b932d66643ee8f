/* djed crashes FILE: the crashes of a run, with registers, backtrace and what was seen before. */
#include "backtrace.h"
#include "crashes.h"
#include "events.h"
#include "machine.h"
#include "text.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: djed crashes FILE\n"
    "\n"
    "Shows the crash records of a run, which `djed run --crashes FILE` and `djed repro` have written: what "
    "crashed\n"
    "how often and what was done about it, registers, backtrace, and the last events before: of the service\n"
    "where it was traced, else calls of all programs.\n";

/* ---- a file is hostile until checked ------------------------------------------------------------------- */

static bool is_name(const char *name, size_t size)
{
	size_t length = strnlen(name, size);
	if (!length || length == size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
			return false;
	return true;
}

static const struct crashes_file *check(const struct text *bytes, const char *path)
{
	const struct crashes_file *file = (const void *)bytes->bytes;
	if (bytes->length < sizeof *file || memcmp(file->magic, CRASHES_MAGIC, sizeof file->magic))
		die("%s is no file of crash records", path);
	if (file->version != CRASHES_VERSION || file->crashes.version != DJED_CRASHES_VERSION)
		die("%s: crash records of another version of Djed", path);
	if (file->rings > DJED_SERVICES_MAX ||
	    bytes->length != sizeof *file + file->rings * sizeof(struct crashes_ring))
		die("%s: cut off, or damaged", path);
	if (file->crashes.magic != DJED_CRASHES_MAGIC || file->crashes.records > DJED_CRASH_RECORDS ||
	    !is_name(file->variant, sizeof file->variant))
		die("%s: damaged at its head", path);
	for (unsigned i = 0; i < file->crashes.records; i++) {
		const struct djed_crash_record *record = &file->crashes.record[i];
		if (!is_name(record->name, sizeof record->name) || record->service >= DJED_SERVICES_MAX ||
		    record->stack_length > DJED_CRASH_STACK)
			die("%s: record %u is damaged", path, i + 1);
	}
	if (file->checksum != crashes_checksum(file, bytes->length))
		die("%s: damaged: its checksum is wrong", path);
	return file;
}

/* ---- words --------------------------------------------------------------------------------------------- */

static void print_cause(const struct djed_crash_record *r)
{
	enum { DIVIDE = 0, INVALID = 6, PROTECTION = 13, PAGE = 14 };
	if (r->cause == DJED_CRASH_PANIC)
		printf("  its own check failed (line %" PRIu64 ")", r->code);
	else if (r->cause == DJED_CRASH_PROTOCOL)
		printf("  it broke the kernel's protocol");
	else if (r->cause == DJED_CRASH_HANG)
		printf("  it worked for too long on one delivery");
	else if (r->cause == DJED_CRASH_HEARTBEAT)
		printf("  it did not come back, or left no time to others");
	else if (r->cause == DJED_CRASH_ASKED)
		printf("  nothing was wrong: a policy asked for a new instance");
	else if (r->code == PAGE)
		printf("  access to 0x%" PRIx64 ", which it may not", r->address);
	else
		printf("  exception %" PRIu64 " (%s)", r->code,
		       r->code == DIVIDE       ? "division"
		       : r->code == INVALID    ? "invalid instruction"
		       : r->code == PROTECTION ? "general protection"
					       : "see the processor's manual");
	printf(", at 0x%" PRIx64 "\n", r->context.rip);
}

static const char *rung_words(uint32_t rung)
{
	static const char *const words[] = {"nothing",
					    "delivered again",
					    "answered with an error",
					    "refused from now on, or client ended",
					    "new instance, same memory",
					    "new instance, rebuilt",
					    "new instance, empty",
					    "alternative",
					    "shut down"};
	return rung < sizeof words / sizeof *words ? words[rung] : "?";
}

static void print_registers(const struct djed_context *c)
{
	const struct {
		const char *name;
		uint64_t value;
	} registers[] = {{"rax", c->rax}, {"rbx", c->rbx},     {"rcx", c->rcx}, {"rdx", c->rdx},
			 {"rsi", c->rsi}, {"rdi", c->rdi},     {"rbp", c->rbp}, {"rsp", c->rsp},
			 {"r8", c->r8},	  {"r9", c->r9},       {"r10", c->r10}, {"r11", c->r11},
			 {"r12", c->r12}, {"r13", c->r13},     {"r14", c->r14}, {"r15", c->r15},
			 {"rip", c->rip}, {"flags", c->rflags}};
	for (unsigned i = 0; i < sizeof registers / sizeof *registers; i++)
		printf("%s%5s %016" PRIx64, i % 4 ? " " : "  ", registers[i].name, registers[i].value),
		    i % 4 == 3 ? putchar('\n') : 0;
	putchar('\n');
}

static void print_record(const struct crashes_file *file, const struct djed_crash_record *record,
			 bool same_build)
{
	printf("%s: %" PRIu64 " crash%s in %s", record->name, record->count, record->count == 1 ? "" : "es",
	       message_name(record->label));
	printf(", for %s, first after %.3f ms, last after %.3f ms\n", message_name(record->origin),
	       (double)record->first_at / 1e6, (double)record->last_at / 1e6);
	print_cause(record);
	printf("  the last time: rung %u (%s), attempt %u, error %u\n", record->rung,
	       rung_words(record->rung), record->attempt, record->error);
	print_registers(&record->context);
	if (same_build) {
		char *name = format_string("services/%s.elf", record->name);
		char *elf = variant_path(file->variant, name);
		backtrace_print(record, elf);
		free(elf);
		free(name);
	}
	events_print(stdout, file, record);
	putchar('\n');
}

int main(int count, char **words)
{
	tool_name = "djed crashes";
	static const struct option options[] = {{"help", 0, NULL, 'h'}, {0}};
	opterr = 0;
	for (int option; (option = getopt_long(count, words, "h", options, NULL)) != -1;) {
		if (option != 'h')
			die("unknown option '%s' (see: djed crashes --help)", words[optind - 1]);
		fputs(usage_text, stdout);
		return 0;
	}
	if (count - optind != 1)
		die("a file of crash records is expected (see: djed crashes --help)");
	struct text bytes = read_file(words[optind]);
	const struct crashes_file *file = check(&bytes, words[optind]);
	char *kernel = variant_path(file->variant, "kernel");
	bool same_build = access(kernel, R_OK) == 0 && variant_digest(file->variant) == file->build;
	free(kernel);
	for (unsigned i = 0; i < file->crashes.records; i++)
		print_record(file, &file->crashes.record[i], same_build);
	if (!same_build && file->crashes.records)
		puts("no backtraces: this was another build, or the build is not there any more");
	printf("%" PRIu64 " crashes of %u kinds", file->crashes.total, file->crashes.records);
	if (file->crashes.forgotten)
		printf(", and %" PRIu64 " of further kinds", file->crashes.forgotten);
	putchar('\n');
	return 0;
}
