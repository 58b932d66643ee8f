/* pm over fakes of the servers that it calls, which also refuse, and a kernel's threads. */
#include "check.h"
#include "host_threads.h"

#include <abi/layout.h>
#include <errno.h>
#include <protocols/console.h>
#include <protocols/event.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>
#include <protocols/mm.h>
#include <protocols/pm.h>
#include <protocols/sched.h>
#include <protocols/vfs.h>
#include <string.h>

#include "linux_types.h"

extern const struct djed_server pm_server, ds_server;

enum { HEAP = 1 << 20, PROCESSES = 80 /* more are not forked */, STACK = APPLICATION + APPLICATION_SIZE };

WORLD static struct host_thread threads[PIDS]; /* by pid */

static djed_status thread_create(const uint64_t in[6], uint64_t out[3])
{
	return random_below(20) ? host_thread_create(in, out) : -ENOMEM;
}

/* ---- the servers that pm calls ----------------------------------------------------------------------------
 */

static void vfs(const struct djed_delivery *d, struct djed_message *answer)
{
	static const char *const heads[] = {"\177ELF", "\177ELF", "#!/bin/interpreter -x\n", "#!", "nothing"};
	char head[128] = "";

	if (d->message.label == VFS_CREATE || d->message.label == VFS_FORK)
		answer_or(answer, -ENOMEM);
	if (d->message.label != VFS_OPEN_PROGRAM)
		return;
	answer_or(answer, (int32_t)PICK((uint64_t)-ENOENT, (uint64_t)-EACCES, (uint64_t)-ENOTDIR));
	strcpy(head, heads[random_below(5)]);
	answer->word[0] = 7;
	answer->word[1] =
	    djed_copy_out(fake_buffer(d, 1), 0, head, random_below(10) ? sizeof(head) : random_below(8));
}

static void mm(const struct djed_delivery *d, struct djed_message *answer)
{
	fake_mm(d, answer);
	if (d->message.label == MM_FORK || d->message.label == MM_CREATE)
		answer_or(answer, -ENOMEM);
	if (d->message.label != MM_EXECUTE)
		return;
	answer_or(answer, random_below(2) ? -ENOEXEC : -ENOMEM);
	answer->word[1] = 0x401000;
	answer->word[2] = STACK - 4096;
}

static void sched(const struct djed_delivery *d, struct djed_message *answer)
{
	if (d->message.label == SCHED_ADD)
		answer_or(answer, -ENOMEM);
}

static void console(const struct djed_delivery *d, struct djed_message *answer)
{
	if (d->message.label != CONSOLE_TAKE_SIGNAL || random_below(2))
		return;
	answer->word[0] = 1 + random_below(8);
	answer->word[1] = PICK(2, 3, 20, 28, random_below(70));
}

static void start(void)
{
	host_add_fake("vfs", vfs);
	host_add_fake("mm", mm);
	host_add_fake("sched", sched);
	host_add_fake("console", console);
	host_add_fake("auditor", fake_nobody);
	host_threads(threads, PIDS);
	host_add_server("ds", &ds_server);
	host_on(KERNEL_OP_THREAD_CREATE, thread_create);
	host_add_server("pm", &pm_server);
}

/* ---- what processes do ------------------------------------------------------------------------------------
 */

/* A process whose thread runs, and has no signal to take first; 0: none. */
static uint32_t somebody(void)
{
	uint32_t first = random_below(PIDS);

	for (uint32_t i = 0; i < PIDS; i++) {
		uint32_t pid = (first + i) % PIDS;

		if (threads[pid].exists && threads[pid].started && !threads[pid].marked &&
		    !process_waits(pid))
			return pid;
	}
	return 0;
}

/* A process whose thread is marked, and can be told (in the middle of a stop, pm wakes it itself); 0: none.
 */
