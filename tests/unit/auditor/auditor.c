/* The end of a run: its output is awaited, everybody is asked, what may settle is given time to, and what
 * crashes is not asked for ever. */
#include "../../../os/servers/auditor/auditor.h"

#include <abi/lab.h>
#include <abi/recovery.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <host.h>
#include <protocols/console.h>
#include <protocols/kernel.h>
#include <string.h>

#include "../../../runtime/port/linux.h"

enum { RUN_ENDED = 1 };

static unsigned undrained;  /* answers of the console before it is drained */
static djed_status refusal; /* of every audit */
static unsigned pm_violations, pm_processes, vfs_processes, kernel_threads;
static unsigned asked, halts, audits_begun;
static unsigned found = ~0u;
static char last_name[DJED_NAME_MAX]; /* of who was asked last */

static void console(const struct djed_delivery *delivery, struct djed_message *answer)
{
	if (delivery->message.label != CONSOLE_DRAINED)
		return;
	answer->word[0] = undrained == 0;
	undrained -= undrained > 0;
}

static void pm(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	asked++;
	answer->status = (int32_t)refusal;
	answer->word[0] = pm_violations;
	answer->word[1] = pm_processes;
}

static void vfs(const struct djed_delivery *delivery, struct djed_message *answer)
{
	(void)delivery;
	strcpy(last_name, "vfs");
	answer->word[1] = vfs_processes;
}

static djed_status on_halt(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	halts += in[0] == DJED_LAB_ENDED;
	return 0;
}

static djed_status on_update(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	if (in[0] == DJED_LAB_VIOLATIONS)
		found = (unsigned)in[2];
	audits_begun += in[0] == DJED_LAB_STATE && in[2] == DJED_LAB_AUDITING;
	return 0;
}

static djed_status on_kernel_audit(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	*(struct djed_kernel_audit *)in[0] = (struct djed_kernel_audit){.threads = kernel_threads};
	return 0;
}

static void start(void)
{
	host_start(&(struct host_options){0});
	djed_port_time = 1; /* a deadline of 0 is none */
	host_add_fake("console", console);
	host_add_fake("pm", pm);
	host_add_fake("vfs", vfs);
	host_on(KERNEL_OP_HALT, on_halt);
	host_on(KERNEL_OP_LAB_UPDATE, on_update);
	host_on(KERNEL_OP_KERNEL_AUDIT, on_kernel_audit);
}

static unsigned own_violations(void)
{
	struct djed_audit audit = {0};

	djed_server.audit(&audit);
	return audit.violations;
}

/* Stages until the machine is halted. */
static unsigned run(uint64_t bits)
{
	unsigned stages = 0;

	for (; !halts && stages < 10000; bits = UINT64_C(1) << 63) {
		djed_server.notified(bits);
		stages++;
		cr_assert(halts || djed_deadline, "nothing more happens after stage %u", stages);
		cr_assert_eq(own_violations(), 0, "%s", host_log());
	}
	return stages;
}

Test(auditor, waits_for_the_output)
{
	start();
	undrained = 3;
	djed_server.notified(UINT64_C(1) << 63);
	cr_assert(!djed_deadline && !auditor.drain_tries, "nobody has ended the run");
	cr_assert_eq(run(RUN_ENDED), 3 + 1 + 1);
	cr_assert(halts == 1 && audits_begun == 1 && found == 0 && asked == 1, "%u: %s", found, host_log());
	cr_assert_str_eq(last_name, "vfs", "everybody is asked");
}

Test(auditor, output_that_never_ends)
{
	start();
	undrained = ~0u;
	cr_assert_eq(run(RUN_ENDED), AUDITOR_DRAIN_TRIES_MAX + 2);
	cr_assert(halts == 1 && found == 0);
}

Test(auditor, own_findings_are_certain)
{
	start();
	pm_violations = 2;
	pm_processes = 1; /* what does not agree either need not settle then */
	cr_assert_eq(run(RUN_ENDED), 2);
	cr_assert(found == 2 + 2 && asked == 1);
}

Test(auditor, comparisons_may_settle)
{
	start();
	pm_processes = 1; /* vfs and the kernel know of none */
	djed_server.notified(RUN_ENDED);
	for (unsigned round = 0; round < 20; round++)
		djed_server.notified(UINT64_C(1) << 63);
	cr_assert(!halts && !strstr(host_log(), "violation"));
	vfs_processes = kernel_threads = 1;
	cr_assert_eq(run(UINT64_C(1) << 63), 1);
	cr_assert(found == 0, "%s", host_log());
}

Test(auditor, comparisons_that_do_not_settle)
{
	start();
	pm_processes = 1;
	cr_assert_eq(run(RUN_ENDED), 1 + AUDITOR_TRIES_MAX + 1);
	cr_assert(found == 2 && strstr(host_log(), "vfs knows 0 processes"), "%u: %s", found, host_log());
}

Test(auditor, no_answer_is_a_violation)
{
	start();
	refusal = -EIO;
	vfs_processes = kernel_threads = 1; /* nothing is known of pm that could disagree */
	cr_assert_eq(run(RUN_ENDED), 2);
	cr_assert(found == 1 && strstr(host_log(), "pm does not answer its audit: error 5"), "%s",
		  host_log());
}

/* Recovery gave up the stage, and undid what it had changed. */
Test(auditor, what_crashes_is_given_up)
{
	start();
	undrained = ~0u;
	djed_server.failed(RUN_ENDED);
	cr_assert(audits_begun == 1 && !halts && djed_deadline,
		  "the audit follows without the console's word");
	cr_assert_eq(own_violations(), 0);
	djed_server.failed(UINT64_C(1) << 63);
	cr_assert(halts == 1 && found == 1 && asked == 0, "not to be audited is a violation");
}

Test(auditor, corruptions)
{
	static const struct auditor broken[] = {{.drained = true},
						{.drain_tries = 1},
						{.tries = 1},
						{.ending = true, .tries = 1},
						{.ending = true, .drained = true, .tries = 51},
						{.ending = true, .drain_tries = 5001}};

	start();
	cr_assert_eq(own_violations(), 0);
	for (unsigned i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		auditor = broken[i];
		cr_expect_gt(own_violations(), 0, "corruption %u is not reported", i);
	}
	djed_server.notified(RUN_ENDED);
	djed_server.notified(UINT64_C(1) << 63);
	cr_assert_eq(found, 1, "its own audit counts, too");
}
