/* Each corruption of what a sound rs knows must be reported by its audit; crash records. */
#include "../../../os/servers/rs/rs.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <host.h>
#include <protocols/kernel.h>

struct rs rs;
static struct djed_system booted;

static unsigned violations(void)
{
	struct djed_audit audit = {0};

	rs_audit(&audit, &booted, sizeof(booted));
	return audit.violations;
}

/* Three services; the second has crashed and was started anew. */
static void build(void)
{
	booted = (struct djed_system){
	    .magic = DJED_SYSTEM_MAGIC, .length = sizeof(booted), .count = 4, .records = 4};
	rs =
	    (struct rs){.orchestrator = {.policy = djed_start()->policy, .remembered = 2}, .system = &booted};
	for (uint32_t i = 0; i < booted.count; i++) {
		struct djed_system_service *service = &booted.service[i];

		service->name[0] = i ? (char)('a' + i - 1) : 'r'; /* a, b, c; root */
		service->entry = DJED_IMAGE_BASE;
		service->segments = 1;
		service->segment[0] = (struct djed_segment){
		    .address = DJED_IMAGE_BASE, .memory_size = 1, .access = DJED_ACCESS_EXECUTE};
		if (i == 0)
			continue; /* root has no ladder */
		service->ladder[0] = DJED_RUNG_RETRY;
		service->ladder[1] = DJED_RUNG_SHUTDOWN;
		memcpy(rs.orchestrator.service[i].ladder, service->ladder, DJED_LADDER_MAX);
	}
	booted.checksum = djed_system_checksum(&booted);
	rs.orchestrator.service[2] =
	    (struct orchestrator_service){.ladder = {DJED_RUNG_RETRY, DJED_RUNG_SHUTDOWN},
					  .restarts = 2,
					  .window_crashes = 4,
					  .window_restarts = 2,
					  .window_handovers = 1};
	rs.orchestrator.memory[0] =
	    (struct orchestrator_memory){7, 2, 1u << DJED_RUNG_RETRY | 1u << DJED_RUNG_RESTART};
	rs.orchestrator.memory[1] = (struct orchestrator_memory){9, 3, 1u << DJED_RUNG_RETRY};
	rs.orchestrator.rung_uses[DJED_RUNG_RETRY] = 2;
	rs.orchestrator.rung_uses[DJED_RUNG_RESTART] = 1;
	rs.orchestrator.rung_uses[DJED_RUNG_ALTERNATIVE] = 1;
	crashes = (struct djed_crashes){.magic = DJED_CRASHES_MAGIC,
					.version = DJED_CRASHES_VERSION,
					.records = 2,
					.total = 7,
					.forgotten = 1,
					.record = {{.service = 2, .count = 4, .first_at = 5, .last_at = 9},
						   {.service = 3, .count = 2, .first_at = 6, .last_at = 6}}};
}