static uint32_t somebody_marked(void)
{
	uint32_t first = random_below(PIDS);

	for (uint32_t i = 0; i < PIDS; i++) {
		uint32_t pid = (first + i) % PIDS;

		if (threads[pid].exists && threads[pid].started && threads[pid].marked &&
		    process_waits_for(pid) != EVENT_SIGNAL)
			return pid;
	}
	return 0;
}

static uint32_t living(void)
{
	uint32_t count = 0;

	for (uint32_t pid = 0; pid < PIDS; pid++)
		count += threads[pid].exists;
	return count;
}

/* A pid: mostly of one that lives. */
static uint64_t a_pid(void)
{
	uint32_t pid = random_below(PIDS);

	if (random_below(8) == 0)
		return a_value();
	for (uint32_t i = 0; i < PIDS && !threads[pid].exists; i++)
		pid = (pid + 1) % PIDS;
	return pid;
}

static uint64_t a_signal(void)
{
	return PICK(0, 1, 9, 10, 10, 15, 17, 18, 19, 20, 34, 40, 64, a_value());
}

static uint64_t a_set(void)
{
	const uint64_t set = (uint64_t)random_below(UINT32_MAX) << random_below(33);

	return random_below(12) ? application_bytes(&set, sizeof(set)) : a_value();
}

static uint64_t an_action(void)
{
	const uint64_t action[] = {PICK(0, 1, 0x500000, 0x500000),
				   LINUX_SA_RESTORER | random_below(2) * LINUX_SA_RESTART |
				       random_below(2) * LINUX_SA_NODEFER | random_below(3) * 2,
				   0x500100, random_below(UINT32_MAX)};

	return random_below(12) ? application_bytes(action, sizeof(action)) : a_value();
}

static uint64_t a_time(void)
{
	const uint64_t time[] = {random_below(2), random_below(1000000), random_below(3),
				 random_below(1000000)};

	return random_below(12) ? application_bytes(time, sizeof(time)) : a_value();
}

static uint64_t strings(void)
{
	uint64_t pointer[] = {application_text("program"), application_text("an argument"), a_value(), 0};

	if (random_below(4))
		pointer[2] = 0;
	return random_below(8) ? application_bytes(pointer, sizeof(pointer)) : PICK(0, a_value());
}

static void make_life(struct step *step)
{
	switch (random_below(8)) {
	case 0:
		set_call(step, LINUX_EXIT, a_value());
		break;
	case 1:
	case 2:
		set_call(step, LINUX_WAIT4, PICK(UINT64_MAX, 0, a_pid(), -a_pid()),
			 random_below(2) ? a_value() : 0, PICK(0, 0, 1, 3, 11),
			 random_below(2) ? a_value() : 0);
		break;
	case 3:
		set_call(step, LINUX_EXECVE, application_text(random_below(2) ? "/bin/program" : "script"),
			 strings(), strings());
		break;
	default:
		if (living() > PROCESSES)
			set_call(step, LINUX_EXIT_GROUP, 0);
		else if (random_below(4) == 0)
			set_call(step, LINUX_VFORK);
		else
			set_call(step, LINUX_CLONE, PICK(17, 17, 0x1200011, 0x1100011, 0x4111, 0, a_value()),
				 random_below(2) ? a_value() : 0, a_value(), a_value(), a_value());
	}
}

static void make_signal(struct step *step)
{
	switch (random_below(10)) {
	case 0:
	case 1:
		set_call(step, LINUX_KILL, random_below(4) ? a_pid() : PICK(0, UINT64_MAX, -a_pid()),
			 a_signal());
		break;
	case 2:
		set_call(step, LINUX_TGKILL, a_pid(), a_pid(), a_signal());
		break;
	case 3:
		set_call(step, LINUX_RT_SIGPROCMASK, random_below(3), a_set(),
			 random_below(2) ? a_value() : 0, 8);
		break;
	case 4:
		set_call(step, LINUX_RT_SIGSUSPEND, a_set(), 8);
		break;
	case 5:
		set_call(step, LINUX_RT_SIGTIMEDWAIT, a_set(), random_below(2) ? a_value() : 0,
			 random_below(3) ? a_time() : 0, 8);
		break;
	case 6:
		set_call(step, random_below(2) ? LINUX_ALARM : LINUX_SETITIMER, random_below(3), a_time());
		break;
	case 7:
		if (random_below(3) == 0)
			set_call(step, LINUX_RT_SIGRETURN);
		else
			set_call(step, LINUX_PAUSE);
		break;
	default:
		set_call(step, LINUX_RT_SIGACTION, 1 + random_below(64), an_action(),
			 random_below(2) ? a_value() : 0, 8);
	}
}

