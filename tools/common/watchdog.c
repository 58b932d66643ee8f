#include "watchdog.h"

#include "text.h"

static uint64_t progress_of(const struct djed_lab *lab)
{
	uint64_t sum = lab->state + lab->linux_calls + lab->output_bytes + lab->recoveries + lab->confirmed;

	for (unsigned i = 0; i < DJED_SERVICES_MAX; i++)
		sum += lab->service[i].requests + lab->service[i].time + lab->service[i].crashes;
	return sum;
}

bool watchdog_look(struct watchdog *w, struct machine *m, uint64_t *place)
{
	const struct djed_lab *lab = machine_lab(m);
	double now = seconds_now();
	struct machine_registers registers;

	if (!lab || now - w->looked_at < WATCHDOG_SECONDS)
		return false;
	uint64_t progress = progress_of(lab);
	bool still = progress == w->progress && machine_is_busy(m);

	w->progress = progress;
	w->looked_at = now;
	/* A program that only computes does not make the kernel count either: the processor tells. */
	if (still && machine_pause(m)) {
		still =
		    machine_get_registers(m, &registers) && registers.privileged && !registers.interruptible;
		if (still && w->still + 1 == WATCHDOG_LOOKS) {
			*place = registers.instruction;
			return true;
		}
		if (!machine_continue(m))
			return false;
	}
	w->still = still ? w->still + 1 : 0;
	return false;
}
