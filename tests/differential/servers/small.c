/* ds, sched, monitor and the example counter. */
#include "check.h"

#include <errno.h>
#include <protocols/counter.h>
#include <protocols/ds.h>
#include <protocols/event.h>
#include <protocols/linux.h>
#include <protocols/sched.h>
#include <stdio.h>
#include <string.h>

#include "../../../runtime/port/linux.h"

extern const struct djed_server ds_server, sched_server, monitor_server, counter_server;

enum { HEAP = 1 << 20, NICE = 20 };

/* ---- ds ---------------------------------------------------------------------------------------------------
 */

static void start_ds(void)
{
	host_add_server("ds", &ds_server);
}

static void make_ds(struct step *step)
{
	static const uint32_t labels[] = {DS_PUBLISH, DS_PUBLISH, DS_LOOK_UP, DS_WITHDRAW,
					  DS_SAVE,    DS_SAVE,	  DS_LOAD,    DS_WITHDRAW};
	char key[33] = "";

	step->message.label = labels[random_below(8)];
	if (random_below(20)) /* more names than fit, so that some are refused */
		snprintf(key, sizeof(key), "%s %u", random_below(2) ? "name" : "a much longer name,",
			 random_below(step->message.label == DS_SAVE ? 50 : 200));
	else
		for (size_t i = 0; i < sizeof(key) - 1; i++)
			key[i] = (char)random_below(256);
	memcpy(step->message.word, key, 32);
	switch (step->message.label) {
	case DS_PUBLISH:
		step->message.word[4] = random_below(UINT32_MAX);
		break;
	case DS_SAVE:
		step->message.grant[0] = a_grant(DJED_GRANT_READ);
		if (random_below(4))
			step->message.grant[0].length %= 4097;
		break;
	case DS_LOAD:
		step->message.grant[0] = a_grant(DJED_GRANT_WRITE);
		break;
	}
}

const struct subject ds_subject = {.name = "ds", .heap = HEAP, .start = start_ds, .make = make_ds};

/* ---- sched ------------------------------------------------------------------------------------------------
 */

enum { THREADS = 30 };

static void start_sched(void)
{
	host_add_fake("mm", fake_mm);
	host_add_server("sched", &sched_server);
	for (uint32_t pid = 1; pid < THREADS / 2; pid++)
		host_request("sched",
			     &(struct djed_message){.label = SCHED_ADD, .word = {pid, pid / 2, 100 + pid}});
}

static uint32_t a_thread(void)
{
	return random_below(30) ? 1 + random_below(THREADS) : (uint32_t)PICK(0, 257, UINT32_MAX);
}

static uint64_t a_time(void)
{
	const int64_t time[] = {
	    (int64_t)PICK(0, 0, 0, 0, 1, 2, 10, UINT64_MAX, INT64_MAX),
	    (int64_t)PICK(0, 1, 1000000, random_below(1000000000), 1000000000, UINT64_MAX)};

	return random_below(12) ? application_bytes(time, sizeof(time)) : a_value();
}

static void make_sched(struct step *step)
{
	struct djed_message *m = &step->message;

	application_scribble(4);
	step->pid = 1 + random_below(THREADS);
	for (unsigned tries = 0; process_waits(step->pid) && tries < THREADS; tries++)
		step->pid = 1 + step->pid % THREADS;
	switch (process_waits(step->pid) ? 0 : random_below(10)) {
	case 0:
		make_cancel(step, step->pid);
		if (!step->parked)
			*step = (struct step){.kind = STEP_NOTIFY, .bits = random_below(8)};
		break;
	case 1:
	case 2:
		m->label = SCHED_ADD;
		m->word[0] = a_thread();
		m->word[1] = a_thread();
		m->word[2] = 100 + m->word[0];
		break;
	case 3:
		m->label = SCHED_REMOVE;
		m->word[0] = a_thread();
		break;
	case 4:
	case 5:
		m->label = EVENT_QUANTUM;
		m->word[0] = PICK(0, 5000000, 20000000, UINT64_MAX);
		break;
	case 6:
		set_call(step, LINUX_SETPRIORITY, PICK(0, 0, 0, 1, 2, 3), a_thread(),
			 random_below(2 * NICE) - NICE);
		break;
	case 7:
		set_call(step, LINUX_NANOSLEEP, a_time(), random_below(2) ? a_value() : 0);
		break;
	case 8:
		set_call(step, LINUX_CLOCK_NANOSLEEP, random_below(9), random_below(2), a_time(), a_value());
		break;
	default:
		make_any_call(step, "sched");
	}
}

