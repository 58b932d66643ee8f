/* The end of a run: output drained, every service audited, the services compared with each other and with the
 * kernel. */
#include <abi/lab.h>
#include <errno.h>
#include <protocols/audit_client.h>
#include <protocols/console_client.h>
#include <protocols/kernel.h>
#include <string.h>

#include "auditor.h"

enum { NS_PER_MS = 1000000, DRAIN_MS = 1, SETTLE_MS = 1 };

static bool drained(void)
{
	djed_slot console;
	bool empty = true;

	/* A console that does not answer has nothing more to say. */
	return !djed_find_capability("console", &console) || console_drained(console, &empty) || empty;
}

/* The comparisons are repeated while other programs still run, whose calls may be half way through several
 * servers: only the last round shows what it finds. */
static bool speak;

#define check_cross(result, condition, ...)                          \
	do {                                                         \
		if (!(condition)) {                                  \
			(result)->violations++;                      \
			if (speak)                                   \
				djed_log("violation: " __VA_ARGS__); \
		}                                                    \
	} while (0)

/* What services know about the processes, as far as they are there to be asked. */
struct view {
	const char *name;
	struct djed_audit audit;
	bool answered;
};

static void compare(const struct view *views, unsigned count, struct djed_audit *result)
{
	const struct view *first = NULL;

	for (unsigned i = 0; i < count; i++) {
		const struct djed_audit *audit = &views[i].audit;

		if (!views[i].answered)
			continue;
		if (!first) {
			first = &views[i];
			continue;
		}
		check_cross(result,
			    audit->processes == first->audit.processes &&
				audit->process_xor == first->audit.process_xor,
			    "%s knows %u processes (%llx), %s %u (%llx)", views[i].name, audit->processes,
			    (unsigned long long)audit->process_xor, first->name, first->audit.processes,
			    (unsigned long long)first->audit.process_xor);
	}
}

static void compare_kernel(const struct view *pm, struct djed_audit *result)
{
	struct djed_kernel_audit kernel;

	if (kernel_kernel_audit((uintptr_t)&kernel)) {
		check_cross(result, false, "the kernel does not audit");
		return;
	}
	check_cross(result, kernel.violations == 0, "kernel: %u violations of its own invariants",
		    kernel.violations);
	check_cross(result, kernel.queued == 0 && kernel.held == 0, "kernel: %u requests queued, %u held",
		    kernel.queued, kernel.held);
	check_cross(result, kernel.log_owners == 0, "kernel: %u logs belong to open transactions",
		    kernel.log_owners);
	check_cross(result, kernel.deferred == 0, "kernel: %u effects are still deferred", kernel.deferred);
	if (pm->answered)
		check_cross(result, kernel.threads == pm->audit.processes,
			    "kernel has %u threads, pm %u processes", kernel.threads, pm->audit.processes);
}

struct findings {
	uint32_t own;	/* by the services, each about itself: certain */
	uint32_t cross; /* by comparison: may settle */
};

static struct djed_audit ask(const char *name, djed_slot slot, bool *answered)
{
	struct djed_audit answer = {0};
	djed_status status =
	    audit_audit(slot, &answer.violations, &answer.processes, &answer.process_xor, &answer.resource[0],
			&answer.resource[1], &answer.resource[2], &answer.resource[3]);

	*answered = status == 0;
	if (status)
		djed_violation(&answer, "%s does not answer its audit: error %d", name, (int)-status);
	return answer;
}

/* One round over everything: itself, and whom it may call. */
static struct findings audit_all(void)
{
	static struct view views[] = {{.name = "pm"}, {.name = "mm"}, {.name = "vfs"}, {.name = "sched"}};
	enum { VIEWS = sizeof(views) / sizeof(*views) };
	const struct djed_start_info *start = djed_start();
	struct djed_audit own = {0}, cross = {0};
	struct findings findings;

	for (unsigned i = 0; i < VIEWS; i++)
		views[i].answered = false;
	djed_server.audit(&own);
	(void)kernel_lab_update(DJED_LAB_SERVICE_VIOLATIONS, start->service, own.violations);
	findings.own = own.violations;
	for (uint32_t i = 0; i < start->capabilities; i++) {
		const struct djed_capability_name *service = &start->capability[i];
		struct djed_audit answer;
		bool answered;

		if (service->type != DJED_CAP_ENDPOINT)
			continue;
		answer = ask(service->name, service->slot, &answered);
		(void)kernel_lab_update(DJED_LAB_SERVICE_VIOLATIONS, service->service, answer.violations);
		findings.own += answer.violations;
		for (unsigned k = 0; k < VIEWS; k++) {
			if (strcmp(views[k].name, service->name) == 0) {
				views[k].audit = answer;
				views[k].answered = answered;
			}
		}
	}
	compare(views, VIEWS, &cross);
	compare_kernel(&views[0], &cross);
	findings.cross = cross.violations;
	return findings;
}

static void end(uint32_t violations)
{
	(void)kernel_lab_update(DJED_LAB_VIOLATIONS, 0, violations);
	(void)kernel_halt(DJED_LAB_ENDED, DJED_EXIT_KEPT);
}

static void begin_audit(void)
{
	auditor.drained = true;
	(void)kernel_lab_update(DJED_LAB_STATE, 0, DJED_LAB_AUDITING);
	djed_deadline = djed_now();
}

void auditor_go_on(void)
{
	struct findings findings;

	djed_deadline = 0;
	if (!auditor.drained) {
		if (drained() || auditor.drain_tries == AUDITOR_DRAIN_TRIES_MAX) {
			begin_audit();
		} else {
			auditor.drain_tries++;
			djed_deadline = djed_now() + DRAIN_MS * NS_PER_MS;
		}
		return;
	}
	speak = auditor.tries == AUDITOR_TRIES_MAX;
	findings = audit_all();
	if (!findings.own && findings.cross && auditor.tries < AUDITOR_TRIES_MAX) {
		auditor.tries++;
		djed_deadline = djed_now() + SETTLE_MS * NS_PER_MS;
		return;
	}
	end(findings.own + findings.cross);
}

void auditor_give_up(void)
{
	auditor.ending = true; /* what set it may have been undone */
	if (auditor.drained)
		end(1); /* not to be audited is a violation */
	else
		begin_audit();
}
