/* Each request, notification, wake-up and cancellation is served, rolled back, and all memory of the servers
 * compared with what it was; then it comes again, stays, and must have the same outcome. So the states grow
 * by themselves.
 *
 *     differential-servers SERVER [REQUESTS [SEED]] */
#include "check.h"

#include <protocols/kernel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtime/port/linux.h"

enum { REQUESTS = 1000, FRAMES = 900, STEPS_PER_AUDIT = 50 };
#define DEADLINE_BIT (UINT64_C(1) << 63)

static const struct subject *const subjects[] = {
    &store_subject, &mm_subject,      &pm_subject,	&sched_subject, &ds_subject,
    &vfs_subject,   &console_subject, &monitor_subject, &uart_subject,	&counter_subject};

/* ---- parked requests -------------------------------------------------------------------------------------
 */

static struct waiting {
	djed_handle parked; /* 0: it does not wait */
	uint32_t label;
	bool woken;
} waiting[PIDS];

bool process_waits(uint32_t pid)
{
	return waiting[pid % PIDS].parked != 0;
}

uint32_t process_waits_for(uint32_t pid)
{
	return waiting[pid % PIDS].label;
}

void process_forget(uint32_t pid)
{
	waiting[pid % PIDS] = (struct waiting){0};
}

void make_cancel(struct step *step, uint32_t pid)
{
	*step = (struct step){.kind = STEP_CANCEL, .pid = pid, .parked = waiting[pid % PIDS].parked};
}

/* Any process that waits, or that has been woken; 0: there is none. */
static uint32_t find_waiting(bool woken)
{
	uint32_t start = random_below(PIDS);

	for (uint32_t i = 0; i < PIDS; i++) {
		uint32_t pid = (start + i) % PIDS;

		if (waiting[pid].parked && waiting[pid].woken >= woken)
			return pid;
	}
	return 0;
}

/* What the kernel does when the transaction has ended. */
static void follow_effects(void)
{
	struct host_effect effect;
	bool wake;

	while ((wake = host_take_effect(KERNEL_OP_WAKE, &effect)) ||
	       host_take_effect(KERNEL_OP_ANSWER_PARKED, &effect)) {
		for (uint32_t pid = 0; pid < PIDS; pid++) {
			if (waiting[pid].parked != effect.in[0])
				continue;
			if (wake)
				waiting[pid].woken = true;
			else
				process_forget(pid);
		}
	}
	host_forget_effects();
}

/* ---- steps ------------------------------------------------------------------------------------------------
 */

static void make_step(const struct subject *subject, struct step *step)
{
	uint64_t deadline = host_deadline(subject->name);
	uint32_t pid;

	*step = (struct step){.kind = STEP_REQUEST, .pid = 1};
	djed_port_time += random_below(20) ? random_below(3000000) : random_below(2000000000);
	if (random_below(3) && (pid = find_waiting(true))) {
		*step = (struct step){.kind = STEP_WAKE, .pid = pid, .parked = waiting[pid].parked};
	} else if (!subject->cancels_itself && random_below(12) == 0 && (pid = find_waiting(false))) {
		make_cancel(step, pid);
	} else if (deadline && (deadline <= djed_port_time ? random_below(3) == 0 : random_below(30) == 0)) {
		if (djed_port_time < deadline && random_below(3))
			djed_port_time = deadline;
		*step = (struct step){.kind = STEP_NOTIFY, .bits = DEADLINE_BIT};
	} else {
		for (int i = 0; i < LENT; i += 61)
			lent[i] = (uint8_t)random_below(256);
		subject->make(step);
	}
}

static struct host_outcome take_step(const char *server, const struct step *step)
{
	struct host_outcome outcome = {.next = DJED_NEXT_FINISH};

	host_be(step->pid, step->pid);
	switch (step->kind) {
	case STEP_REQUEST:
		return host_request(server, &step->message);
	case STEP_WAKE:
		return host_wake(step->parked);
	case STEP_CANCEL:
		return host_cancel(step->parked);
	default:
		outcome.log = host_notify(server, step->bits);
		return outcome;
	}
}

static void settle_step(const struct subject *subject, const struct step *step,
			const struct host_outcome *outcome)
{
	struct waiting *w = &waiting[step->pid % PIDS];

	if (outcome->next == DJED_NEXT_PARK && step->pid)
		*w = (struct waiting){
		    .parked = outcome->request,
		    .label = step->kind == STEP_REQUEST ? step->message.label : w->label,
		};
	else if (step->kind != STEP_NOTIFY)
		process_forget(step->pid);
	follow_effects();
	if (subject->done)
		subject->done(step, outcome);
}

