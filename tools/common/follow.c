/* Following a run on a live console. */
#include "machine.h"

#include "text.h"

#include <poll.h>

enum machine_wait machine_step(struct machine *m, double seconds, struct text *output)
{
	struct pollfd wait[2] = {{m->serial, POLLIN, 0}, {m->monitor, POLLIN, 0}};
	poll(wait, 2, (int)(seconds * 1000));
	machine_drain_serial(m, output);
	enum machine_wait what = machine_wait_pause(m, 0);
	if (what == MACHINE_PAUSED)
		machine_drain_serial(m, output); /* what came just before the pause */
	return what == MACHINE_PAUSED && machine_go_on(m) ? MACHINE_TIMEOUT : what;
}

bool machine_run(struct machine *m, double seconds, struct text *output)
{
	double deadline = seconds_now() + seconds;
	enum machine_wait what;
	do
		what = machine_step(m, 1, output);
	while (what == MACHINE_TIMEOUT && seconds_now() < deadline);
	const struct djed_lab *lab = machine_lab(m);
	return what == MACHINE_PAUSED && lab && lab->state == DJED_LAB_ENDED;
}
