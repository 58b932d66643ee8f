/* The trace decoder: texts as they must be, and any numbers without harm. */
#include "decode.h"

#include <protocols/labels.h>
#include <protocols/linux_trace.h>
#include <protocols/sample.h>
#include <protocols/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures;

static void same(const char *got, const char *expected)
{
	if (strcmp(got, expected) == 0)
		return;
	fprintf(stderr, "expected: %s\n     got: %s\n", expected, got);
	failures++;
}

/* An application's memory: texts at 4096, 4352... */
static const char *const memory_texts[] = {"/etc/passwd", "hello\n\"w\\\x01",
					   "0123456789012345678901234567890123456789"};
static size_t read_memory(void *context, uint64_t address, void *to, size_t length)
{
	(void)context;
	uint64_t index = address / 256 - 16;

	if (address < 4096 || address % 256 || index >= sizeof(memory_texts) / sizeof(memory_texts[0]))
		return 0;
	size_t there = strlen(memory_texts[index]) + 1;

	length = length < there ? length : there;
	memcpy(to, memory_texts[index], length);
	return length;
}
static const struct decode_memory memory = {read_memory, NULL};

static void test_calls(void)
{
	static const struct {
		uint64_t number, argument[6];
		const char *text;
	} cases[] = {
	    {LINUX_OPENAT,
	     {-100ull, 4096, 02000000 | 0100 | 1, 0644},
	     "openat(AT_FDCWD, \"/etc/passwd\", O_WRONLY|O_CLOEXEC|O_CREAT, 0644)"},
	    {LINUX_OPEN, {4097, 0, 0xffff0000, 0}, "open(0x1001, O_RDONLY, 037777600000)"},
	    {LINUX_OPEN, {0, 04010000 | 3, 0}, "open(NULL, O_SYNC|0x3, 00)"},
	    {LINUX_OPEN, {0, 0x80000002, 0}, "open(NULL, O_RDWR|0x80000000, 00)"},
	    {LINUX_WRITE, {1, 4352, 9}, "write(1, \"hello\\n\\\"w\\\\\", 9)"},
	    {LINUX_WRITE, {1, 4352, 10}, "write(1, \"hello\\n\\\"w\\\\\\x01\", 10)"},
	    {LINUX_WRITE, {1, 4608, 40}, "write(1, \"01234567890123456789012345678901\"..., 40)"},
	    {LINUX_WRITE, {1, 5000, -1ull}, "write(1, 0x1388, -1)"},
	    {LINUX_READ, {0xffffffff00000003, 4096, 1ull << 40}, "read(3, 0x1000, 0x10000000000)"},
	    {LINUX_MMAP,
	     {0, 8192, 3, 0x22, -1ull, 0},
	     "mmap(0, 8192, PROT_WRITE|PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"},
	    {LINUX_KILL, {-1ull, 9}, "kill(-1, SIGKILL)"},
	    {LINUX_KILL, {7, 99}, "kill(7, 99)"},
	    {LINUX_LSEEK, {3, -4ull, 2}, "lseek(3, -4, SEEK_END)"},
	    {LINUX_ACCESS, {4096, 0}, "access(\"/etc/passwd\", 0)"},
	    {LINUX_CHOWN, {4096, -1ull, 0}, "chown(\"/etc/passwd\", -1, 0)"},
	    {LINUX_IOCTL, {0, 0x5401, 4096}, "ioctl(0, TCGETS, 4096)"},
	    {LINUX_CLONE,
	     {0x1200011, 0, 0, 0, 0},
	     "clone(SIGCHLD|CLONE_CHILD_SETTID|CLONE_CHILD_CLEARTID, 0, NULL, NULL, 0)"},
	    {LINUX_GETPID, {1, 2, 3}, "getpid()"},
	    {LINUX_PIVOT_ROOT, {1, 2, 3, 4, 5, 6}, "pivot_root(1, 2, 3, 4, 5, 6)"},
	    {8194, {3, 4, 5, 1, -1ull, 7}, "sample_scalars(3, 4, 5, 1, -1, 7)"},
	    {-1ull, {1}, "syscall_18446744073709551615(1, 0, 0, 0, 0, 0)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		size_t length = decode_call(text, sizeof(text), cases[i].number, cases[i].argument, &memory);

		same(text, cases[i].text);
		if (length != strlen(text))
			same("length", "another");
	}
}

static void test_results(void)
{
	static const struct {
		int64_t result;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {-2, "-1 ENOENT (No such file or directory)"},
	    {-512, "-1 (error 512)"},
	    {0x7f0000001000, "0x7f0000001000"},
	    {-4096, "-4096"},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_result(text, sizeof(text), cases[i].result);
		same(text, cases[i].text);
	}
}

static void test_messages(void)
{
	char text[512];
	struct djed_message message = {.label = STORE_READ, .word = {5, 4096}};

	decode_request(text, sizeof(text), &message);
	same(text, "store.read(object=5, offset=4096, data=nothing)");
	message.grant[0] = (struct djed_grant){.kind = DJED_GRANT_OWN, .length = 512};
	decode_request(text, sizeof(text), &message);
	same(text, "store.read(object=5, offset=4096, data=<512 bytes>)");
	message.label = SAMPLE_SCALARS;
	message.word[3] = 1;
	message.word[4] = -5ull;
	decode_request(text, sizeof(text), &message);
	same(text, "sample.scalars(small=5, short_number=4096, number=0, flag=true, negative=-5, large=0)");
	message.label = DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_CLOSE);
	decode_request(text, sizeof(text), &message);
	same(text, "close(5)");
	message.label = DJED_LABEL(9, 8);
	decode_request(text, sizeof(text), &message);
	same(text, "message_9_8(5, 4096, 0, 1, -5, 0, 0, 0)");
	message = (struct djed_message){.word = {12, 13}};
	decode_reply(text, sizeof(text), SAMPLE_SCALARS, &message);
	same(text, "0 (status=12, word=13)");
	decode_reply(text, sizeof(text), SAMPLE_PLAIN, &message);
	same(text, "0");
	decode_reply(text, sizeof(text), DJED_LABEL(DJED_PROTOCOL_LINUX, 0), &message);
	same(text, "12");
	message.status = -5;
	decode_reply(text, sizeof(text), STORE_READ, &message);
	same(text, "-1 EIO (Input/output error)");
}

/* Whatever is decoded, into whatever room: nothing outside of it is touched (sanitizers watch), and the end
 * is a NUL. */
static void test_anything(void)
{
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		struct djed_message message;
		size_t size = (size_t)(rand() % 200);
		char *room = malloc(size);

		for (size_t j = 0; j < sizeof(message); j++)
			((uint8_t *)&message)[j] = (uint8_t)(rand() % 3 ? rand() : 0);
		if (i % 2)
			message.label = djed_labels[(unsigned)rand() % DJED_LABELS].label;
		uint64_t number = i % 4 ? (uint64_t)(rand() % (LINUX_CALLS + 20)) : message.word[0];
		size_t lengths[] = {decode_call(room, size, number, message.word, &memory),
				    decode_result(room, size, (int64_t)message.word[1]),
				    decode_request(room, size, &message),
				    decode_reply(room, size, message.label, &message)};

		for (unsigned j = 0; j < 4; j++)
			if (lengths[j] >= size && (size || lengths[j]))
				same("longer than its room", "");
		if (size && !memchr(room, 0, size))
			same("no NUL", "");
		free(room);
	}
}

int main(void)
{
	test_calls();
	test_results();
	test_messages();
	test_anything();
	return failures != 0;
}
