/* The ladder and the policies: every decision over the crash's circumstances. */
#include "../../../runtime/orchestrator/orchestrator.h"

#include <abi/errors.h>
#include <abi/message.h>
#include <criterion/criterion.h>
#include <protocols/linux.h>
#include <string.h>

enum { SERVICE = 5, OTHER = 6 };

static struct orchestrator o;

static void use(uint32_t policy, const uint8_t *ladder)
{
	orchestrator_init(&o, policy);
	memcpy(o.service[SERVICE].ladder, ladder, DJED_LADDER_MAX);
	memcpy(o.service[OTHER].ladder, ladder, DJED_LADDER_MAX);
}

static struct djed_service_information plain(djed_transaction transaction)
{
	return (struct djed_service_information){.name = "vfs",
						 .root_label = DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_READ),
						 .transaction = transaction};
}

static uint64_t now; /* of the next crash, ns */
static bool alternative;

static struct orchestrator_decision decide(uint32_t service, struct djed_service_information information)
{
	struct orchestrator_crash crash = {service, &information, now, alternative, false};

	return orchestrator_decide(&o, &crash);
}

#define expect(decision, action_, rung_, error_)                                                \
	do {                                                                                    \
		struct orchestrator_decision d_ = (decision);                                   \
		cr_assert(d_.action == (action_) && d_.rung == (rung_) && d_.error == (error_), \
			  "action %u, rung %u, error %u", d_.action, d_.rung, d_.error);        \
	} while (0)

static const uint8_t usual[DJED_LADDER_MAX] = {DJED_RUNG_RETRY, DJED_RUNG_ERROR, DJED_RUNG_SHUTDOWN};
static const uint8_t stateless[DJED_LADDER_MAX] = {DJED_RUNG_RETRY, DJED_RUNG_ERROR, DJED_RUNG_RESTART_RETRY,
						   DJED_RUNG_RESTART, DJED_RUNG_SHUTDOWN};

Test(orchestrator, transient_and_persistent)
{
	struct djed_service_information i = plain(100);

	use(DJED_POLICY_CHAIN, usual);
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
	/* The same transaction once more: an error was no way out. */
	expect(decide(SERVICE, i), 0, 8, 0);
	/* Each further transaction starts at the top, however often the service crashed. */
	for (djed_transaction t = 101; t < 500; t++) {
		i = plain(t);
		expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0);
		i.root_attempt = 1;
		expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
	}
	cr_assert(o.rung_uses[1] == 400 && o.rung_uses[2] == 400 && o.rung_uses[8] == 1);
}

Test(orchestrator, notifications_fail_as_requests_do)
{
	struct djed_service_information i = plain(9);

	use(DJED_POLICY_CHAIN, usual);
	i.root_label = 0;
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
}

Test(orchestrator, attempts_are_the_kernels)
{
	/* A new instance of rs remembers nothing; the kernel's count is enough to see that a retry did not
	 * help. */
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_CHAIN, usual);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
}

Test(orchestrator, lost_logs)
{
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_CHAIN, usual);
	i.lost = 1u << OTHER;
	expect(decide(SERVICE, i), 0, 8, 0);
	i.lost = 1u << SERVICE;
	expect(decide(SERVICE, i), 0, 8, 0);

	use(DJED_POLICY_CHAIN, stateless);
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0);
	i.root_attempt = 2;
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART, 6, EIO);
	i.lost |= 1u << OTHER; /* a new instance of this one does not help that one */
	expect(decide(SERVICE, i), 0, 8, 0);
}

Test(orchestrator, crash_while_undoing)
{
	struct djed_service_information i = plain(7);

	i.undoing = 1;
	use(DJED_POLICY_CHAIN, usual);
	expect(decide(SERVICE, i), 0, 8, 0);
	use(DJED_POLICY_CHAIN, stateless);
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0);
}

Test(orchestrator, start_up)
{
	/* It holds nothing: there is nothing to deliver again or to answer. */
	struct djed_service_information i = plain(0);

	use(DJED_POLICY_CHAIN, usual);
	expect(decide(SERVICE, i), 0, 8, 0);
	use(DJED_POLICY_CHAIN, stateless);
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0);
}

