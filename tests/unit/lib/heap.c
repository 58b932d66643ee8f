/* os/lib/heap.c against a plain model, and what it detects. */
#include <abi/detect.h>
#include <criterion/criterion.h>
#include <lib/heap.h>
#include <string.h>

#include "host.h"

void *heap_malloc(size_t size);
void *heap_calloc(size_t count, size_t size);
void *heap_realloc(void *block, size_t size);
void heap_free(void *block);

static unsigned random_state = 12345;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % limit;
}

static size_t random_size(void)
{
	static const unsigned scale[] = {20, 200, 2100, 20000};

	return random_below(scale[random_below(4)]);
}

static unsigned violations(void)
{
	struct djed_audit audit = {0};

	heap_audit(&audit);
	return audit.violations;
}

struct piece {
	unsigned char *block;
	size_t size;
	unsigned char fill;
	bool pages;
};

static void check_piece(const struct piece *piece)
{
	for (size_t i = 0; i < piece->size; i++)
		cr_assert(piece->block[i] == piece->fill, "byte %zu of a block of %zu changed", i,
			  piece->size);
}

Test(heap, model)
{
	enum { PIECES = 200, STEPS = 20000 };
	static struct piece piece[PIECES];
	struct heap_statistics before;
	unsigned refused = 0;

	host_start(&(struct host_options){.heap = 1 << 20});
	before = heap_statistics();
	cr_assert(before.pages == before.pages_free && before.blocks == 0);
	for (int step = 0; step < STEPS; step++) {
		struct piece *p = &piece[random_below(PIECES)];

		djed_ipc.in.transaction = (uint64_t)step / 20;
		if (!p->block) {
			p->pages = random_below(8) == 0;
			p->size = p->pages ? (1 + random_below(5)) * 4096 : random_size();
			p->block = p->pages ? heap_pages((uint32_t)(p->size / 4096)) : heap_malloc(p->size);
			cr_assert((uintptr_t)p->block % (p->pages ? 4096 : 16) == 0);
		} else if (!p->pages && random_below(4) == 0) {
			size_t size = random_size();
			unsigned char *moved;

			check_piece(p);
			moved = heap_realloc(p->block, size);
			if (moved) {
				p->block = moved;
				for (size_t i = 0; i < size && i < p->size; i++)
					cr_assert(moved[i] == p->fill);
				p->size = size;
			}
		} else {
			check_piece(p);
			if (p->pages)
				heap_pages_free(p->block);
			else
				heap_free(p->block);
			p->block = NULL;
			continue;
		}
		if (!p->block) {
			refused++;
			continue;
		}
		p->fill = (unsigned char)step;
		memset(p->block, p->fill, p->size);
		if (step % 1000 == 0)
			cr_assert(violations() == 0);
	}
	for (int i = 0; i < PIECES; i++) {
		if (!piece[i].block)
			continue;
		check_piece(&piece[i]);
		if (piece[i].pages)
			heap_pages_free(piece[i].block);
		else
			heap_free(piece[i].block);
	}
	cr_assert(refused > 0, "the heap was never full: the test is too small");
	cr_assert(violations() == 0);
	cr_assert(heap_statistics().blocks == 0 && heap_statistics().bytes == 0);
}

Test(heap, limits)
{
	host_start(&(struct host_options){.heap = 1 << 20});
	cr_assert(heap_malloc(2 << 20) == NULL);
	cr_assert(heap_malloc(SIZE_MAX) == NULL && heap_malloc(SIZE_MAX - 4096) == NULL);
	cr_assert(heap_calloc(SIZE_MAX / 2, 3) == NULL);
	cr_assert(heap_pages(0) == NULL && heap_pages(UINT32_MAX) == NULL);
	void *nothing = heap_malloc(0);
	cr_assert(nothing != NULL && nothing != heap_malloc(0));
	unsigned char *zeroed = heap_calloc(10, 10);
	for (int i = 0; i < 100; i++)
		cr_assert(zeroed[i] == 0);
	heap_free(NULL);
}

