/* Runs requests: `main open|closed [RUNS]`. Prints ns of processor time per request (best run), bytes logged
 * per request, and the sum of the results. Opening and ending the window is part of a request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <djed/undo.h>

uint64_t request(uint64_t argument);

enum { REQUESTS = 20000, RUNS = 200 };

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	uint32_t open = argc > 1 && strcmp(argv[1], "open") == 0;
	uint64_t argument = 1, sum = 0, logged = 0;
	unsigned runs = argc > 2 ? (unsigned)atoi(argv[2]) : RUNS;
	double best = 1e9;

	djed_undo_attach(malloc(1 << 20));
	for (unsigned run = 0; run < runs; run++) {
		double start = seconds();
		for (unsigned i = 0; i < REQUESTS; i++) {
			argument = argument * 6364136223846793005u + 1442695040888963407u;
			djed_window_open = open;
			sum += request(argument);
			djed_window_open = 0;
			logged += djed_undo_length();
			djed_undo_reset();
		}
		double taken = seconds() - start;
		best = taken < best ? taken : best;
	}
	printf("%.2f %.0f %lu\n", best * 1e9 / REQUESTS, (double)logged / REQUESTS / runs, sum);
	return 0;
}