/* ---- the check --------------------------------------------------------------------------------------------
 */

static struct {
	unsigned steps, of_kind[4], logged, succeeded, parked;
	size_t differing, exempted;
} count;

static bool same_outcome(const struct host_outcome *first, const struct host_outcome *second)
{
	return first->next == second->next && first->status == second->status && first->log == second->log &&
	       memcmp(first->word, second->word, sizeof(first->word)) == 0 &&
	       (first->next != DJED_NEXT_FORWARD ||
		(first->target == second->target &&
		 memcmp(&first->message, &second->message, sizeof(first->message)) == 0));
}

static void check_step(const struct subject *subject, const struct step *step)
{
	static const char *const kinds[] = {"message", "notification", "wake-up of", "cancellation of"};
	struct host_outcome first, second;
	uint64_t deadline = host_deadline(subject->name);
	char what[64];

	snprintf(what, sizeof(what), "step %u, %s %#llx", count.steps, kinds[step->kind],
		 (unsigned long long)(step->kind == STEP_REQUEST  ? step->message.label
				      : step->kind == STEP_NOTIFY ? step->bits
								  : process_waits_for(step->pid)));
	memory_snapshot();
	first = take_step(subject->name, step);
	if (!host_rollback()) {
		printf("%s: the log is damaged\n", what);
		count.differing++;
	}
	count.differing += memory_compare(what, subject->exempt, &count.exempted);
	if (host_deadline(subject->name) != deadline) {
		printf("%s: the deadline is %llu, was %llu\n", what,
		       (unsigned long long)host_deadline(subject->name), (unsigned long long)deadline);
		count.differing++;
	}
	world_restore();
	host_forget_effects();
	second = take_step(subject->name, step);
	if (!subject->device && !same_outcome(&first, &second)) {
		printf("%s: outcome %u with status %lld, and %u with %lld when it came again\n", what,
		       first.next, (long long)first.status, second.next, (long long)second.status);
		count.differing++;
	}
	if (getenv("DIFFERENTIAL_STEPS"))
		fprintf(stderr, "%s of process %u: %u, status %lld\n", what, step->pid, second.next,
			(long long)second.status);
	count.steps++;
	count.of_kind[step->kind]++;
	count.logged += first.log != DJED_LOG_EMPTY;
	count.succeeded += second.status == 0 || second.next != DJED_NEXT_REPLY;
	count.parked += second.next == DJED_NEXT_PARK;
	settle_step(subject, step, &second);
}

static const struct subject *find_subject(const char *name)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		if (strcmp(subjects[i]->name, name) == 0)
			return subjects[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct subject *subject = find_subject(argc > 1 ? argv[1] : "");
	unsigned wanted = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : REQUESTS;
	struct step step;

	if (!subject) {
		fprintf(stderr, "usage: differential-servers SERVER [REQUESTS [SEED]]; servers:");
		for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
			fprintf(stderr, " %s", subjects[i]->name);
		fprintf(stderr, "\n");
		return 2;
	}
	random_start(argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) | 1 : 1);
	djed_port_time = 1000000000;
	host_start(&(struct host_options){.heap = subject->heap, .pool_frames = FRAMES});
	host_map(APPLICATION, application, APPLICATION_SIZE, DJED_GRANT_READ | DJED_GRANT_WRITE);
	subject->start();
	follow_effects();
	memory_prepare();
	while (count.of_kind[STEP_REQUEST] < wanted && count.differing == 0) {
		make_step(subject, &step);
		check_step(subject, &step);
		if ((count.steps % STEPS_PER_AUDIT == 0 || getenv("DIFFERENTIAL_STEPS")) &&
		    host_audit(subject->name).violations) {
			printf("%s", host_log());
			return 1;
		}
	}
	printf("%s: %u requests, %u notifications, %u wake-ups, %u cancellations (%u logged something, %u "
	       "succeeded, "
	       "%u parked), %zu bytes differ\n",
	       subject->name, count.of_kind[STEP_REQUEST], count.of_kind[STEP_NOTIFY],
	       count.of_kind[STEP_WAKE], count.of_kind[STEP_CANCEL], count.logged, count.succeeded,
	       count.parked, count.differing);
	if (subject->exemption)
		printf("%s: exempt: %s\n", subject->name, subject->exemption);
	if (subject->exempt)
		printf("%s: exempt bytes that differed: %zu\n", subject->name, count.exempted);
	/* Steps that change nothing would prove nothing. */
	return count.differing || (count.logged < count.steps / 4 && !subject->device) ||
	       count.succeeded < count.steps / 4;
}