#define CORRUPTIONS(one)                                                                   \
	one(rs.system++);                                                                  \
	one(booted.count--);                                                               \
	one(booted.service[1].name[0] = 'x');                                              \
	one(booted.service[0].heap++);                                                     \
	one(booted.service[2].capabilities ^= 1);                                          \
	one(booted.service[2].grants ^= 1);                                                \
	one(booted.service[3].entry = 0; booted.checksum = djed_system_checksum(&booted)); \
	one(rs.orchestrator.policy ^= 1);                                                  \
	one(rs.orchestrator.service[1].ladder[0] = 0);                                     \
	one(rs.orchestrator.service[3].ladder[1] ^= 1);                                    \
	one(rs.orchestrator.service[4].ladder[0] = 1);                                     \
	one(rs.orchestrator.service[0].ladder[5] = 1);                                     \
	one(rs.orchestrator.service[2].restarts++);                                        \
	one(rs.orchestrator.service[2].restarts = 0);                                      \
	one(rs.orchestrator.service[5].restarts = 1);                                      \
	one(rs.orchestrator.memory[0].service = 0);                                        \
	one(rs.orchestrator.memory[0].service = 4);                                        \
	one(rs.orchestrator.memory[1].rungs = 0);                                          \
	one(rs.orchestrator.memory[1].rungs |= 1u << 9);                                   \
	one(rs.orchestrator.memory[2].transaction = 1);                                    \
	one(rs.orchestrator.memory[63].service = 1);                                       \
	one(rs.orchestrator.remembered = 1);                                               \
	one(rs.orchestrator.remembered = 6);                                               \
	one(rs.orchestrator.rung_uses[5] = 1);                                             \
	one(rs.orchestrator.rung_uses[DJED_RUNG_RESTART]++);                               \
	one(rs.orchestrator.rung_uses[DJED_RUNG_ALTERNATIVE] = 0);                         \
	one(rs.orchestrator.service[2].window_restarts = 3);                               \
	one(rs.orchestrator.service[2].window_handovers = 3);                              \
	one(rs.orchestrator.service[2].window_crashes = 2);                                \
	one(crashes.magic ^= 1);                                                           \
	one(crashes.records = 1);                                                          \
	one(crashes.records = 13);                                                         \
	one(crashes.total++);                                                              \
	one(crashes.forgotten = 0);                                                        \
	one(crashes.record[1].count = 0);                                                  \
	one(crashes.record[0].service = 99);                                               \
	one(crashes.record[0].last_at = 4);                                                \
	one(crashes.record[11].stack_length = 1u << 20)

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

static uint64_t captured;

static djed_status on_capture(const uint64_t in[6], uint64_t out[3])
{
	captured++;
	*(struct djed_context *)in[1] = (struct djed_context){.rax = captured};
	memset((void *)in[2], 7, 8);
	out[0] = 8;
	return 0;
}

static struct djed_crash_record *crash(uint64_t service, uint64_t instruction, uint64_t label)
{
	struct djed_service_information information = {.name = "b", .root_label = 1};
	struct djed_message report = {.word = {service, DJED_CRASH_EXCEPTION, 14, 0, instruction, 3, label}};
	struct djed_crash_record *record = crash_note(&report, &information);

	crash_tell(record, &(struct orchestrator_decision){.rung = DJED_RUNG_RETRY}, 0);
	return record;
}

static unsigned lines(const char *with)
{
	unsigned found = 0;

	for (const char *at = host_log(); (at = strstr(at, with)); at++)
		found++;
	return found;
}

Test(rs, crash_records)
{
	struct djed_audit audit = {0};

	host_start(&(struct host_options){0});
	host_on(KERNEL_OP_SERVICE_CAPTURE, on_capture);
	struct djed_crash_record *first = crash(2, 0x400100, 5);
	cr_assert_eq(first->rung, DJED_RUNG_RETRY);
	cr_assert(first->count == 1 && first->context.rax == 1 && first->context.rip == 0x400100);
	cr_assert(first->stack_length == 8 && first->stack[7] == 7 && !strcmp(first->name, "b"));
	/* Where service, instruction or request is another, so is the signature; the same one is captured and
	 * told of less and less often. */
	cr_assert(crash(3, 0x400100, 5) != first && crash(2, 0x400104, 5) != first &&
		  crash(2, 0x400100, 6) != first);
	cr_assert_eq(captured, 4);
	for (unsigned i = 2; i <= 9; i++)
		cr_assert(crash(2, 0x400100, 5) == first && first->count == i);
	cr_assert_eq(captured, 4);
	cr_assert_eq(lines("b crashed"), 4 + 3, "%s", host_log());
	cr_assert_eq(lines("8 times by now"), 1);
	for (unsigned i = 0; i < 20; i++)
		crash(2, 0x500000 + i, 5);
	cr_assert(crashes.records == DJED_CRASH_RECORDS && crashes.forgotten == 12 && crashes.total == 32);
	cr_assert_eq(lines("b crashed"), 7 + 20, "what is not kept is told each time");
	crash_audit(&audit);
	cr_assert_eq(audit.violations, 0, "%s", host_log());
}
