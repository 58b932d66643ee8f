/* A small server: sixteen counters with names. What it needs to survive its own crashes is all in the runtime
 * and in the passes that it is compiled with. Only a new instance, whose memory is empty, needs help: what it
 * shall know is kept by ds. */
#include <djed/server.h>
#include <errno.h>
#include <lib/client.h>
#include <lib/invariants.h>
#include <protocols/counter_server.h>
#include <protocols/ds_client.h>
#include <stdio.h>
#include <string.h>

enum { COUNTERS = 16, NAME_SIZE = 32 };

static struct counter {
	uint64_t value;
	char name[NAME_SIZE]; /* NUL-terminated; may be empty */
} counters[COUNTERS];
static uint64_t total; /* of all values */
static djed_slot ds;

/* Keeps the counters for a new instance. The same transaction changes them here and there: both are undone,
 * or neither. */
static void save(void)
{
	djed_status status = ds_save(ds, "counters", djed_own(counters, sizeof(counters)));

	djed_assert(status == 0); /* init has made the entry, so there is room */
}

/* A page of the application's memory may not be there before it is first touched: then mm is asked for it. */
static bool read_text(void *to, struct djed_buffer from)
{
	return djed_copy_in(to, from, 0, from.length) == from.length ||
	       (from.kind == DJED_GRANT_CLIENT && client_read(to, from.base, from.length) == 0);
}

static bool write_text(struct djed_buffer to, const void *from, uint32_t length)
{
	return djed_copy_out(to, 0, from, length) == length ||
	       (to.kind == DJED_GRANT_CLIENT && client_write(to.base, from, length) == 0);
}

/* The interface file promises that `counter` is 0..15: what does not fit never comes here. */
djed_status counter_on_add(uint32_t counter, uint64_t amount, uint64_t *value)
{
	if (counters[counter].value + amount > INT64_MAX || total + amount > INT64_MAX)
		return -EOVERFLOW;
	counters[counter].value += amount;
	/* A crash here would leave the total wrong, if it were not undone. */
	total += amount;
	save();
	*value = counters[counter].value;
	return 0;
}

djed_status counter_on_get(uint32_t counter, uint64_t *value)
{
	*value = counters[counter].value;
	return 0;
}

djed_status counter_on_label(uint32_t counter, struct djed_buffer text, uint32_t *length)
{
	char name[NAME_SIZE] = {0};

	if (text.length >= sizeof(name))
		return -ENAMETOOLONG;
	if (!read_text(name, text))
		return -EFAULT;
	memcpy(counters[counter].name, name, sizeof(name));
	save();
	*length = text.length;
	return 0;
}

djed_status counter_on_list(struct djed_buffer text, uint32_t *length)
{
	char lines[COUNTERS * (NAME_SIZE + 32)];
	uint32_t used = 0;

	for (unsigned i = 0; i < COUNTERS; i++) {
		char line[NAME_SIZE + 32];
		uint32_t size;

		if (counters[i].value == 0)
			continue;
		size = (uint32_t)snprintf(line, sizeof(line), "%u %s %llu\n", i, counters[i].name,
					  (unsigned long long)counters[i].value);
		if (size > text.length - used)
			break;
		memcpy(lines + used, line, size);
		used += size;
	}
	if (!write_text(text, lines, used))
		return -EFAULT;
	*length = used;
	return 0;
}

djed_status counter_on_reset(uint32_t counter, uint64_t *value)
{
	*value = counters[counter].value;
	total -= counters[counter].value;
	memset(&counters[counter], 0, sizeof(counters[counter]));
	save();
	return 0;
}

/* ---- what must hold ---------------------------------------------------------------------------------- */

/* What must hold of one counter. */
static void check_counter(struct djed_audit *a, uint32_t index)
{
	djed_check(a, counters[index].value <= INT64_MAX, "counter %u is %llu", index,
		   (unsigned long long)counters[index].value);
	djed_check(a, memchr(counters[index].name, 0, NAME_SIZE), "counter %u: its name does not end", index);
}

/* What must hold between two requests. It is checked after every experiment of a campaign. */
static void audit(struct djed_audit *a)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < COUNTERS; i++) {
		check_counter(a, i);
		sum += counters[i].value;
	}
	djed_check(a, sum == total, "the counters' sum is %llu, not %llu", (unsigned long long)sum,
		   (unsigned long long)total);
	a->resource[0] = total;
}

/* The same for what one request has changed, before its answer leaves: all changes of counters together are
 * the change of the total. If they are not, the server stops here, and its changes are undone. */
enum { LAW_TOTAL = 1 };
static const char *const law_names[] = {[LAW_TOTAL] = "counts in the total"};

static void balance_counter(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_count(book, LAW_TOTAL, 0,
		   (int64_t)(((const struct counter *)now)->value - ((const struct counter *)before)->value));
}

static void balance_total(struct book *book, const void *before, const void *now, uint32_t index)
{
	(void)index;
	book_count(book, LAW_TOTAL, 0, (int64_t)(*(const uint64_t *)before - *(const uint64_t *)now));
}

static struct invariant_table tables[] = {
    {"counter", counters, sizeof(struct counter), COUNTERS, 0, sizeof(struct counter), check_counter,
     balance_counter, NULL},
    {"total", &total, sizeof(total), 1, 0, sizeof(total), NULL, balance_total, NULL},
};
static struct invariants all = {tables, 2, law_names, false};

static void invariants(const uint64_t *from)
{
	invariants_at_reply(&all, from);
}

/* ---- the server's functions ------------------------------------------------------------------------ */

static djed_status init(void)
{
	uint32_t length;

	invariants_start(&all);
	ds = djed_capability("ds");
	if (ds_load(ds, "counters", djed_own_writable(counters, sizeof(counters)), &length) == 0)
		for (unsigned i = 0; i < COUNTERS; i++)
			total += counters[i].value;
	else
		return ds_save(ds, "counters", djed_own(counters, sizeof(counters))); /* the first instance */
	return 0;
}

static void handle(const struct djed_delivery *delivery)
{
	if (!counter_dispatch(delivery))
		djed_reply(-ENOSYS);
}

/* Nobody has the right to notify it. */
DJED_SERVER_CHECKED(init, handle, NULL, audit, NULL, invariants)
