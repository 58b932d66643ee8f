/* The example server on the harness. Its state is its own, so its source is included: the corruptions reach
 * it. */
#include "../../../examples/counter/counter.c"

#include <criterion/criterion.h>
#include <host.h>
#include <protocols/counter_client.h>
#include <protocols/linux.h>

extern const struct djed_server ds_server;

static uint8_t memory[4096];
static const uint64_t base = 0x10000;

static void fake_mm(const struct djed_delivery *d, struct djed_message *answer)
{
	(void)d;
	answer->status = -EFAULT;
}

static int64_t call(uint32_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct host_outcome o = host_linux("counter", number, a, b, c);

	return o.status ? o.status : (int64_t)o.word[0];
}

Test(counter, serves)
{
	djed_slot to;
	uint64_t value;
	uint32_t length;
	char text[64] = "";

	host_start(&(struct host_options){0});
	host_map(base, memory, sizeof(memory), DJED_GRANT_READ | DJED_GRANT_WRITE);
	host_add_fake("mm", fake_mm);
	host_add_server("ds", &ds_server);
	host_add_server("counter", &djed_server);
	to = host_slot("counter");
	/* As another server sees it... */
	cr_assert(counter_add(to, 3, 40, &value) == 0 && value == 40);
	cr_assert_eq(counter_add(to, 16, 1, &value), -EINVAL);
	cr_assert_eq(counter_add(to, 3, 2000000000000, &value), -EINVAL);
	cr_assert_eq(counter_label(to, 3, djed_own("answers", 7), &length), 0);
	cr_assert(counter_list(to, djed_own_writable(text, sizeof(text)), &length) == 0 && length == 13);
	cr_assert_str_eq(text, "3 answers 40\n");
	/* ...and as a program does. */
	cr_assert_eq(call(COUNTER_CALL_ADD, 3, 2, 0), 42);
	cr_assert_eq(call(COUNTER_CALL_GET, 3, 0, 0), 42);
	cr_assert_eq(call(COUNTER_CALL_GET, 99, 0, 0), -EINVAL);
	cr_assert_eq(call(COUNTER_CALL_LABEL, 3, base, 32), -ENAMETOOLONG);
	cr_assert_eq(call(COUNTER_CALL_LABEL, 3, 8, 4), -EFAULT);
	cr_assert_eq(call(COUNTER_CALL_LABEL, 3, base, ~0ull), -EINVAL);
	cr_assert_eq(call(COUNTER_CALL_LIST, base, 5, 0), 0, "no whole line fits");
	cr_assert_eq(call(COUNTER_CALL_LIST, base, sizeof(memory), 0), 13);
	cr_assert_eq(memcmp(memory, "3 answers 42\n", 13), 0);
	cr_assert_eq(host_audit("counter").violations, 0);
	cr_assert_eq(host_audit("counter").resource[0], 42);
	/* One line fits, and not a byte more. */
	cr_assert_eq(call(COUNTER_CALL_LIST, base, 13, 0), 13);
	cr_assert_eq(call(COUNTER_CALL_LIST, base, 12, 0), 0);
	cr_assert_eq(call(COUNTER_CALL_RESET + 1, 0, 0, 0), -ENOSYS);
	cr_assert_eq(call(COUNTER_CALL_RESET, 3, 0, 0), 42);
	cr_assert_eq(call(COUNTER_CALL_LIST, base, sizeof(memory), 0), 0);
	cr_assert_eq(host_audit("counter").violations, 0);
}

static void reported(const char *what, unsigned number)
{
	cr_expect_gt(host_audit("counter").violations, 0, "%s %u is not reported", what, number);
}

Test(counter, corruptions)
{
	struct counter sound[COUNTERS];
	uint64_t value;

	host_start(&(struct host_options){0});
	host_add_fake("mm", fake_mm);
	host_add_server("ds", &ds_server);
	host_add_server("counter", &djed_server);
	for (uint32_t i = 0; i < COUNTERS; i++)
		cr_assert_eq(counter_add(host_slot("counter"), i, 1000 * i, &value), 0);
	cr_assert_eq(host_audit("counter").violations, 0);
	memcpy(sound, counters, sizeof(sound));
	for (unsigned i = 0; i < COUNTERS; i++) {
		counters[i].value ^= 1ull << i;
		reported("value", i);
		memset(counters[i].name, 'x', NAME_SIZE);
		counters[i].value = sound[i].value;
		reported("name", i);
		memcpy(counters, sound, sizeof(sound));
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		total ^= 1ull << bit;
		reported("bit of the total", bit);
		total ^= 1ull << bit;
	}
	counters[3].value = 1ull << 63; /* with a total that agrees */
	total += counters[3].value - sound[3].value;
	reported("value", 3);
}
