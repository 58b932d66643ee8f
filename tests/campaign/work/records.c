/* A file of records that is kept up to date in place, as a small database does it: most of a system's calls are simple ones. */
#include "work.h"

#include <fcntl.h>

enum { RECORDS = 40, ROUNDS = 260 };

struct record {
	long number, changes;
	char text[48];
};

void records(void)
{
	struct record record = {.text = "a record"};
	long fd = DO(open, "records", O_RDWR | O_CREAT | O_TRUNC, 0600), sum = 0;

	for (record.number = 0; record.number < RECORDS; record.number++)
		RUN(write, fd, &record, sizeof(record));
	for (int i = 0; i < ROUNDS; i++) {
		long place = i * 7 % RECORDS * (long)sizeof(record);

		RUN(pread64, fd, &record, sizeof(record), place);
		record.changes++;
		RUN(lseek, fd, place, SEEK_SET);
		RUN(write, fd, &record, sizeof(record));
	}
	RUN(lseek, fd, 0, SEEK_SET);
	while (RUN(read, fd, &record, sizeof(record)) == (long)sizeof(record))
		sum += record.number * record.changes;
	note(sum);
	DO(fsync, fd);
	DO(close, fd);
	DO(unlink, "records");
}
