/* The object store in memory: handlers of the store protocol. */
#include "data.h"

#include <errno.h>
#include <protocols/store_server.h>
#include <string.h>

#include "audit.h"

djed_status store_on_create(uint64_t *number)
{
	struct object *object = object_create();

	if (!object)
		return -ENOSPC;
	*number = object_number(object);
	return 0;
}

djed_status store_on_retain(uint64_t number)
{
	struct object *object = object_find(number);

	if (!object)
		return -ENOENT;
	object_retain(object);
	return 0;
}

djed_status store_on_hold(uint64_t number, uint64_t holding, uint64_t *size, uint64_t *version)
{
	struct object *object = object_find(number);

	if (!object)
		return -ENOENT;
	if (holding != object->version)
		object_retain(object);
	*size = object->size;
	*version = object->version;
	return 0;
}

djed_status store_on_release(uint64_t number)
{
	struct object *object = object_find(number);

	if (!object)
		return -ENOENT;
	object_release(object);
	return 0;
}

djed_status store_on_read(uint64_t number, uint64_t offset, struct djed_buffer data, uint32_t *count,
			  uint64_t *size)
{
	const struct object *object = object_find(number);

	if (!object)
		return -ENOENT;
	*count = data_read(object, offset, data);
	*size = object->size;
	return 0;
}

djed_status store_on_write(uint64_t number, uint64_t offset, struct djed_buffer data, uint32_t *count,
			   uint64_t *size)
{
	struct object *object = object_find(number);
	djed_status status;

	if (!object)
		return -ENOENT;
	status = data_write(object, offset, data, count);
	*size = object->size;
	return status;
}

djed_status store_on_truncate(uint64_t number, uint64_t size)
{
	struct object *object = object_find(number);

	return object ? data_truncate(object, size) : -ENOENT;
}

djed_status store_on_get_attributes(uint64_t number, uint64_t *size, uint64_t *pages, void *attribute)
{
	const struct object *object = object_find(number);

	if (!object)
		return -ENOENT;
	*size = object->size;
	*pages = object->pages;
	memcpy(attribute, object->attribute, sizeof(object->attribute));
	return 0;
}

djed_status store_on_set_attributes(uint64_t number, const void *attribute)
{
	struct object *object = object_find(number);

	if (!object)
		return -ENOENT;
	memcpy(object->attribute, attribute, sizeof(object->attribute));
	return 0;
}

/* Memory is as stable as this store gets. */
djed_status store_on_sync(void)
{
	return 0;
}

djed_status store_on_statistics(uint64_t *total, uint64_t *free, uint64_t *count)
{
	*total = pool.pages;
	*free = pool.pages_free;
	*count = objects.count;
	return 0;
}

static djed_status init(void)
{
	djed_status status = objects_init();

	if (!status)
		status = pool_init();
	if (!status)
		store_invariants_start();
	return status;
}

static void handle(const struct djed_delivery *delivery)
{
	if (!store_dispatch(delivery))
		djed_reply(-ENOSYS);
}

/* Nobody has the right to notify it. */
DJED_SERVER_CHECKED(init, handle, NULL, store_audit, NULL, store_invariants)