static void done_sched(const struct step *step, const struct host_outcome *outcome)
{
	if (step->kind == STEP_REQUEST && step->message.label == SCHED_REMOVE && outcome->status == 0)
		process_forget((uint32_t)step->message.word[0]);
}

const struct subject sched_subject = {
    .name = "sched", .heap = HEAP, .start = start_sched, .make = make_sched, .done = done_sched};

/* ---- monitor ----------------------------------------------------------------------------------------------
 */

static void start_monitor(void)
{
	static const char *const owners[] = {"pm", "vfs", "mm", "sched", "console", "counter"};

	for (unsigned i = 0; i < sizeof(owners) / sizeof(*owners); i++)
		host_add_fake(owners[i], fake_nobody);
	for (uint32_t i = 0; i < djed_port_start.capabilities; i++) {
		if (strcmp(djed_port_start.capability[i].name, "counter") != 0)
			continue;
		djed_port_start.capability[i].linux_first = 4096;
		djed_port_start.capability[i].linux_last = 4127;
	}
	host_add_server("monitor", &monitor_server);
}

/* Calls that nobody serves change the monitor's state when they come for the first time. */
static void make_monitor(struct step *step)
{
	step->pid = random_below(PIDS);
	switch (random_below(8)) {
	case 0:
		make_any_call(step, random_below(2) ? "vfs" : "pm");
		break;
	case 1:
		set_call(step, 4090 + random_below(50), a_value(), a_value(), a_value(), a_value(), a_value(),
			 a_value());
		break;
	case 2:
		step->message.label = random_below(UINT32_MAX);
		break;
	case 3:
		*step = (struct step){.kind = STEP_NOTIFY, .bits = random_below(UINT32_MAX)};
		break;
	default:
		set_call(step, random_below(0x10000), a_value(), a_value());
	}
}

const struct subject monitor_subject = {.name = "monitor",
					.heap = HEAP,
					.start = start_monitor,
					.make = make_monitor,
					.exemption = "the event ring, which is the runtime's"};

/* ---- counter ----------------------------------------------------------------------------------------------
 */

static void start_counter(void)
{
	host_add_fake("mm", fake_mm);
	host_add_server("ds", &ds_server);
	host_add_server("counter", &counter_server);
}

static void make_counter(struct step *step)
{
	struct djed_message *m = &step->message;
	static const uint32_t labels[] = {COUNTER_ADD,	 COUNTER_ADD,  COUNTER_GET,
					  COUNTER_LABEL, COUNTER_LIST, COUNTER_RESET};

	application_scribble(4);
	m->label = labels[random_below(6)];
	m->word[0] = random_below(12) ? random_below(16) : a_value();
	m->word[1] =
	    random_below(8) ? 1 + random_below(1000000) : PICK(0, 1000000000000, 1000000000001, UINT64_MAX);
	if (m->label == COUNTER_LABEL || m->label == COUNTER_LIST) {
		m->grant[0] = a_grant(m->label == COUNTER_LABEL ? DJED_GRANT_READ : DJED_GRANT_WRITE);
		if (random_below(4))
			m->grant[0].length %= m->label == COUNTER_LABEL ? 33 : 1025;
	} else if (random_below(3) == 0) { /* as an application's call */
		m->word[2] = a_value();
		m->label =
		    LINUX_LABEL(random_below(2) ? COUNTER_CALL_LABEL : COUNTER_CALL_ADD + random_below(8));
		if (m->label == LINUX_LABEL(COUNTER_CALL_LABEL)) {
			m->word[1] = application_text("a name of its own");
			m->word[2] = random_below(18);
		}
	}
}

const struct subject counter_subject = {
    .name = "counter", .heap = HEAP, .start = start_counter, .make = make_counter};
