/* A file of records that is kept up to date in place, each change with its time, as a small database or a log
 * does it: most of a system's calls are simple ones. */
#include "work.h"

#include <fcntl.h>

enum { RECORDS = 40, ROUNDS = 245, WRITTEN = 4 }; /* every fourth change is written at once */

struct record {
	long number, changes, process;
	struct {
		long seconds, nanoseconds;
	} time;
	char text[24];
};

void records(void)
{
	static struct record all[RECORDS];
	struct record record;
	long fd = DO(open, "records", O_RDWR | O_CREAT | O_TRUNC, 0600), sum = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct record *changed = &all[i * 7 % RECORDS];

		changed->number = i * 7 % RECORDS;
		changed->changes++;
		changed->process = RUN(getpid);
		RUN(clock_gettime, 1, &changed->time);
		RUN(lseek, fd, changed->number * (long)sizeof(record), SEEK_SET);
		if (i % WRITTEN)
			continue;
		RUN(write, fd, changed, sizeof(*changed));
	}
	RUN(lseek, fd, 0, SEEK_SET);
	while (RUN(read, fd, &record, sizeof(record)) == (long)sizeof(record))
		sum += record.number * record.changes;
	note(sum);
	DO(fsync, fd);
	DO(close, fd);
	DO(unlink, "records");
}
