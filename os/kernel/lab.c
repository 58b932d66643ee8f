#include "lab.h"
#include "../abi/errors.h"
#include "arch.h"
#include "service.h"
#include "thread.h"

static uint64_t crashed_at[DJED_SERVICES_MAX]; /* of the last crash of each service */
static bool recovering; /* the last recovery that was recorded is still being carried out */
enum { RUNG_NEW_INSTANCE = 6, RUNG_SHUTDOWN = 8 };
static bool ready; /* the page may be reached: the kernel's own tables are in use */

struct djed_lab *lab(void)
{
	return arch_memory(DJED_LAB_PHYSICAL);
}

void lab_init(void)
{
	__builtin_memset(lab(), 0, sizeof(struct djed_lab));
	lab()->version = 1;
	lab()->violations = ~0u;
	lab()->magic = DJED_LAB_MAGIC;
	ready = true;
}

djed_status lab_add_region(uint32_t service, uint32_t kind, uint64_t physical, uint64_t length)
{
	if (lab()->regions == DJED_LAB_REGIONS)
		return -ENOSPC;
	lab()->region[lab()->regions++] = (struct djed_lab_region){kind, service, physical, length};
	return 0;
}

/* The host may hold the machine here. Until QEMU has stopped it, a virtual processor that is about to stop
 * counts as idle, and with -icount time may jump to QEMU's next timer: by chance, so it must not be seen. */
static void ring(uint64_t before)
{
	arch_port_write(DJED_DOORBELL_PORT, 1, 1);
	clock_skip(arch_ticks() - before);
}

/* A server that works may be in the middle of a block that the laboratory has counted already. */
static void pause(void)
{
	uint64_t before = arch_ticks();
	uint32_t state = lab()->state;

	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++)
		if (rules.service[i].state != DJED_SERVICE_RECEIVING &&
		    rules.service[i].state != DJED_SERVICE_DEAD) {
			lab()->pause_at++;
			return;
		}
	*(volatile uint32_t *)&lab()->state = DJED_LAB_PAUSED;
	ring(before);
	lab()->state = state;
}

void lab_call(void)
{
	if (++lab()->linux_calls == lab()->pause_at)
		pause();
}

djed_status lab_set_state(uint64_t state)
{
	if (state > DJED_LAB_AUDITING)
		return -EINVAL;
	if (state == DJED_LAB_READY)
		lab()->ready_at = clock_now();
	else if (state >= DJED_LAB_ENDED && lab()->ended_at == 0)
		lab()->ended_at = clock_now();
	lab()->confirmed = rules.confirmed;
	lab()->disagreed = rules.disagreed;
	*(volatile uint32_t *)&lab()->state = (uint32_t)state;
	if (state != DJED_LAB_BOOTING && state != DJED_LAB_RUNNING)
		ring(arch_ticks());
	return 0;
}

void lab_crashed(uint32_t service)
{
	crashed_at[service] = clock_now();
}

void lab_port_written(uint16_t port, uint8_t value)
{
	enum {
		LINE_CONTROL = DJED_OUTPUT_PORT + 3,
		DIVISOR = 0x80,
		MODEM_CONTROL = DJED_OUTPUT_PORT + 4,
		LOOP = 0x10
	};
	static bool divisor, loop;

	if (port == LINE_CONTROL)
		divisor = value & DIVISOR;
	else if (port == MODEM_CONTROL)
		loop = value & LOOP;
	else if (port == DJED_OUTPUT_PORT && !divisor && !loop)
		lab()->output_bytes++;
}

void lab_record_recovery(uint32_t service, uint32_t rung, uint32_t error)
{
	const struct djed_message *report = &rules.service[service].report;

	if (lab()->recoveries < DJED_LAB_RECOVERIES)
		lab()->recovery[lab()->recoveries] =
		    (struct djed_recovery_record){.service = service,
						  .cause = (uint32_t)report->word[1],
						  .rung = rung,
						  .error = error,
						  .address = report->word[3],
						  .instruction = report->word[4],
						  .transaction = report->word[5],
						  .label = (uint32_t)report->word[6],
						  .attempt = (uint32_t)report->word[7],
						  .crashed_at = crashed_at[service],
						  .done_at = clock_now()};
	if (error && lab()->errors++ == 0)
		lab()->first_error = lab()->output_bytes;
	recovering = rung && rung < RUNG_SHUTDOWN;
	if (rung < DJED_RUNGS)
		lab()->rung_uses[rung]++;
	lab()->recoveries++;
}

void lab_recovery_goes_on(uint32_t service, bool rolled_back)
{
	struct djed_recovery_record *last;

	if (!recovering || !lab()->recoveries || lab()->recoveries > DJED_LAB_RECOVERIES)
		return;
	last = &lab()->recovery[lab()->recoveries - 1];
	if (rolled_back || last->service == service)
		last->done_at = clock_now();
	if (rules.unwinding)
		return;
	if (last->service == service || last->rung < RUNG_NEW_INSTANCE)
		recovering = false;
}

void lab_halt(enum djed_lab_state state, uint32_t exit_status)
{
	if (ready) {
		if (exit_status != DJED_EXIT_KEPT)
			lab()->exit_status = exit_status;
		(void)lab_set_state(state);
	}
	arch_halt(true);
}
