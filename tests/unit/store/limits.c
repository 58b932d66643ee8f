/* Full store, largest sizes, references, stale numbers, and pages that must not be used again too early. */
#include <criterion/criterion.h>
#include <errno.h>
#include <protocols/store_client.h>
#include <string.h>

#include "data.h"
#include "host.h"

static uint8_t page[DJED_PAGE_SIZE], other[DJED_PAGE_SIZE];
static uint64_t size;
static uint32_t count;

static djed_slot start(uint64_t heap)
{
	host_start(&(struct host_options){.heap = heap});
	host_add_server("store", &djed_server);
	return host_slot("store");
}

static void clean(void)
{
	cr_assert(host_audit("store").violations == 0, "%s", host_log());
}

Test(store, full)
{
	djed_slot store = start(6 << 20); /* the object table takes 2 MiB of it */
	uint64_t object, second, pages = 0, total, left, objects_used;
	uint8_t two[2 * DJED_PAGE_SIZE];

	memset(page, 7, sizeof(page));
	memset(two, 9, sizeof(two));
	cr_assert(store_create(store, &object) == 0 && store_create(store, &second) == 0);
	while (store_write(store, object, pages * sizeof(page), djed_own(page, sizeof(page)), &count,
			   &size) == 0)
		cr_assert(count == sizeof(page) && size == ++pages * sizeof(page));
	cr_assert(pages > 100);
	cr_assert(store_statistics(store, &total, &left, &objects_used) == 0 && left == 0 && total == pages);
	cr_assert(store_write(store, object, size, djed_own(page, 1), &count, &size) == -ENOSPC);
	cr_assert(size == pages * sizeof(page), "a write that fails changes nothing");
	clean();
	/* What is there can still be written to, whole pages too. */
	cr_assert(store_write(store, object, 100, djed_own(two, sizeof(two)), &count, &size) == 0 &&
		  count == sizeof(two));
	cr_assert(store_write(store, object, 8192, djed_own(two, sizeof(two)), &count, &size) == 0 &&
		  count == sizeof(two));
	cr_assert(store_read(store, object, 99, djed_own_writable(other, 4), &count, &size) == 0);
	cr_assert(other[0] == 7 && other[1] == 9 && other[3] == 9);
	/* One page short of what is asked for. */
	cr_assert(store_truncate(store, object, size - 4096) == 0);
	cr_assert(store_write(store, second, 0, djed_own(two, sizeof(two)), &count, &size) == 0);
	cr_assert(count == DJED_PAGE_SIZE && size == DJED_PAGE_SIZE, "as much as fits");
	clean();
	cr_assert(store_release(store, object) == 0 && store_release(store, second) == 0);
	cr_assert(store_statistics(store, &total, &left, &objects_used) == 0 && left == total &&
		  objects_used == 0);
	/* The table of objects has an end, too. */
	for (objects_used = 0; store_create(store, &object) == 0; objects_used++)
		;
	cr_assert(objects_used == OBJECTS_MAX);
	clean();
}

/* Scattered pages need more nodes than there are, long before the pages are used up. */
Test(store, scattered)
{
	djed_slot store = start(6 << 20);
	uint64_t object = 0, total, left, objects_used, written = 0;
	djed_status status = 0;

	while (status == 0) {
		uint64_t place = written % 64;

		if (place == 0)
			cr_assert(store_create(store, &object) == 0);
		status = store_write(store, object, place << 24, djed_own(page, 1), &count, &size);
		cr_assert(status == 0 ? size == (place << 24) + 1 : status == -ENOSPC);
		written++;
	}
	cr_assert(written > 64);
	cr_assert(store_statistics(store, &total, &left, &objects_used) == 0 && left > total / 2);
	clean();
	cr_assert(store_release(store, object) == 0 && store_create(store, &object) == 0);
	cr_assert(store_write(store, object, 1 << 24, djed_own(page, 1), &count, &size) == 0);
	clean();
}

