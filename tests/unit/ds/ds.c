/* ds on the harness, and its audit under corruption. */
#include <ds.h>

#include <changes.h>
#include <criterion/criterion.h>
#include <host.h>
#include <protocols/ds_client.h>
#include <stdio.h>

static djed_slot to;

static void start(void)
{
	host_start(&(struct host_options){0});
	host_add_server("ds", &djed_server);
	to = host_slot("ds");
}

static void check(void)
{
	cr_assert_eq(host_audit("ds").violations, 0, "%s", host_log());
}

Test(ds, names)
{
	uint64_t value;
	char key[KEY_SIZE];

	start();
	cr_assert_eq(ds_publish(to, "one", 1), 0);
	cr_assert_eq(ds_publish(to, "", 1), -EINVAL);
	cr_assert_eq(ds_publish(to, "a name of thirty-two characters!", 1), -ENAMETOOLONG);
	cr_assert_eq(ds_publish(to, "a name of thirty-one characters", 31), 0);
	cr_assert_eq(ds_look_up(to, "a name of thirty-one characters", &value), 0);
	cr_assert_eq(value, 31);
	cr_assert_eq(ds_publish(to, "one", 11), 0);
	cr_assert(ds_look_up(to, "one", &value) == 0 && value == 11);
	cr_assert_eq(ds_look_up(to, "two", &value), -ENOENT);
	entry_find(ENTRY_PUBLISHED, 0, "one")->owner = 5; /* as if another service had set it */
	cr_assert_eq(ds_publish(to, "one", 12), -EPERM);
	cr_assert_eq(ds_withdraw(to, "one"), -EPERM);
	cr_assert_eq(ds_withdraw(to, "two"), -ENOENT);
	for (unsigned i = 0; i < ENTRIES_MAX - 2; i++) {
		snprintf(key, sizeof(key), "name %u", i);
		cr_assert_eq(ds_publish(to, key, i), 0);
	}
	cr_assert_eq(ds_publish(to, "one more", 1), -ENOSPC);
	check();
	for (unsigned i = 0; i < ENTRIES_MAX - 2; i += 3) {
		snprintf(key, sizeof(key), "name %u", i);
		cr_assert_eq(ds_withdraw(to, key), 0);
		check();
	}
	cr_assert(ds_look_up(to, "name 1", &value) == 0 && value == 1);
	cr_assert_eq(ds_look_up(to, "name 3", &value), -ENOENT);
}

Test(ds, saved_state)
{
	uint8_t block[BLOCK_SIZE + 1], back[BLOCK_SIZE];
	uint32_t length;
	char key[KEY_SIZE];

	start();
	for (unsigned i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 7);
	cr_assert_eq(ds_save(to, "state", djed_own(block, sizeof(block))), -E2BIG);
	cr_assert_eq(ds_save(to, "state", djed_own(block, BLOCK_SIZE)), 0);
	cr_assert_eq(ds_load(to, "state", djed_own_writable(back, sizeof(back)), &length), 0);
	cr_assert(length == BLOCK_SIZE && memcmp(block, back, BLOCK_SIZE) == 0);
	cr_assert_eq(ds_save(to, "state", djed_own(block + 1, 100)), 0, "the new replaces the old");
	memset(back, 0, sizeof(back));
	cr_assert_eq(ds_load(to, "state", djed_own_writable(back, 50), &length), 0);
	cr_assert(length == 100 && memcmp(block + 1, back, 50) == 0 && back[50] == 0);
	cr_assert_eq(ds_load(to, "other", djed_own_writable(back, 50), &length), -ENOENT);
	cr_assert_eq(ds_publish(to, "state", 1), 0, "another space of names");
	for (unsigned i = 1; i < BLOCKS_MAX; i++) {
		snprintf(key, sizeof(key), "block %u", i);
		cr_assert_eq(ds_save(to, key, djed_own(block, i)), 0);
	}
	cr_assert_eq(ds_save(to, "one more", djed_own(block, 1)), -ENOSPC);
	check();
	cr_assert_eq(ds_withdraw(to, "state"), 0);
	cr_assert_eq(ds_save(to, "one more", djed_own(block, 0)), 0);
	check();
	/* A service does not see what others saved. */
	entry_find(ENTRY_SAVED, DJED_SENDER_APPLICATION, "one more")->owner = 3;
	cr_assert_eq(ds_load(to, "one more", djed_own_writable(back, 50), &length), -ENOENT);
}

