/* What root decides about those who wait, where rs crashes over them. */
#include "../../../os/servers/root/root.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <host.h>
#include <lib/instance.h>
#include <protocols/kernel.h>

enum { RS = 1, CRASHED = 2, SOUND = 3, ENTRY = 0x400000, ALTERNATIVE_ENTRY = 0x40000000, ATTEMPTS = 2 };

static struct djed_system booted = {.count = 4,
				    .service = {[RS] = {.name = "rs", .entry = ENTRY},
						[CRASHED] = {.name = "crashed", .entry = ENTRY},
						[SOUND] = {.name = "sound", .entry = ENTRY}}};
static uint32_t attempt, renewed;  /* renewed: bit for each service */
static uint64_t refused;	   /* actions that the kernel does not take, a bit for each */
static uint64_t action, error, at; /* taken, of CRASHED */

static djed_status on_information(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	*(struct djed_service_information *)in[1] = (struct djed_service_information){
	    .name = "crashed",
	    .state = in[0] == CRASHED ? DJED_SERVICE_STOPPED : DJED_SERVICE_RECEIVING,
	    .root_attempt = attempt,
	    .entry = ALTERNATIVE_ENTRY};
	return 0;
}

static djed_status on_recover(const uint64_t in[6], uint64_t out[3])
{
	(void)out;
	cr_assert_neq(in[0], SOUND);
	if (in[0] == RS)
		return 0;
	if (refused >> in[1] & 1)
		return -EINVAL;
	action = in[1];
	error = in[2];
	at = in[3];
	return 0;
}

djed_status instance_renew(const struct djed_system *system, uint32_t number, uint32_t image,
			   uint32_t restarts, bool regions)
{
	cr_assert(system == &booted && image == number && restarts >= 1 && !regions);
	renewed |= 1u << number;
	return 0;
}

/* Of its start, which is not run here. */
void root_read(void)
{
}

void root_make_services(void)
{
}

uint32_t root_find(const char *name)
{
	(void)name;
	return 0;
}

static void rs_crashes_over_it(uint64_t times)
{
	struct djed_delivery delivery = {
	    .message = {.label = DJED_LABEL(DJED_PROTOCOL_EVENT, DJED_EVENT_CRASH),
			.word = {RS, DJED_CRASH_EXCEPTION, 14, 0, ENTRY, 7, 0, times}}};

	renewed = 0;
	action = error = at = 0;
	djed_server.handle(&delivery);
}

Test(root, decides)
{
	host_start(&(struct host_options){0});
	host_on(KERNEL_OP_SERVICE_INFORMATION, on_information);
	host_on(KERNEL_OP_RECOVER, on_recover);
	root.system = &booted;

	rs_crashes_over_it(ATTEMPTS - 1);
	cr_expect(renewed == 1u << RS && !action, "rs has another try");

	rs_crashes_over_it(ATTEMPTS);
	cr_expect(renewed == 1u << RS && action == DJED_RECOVER_RETRY && !error);
	cr_expect_eq(at, ALTERNATIVE_ENTRY, "it runs what it ran");

	attempt = 1;
	rs_crashes_over_it(ATTEMPTS);
	cr_expect(renewed == 1u << RS && action == DJED_RECOVER_ERROR && error == EIO);
	cr_expect_eq(at, ALTERNATIVE_ENTRY);

	refused = 1u << DJED_RECOVER_RETRY | 1u << DJED_RECOVER_ERROR;
	rs_crashes_over_it(ATTEMPTS);
	cr_expect(renewed == (1u << RS | 1u << CRASHED) && action == DJED_RECOVER_RESTART);
	cr_expect_eq(at, ENTRY, "a new instance is of the first implementation");
}
