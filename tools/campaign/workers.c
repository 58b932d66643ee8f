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

struct workers {
	const struct planned *plan;
	unsigned *todo, left; /* indices in the plan */
	struct worker worker[JOBS_MAX];
	unsigned jobs;
	/* Between the processes. */
	struct turns {
		unsigned next; /* index in `todo` */
		bool go;
	} *turns;
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

/* Until the parent says so; if it ends, the signal comes. */
static void await(const bool *go)
{
	while (!__atomic_load_n(go, __ATOMIC_ACQUIRE))
		usleep(10000);
}

[[noreturn]] static void work(int results, const struct workers *workers, const struct settings *settings,
			      const char *policy, const char *archive, const struct golden *golden)
{
	/* A fault may make a run longer, by recoveries and retries, but not by orders of magnitude. */
	double limit = 2 + 5 * golden->seconds;
	struct machine *m = experiment_boot(settings, policy, archive, NULL);
	static struct snapshots snapshots;
	snapshots_take(&snapshots, m, golden);
	await(&workers->turns->go);
	for (;;) {
		unsigned turn = __atomic_fetch_add(&workers->turns->next, 1, __ATOMIC_RELAXED);
		if (turn >= workers->left)
			break;
		static struct result result;
		memset(&result, 0, sizeof result);
		result.index = workers->todo[turn];
		if (!m) {
			m = experiment_boot(settings, policy, archive, NULL);
			snapshots_take(&snapshots, m, golden);
		}
		const struct planned *fault = &workers->plan[result.index];
		uint64_t skip;
		const struct snapshot *from = snapshots_before(&snapshots, fault, &skip);
		text_add(&result.seen.output, from->output.bytes, from->output.length);
		experiment_run(m, settings, from->name, fault->site, skip, limit, &result.seen, NULL);
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

struct workers *workers_start(sqlite3 *db, const struct settings *settings, const char *policy,
			      const char *archive, const struct planned *plan, unsigned count,
			      const struct golden *golden)
{
	struct workers *w = calloc(1, sizeof *w);
	if (!w)
		die("out of memory");
	w->plan = plan;
	w->todo = calloc(count ? count : 1, sizeof *w->todo);
	w->turns = mmap(NULL, sizeof *w->turns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!w->todo || w->turns == MAP_FAILED)
		die("out of memory");
	for (unsigned i = 0; i < count; i++)
		if (!store_is_done(db, policy, plan[i].id))
			w->todo[w->left++] = i;
	w->jobs = settings->jobs < w->left ? settings->jobs : w->left;
	pid_t parent = getpid();
	for (unsigned i = 0; i < w->jobs; i++) {
		int pipe_ends[2];
		if (pipe(pipe_ends) < 0 || (w->worker[i].process = fork()) < 0)
			die("cannot start a worker: %s", strerror(errno));
		if (w->worker[i].process == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			if (getppid() != parent)
				_exit(1);
			signal(SIGINT, SIG_IGN);
			signal(SIGTERM, SIG_DFL);
			work(pipe_ends[1], w, settings, policy, archive, golden);
		}
		close(pipe_ends[1]);
		w->worker[i].results = pipe_ends[0];
	}
	return w;
}

/* Takes a result that has come. False: there are no more of this worker. */
static bool take(struct workers *w, struct worker *worker, sqlite3 *db, const char *policy,
		 unsigned *outcomes)
{
	static struct result result;
	if (!read_whole(worker->results, &result, sizeof result)) {
		close(worker->results);
		worker->results = -1;
		return false;
	}
	store_outcome(db, policy, w->plan[result.index].id, &result.seen, &result.verdict);
	outcomes[result.verdict.outcome]++;
	return true;
}

void workers_run(struct workers *w, sqlite3 *db, const char *policy)
{
	unsigned done = 0, left = w->left, outcomes[OUTCOMES] = {0};
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
	__atomic_store_n(&w->turns->go, true, __ATOMIC_RELEASE);
	double start = seconds_now();
	while (done < left && !interrupted) {
		struct pollfd wait[JOBS_MAX];
		unsigned open_ends = 0;
		for (unsigned i = 0; i < w->jobs; i++) {
			wait[i] = (struct pollfd){w->worker[i].results, POLLIN, 0};
			open_ends += w->worker[i].results >= 0;
		}
		if (!open_ends)
			break;
		poll(wait, w->jobs, 1000);
		for (unsigned i = 0; i < w->jobs; i++)
			done += wait[i].revents && take(w, &w->worker[i], db, policy, outcomes);
		show_progress(done, left, start, outcomes, false);
	}
	show_progress(done, left, start, outcomes, true);
	for (unsigned i = 0; i < w->jobs; i++) {
		if (interrupted)
			kill(w->worker[i].process, SIGTERM);
		if (w->worker[i].results >= 0)
			close(w->worker[i].results);
		waitpid(w->worker[i].process, NULL, 0);
	}
	if (interrupted)
		die("interrupted after %u of %u; the same command goes on from here", done, left);
	if (done < left)
		die("the workers ended after %u of %u experiments; the same command goes on from here", done,
		    left);
	munmap(w->turns, sizeof *w->turns);
	free(w->todo);
	free(w);
}