Test(orchestrator, restarts_end)
{
	static const uint8_t driver[DJED_LADDER_MAX] = {DJED_RUNG_RESTART_RETRY, DJED_RUNG_SHUTDOWN};
	uint32_t restarts = 0;

	use(DJED_POLICY_CHAIN, driver);
	for (; decide(SERVICE, plain(1000 + restarts)).action == DJED_RECOVER_RESTART_RETRY && restarts < 100;
	     restarts++)
		now += ORCHESTRATOR_WINDOW_NS / 20;
	cr_assert_eq(restarts, ORCHESTRATOR_RESTARTS_MAX);
	cr_assert_eq(o.service[SERVICE].restarts, restarts);
	expect(decide(OTHER, plain(5000)), DJED_RECOVER_RESTART_RETRY, 6, 0);
}

/* What crashes now and then is started anew for ever: only many crashes within the window are too many. */
Test(orchestrator, restarts_far_apart)
{
	static const uint8_t driver[DJED_LADDER_MAX] = {DJED_RUNG_RESTART_RETRY, DJED_RUNG_SHUTDOWN};

	use(DJED_POLICY_CHAIN, driver);
	for (uint32_t n = 0; n < 200; n++) {
		expect(decide(SERVICE, plain(1000 + n)), DJED_RECOVER_RESTART_RETRY, 6, 0);
		now += ORCHESTRATOR_WINDOW_NS / (ORCHESTRATOR_RESTARTS_MAX - 1);
	}
}

/* Not a crash: a new instance, whatever the ladder says. */
Test(orchestrator, asked)
{
	struct djed_service_information i = plain(9);
	struct orchestrator_crash crash = {SERVICE, &i, now, .asked = true};
	struct orchestrator_decision decision;

	use(DJED_POLICY_CHAIN, usual);
	decision = orchestrator_decide(&o, &crash);
	expect(decision, DJED_RECOVER_RESTART_RETRY, 6, 0);
	cr_assert(o.service[SERVICE].restarts == 1 && o.memory[0].rungs);
	expect(decide(SERVICE, plain(10)), DJED_RECOVER_RETRY, 1, 0);
}

Test(orchestrator, alternative)
{
	static const uint8_t driver[DJED_LADDER_MAX] = {DJED_RUNG_RESTART_RETRY, DJED_RUNG_ALTERNATIVE,
							DJED_RUNG_RESTART, DJED_RUNG_SHUTDOWN};
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_CHAIN, driver);
	alternative = true;
	/* The same request three times: the other implementation serves it. */
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0);
	i.root_attempt = 2;
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 7, 0);
	/* That one crashes, too: there is no third one. */
	alternative = false;
	i.root_attempt = 3;
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART, 6, EIO);
	cr_assert(o.rung_uses[7] == 1 && o.rung_uses[6] == 3 && o.service[SERVICE].restarts == 4);
	/* At start-up nothing counts attempts; it is tried as often. */
	use(DJED_POLICY_CHAIN, driver);
	alternative = true;
	for (uint32_t n = 0; n < ORCHESTRATOR_RESTARTS_BEFORE_OTHER; n++)
		expect(decide(SERVICE, plain(0)), DJED_RECOVER_RESTART_RETRY, 6, 0);
	expect(decide(SERVICE, plain(0)), DJED_RECOVER_RESTART_RETRY, 7, 0);
	/* Nor does it help where another server has lost its log. */
	use(DJED_POLICY_CHAIN, driver);
	i.lost = 1u << OTHER;
	expect(decide(SERVICE, i), 0, 8, 0);
}

static const uint8_t keeping[DJED_LADDER_MAX] = {DJED_RUNG_RETRY, DJED_RUNG_HANDOVER, DJED_RUNG_REFUSE,
						 DJED_RUNG_ERROR, DJED_RUNG_SHUTDOWN};

