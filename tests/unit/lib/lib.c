/* os/lib: formatter, numbers, command line, list, table, reference counts. */
#include <abi/format.h>
#include <criterion/criterion.h>
#include <lib/command_line.h>
#include <lib/list.h>
#include <lib/reference.h>
#include <lib/table.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

int lib_snprintf(char *buffer, size_t size, const char *format, ...);
unsigned long long lib_strtoull(const char *text, char **end, int base);

/* Ours and the C library's give the same text and the same length, at every buffer size. */
#define same(...)                                                                                      \
	do {                                                                                           \
		char expected[128], got[128];                                                          \
		for (size_t size_ = 0; size_ < 40; size_++) {                                          \
			memset(expected, '#', sizeof(expected));                                       \
			memset(got, '#', sizeof(got));                                                 \
			int a_ = snprintf(expected, size_, __VA_ARGS__);                               \
			int b_ = lib_snprintf(got, size_, __VA_ARGS__);                                \
			cr_assert(a_ == b_ && memcmp(expected, got, sizeof(got)) == 0,                 \
				  "%s at size %zu: '%.40s' (%d), expected '%.40s' (%d)", #__VA_ARGS__, \
				  size_, got, b_, expected, a_);                                       \
		}                                                                                      \
	} while (0)

#pragma clang diagnostic ignored "-Wformat"
Test(lib, formatter)
{
	same("plain %% text");
	same("%d %i %u", -5, INT_MIN, UINT_MAX);
	same("%ld %lld %zu %jd", LONG_MIN, LLONG_MAX, (size_t)7, (intmax_t)-1);
	same("%hhd %hhu %hd %hu", 200, 300, 40000, 70000);
	same("[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, -42, 42, 42);
	same("[%.3d] [%8.3d] [%-8.3d] [%.0d] [%.0x]", 7, 7, -7, 0, 0u);
	same("%x %X %#x %#X %#o %o", 0xbeefu, 0xbeefu, 0xbeefu, 0xbeefu, 8u, 8u);
	same("[%#10x] [%-#10x] [%#010x] [%#x]", 0x1fu, 0x1fu, 0x1fu, 0u);
	same("[%s] [%10s] [%-10s] [%.2s] [%.0s]", "text", "text", "text", "text", "text");
	same("[%*d] [%-*d] [%.*s] [%*d]", 6, 1, 6, 1, 2, "abc", -6, 1);
	same("%c%c%5c|%-5c|", 'a', 'b', 'c', 'd');
	same("%p", (void *)0x1234);
	same("%lu%s", ULONG_MAX, "");
	char got[32];
	lib_snprintf(got, sizeof(got), "%q %d", 1);
	cr_assert(strcmp(got, "%q 1") == 0, "an unknown conversion is shown: '%s'", got);
	lib_snprintf(got, sizeof(got), "%s", (char *)NULL);
	cr_assert_str_eq(got, "(null)");
}

static size_t base_format(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = djed_format(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

/* That of the reliable computing base gives the same text, and the length of what it wrote. */
#define same_base(...)                                                                                   \
	do {                                                                                             \
		char expected[128], got[128];                                                            \
		for (size_t size_ = 1; size_ < 100; size_++) {                                           \
			memset(expected, '#', sizeof(expected));                                         \
			memset(got, '#', sizeof(got));                                                   \
			snprintf(expected, size_, __VA_ARGS__);                                          \
			size_t length_ = base_format(got, size_, __VA_ARGS__);                           \
			size_t end_ = strlen(expected) + 1;                                              \
			cr_assert(length_ == end_ - 1 && memcmp(expected, got, end_) == 0,               \
				  "%s at size %zu: '%.40s', expected '%.40s'", #__VA_ARGS__, size_, got, \
				  expected);                                                             \
			cr_assert(got[end_] == '#' && got[size_] == '#', "it writes too far");           \
		}                                                                                        \
	} while (0)

Test(lib, formatter_of_the_base)
{
	char got[32];

	same_base("plain %% text%%");
	same_base("%d|%d|%d %u %x %#x", -5, INT_MIN, INT_MAX, UINT_MAX, 0xbeefu, 0xbeefu);
	same_base("%ld %lld %lu %llu %llx %#llx", LONG_MIN, LLONG_MAX, ULONG_MAX, 0ull, ~0ull, 0x10ull);
	same_base("%s[%s]", "text", "");
	same_base("%p", (void *)0x1234567890);
	cr_assert(base_format(got, sizeof(got), "a %q b %d", 1) == 2 && strcmp(got, "a ") == 0, "'%s'", got);
	cr_assert(base_format(got, sizeof(got), "end %") == 4 && strcmp(got, "end ") == 0, "'%s'", got);
}

Test(lib, numbers)
{
	static const char *const texts[] = {
	    "0",     "17", "017", "0x1F", "0xg", "", "x", "99999999999999999999", "18446744073709551615",
	    "12abc", "08"};
	static const int bases[] = {0, 8, 10, 16};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (size_t k = 0; k < 4; k++) {
			char *end, *expected_end;
			unsigned long long expected = strtoull(texts[i], &expected_end, bases[k]);
			unsigned long long got = lib_strtoull(texts[i], &end, bases[k]);

			if (strcmp(texts[i], "0xg") == 0)
				continue; /* the C library stops behind the 0; ours behind the x; both give 0
					   */
			cr_assert(got == expected && end == expected_end, "'%s' in base %d: %llu", texts[i],
				  bases[k], got);
		}
	}
}

Test(lib, command_line)
{
	const char *line =
	    "  policy=osiris fault=a:b%20c%3a%zz  empty= policy=none -- sh -c echo%20a%09b policy=chain";
	char value[24];
	const char *at = command_line_program(line);

	cr_assert(command_line_value(line, "policy", value, sizeof(value)));
	cr_assert_str_eq(value, "none", "the last word before the program counts");
	cr_assert(command_line_value(line, "fault", value, sizeof(value)));
	cr_assert_str_eq(value, "a:b c:%zz");
	cr_assert(command_line_value(line, "empty", value, sizeof(value)) && value[0] == 0);
	cr_assert(!command_line_value(line, "poli", value, sizeof(value)));
	cr_assert(!command_line_value(line, "fault", value, 9), "does not fit");
	cr_assert_str_eq(value, "a:b c:%z", "cut short, with its end");
	value[0] = 1;
	cr_assert(!command_line_value(line, "fault", value, 0) &&
		  !command_line_value(line, "other", value, 9));
	cr_assert(value[0] == 1, "as it was");
	cr_assert(command_line_value(line, "fault", value, 10));
	cr_assert(!command_line_value("a=1 -- b=2", "b", value, sizeof(value)));
	cr_assert(command_line_program("a=1 --b") == NULL);
	cr_assert(command_line_program("") == NULL);
	cr_assert(command_line_program("a=1  ") == NULL);
	cr_assert_str_eq(command_line_program("a=1 --"), "");
	const char *words[] = {"sh", "-c", "echo a\tb", "policy=chain"};
	for (int i = 0; i < 4; i++) {
		cr_assert(command_line_next(&at, value, sizeof(value)));
		cr_assert_str_eq(value, words[i]);
	}
	cr_assert(!command_line_next(&at, value, sizeof(value)));
	at = "toolongword";
	cr_assert(!command_line_next(&at, value, 11) && *at == 't');
}

struct item {
	struct list link;
	struct table_link by_key;
	int number;
};

Test(lib, list)
{
	struct list head, other;
	struct item item[5] = {0};
	int expected = 0;

	list_init(&head);
	list_init(&other);
	cr_assert(list_empty(&head) && !list_take(&head) && list_consistent(&head, 1));
	for (int i = 0; i < 5; i++) {
		item[i].number = i;
		if (i < 3)
			list_append(&head, &item[i].link);
		else
			list_append(&other, &item[i].link);
	}
	list_splice(&head, &other);
	list_splice(&head, &other);
	cr_assert(list_empty(&other));
	list_for_each(at, &head) cr_assert(list_entry(at, struct item, link)->number == expected++);
	cr_assert(expected == 5 && list_consistent(&head, 6) && !list_consistent(&head, 5));
	list_for_each_safe(at, &head) if (list_entry(at, struct item, link)->number % 2) list_remove(at);
	list_remove(&item[1].link);
	list_prepend(&head, &item[3].link);
	cr_assert(list_take(&head) == &item[3].link && list_take(&head) == &item[0].link);
	item[2].link.next = &item[1].link; /* a damaged link */
	cr_assert(!list_consistent(&head, 100));
}

Test(lib, table)
{
	enum { COUNT = 1000 };
	static struct item item[COUNT];
	struct djed_audit audit = {0};
	struct table table;
	int seen = 0;

	host_start(&(struct host_options){.heap = 1 << 20});
	cr_assert(table_init(&table, 64) == 0);
	for (int i = 0; i < COUNT; i++)
		table_insert(&table, &item[i].by_key, (uint64_t)i * 4096);
	for (int i = 0; i < COUNT; i += 3)
		table_remove(&table, &item[i].by_key);
	for (int i = 0; i < COUNT; i++) {
		struct table_link *link = table_find(&table, (uint64_t)i * 4096);
		cr_assert(link == (i % 3 ? &item[i].by_key : NULL));
	}
	table_for_each(link, &table) seen++;
	cr_assert(seen == (int)table.count && seen == COUNT - (COUNT + 2) / 3);
	table_audit(&table, &audit, "items");
	cr_assert(audit.violations == 0);
	table.count++;
	table_audit(&table, &audit, "items");
	cr_assert(audit.violations == 1);
	table.count--;
	item[1].by_key.key++;
	table_audit(&table, &audit, "items");
	cr_assert(audit.violations == 2);
}

/* Counts that nothing can have come to stop the server; all others are counted. */
Test(lib, references)
{
	uint32_t count = 1;

	reference_take(&count);
	cr_assert(count == 2 && !reference_give(&count) && count == 1 && reference_give(&count) &&
		  count == 0);
	cr_assert(host_panic_of(reference_take(&count)), "nobody holds it");
	cr_assert(host_panic_of(reference_give(&count)), "nobody holds it");
	count = REFERENCES_MAX - 1;
	reference_take(&count);
	cr_assert(count == REFERENCES_MAX && host_panic_of(reference_take(&count)), "more than there can be");
	cr_assert(!reference_give(&count) && count == REFERENCES_MAX - 1);
	count = REFERENCES_MAX + 1;
	cr_assert(host_panic_of(reference_take(&count)) && host_panic_of(reference_give(&count)), "damaged");
	cr_assert(count == REFERENCES_MAX + 1, "and is left as it is");
}
