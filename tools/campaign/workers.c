/* Many experiments at once: each worker process has a machine of its own and takes the next number; the
 * parent alone writes the database. */
#include "campaign.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64, RESTARTS_MAX = 3 };

/* What a worker sends; the output stays with it, its verdict is enough. */
struct result {
	unsigned index;
	struct verdict verdict;
	struct observation seen;
};

struct worker {
	pid_t process;
	int results;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = number;
}

static bool write_whole(int fd, const void *bytes, size_t length)
{
	for (const char *from = bytes; length;) {
		ssize_t n = write(fd, from, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		length -= (size_t)n;
	}
	return true;
}

static bool read_whole(int fd, void *bytes, size_t length)
{
	for (char *to = bytes; length;) {
		ssize_t n = read(fd, to, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		length -= (size_t)n;
	}
	return true;
}

[[noreturn]] static void work(int results, unsigned *next, const struct settings *settings,
			      const char *policy, const char *archive, const struct planned *plan,
			      const unsigned *todo, unsigned count, const struct golden *golden)
{
	/* A fault may make a run longer, by recoveries and retries, but not by orders of magnitude. */
	double limit = 2 + 5 * golden->seconds;
	struct machine *m = NULL;
	static struct snapshots snapshots;
	for (;;) {
		unsigned turn = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
		if (turn >= count)
			break;
		static struct result result;
		memset(&result, 0, sizeof result);
		result.index = todo[turn];
		if (!m) {
			m = experiment_boot(settings, policy, archive, NULL);
			snapshots_take(&snapshots, m, golden);
		}
		const struct planned *fault = &plan[result.index];
		uint64_t skip;
		const struct snapshot *from = snapshots_before(&snapshots, fault, &skip);
		text_add(&result.seen.output, from->output.bytes, from->output.length);
		experiment_run(m, from->name, fault->site, skip, settings->always, limit, &result.seen, NULL);
		result.verdict = classify(&result.seen, golden);
		text_free(&result.seen.output);
		if (result.seen.machine_gone) {
			machine_stop(m);
			m = NULL;
			snapshots_free(&snapshots);
		}
		if (!write_whole(results, &result, sizeof result))
			break;
	}
	machine_stop(m);
	_exit(0);
}

static void show_progress(unsigned done, unsigned total, double start, const unsigned *outcomes, bool last)
{
	static double shown;
	double now = seconds_now();
	if (!last && now - shown < (isatty(2) ? 0.2 : 10))
		return;
	shown = now;
	double rate = done / (now - start + 1e-9);
	fprintf(stderr, "%s%u/%u, %.0f a minute, %.0f s left:", isatty(2) ? "\r\033[K" : "", done, total,
		rate * 60, rate > 0 ? (total - done) / rate : 0);
	for (unsigned i = 0; i < OUTCOMES; i++)
		if (outcomes[i])
			fprintf(stderr, " %s %u", outcome_names[i], outcomes[i]);
	if (last || !isatty(2))
		fputc('\n', stderr);
}

void workers_run(sqlite3 *db, const struct settings *settings, const char *policy, const char *archive,
		 const struct planned *plan, unsigned count, const struct golden *golden)
{
	unsigned *todo = calloc(count ? count : 1, sizeof *todo), left = 0;
	unsigned *next = mmap(NULL, sizeof *next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!todo || next == MAP_FAILED)
		die("out of memory");
	for (unsigned i = 0; i < count; i++)
		if (!store_is_done(db, policy, plan[i].id))
			todo[left++] = i;
	unsigned jobs = settings->jobs < left ? settings->jobs : left;
	struct worker worker[JOBS_MAX];
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
	pid_t parent = getpid();
	for (unsigned i = 0; i < jobs; i++) {
		int pipe_ends[2];
		if (pipe(pipe_ends) < 0 || (worker[i].process = fork()) < 0)
			die("cannot start a worker: %s", strerror(errno));
		if (worker[i].process == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			if (getppid() != parent)
				_exit(1);
			signal(SIGINT, SIG_IGN);
			signal(SIGTERM, SIG_DFL);
			work(pipe_ends[1], next, settings, policy, archive, plan, todo, left, golden);
		}
		close(pipe_ends[1]);
		worker[i].results = pipe_ends[0];
	}
	unsigned done = 0, outcomes[OUTCOMES] = {0};
	double start = seconds_now();
	while (done < left && !interrupted) {
		struct pollfd wait[JOBS_MAX];
		unsigned open_ends = 0;
		for (unsigned i = 0; i < jobs; i++) {
			wait[i] = (struct pollfd){worker[i].results, POLLIN, 0};
			open_ends += worker[i].results >= 0;
		}
		if (!open_ends)
			break;
		poll(wait, jobs, 1000);
		for (unsigned i = 0; i < jobs; i++) {
			static struct result result;
			if (!wait[i].revents)
				continue;
			if (!read_whole(worker[i].results, &result, sizeof result)) {
				close(worker[i].results);
				worker[i].results = -1;
				continue;
			}
			store_outcome(db, policy, plan[result.index].id, &result.seen, &result.verdict);
			outcomes[result.verdict.outcome]++;
			done++;
		}
		show_progress(done, left, start, outcomes, false);
	}
	show_progress(done, left, start, outcomes, true);
	for (unsigned i = 0; i < jobs; i++) {
		if (interrupted)
			kill(worker[i].process, SIGTERM);
		if (worker[i].results >= 0)
			close(worker[i].results);
		waitpid(worker[i].process, NULL, 0);
	}
	munmap(next, sizeof *next);
	free(todo);
	if (interrupted)
		die("interrupted after %u of %u; the same command goes on from here", done, left);
	if (done < left)
		die("the workers ended after %u of %u experiments; the same command goes on from here", done,
		    left);
}