/* ---- corruptions ------------------------------------------------------------------------------------------
 */

// clang-format off
static struct entry *saved(void)
{
	return entry_find(ENTRY_SAVED, DJED_SENDER_APPLICATION, "saved");
}
static struct entry *named(void)
{
	return entry_find(ENTRY_PUBLISHED, 0, "named");
}
static void kind(void) { named()->kind = 3; }
static void other_kind(void) { named()->kind = ENTRY_SAVED; }
static void freed(void) { named()->kind = ENTRY_FREE; }
static void used(void) { ds.used = 0; }
static void key(void) { named()->key[0] = 'x'; }
static void no_key(void) { named()->key[0] = 0; }
static void endless_key(void) { memset(named()->key, 'x', KEY_SIZE); }
static void twice(void) { strcpy(named()->key, "twice"); }
static void owner(void) { saved()->owner = 7; }
static void no_owner(void) { named()->owner = DJED_SERVICES_MAX; }
static void block(void) { saved()->block = BLOCKS_MAX; }
static void block_lost(void) { saved()->block = NONE; }
static void block_shared(void) { saved()->block++; }
static void block_free(void) { ds.free_blocks = ~0ull; }
static void block_leaked(void) { ds.free_blocks &= ds.free_blocks - 1; }
static void length(void) { saved()->length = BLOCK_SIZE + 1; }
static void shorter(void) { saved()->length--; }
static void bytes(void) { ds.block[saved()->block][1] ^= 4; }
static void checksum(void) { saved()->check++; }
static void block_of_number(void) { named()->block = 3; }
static void bucket_lost(void) { ds.bucket[entry_bucket(ENTRY_PUBLISHED, 0, "named")] = NONE; }
static void bucket_wrong(void) { ds.bucket[0] = 9999; }
static void loop(void) { named()->next = (uint16_t)(named() - ds.entry); }
static void free_list(void) { ds.first_free = (uint16_t)(named() - ds.entry); }
static void leaked(void) { ds.first_free = ds.entry[ds.first_free].next; }

// clang-format on
static const struct {
	const char *name;
	void (*make)(void);
} corruptions[] = {
#define ONE(name) {#name, name}
    ONE(kind),	      ONE(other_kind),	 ONE(freed),	    ONE(used),	     ONE(key),
    ONE(no_key),      ONE(endless_key),	 ONE(twice),	    ONE(owner),	     ONE(no_owner),
    ONE(block),	      ONE(block_lost),	 ONE(block_shared), ONE(block_free), ONE(block_leaked),
    ONE(length),      ONE(shorter),	 ONE(bytes),	    ONE(checksum),   ONE(block_of_number),
    ONE(bucket_lost), ONE(bucket_wrong), ONE(loop),	    ONE(free_list),  ONE(leaked),
#undef ONE
};

Test(ds, corruption)
{
	static struct ds sound;

	start();
	cr_assert_eq(ds_publish(to, "named", 1), 0);
	cr_assert_eq(ds_publish(to, "twice", 1), 0);
	cr_assert_eq(ds_save(to, "saved", djed_own("bytes", 5)), 0);
	cr_assert_eq(ds_save(to, "more", djed_own("other", 5)), 0);
	check();
	memcpy(&sound, &ds, sizeof(ds));
	cr_assert_geq(sizeof(corruptions) / sizeof(corruptions[0]), 20);
	for (unsigned i = 0; i < sizeof(corruptions) / sizeof(corruptions[0]); i++) {
		corruptions[i].make();
		cr_expect_gt(host_audit("ds").violations, 0, "%s is not reported", corruptions[i].name);
		changes_log(&ds, &sound, sizeof(ds));
		expect_noticed(ds_invariants, corruptions[i].name, " shorter bytes checksum ");
		memcpy(&ds, &sound, sizeof(ds));
		cr_assert_eq(host_audit("ds").violations, 0, "%s cannot be taken back", corruptions[i].name);
	}
}
