#include "client.h"

#include <errno.h>
#include <protocols/mm_client.h>
#include <string.h>

/* Applications have the lower half of the address space; Linux leaves its last page out too. */
static const uint64_t client_end = 0x7ffffffff000;

static bool in_range(uint64_t address, uint64_t length)
{
	return address <= client_end && length <= client_end - address;
}

djed_status client_populate(uint64_t address, uint64_t length, uint32_t access)
{
	if (!in_range(address, length))
		return -EFAULT;
	if (length == 0)
		return 0;
	return mm_populate(djed_capability("mm"), (uint32_t)(djed_current()->badge >> 32), address, length,
			   access);
}

/* Bytes until the end of the page that `address` lies in, at most `length`. */
static uint64_t within_page(uint64_t address, uint64_t length)
{
	uint64_t rest = DJED_PAGE_SIZE - address % DJED_PAGE_SIZE;

	return rest < length ? rest : length;
}

uint64_t client_read_some(void *to, uint64_t address, uint64_t length)
{
	uint64_t done = 0, populated = ~UINT64_C(0);

	if (!in_range(address, length))
		length = address < client_end ? client_end - address : 0;
	while (done < length) {
		done += djed_client_in((char *)to + done, address + done, length - done, false);
		if (done == length)
			break;
		/* Asked for this very place before, and it is still not there: give up. */
		if (populated == done ||
		    client_populate(address + done, within_page(address + done, length - done),
				    DJED_ACCESS_READ))
			break;
		populated = done;
	}
	return done;
}

static uint64_t write_some(uint64_t address, const void *from, uint64_t length, bool replaces)
{
	uint64_t done = 0, populated = ~UINT64_C(0);

	if (!in_range(address, length))
		length = address < client_end ? client_end - address : 0;
	while (done < length) {
		done += djed_client_out(address + done, (const char *)from + done, length - done, replaces);
		if (done == length)
			break;
		if (populated == done ||
		    client_populate(address + done, within_page(address + done, length - done),
				    DJED_ACCESS_WRITE))
			break;
		populated = done;
	}
	return done;
}

uint64_t client_write_some(uint64_t address, const void *from, uint64_t length)
{
	return write_some(address, from, length, false);
}

djed_status client_read(void *to, uint64_t address, uint64_t length)
{
	if (!in_range(address, length))
		return -EFAULT;
	return client_read_some(to, address, length) == length ? 0 : -EFAULT;
}

djed_status client_write(uint64_t address, const void *from, uint64_t length)
{
	if (!in_range(address, length))
		return -EFAULT;
	return client_write_some(address, from, length) == length ? 0 : -EFAULT;
}

/* The arguments that a transaction has overwritten, in the application of its request. What came to stand
 * there is kept as well: so it is among what is compared when the answer is confirmed. */
static struct {
	uint64_t transaction;
	uint32_t count;
	struct {
		uint64_t address, length;
		char before[CLIENT_ARGUMENT_MAX], after[CLIENT_ARGUMENT_MAX];
	} argument[CLIENT_ARGUMENTS];
} overwritten;

static void put_back(uint64_t i)
{
	/* Where it does not go, the application has taken that memory away meanwhile. */
	(void)djed_client_out(overwritten.argument[i].address, overwritten.argument[i].before,
			      overwritten.argument[i].length, true);
}

static void keep(uint64_t address, const void *from, uint64_t length)
{
	uint32_t i;

	if (overwritten.transaction != djed_current()->transaction) {
		overwritten.transaction = djed_current()->transaction;
		overwritten.count = 0;
	}
	i = overwritten.count++;
	djed_assert(i < CLIENT_ARGUMENTS);
	overwritten.argument[i].address = address;
	overwritten.argument[i].length = client_read_some(overwritten.argument[i].before, address, length);
	memcpy(overwritten.argument[i].after, from, length);
	djed_undo_call(put_back, i);
}

djed_status client_replace(uint64_t address, const void *from, uint64_t length, uint64_t argument)
{
	if (!argument || address >= argument + length || argument >= address + length ||
	    length > CLIENT_ARGUMENT_MAX)
		return client_write(address, from, length);
	keep(address, from, length);
	return write_some(address, from, length, true) == length ? 0 : -EFAULT;
}

djed_status client_string(char *to, uint64_t address, uint64_t size)
{
	uint64_t done = 0, populated = ~UINT64_C(0);

	if (address >= client_end)
		return -EFAULT;
	if (size > client_end - address)
		size = client_end - address;
	while (done < size) {
		done += djed_client_in(to + done, address + done, size - done, true);
		if (done > 0 && to[done - 1] == 0)
			return (djed_status)done - 1;
		if (done == size)
			break;
		if (populated == done || client_populate(address + done, 1, DJED_ACCESS_READ))
			return -EFAULT;
		populated = done;
	}
	return -ENAMETOOLONG;
}
