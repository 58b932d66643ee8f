#include "table.h"

#include <djed/server.h>
#include <errno.h>
#include <stdlib.h>

static struct table_link **bucket_of(const struct table *table, uint64_t key)
{
	return &table->bucket[djed_mix(key) & (table->buckets - 1)];
}

int table_init(struct table *table, uint32_t buckets)
{
	djed_assert(buckets > 0 && (buckets & (buckets - 1)) == 0);
	table->bucket = calloc(buckets, sizeof(*table->bucket));
	if (!table->bucket)
		return -ENOMEM;
	table->buckets = buckets;
	table->count = 0;
	return 0;
}

void table_insert(struct table *table, struct table_link *link, uint64_t key)
{
	struct table_link **bucket = bucket_of(table, key);

	link->key = key;
	link->next = *bucket;
	*bucket = link;
	table->count++;
}

struct table_link *table_find(const struct table *table, uint64_t key)
{
	struct table_link *link = *bucket_of(table, key);

	while (link && link->key != key)
		link = link->next;
	return link;
}

void table_remove(struct table *table, struct table_link *link)
{
	struct table_link **at = bucket_of(table, link->key);

	while (*at != link) {
		djed_assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = link->next;
	link->next = NULL;
	table->count--;
}

void table_audit(const struct table *table, struct djed_audit *audit, const char *name)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < table->buckets; i++) {
		for (const struct table_link *link = table->bucket[i]; link; link = link->next) {
			djed_check(audit, bucket_of(table, link->key) == &table->bucket[i],
				   "%s: key %llu lies in bucket %u", name, (unsigned long long)link->key, i);
			if (++found > table->count)
				break; /* a ring in a chain, or the count is wrong: reported below */
		}
		if (found > table->count)
			break;
	}
	djed_check(audit, found == table->count, "%s: count is %u, %s%u found", name, table->count,
		   found > table->count ? "at least " : "", found);
}
