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

static struct orchestrator_decision decide(uint32_t service, struct djed_service_information information)
{
	struct orchestrator_crash crash = {service, &information};

	return orchestrator_decide(&o, &crash);
}

#define expect(decision, action_, rung_, error_, renew_)                                                     \
	do {                                                                                                 \
		struct orchestrator_decision d_ = (decision);                                                \
		cr_assert(d_.action == (action_) && d_.rung == (rung_) && d_.error == (error_) &&            \
			      d_.renew == (renew_),                                                          \
			  "action %u, rung %u, error %u, renew %d", d_.action, d_.rung, d_.error, d_.renew); \
	} while (0)

static const uint8_t usual[DJED_LADDER_MAX] = {DJED_RUNG_RETRY, DJED_RUNG_ERROR, DJED_RUNG_SHUTDOWN};
static const uint8_t stateless[DJED_LADDER_MAX] = {DJED_RUNG_RETRY, DJED_RUNG_ERROR, DJED_RUNG_RESTART_RETRY,
						   DJED_RUNG_RESTART, DJED_RUNG_SHUTDOWN};

Test(orchestrator, transient_and_persistent)
{
	struct djed_service_information i = plain(100);

	use(DJED_POLICY_CHAIN, usual);
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0, false);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO, false);
	/* The same transaction once more: an error was no way out. */
	expect(decide(SERVICE, i), 0, 8, 0, false);
	/* Each further transaction starts at the top, however often the service crashed. */
	for (djed_transaction t = 101; t < 500; t++) {
		i = plain(t);
		expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0, false);
		i.root_attempt = 1;
		expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO, false);
	}
	cr_assert(o.rung_uses[1] == 400 && o.rung_uses[2] == 400 && o.rung_uses[8] == 1);
}

Test(orchestrator, notifications_fail_as_requests_do)
{
	struct djed_service_information i = plain(9);

	use(DJED_POLICY_CHAIN, usual);
	i.root_label = 0;
	expect(decide(SERVICE, i), DJED_RECOVER_RETRY, 1, 0, false);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO, false);
}

Test(orchestrator, attempts_are_the_kernels)
{
	/* A new instance of rs remembers nothing; the kernel's count is enough to see that a retry did not
	 * help. */
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_CHAIN, usual);
	i.root_attempt = 1;
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR, 2, EIO, false);
}

Test(orchestrator, lost_logs)
{
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_CHAIN, usual);
	i.lost = 1u << OTHER;
	expect(decide(SERVICE, i), 0, 8, 0, false);
	i.lost = 1u << SERVICE;
	expect(decide(SERVICE, i), 0, 8, 0, false);

	use(DJED_POLICY_CHAIN, stateless);
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0, true);
	i.root_attempt = 2;
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART, 6, EIO, true);
	i.lost |= 1u << OTHER; /* a new instance of this one does not help that one */
	expect(decide(SERVICE, i), 0, 8, 0, false);
}

Test(orchestrator, crash_while_undoing)
{
	struct djed_service_information i = plain(7);

	i.undoing = 1;
	use(DJED_POLICY_CHAIN, usual);
	expect(decide(SERVICE, i), 0, 8, 0, false);
	use(DJED_POLICY_CHAIN, stateless);
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0, true);
}

Test(orchestrator, start_up)
{
	/* It holds nothing: there is nothing to deliver again or to answer. */
	struct djed_service_information i = plain(0);

	use(DJED_POLICY_CHAIN, usual);
	expect(decide(SERVICE, i), 0, 8, 0, false);
	use(DJED_POLICY_CHAIN, stateless);
	expect(decide(SERVICE, i), DJED_RECOVER_RESTART_RETRY, 6, 0, true);
}

Test(orchestrator, restarts_end)
{
	static const uint8_t driver[DJED_LADDER_MAX] = {DJED_RUNG_RESTART_RETRY, DJED_RUNG_SHUTDOWN};
	uint32_t restarts = 0;

	use(DJED_POLICY_CHAIN, driver);
	while (decide(SERVICE, plain(1000 + restarts)).action == DJED_RECOVER_RESTART_RETRY)
		restarts++;
	cr_assert(restarts == ORCHESTRATOR_RESTARTS_MAX && o.service[SERVICE].restarts == restarts);
	expect(decide(OTHER, plain(5000)), DJED_RECOVER_RESTART_RETRY, 6, 0, true);
}

Test(orchestrator, empty_ladder)
{
	static const uint8_t none[DJED_LADDER_MAX] = {0};

	use(DJED_POLICY_CHAIN, none);
	expect(decide(SERVICE, plain(1)), 0, 8, 0, false);
}

Test(orchestrator, controls)
{
	struct djed_service_information i = plain(7);

	use(DJED_POLICY_NONE, usual);
	expect(decide(SERVICE, i), DJED_RECOVER_ABANDON, 0, EIO, false);
	use(DJED_POLICY_RESTART, usual);
	for (int n = 0; n < 100; n++)
		expect(decide(SERVICE, i), DJED_RECOVER_RESTART_ALONE, 6, EIO, true);
	use(DJED_POLICY_OSIRIS, usual);
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR_ALONE, 2, EIO, false);
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR_ALONE, 2, EIO, false);
	i.lost = 1u << OTHER; /* another server's window is its own matter */
	expect(decide(SERVICE, i), DJED_RECOVER_ERROR_ALONE, 2, EIO, false);
	i.window_closed = 1;
	expect(decide(SERVICE, i), 0, 8, 0, false);
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