Test(store, sizes)
{
	djed_slot store = start(8 << 20);
	uint64_t object, pages;
	uint8_t attribute[48];

	memset(page, 5, sizeof(page));
	cr_assert(store_create(store, &object) == 0);
	/* Sparse: the last byte that can be. */
	cr_assert(store_write(store, object, OBJECT_SIZE_MAX - 1, djed_own(page, 2), &count, &size) == 0);
	cr_assert(count == 1 && size == OBJECT_SIZE_MAX);
	cr_assert(store_write(store, object, OBJECT_SIZE_MAX, djed_own(page, 1), &count, &size) == -EFBIG);
	cr_assert(store_write(store, object, UINT64_MAX, djed_own(page, 1), &count, &size) == -EFBIG);
	cr_assert(store_truncate(store, object, OBJECT_SIZE_MAX + 1) == -EFBIG);
	cr_assert(store_write(store, object, 5000, djed_own(page, 3), &count, &size) == 0 &&
		  size == OBJECT_SIZE_MAX);
	cr_assert(store_get_attributes(store, object, &size, &pages, attribute) == 0 && pages == 2);
	clean();
	cr_assert(store_read(store, object, 4998, djed_own_writable(other, 8), &count, &size) == 0 &&
		  count == 8);
	cr_assert(memcmp(other, "\0\0\5\5\5\0\0\0", 8) == 0);
	cr_assert(
	    store_read(store, object, OBJECT_SIZE_MAX - 2, djed_own_writable(other, 8), &count, &size) == 0);
	cr_assert(count == 2 && other[0] == 0 && other[1] == 5);
	cr_assert(store_read(store, object, UINT64_MAX, djed_own_writable(other, 8), &count, &size) == 0 &&
		  count == 0);
	/* What was cut off does not come back. */
	cr_assert(store_truncate(store, object, 5001) == 0 && store_truncate(store, object, 6000) == 0);
	cr_assert(store_read(store, object, 5000, djed_own_writable(other, 8), &count, &size) == 0);
	cr_assert(memcmp(other, "\5\0\0\0\0\0\0\0", 8) == 0);
	cr_assert(store_write(store, object, 0, djed_own(page, 0), &count, &size) == 0 && count == 0);
	clean();
}

Test(store, references)
{
	djed_slot store = start(8 << 20);
	uint64_t object, version, again;

	cr_assert(store_create(store, &object) == 0);
	cr_assert(store_hold(store, object, 0, &size, &version) == 0 && size == 0);
	cr_assert(store_hold(store, object, version, &size, &again) == 0 && again == version,
		  "no other reference");
	cr_assert(store_release(store, object) == 0);
	cr_assert(store_write(store, object, 0, djed_own(page, 10), &count, &size) == 0);
	cr_assert(store_hold(store, object, version, &size, &again) == 0 && again > version && size == 10);
	cr_assert(store_release(store, object) == 0 && store_release(store, object) == 0);
	cr_assert(store_release(store, object) == -ENOENT);
	const uint64_t wrong[] = {0,	      object,	 object ^ UINT64_C(1) << 32, 1, OBJECTS_MAX + 1,
				  UINT32_MAX, UINT64_MAX};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		cr_assert(store_retain(store, wrong[i]) == -ENOENT);
		cr_assert(store_hold(store, wrong[i], 0, &size, &version) == -ENOENT);
		cr_assert(store_read(store, wrong[i], 0, djed_own_writable(page, 1), &count, &size) ==
			  -ENOENT);
		cr_assert(store_write(store, wrong[i], 0, djed_own(page, 1), &count, &size) == -ENOENT);
		cr_assert(store_truncate(store, wrong[i], 0) == -ENOENT);
		cr_assert(store_set_attributes(store, wrong[i], page) == -ENOENT);
		cr_assert(store_get_attributes(store, wrong[i], &size, &again, page) == -ENOENT);
	}
	cr_assert(store_sync(store) == 0);
	clean();
}

/* In one transaction: an object goes, and another one is filled. Its page must keep what rollback would need.
 */
static uint64_t first, later;
static uint32_t freed_page, taken_page;

static void in_one_transaction(const struct djed_delivery *delivery, struct djed_message *answer)
{
	djed_slot store = host_slot("store");

	(void)delivery;
	freed_page = object_page(object_find(first), 0);
	cr_assert(store_release(store, first) == 0 && store_create(store, &later) == 0);
	cr_assert(store_write(store, later, 0, djed_own(other, sizeof(other)), &count, &size) == 0);
	taken_page = object_page(object_find(later), 0);
	answer->status = 0;
}

Test(store, held_back)
{
	djed_slot store = start(8 << 20);
	uint64_t third;

	host_add_fake("client", in_one_transaction);
	memset(page, 1, sizeof(page));
	memset(other, 2, sizeof(other));
	cr_assert(store_create(store, &first) == 0);
	cr_assert(store_write(store, first, 0, djed_own(page, sizeof(page)), &count, &size) == 0);
	host_request("client", &(struct djed_message){0});
	cr_assert(freed_page && taken_page && freed_page != taken_page);
	cr_assert(memcmp(pool_data(freed_page), page, sizeof(page)) == 0, "rollback would need its contents");
	cr_assert(pool.pending_head == freed_page);
	clean();
	/* The next transaction may have it. */
	cr_assert(store_create(store, &third) == 0);
	cr_assert(store_write(store, third, 0, djed_own(other, sizeof(other)), &count, &size) == 0);
	cr_assert(object_page(object_find(third), 0) == freed_page && pool.pending_head == 0);
	clean();
}