/* The kernel has ended a thread: pm finds out. */
static void make_tombstone(struct step *step, uint32_t pid)
{
	threads[pid] = (struct host_thread){0};
	process_forget(pid);
	*step = (struct step){.kind = STEP_NOTIFY, .bits = DJED_NOTIFY_TOMBSTONE};
}

static void make(struct step *step)
{
	uint32_t marked = random_below(2) ? somebody_marked() : 0, pid = marked ? marked : somebody();

	if (pid == 0)
		pid = marked = somebody_marked();
	application_scribble(8);
	step->pid = pid;
	/* Also when all that is left is to ask a parent again that waits for its vfork. */
	if (pid == 0 || (marked && process_waits(pid) && random_below(20) == 0)) {
		step->pid = 0;
		step->message.label = EVENT_START;
		return;
	}
	if (marked && process_waits(pid)) {
		make_cancel(step, pid);
		return;
	}
	if (marked) {
		step->message.label = EVENT_SIGNAL;
		threads[pid].marked = false;
		return;
	}
	threads[pid].context.rsp = random_below(20) ? STACK - 64 - random_below(8) * 8 : a_value();
	switch (random_below(16)) {
	case 0:
		*step = (struct step){.kind = STEP_NOTIFY,
				      .bits = random_below(4) ? 1 : a_value() & ~(UINT64_C(3) << 62)};
		return;
	case 1:
		step->message = (struct djed_message){
		    .label = EVENT_EXCEPTION, .word = {PICK(5, 7, 8, 11), a_value(), random_below(20), 4}};
		threads[pid].context.call_number = UINT64_MAX;
		return;
	case 2:
		if (living() > 8 && random_below(3) == 0) {
			make_tombstone(step, pid);
			return;
		}
		step->message = (struct djed_message){.label = PM_SIGNAL_AND_ANSWER,
						      .word = {random_below(67), (uint64_t)-EPIPE}};
		return;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		make_life(step);
		break;
	case 8:
		if (random_below(2))
			set_call(step, LINUX_SETPGID, random_below(2) ? 0 : a_pid(),
				 random_below(2) ? 0 : a_pid());
		else
			set_call(step, LINUX_SETSID);
		break;
	case 9:
		make_any_call(step, "pm");
		break;
	case 10:
		set_call(step, LINUX_GETRANDOM, APPLICATION, random_below(600), 0);
		break;
	default:
		make_signal(step);
	}
	threads[pid].context.call_number = DJED_LABEL_NUMBER(step->message.label);
	threads[pid].context.rip = 0x401002;
}

static void done(const struct step *step, const struct host_outcome *outcome)
{
	struct host_thread *t = &threads[step->pid % PIDS];

	for (uint32_t pid = 0; pid < PIDS; pid++)
		if (!threads[pid].exists)
			process_forget(pid);
	if (!t->exists || outcome->next != DJED_NEXT_REPLY)
		return;
	if (step->message.label == EVENT_SIGNAL || step->message.label == EVENT_EXCEPTION)
		t->context.call_number = UINT64_MAX;
	else
		t->context.rax = outcome->status ? (uint64_t)outcome->status : outcome->word[0];
}

const struct subject pm_subject = {
    .name = "pm", .heap = HEAP, .start = start, .make = make, .done = done, .cancels_itself = true};