static void expect_panic(const char *text, const char *part)
{
	cr_assert(text && strstr(text, part), "expected a panic with '%s', got: %s", part,
		  text ? text : "none");
}

Test(heap, detects)
{
	host_start(&(struct host_options){.heap = 1 << 20});
	char *a = heap_malloc(40), *b = heap_malloc(40), *big = heap_malloc(10000), *page = heap_pages(2);
	char saved;

	saved = b[40];
	b[40]++;
	cr_assert(violations() == 1);
	expect_panic(host_panic_of(heap_free(b)), "beyond its end");
	b[40] = saved;
	saved = a[-1];
	heap_free(a);
	expect_panic(host_panic_of(heap_free(a)), "freed before");
	djed_ipc.in.transaction++;
	a[-16] ^= 4;
	cr_assert(violations() > 0);
	expect_panic(host_panic_of(heap_malloc(40)), "was written to");
	a[-16] ^= 4;
	expect_panic(host_panic_of(heap_free(b + 8)), "not a block");
	expect_panic(host_panic_of(heap_free(b + 16)), "not allocated");
	expect_panic(host_panic_of(heap_free(&saved)), "not a block");
	big[10000]++;
	expect_panic(host_panic_of(heap_free(big)), "beyond its end");
	expect_panic(host_panic_of(heap_pages_free(page + 4096)), "not an allocated run");
	expect_panic(host_panic_of(heap_pages_free(page + 1)), "not an allocated run");
	heap_pages_free(page);
	expect_panic(host_panic_of(heap_pages_free(page)), "not an allocated run");
}

/* A freed block comes back only when the transaction that freed it has ended. */
Test(heap, quarantine)
{
	char *a, *b, *c;

	host_start(&(struct host_options){.heap = 1 << 20});
	a = heap_malloc(100);
	b = heap_malloc(100);
	djed_ipc.in.transaction = 7;
	heap_free(a);
	heap_free(b);
	cr_assert_eq(violations(), 0);
	c = heap_malloc(100);
	cr_assert(c != a && c != b);
	heap_free(c);
	djed_ipc.in.transaction = 8;
	cr_assert_eq(heap_malloc(100), c);
	cr_assert_eq(heap_malloc(100), b);
	cr_assert_eq(heap_malloc(100), a);
	cr_assert_eq(violations(), 0);
}

Test(heap, quarantine_is_a_detector)
{
	char *a;

	host_start(&(struct host_options){.heap = 1 << 20, .detect_off = DJED_DETECT_HEAP});
	a = heap_malloc(100);
	heap_free(a);
	a[50]++;
	cr_assert_eq(violations(), 0);
	cr_assert_eq(heap_malloc(100), a);
}

Test(heap, poison)
{
	uint64_t *a;

	host_start(&(struct host_options){.heap = 1 << 20});
	a = heap_malloc(100);
	memset(a, 0, 100);
	heap_free(a);
	cr_assert(a[1] >> 47 != 0 && a[1] >> 47 != 0x1ffff, "%lx could be followed", (unsigned long)a[1]);
	djed_ipc.in.transaction++;
	a[5]++;
	cr_assert_eq(violations(), 1);
	expect_panic(host_panic_of(heap_malloc(100)), "was written to");
}

Test(heap, sound)
{
	char *a;

	host_start(&(struct host_options){.heap = 1 << 20});
	a = heap_malloc(100);
	cr_assert(heap_sound(a) && !heap_sound(a + 16) && !heap_sound(&a) && !heap_sound(a + 8));
	a[100]++;
	cr_assert(!heap_sound(a));
	a[100]--;
	a[-16]++;
	cr_assert(!heap_sound(a));
	a[-16]--;
	cr_assert(heap_sound(a));
	heap_free(a);
	cr_assert(!heap_sound(a));
}