Test(orchestrator, handover)
{
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_CHAIN, keeping);
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 4, 0);
	i.root_attempt = 2;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
	/* Its text was sound, so the next ones do not wait for it... */
	i = plain(8);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
	/* ...unless it was long ago. */
	now += ORCHESTRATOR_WINDOW_NS + 1;
	i = plain(9);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 4, 0);
	now += ORCHESTRATOR_WINDOW_NS + 1; /* hangs take their time */
	i.root_attempt = 2;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
	/* Undoing crashed: the log is undone by the new instance, once. */
	i = plain(10);
	i.undoing = 1;
	expect(decide(OTHER, i), DJED_RECOVER_REBUILD, 4, 0);
	expect(decide(OTHER, i), 0, 8, 0);
	cr_assert(o.rung_uses[4] == 3 && o.service[OTHER].restarts == 0);
	/* There must be a log, and it must be whole. */
	use(DJED_POLICY_CHAIN, keeping);
	expect(decide(SERVICE, plain(0)), 0, 8, 0);
	i.lost = 1u << OTHER;
	expect(decide(SERVICE, i), 0, 8, 0);
}

Test(orchestrator, rebuild)
{
	static const uint8_t ladder[DJED_LADDER_MAX] = {DJED_RUNG_RETRY, DJED_RUNG_ERROR, DJED_RUNG_REBUILD,
							DJED_RUNG_SHUTDOWN};
	struct djed_service_information i = plain(7);

	/* What its log cannot take back, once for each transaction. */
	use(DJED_POLICY_CHAIN, ladder);
	i.undoing = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_REBUILD, 5, 0);
	cr_assert(o.rung_uses[5] == 1 && o.service[SERVICE].restarts == 1);
	expect(decide(SERVICE, i), 0, 8, 0);
	i = plain(8);
	i.lost = 1u << SERVICE;
	expect(decide(SERVICE, i), DJED_RECOVER_REBUILD, 5, 0);
	/* Others cannot be built out of its regions. */
	i = plain(9);
	i.lost = 1u << OTHER;
	expect(decide(SERVICE, i), 0, 8, 0);
	/* What crashes at its start was not helped by them. */
	expect(decide(SERVICE, plain(0)), DJED_RECOVER_REBUILD, 5, 0);
	expect(decide(SERVICE, plain(0)), 0, 8, 0);
}

Test(orchestrator, poisonous_requests)
{
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_CHAIN, keeping);
	o.service[SERVICE].window_handovers = o.service[SERVICE].window_crashes = 1;
	i.root_attempt = 1;
	i.failures = ORCHESTRATOR_REFUSE_AFTER - 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
	i = plain(8);
	i.failures = ORCHESTRATOR_REFUSE_AFTER;
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_REFUSE, 3, EIO);
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO);
	cr_assert_eq(o.rung_uses[3], 1);
	/* What cannot be undone cannot be refused either. */
	i = plain(9);
	i.failures = ORCHESTRATOR_REFUSE_AFTER;
	i.lost = 1u << OTHER;
	expect(decide(SERVICE, i), 0, 8, 0);
}

Test(orchestrator, empty_ladder)
{
	static const uint8_t none[DJED_LADDER_MAX] = {0};

	use(DJED_POLICY_CHAIN, none);
	expect(decide(SERVICE, plain(1)), 0, 8, 0);
}

Test(orchestrator, controls)
{
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_NONE, usual);
	expect(decide(SERVICE, i), DJED_RECOVER_ABANDON, 0, EIO);
	use(DJED_POLICY_RESTART, usual);
	for (int n = 0; n < 100; n++)
		expect(decide(SERVICE, i), DJED_RECOVER_RESTART_ALONE, 6, EIO);
	use(DJED_POLICY_OSIRIS, usual);
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR_ALONE, 2, EIO);
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR_ALONE, 2, EIO);
	i.lost = 1u << OTHER; /* another server's window is its own matter */
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR_ALONE, 2, EIO);
	i.window_closed = 1;
	expect(decide(SERVICE, i), 0, 8, 0);
}

Test(orchestrator, errors)
{
	cr_assert(orchestrator_error(DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_READ)) == EIO);
	cr_assert(orchestrator_error(DJED_LABEL(DJED_PROTOCOL_LINUX, LINUX_MMAP)) == ENOMEM);
	cr_assert(orchestrator_error(DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_PAGE_FAULT)) == EFAULT);
	cr_assert(orchestrator_error(0) == EIO && orchestrator_error(0xffffffff) == EIO);
	for (uint32_t number = 0; number < 1000; number++) {
		uint32_t error = orchestrator_error(DJED_LABEL(DJED_PROTOCOL_LINUX, number));

		cr_assert(error && error != EINTR && error != EAGAIN && error < 4096, "call %u: %u", number,
			  error);
	}
}
