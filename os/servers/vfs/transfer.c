/* Bytes of regular files, between the store and the application: they are copied once, by the store, through
 * a grant of the application's memory. */
#include "vfs.h"

#include <protocols/store_client.h>

static uint32_t one_step(uint64_t length)
{
	return length < VFS_STEP ? (uint32_t)length : VFS_STEP;
}

djed_status transfer_read(const struct inode *inode, uint64_t offset, uint64_t address, uint64_t length)
{
	uint32_t wanted = one_step(length), done = 0;
	bool asked = false;

	if (offset >= inode->size)
		return 0;
	if (wanted > inode->size - offset)
		wanted = (uint32_t)(inode->size - offset);
	while (done < wanted) {
		uint32_t count;
		uint64_t size;
		djed_status status =
		    store_read(vfs_slots.store, inode->object, offset + done,
			       djed_client(address + done, wanted - done, DJED_GRANT_WRITE), &count, &size);

		if (status)
			return done ? (djed_status)done : status == -ENOENT ? -EIO : status;
		done += count;
		if (count == 0 && asked)
			break;
		asked = done < wanted;
		if (asked && client_populate(address + done, wanted - done, DJED_ACCESS_WRITE) &&
		    client_populate(address + done, 1, DJED_ACCESS_WRITE))
			break;
	}
	return done || !wanted ? (djed_status)done : -EFAULT;
}

djed_status transfer_write(struct inode *inode, uint64_t offset, uint64_t address, uint64_t length)
{
	uint32_t wanted = one_step(length), done = 0;
	djed_status status = 0;
	bool asked = false;

	if (offset + wanted > INT64_MAX)
		return -EFBIG;
	while (done < wanted) {
		uint32_t count;
		uint64_t size;

		status =
		    store_write(vfs_slots.store, inode->object, offset + done,
				djed_client(address + done, wanted - done, DJED_GRANT_READ), &count, &size);
		if (status)
			break;
		inode->size = size;
		done += count;
		if (count == 0 && asked) {
			/* The memory is there, so it is the store that has no room. */
			status = -ENOSPC;
			break;
		}
		asked = done < wanted;
		if (asked && client_populate(address + done, wanted - done, DJED_ACCESS_READ) &&
		    client_populate(address + done, 1, DJED_ACCESS_READ)) {
			status = -EFAULT;
			break;
		}
	}
	if (done == 0 && wanted)
		return status == -ENOENT ? -EIO : status;
	inode_touch(inode);
	return done;
}

djed_status transfer_read_own(const struct inode *inode, uint64_t offset, void *bytes, uint32_t length)
{
	uint32_t count;
	uint64_t size;
	djed_status status;

	if (offset >= inode->size)
		return 0;
	if (length > inode->size - offset)
		length = (uint32_t)(inode->size - offset);
	status = store_read(vfs_slots.store, inode->object, offset, djed_own_writable(bytes, length), &count,
			    &size);
	return status ? (status == -ENOENT ? -EIO : status) : (djed_status)count;
}

djed_status transfer_write_own(struct inode *inode, uint64_t offset, const void *bytes, uint32_t length)
{
	uint32_t count;
	uint64_t size;
	djed_status status =
	    store_write(vfs_slots.store, inode->object, offset, djed_own(bytes, length), &count, &size);

	if (status)
		return status == -ENOENT ? -EIO : status;
	inode->size = size;
	if (count)
		inode_touch(inode);
	return count || !length ? (djed_status)count : -ENOSPC;
}
