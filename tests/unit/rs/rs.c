/* Each corruption of what a sound rs knows must be reported by its audit. */
#include "../../../os/servers/rs/rs.h"

#include <criterion/criterion.h>
#include <host.h>

struct rs rs;
static struct manifest booted;

static unsigned violations(void)
{
	struct djed_audit audit = {0};

	rs_audit(&audit, &booted);
	return audit.violations;
}

/* Three services; the second has crashed and was started anew. */
static void build(void)
{
	booted = (struct manifest){.count = 3};
	rs = (struct rs){.orchestrator = {.policy = djed_start()->policy,
					  .limits = {ORCHESTRATOR_RESTARTS_MAX},
					  .remembered = 2}};
	for (uint32_t i = 0; i < booted.count; i++) {
		booted.service[i].name[0] = (char)('a' + i);
		booted.service[i].ladder[0] = RUNG_RETRY;
		booted.service[i].ladder[1] = RUNG_SHUTDOWN;
		rs.number[i] = i + 1;
		memcpy(rs.orchestrator.service[i + 1].ladder, booted.service[i].ladder,
		       ORCHESTRATOR_LADDER_MAX);
	}
	rs.manifest = booted;
	rs.orchestrator.service[2].restarts = 1;
	rs.orchestrator.memory[0] = (struct orchestrator_memory){7, 2, 1u << RUNG_RETRY | 1u << RUNG_RESTART};
	rs.orchestrator.memory[1] = (struct orchestrator_memory){9, 3, 1u << RUNG_RETRY};
	rs.orchestrator.rung_uses[RUNG_RETRY] = 2;
	rs.orchestrator.rung_uses[RUNG_RESTART] = 1;
}

#define CORRUPTIONS(one)                                 \
	one(rs.manifest.count--);                        \
	one(rs.manifest.service[1].name[0] = 'x');       \
	one(rs.manifest.service[0].heap++);              \
	one(rs.manifest.service[2].calls ^= 1);          \
	one(rs.manifest.service[2].grants ^= 1);         \
	one(rs.manifest.error[0] = 'e');                 \
	one(rs.number[0] = 2);                           \
	one(rs.number[3] = 4);                           \
	one(rs.orchestrator.policy ^= 1);                \
	one(rs.orchestrator.limits.restarts = 0);        \
	one(rs.orchestrator.service[1].ladder[0] = 0);   \
	one(rs.orchestrator.service[3].ladder[1] ^= 1);  \
	one(rs.orchestrator.service[4].ladder[0] = 1);   \
	one(rs.orchestrator.service[0].ladder[5] = 1);   \
	one(rs.orchestrator.service[2].restarts++);      \
	one(rs.orchestrator.service[2].restarts = 0);    \
	one(rs.orchestrator.service[5].restarts = 1);    \
	one(rs.orchestrator.memory[0].service = 0);      \
	one(rs.orchestrator.memory[0].service = 4);      \
	one(rs.orchestrator.memory[1].rungs = 0);        \
	one(rs.orchestrator.memory[1].rungs |= 1u << 3); \
	one(rs.orchestrator.memory[2].transaction = 1);  \
	one(rs.orchestrator.memory[63].service = 1);     \
	one(rs.orchestrator.remembered = 1);             \
	one(rs.orchestrator.remembered = 4);             \
	one(rs.orchestrator.rung_uses[4] = 1);           \
	one(rs.orchestrator.rung_uses[RUNG_RESTART]++)

Test(rs, corruptions)
{
	host_start(&(struct host_options){0});
	build();
	cr_assert_eq(violations(), 0, "%s", host_log());
#define REPORTED(corruption)                                                   \
	do {                                                                   \
		build();                                                       \
		corruption;                                                    \
		cr_expect_gt(violations(), 0, #corruption " is not reported"); \
	} while (0)
	CORRUPTIONS(REPORTED);
}
