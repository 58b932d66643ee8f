#include "data.h"

#include <errno.h>
#include <string.h>

static const uint8_t zeros[DJED_PAGE_SIZE];

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Bytes of page `index` that lie within `size`. */
static uint32_t valid_bytes(uint32_t index, uint64_t size)
{
	uint64_t start = (uint64_t)index * DJED_PAGE_SIZE;

	return size <= start ? 0 : (uint32_t)min(size - start, DJED_PAGE_SIZE);
}

uint32_t data_read(const struct object *object, uint64_t offset, struct djed_buffer to)
{
	uint64_t length, done = 0;

	if (offset >= object->size)
		return 0;
	length = min(to.length, object->size - offset);
	while (done < length) {
		uint64_t at = offset + done, in_page = at % DJED_PAGE_SIZE;
		uint64_t part = min(length - done, DJED_PAGE_SIZE - in_page), copied;
		uint32_t index = (uint32_t)(at / DJED_PAGE_SIZE), page = object_page(object, index);

		if (page) /* pages that lie side by side go with one copy */
			for (uint32_t next = page;
			     done + part < length && object_page(object, ++index) == ++next;)
				part += min(length - done - part, DJED_PAGE_SIZE);
		copied = djed_copy_out(to, done, page ? pool_data(page) + in_page : zeros, part);
		done += copied;
		if (copied < part)
			break;
	}
	return (uint32_t)done;
}

/* Makes the bytes between the object's end and `end` zero, as far as they lie in its last page; there is no
 * page behind that. */
static void clear_gap(struct object *object, uint64_t end)
{
	uint64_t from = object->size, stop = min(end, (from / DJED_PAGE_SIZE + 1) * DJED_PAGE_SIZE);
	uint32_t page = object_page(object, (uint32_t)(from / DJED_PAGE_SIZE));

	if (page && stop > from)
		memset(pool_data(page) + from % DJED_PAGE_SIZE, 0, stop - from);
}

/* One write within one page: bytes [from, from + length) of page `index` out of the lender's at `done`. */
struct step {
	struct object *object;
	struct djed_buffer lender;
	uint64_t done;
	uint32_t index, from, length;
	uint32_t valid; /* bytes of the page that mean something before */
};

/* Into a fresh page, which then takes the place of `old` (0: a hole). */
static djed_status write_fresh(const struct step *step, uint32_t old, uint32_t *copied)
{
	struct object *object = step->object;
	uint32_t fresh, end;

	if (pool.nodes_free < NODES_PER_PATH)
		return -ENOSPC;
	fresh = pool_take((uint32_t)(object - objects.object) + 1, step->index);
	if (!fresh)
		return -ENOSPC;
	*copied = (uint32_t)djed_copy_in_fresh(pool_data(fresh) + step->from, step->lender, step->done,
					       step->length);
	if (*copied == 0) {
		pool_give(fresh);
		return 0;
	}
	end = step->from + *copied;
	if (old && end < step->valid)
		memcpy(pool_data(fresh) + end, pool_data(old) + end, step->valid - end);
	else if (end < step->valid)
		memset(pool_data(fresh) + end, 0, step->valid - end);
	if (step->from)
		memset(pool_data(fresh), 0, step->from);
	object_set_page(object, step->index, fresh);
	return 0;
}

static djed_status write_page(const struct step *step, uint32_t *copied)
{
	uint32_t page = object_page(step->object, step->index);
	uint8_t *data;

	if (!page)
		return write_fresh(step, 0, copied);
	if (step->from == 0 && step->length >= step->valid && write_fresh(step, page, copied) == 0)
		return 0;
	data = pool_data(page) + step->from;
	/* Behind the object's end there is nothing to be kept (truncate logs what it cuts off within a page).
	 */
	if (step->from >= step->valid)
		*copied = (uint32_t)djed_copy_in_fresh(data, step->lender, step->done, step->length);
	else
		*copied = (uint32_t)djed_copy_in(data, step->lender, step->done, step->length);
	return 0;
}

djed_status data_write(struct object *object, uint64_t offset, struct djed_buffer from, uint32_t *count)
{
	djed_status status = 0;
	uint64_t length = from.length, old_size = object->size;

	*count = 0;
	if (length == 0)
		return 0;
	if (offset >= OBJECT_SIZE_MAX)
		return -EFBIG;
	length = min(length, OBJECT_SIZE_MAX - offset);
	if (offset > old_size)
		clear_gap(object, offset);
	while (*count < length) {
		uint64_t at = offset + *count;
		struct step step = {.object = object, .lender = from, .done = *count};
		uint32_t copied = 0;

		step.index = (uint32_t)(at / DJED_PAGE_SIZE);
		step.from = at % DJED_PAGE_SIZE;
		step.length = (uint32_t)min(length - *count, DJED_PAGE_SIZE - step.from);
		/* What lies before `offset` is there already, or was just made zero. */
		step.valid = valid_bytes(step.index, offset > old_size ? offset : old_size);
		status = write_page(&step, &copied);
		*count += copied;
		if (copied < step.length)
			break;
	}
	if (*count == 0)
		return status;
	if (offset + *count > old_size)
		object->size = offset + *count;
	object_changed(object);
	return 0;
}

djed_status data_truncate(struct object *object, uint64_t size)
{
	uint64_t pages = (size + DJED_PAGE_SIZE - 1) / DJED_PAGE_SIZE;

	if (size > OBJECT_SIZE_MAX)
		return -EFBIG;
	if (size > object->size) {
		clear_gap(object, size);
	} else if (size < object->size) {
		uint32_t last = (uint32_t)(size / DJED_PAGE_SIZE), page = object_page(object, last);
		uint32_t in_page = size % DJED_PAGE_SIZE, valid = valid_bytes(last, object->size);

		object_cut(object, (uint32_t)pages);
		/* Logged: rollback makes these bytes mean something again, and an append in this very
		 * transaction may write over them without a log. */
		if (in_page && page)
			memset(pool_data(page) + in_page, 0, valid - in_page);
	}
	object->size = size;
	object_changed(object);
	return 0;
}
