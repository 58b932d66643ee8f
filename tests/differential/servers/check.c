/* Each request is served, rolled back, and all memory of the servers compared with what it was; then it is
 * served for good, and must be answered as before. So the states grow by themselves.
 *
 *     differential-servers SERVER [REQUESTS [SEED]]
 *
 * Exempt (rule 14): contents of the store's pages that hold nothing, and what lies behind an object's end. */
#include "check.h"

#include <protocols/store_client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/heap.h"
#include "object.h"

extern uint8_t __start_servers_data[], __stop_servers_data[], __start_servers_bss[], __stop_servers_bss[];
extern const struct djed_server store_server, mm_server;

enum { REQUESTS = 1000, HEAP = 16 << 20, MM_HEAP_PAGES = 2048, FRAMES = 900 };

uint8_t lent[LENT];
static uint32_t random_state;

uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

/* ---- snapshots --------------------------------------------------------------------------------------- */

static struct range {
	const char *name;
	uint8_t *start;
	size_t length;
	uint8_t *copy;
} ranges[] = {{.name = "data"}, {.name = "bss"}, {.name = "heap"}};
enum { RANGES = sizeof(ranges) / sizeof(*ranges), HEAP_RANGE = 2 };

static void prepare_ranges(void)
{
	ranges[0].start = __start_servers_data;
	ranges[0].length = (size_t)(__stop_servers_data - __start_servers_data);
	ranges[1].start = __start_servers_bss;
	ranges[1].length = (size_t)(__stop_servers_bss - __start_servers_bss);
	ranges[2].start = (uint8_t *)DJED_HEAP_BASE;
	ranges[2].length = HEAP;
	for (int i = 0; i < RANGES; i++)
		ranges[i].copy = malloc(ranges[i].length);
}

static void take_snapshot(void)
{
	for (int i = 0; i < RANGES; i++)
		memcpy(ranges[i].copy, ranges[i].start, ranges[i].length);
}

/* The store's pages mean something only as far as an object in the (restored) state has bytes there. */
static bool exempt(const uint8_t *at)
{
	uint64_t offset = (uint64_t)(at - pool.data);
	const struct owner *owner;

	if (at < pool.data || offset >= (uint64_t)pool.pages * DJED_PAGE_SIZE)
		return false;
	owner = &pool.page[offset / DJED_PAGE_SIZE + 1];
	return !owner->object || (uint64_t)owner->index * DJED_PAGE_SIZE + offset % DJED_PAGE_SIZE >=
				     objects.object[owner->object - 1].size;
}

/* Number of bytes that differ from the snapshot; the first one is shown. */
static size_t count_differences(const char *what)
{
	size_t differences = 0;

	for (int i = 0; i < RANGES; i++) {
		if (memcmp(ranges[i].start, ranges[i].copy, ranges[i].length) == 0)
			continue;
		for (size_t at = 0; at < ranges[i].length; at++) {
			const uint8_t *byte = &ranges[i].start[at];

			if (*byte == ranges[i].copy[at] || exempt(byte))
				continue;
			if (differences++ == 0)
				printf("%s: byte %p (%s + %#zx) is %#x, was %#x\n", what, (const void *)byte,
				       ranges[i].name, at, *byte, ranges[i].copy[at]);
		}
	}
	return differences;
}

/* ---- the run --------------------------------------------------------------------------------------------
 */

static struct {
	unsigned requests, logged, succeeded;
	size_t differing;
} count;

static void check_request(const char *server, const struct djed_message *message)
{
	static uint8_t lent_before[LENT];
	struct host_outcome first, second;
	char what[64];

	snprintf(what, sizeof(what), "request %u, message %#x", count.requests, message->label);
	memcpy(lent_before, lent, sizeof(lent));
	take_snapshot();
	first = host_request(server, message);
	if (!host_rollback()) {
		printf("%s: the log is damaged\n", what);
		count.differing++;
	}
	count.differing += count_differences(what);
	memcpy(lent, lent_before, sizeof(lent));
	host_forget_effects();
	second = host_request(server, message);
	host_forget_effects();
	if (first.next != second.next || first.status != second.status) {
		printf("%s: answered %lld, and %lld when it came again\n", what, (long long)first.status,
		       (long long)second.status);
		count.differing++;
	}
	count.requests++;
	count.logged += first.log != DJED_LOG_EMPTY;
	count.succeeded += second.status == 0;
	request_answered(message, &second);
}

int main(int argc, char **argv)
{
	const char *server = argc > 1 ? argv[1] : "";
	unsigned wanted = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : REQUESTS;
	struct djed_message message;
	void *mine;

	random_state = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) | 1 : 1;
	host_start(&(struct host_options){.heap = HEAP, .pool_frames = FRAMES});
	mine = heap_pages(MM_HEAP_PAGES); /* the store takes all that it finds */
	host_add_server("store", &store_server);
	heap_pages_free(mine);
	host_add_server("mm", &mm_server);
	prepare_ranges();
	requests_prepare();
	while (count.requests < wanted && count.differing == 0) {
		if (!request_make(server, &message)) {
			fprintf(stderr, "differential-servers: no server %s; store and mm are known\n",
				server);
			return 2;
		}
		check_request(server, &message);
		if (count.requests % 50 == 0 &&
		    host_audit("store").violations + host_audit("mm").violations) {
			printf("%s", host_log());
			return 1;
		}
	}
	printf("%s: %u requests (%u logged something, %u succeeded), %zu bytes differ\n", server,
	       count.requests, count.logged, count.succeeded, count.differing);
	/* Requests that change nothing would prove nothing. */
	return count.differing || count.logged < count.requests / 4 || count.succeeded < count.requests / 4;
}
