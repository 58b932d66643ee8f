/* The log by itself: every kind of record, order, calls, the stack, and damage.
 * RUN: %native -g -fsanitize=address,undefined -fno-sanitize-recover -I%inputs %s %runtime/undo.c -o %t
 * RUN: %t
 */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include <djed/undo.h>

static uint64_t log_memory[4096];
static uint8_t bytes[2048], copy[2048];
static char calls[8];

static void note(uint64_t argument)
{
	calls[strlen(calls)] = (char)argument;
}

static void empty_log(void)
{
	djed_undo_attach(log_memory);
	djed_window_open = 1;
	memset(calls, 0, sizeof(calls));
	for (size_t i = 0; i < sizeof(bytes); i++)
		copy[i] = bytes[i] = (uint8_t)(i * 7);
}

static void every_length(void)
{
	for (size_t length = 0; length <= 300; length++) {
		for (size_t at = 0; at < 9; at++) {
			empty_log();
			djed_undo_range(bytes + at, length);
			EXPECT((djed_undo_length() == 0) == (length == 0));
			memset(bytes + at, 0xee, length);
			EXPECT(djed_undo_rollback());
			EXPECT(memcmp(bytes, copy, sizeof(bytes)) == 0);
			EXPECT(djed_undo_length() == 0);
		}
	}
}

static void last_to_first(void)
{
	empty_log();
	djed_undo_range(bytes, 8);
	memset(bytes, 1, 8);
	djed_undo_call(note, 'a');
	djed_undo_range(bytes + 4, 200);
	memset(bytes + 4, 2, 200);
	djed_undo_call(note, 'b');
	djed_undo_range(bytes, 1);
	bytes[0] = 3;
	EXPECT(djed_undo_rollback());
	EXPECT(memcmp(bytes, copy, sizeof(bytes)) == 0);
	EXPECT(strcmp(calls, "ba") == 0);
}

static void closed_window(void)
{
	empty_log();
	djed_window_open = 0;
	djed_undo_range(bytes, 8);
	djed_undo_call(note, 'a');
	EXPECT(djed_undo_length() == 0);
}

static void reset(void)
{
	empty_log();
	djed_undo_range(bytes, 8);
	bytes[0] = 77;
	djed_undo_reset();
	EXPECT(djed_undo_length() == 0 && djed_undo_rollback() && bytes[0] == 77);
}

/* The stack is a part of `bytes` here: what lies in it is neither logged nor, if a clone has logged it
 * inline, restored. */
static void stack(void)
{
	empty_log();
	djed_undo_range(bytes + 100, 8);
	djed_stack_low = (uintptr_t)bytes;
	djed_stack_high = (uintptr_t)bytes + 256;
	size_t before = djed_undo_length();
	djed_undo_range(bytes + 200, 8);
	EXPECT(djed_undo_length() == before);
	djed_undo_range(bytes + 256, 8);
	EXPECT(djed_undo_length() == before + 16);
	bytes[100] = bytes[256] = 1;
	EXPECT(djed_undo_rollback() && bytes[100] == 1 && bytes[256] == copy[256]);
	djed_stack_low = djed_stack_high = 0;
}

/* One record of each kind, each header in turn replaced by nonsense: nothing is undone, and the log stays. */
static void damage(void)
{
	static const uint64_t nonsense[] = {0,
					    ~UINT64_C(0),
					    UINT64_C(1) << 63,
					    UINT64_C(200) << 56,
					    UINT64_C(255) << 56,
					    UINT64_C(254) << 56 | 1,
					    UINT64_C(8) << 56 | UINT64_C(0xffffffffffff)};

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		for (unsigned back = 1; back <= 3; back++) {
			empty_log();
			djed_undo_range(bytes, 8);
			djed_undo_range(bytes + 8, 8);
			djed_undo_range(bytes + 16, 8);
			memset(bytes, 9, 24);
			log_memory[back * 2 - 1] = nonsense[i];
			EXPECT(!djed_undo_rollback());
			EXPECT(djed_undo_length() == 48 && bytes[0] == 9 && bytes[23] == 9);
		}
	}
	empty_log();
	djed_undo_range(bytes, 300);
	log_memory[djed_undo_length() / 8 - 2] = UINT64_C(1) << 40; /* a length beyond the log's beginning */
	EXPECT(!djed_undo_rollback());
	djed_log_top = (uint64_t *)((uintptr_t)log_memory - 8);
	EXPECT(!djed_undo_rollback());
}

int main(void)
{
	every_length();
	last_to_first();
	closed_window();
	reset();
	stack();
	damage();
	return expect_end();
}
