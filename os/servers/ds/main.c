/* The server's four functions; audit is in audit.c. */
#include "ds.h"

#include <protocols/ds_server.h>

static uint32_t sender(void)
{
	return djed_current()->sender;
}

djed_status ds_on_publish(const char *key, uint64_t value)
{
	struct entry *e = entry_find(ENTRY_PUBLISHED, 0, key);

	if (!key[0])
		return -EINVAL;
	if (e && e->owner != sender())
		return -EPERM;
	if (!e)
		e = entry_add(ENTRY_PUBLISHED, sender(), key);
	if (!e)
		return -ENOSPC;
	e->value = value;
	return 0;
}

djed_status ds_on_look_up(const char *key, uint64_t *value)
{
	const struct entry *e = entry_find(ENTRY_PUBLISHED, 0, key);

	if (!e)
		return -ENOENT;
	*value = e->value;
	return 0;
}

djed_status ds_on_withdraw(const char *key)
{
	struct entry *published = entry_find(ENTRY_PUBLISHED, 0, key);
	struct entry *saved = entry_find(ENTRY_SAVED, sender(), key);
	bool own = published && published->owner == sender();

	if (own)
		entry_remove(published);
	if (saved)
		entry_remove(saved);
	return own || saved ? 0 : published ? -EPERM : -ENOENT;
}

djed_status ds_on_save(const char *key, struct djed_buffer data)
{
	struct entry *e = entry_find(ENTRY_SAVED, sender(), key);
	uint8_t bytes[BLOCK_SIZE]; /* a copy that comes short must not cost what was saved before */

	if (!key[0])
		return -EINVAL;
	if (data.length > BLOCK_SIZE)
		return -E2BIG;
	if (djed_copy_in(bytes, data, 0, data.length) != data.length)
		return -EFAULT;
	if (!e)
		e = entry_add(ENTRY_SAVED, sender(), key);
	if (!e)
		return -ENOSPC;
	memcpy(ds.block[e->block], bytes, data.length);
	e->length = (uint16_t)data.length;
	e->check = block_check(bytes, data.length);
	return 0;
}

djed_status ds_on_load(const char *key, struct djed_buffer data, uint32_t *length)
{
	const struct entry *e = entry_find(ENTRY_SAVED, sender(), key);
	uint32_t part;

	if (!e)
		return -ENOENT;
	djed_assert(block_check(ds.block[e->block], e->length) == e->check);
	part = e->length < data.length ? e->length : data.length;
	if (djed_copy_out(data, 0, ds.block[e->block], part) != part)
		return -EFAULT;
	*length = e->length;
	return 0;
}

static djed_status init(void)
{
	entries_reset();
	ds_invariants_start();
	return 0;
}

static void handle(const struct djed_delivery *d)
{
	if (!ds_dispatch(d))
		djed_reply(-ENOSYS);
}

/* Nobody has the right to notify it. */
DJED_SERVER_CHECKED(init, handle, NULL, ds_audit, NULL, ds_invariants)
