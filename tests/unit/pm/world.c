#include "world.h"

#include <criterion/criterion.h>
#include <protocols/console.h>
#include <protocols/event.h>
#include <protocols/kernel.h>
#include <protocols/linux.h>
#include <protocols/mm.h>
#include <protocols/sched.h>
#include <protocols/vfs.h>

struct host_thread world_thread[WORLD_THREADS];
uint8_t world_memory[WORLD_MEMORY];
struct world_calls world_calls;

uint64_t at(unsigned offset)
{
	return WORLD_BASE + offset;
}

uint64_t put(unsigned offset, const void *bytes, unsigned length)
{
	memcpy(world_memory + offset, bytes, length);
	return at(offset);
}

/* ---- the servers that pm calls ---------------------------------------------------------------------- */

static struct djed_buffer grant(const struct djed_delivery *d, unsigned index)
{
	return (struct djed_buffer){.kind = DJED_GRANT_PASS,
				    .rights = d->message.grant[index].rights,
				    .length = d->message.grant[index].length,
				    .index = (uint16_t)index};
}

static void fake_vfs(const struct djed_delivery *d, struct djed_message *answer)
{
	char head[128] = "\177ELF";

	switch (d->message.label) {
	case VFS_EXIT:
		world_calls.vfs_exits++;
		break;
	case VFS_CREATE:
		world_calls.vfs_creates++;
		break;
	case VFS_OPEN_PROGRAM:
		memset(world_calls.path, 0, sizeof(world_calls.path));
		djed_copy_in(world_calls.path, grant(d, 0), 0, grant(d, 0).length);
		answer->status = (int32_t)world_calls.open;
		if (world_calls.head && strcmp(world_calls.path, "/bin/interpreter") != 0) {
			memset(head, 0, sizeof(head));
			memcpy(head, world_calls.head, strlen(world_calls.head));
		}
		djed_copy_out(grant(d, 1), 0, head, sizeof(head));
		answer->word[0] = 7;
		answer->word[1] = sizeof(head);
		break;
	}
}

static void fake_mm(const struct djed_delivery *d, struct djed_message *answer)
{
	switch (d->message.label) {
	case MM_FORK:
		answer->status = (int32_t)world_calls.fork;
		answer->word[0] = 100 + d->message.word[1];
		break;
	case MM_CREATE:
		answer->word[0] = 100;
		break;
	case MM_EXECUTE:
		answer->status = (int32_t)world_calls.execute;
		world_calls.arguments = (uint32_t)d->message.word[2];
		world_calls.environment = (uint32_t)d->message.word[3];
		world_calls.name_length = (uint32_t)d->message.word[4];
		world_calls.length = grant(d, 0).length;
		djed_copy_in(world_calls.strings, grant(d, 0), 0,
			     grant(d, 0).length < 4096 ? grant(d, 0).length : 4096);
		answer->word[0] = 200;
		answer->word[1] = 0x401000;
		answer->word[2] = WORLD_STACK - 4096;
		break;
	case MM_EXIT:
		world_calls.mm_exits++;
		break;
	case MM_POPULATE:
		answer->status = -EFAULT;
		break;
	case MM_STATISTICS:
		answer->word[0] = 1000;
		answer->word[1] = 900;
		break;
	}
}

static void fake_sched(const struct djed_delivery *d, struct djed_message *answer)
{
	(void)answer;
	world_calls.sched_removes += d->message.label == SCHED_REMOVE;
}

static void fake_console(const struct djed_delivery *d, struct djed_message *answer)
{
	cr_assert_eq(d->message.label, CONSOLE_TAKE_SIGNAL);
	answer->word[0] = world_calls.terminal_group;
	answer->word[1] = world_calls.terminal_signal;
	world_calls.terminal_group = 0;
}

extern const struct djed_server ds_server;

static void fake_auditor(const struct djed_delivery *d, struct djed_message *answer)
{
	(void)d;
	answer->status = -ENOSYS;
}

static uint32_t current; /* pid whose request is under way */
static bool context_set; /* by that request, for its own thread */

static void be(uint32_t pid)
{
	current = pid;
	host_be(pid, pid);
}

static djed_status thread_set_context(const uint64_t in[6], uint64_t out[3])
{
	djed_status status = host_thread_set_context(in, out);

	context_set |= !status && (uint32_t)(in[0] >> 32) == current;
	return status;
}

/* ---- what happens ----------------------------------------------------------------------------------------
 */

static void settle(uint32_t pid, struct host_outcome o);

/* Return to user mode: signal events until none is due. */
static void return_to_user(uint32_t pid)
{
	struct host_thread *t = &world_thread[pid];

	while (t->exists && t->marked && !t->parked) {
		struct djed_message message = {.label = EVENT_SIGNAL};

		t->marked = false;
		t->call = EVENT_SIGNAL;
		be(pid);
		settle(pid, host_request("pm", &message));
	}
}

/* Wakes, answers and cancellations that the last transaction left behind. */
static void follow_effects(void)
{
	struct host_effect e;
	bool again;

	do {
		again = false;
		while (host_take_effect(KERNEL_OP_ANSWER_PARKED, &e)) {
			for (uint32_t pid = 0; pid < WORLD_THREADS; pid++) {
				struct host_thread *t = &world_thread[pid];

				if (!t->exists || !t->parked || t->request != e.in[0])
					continue;
				t->parked = false;
				t->context.rax = e.message.status ? (uint64_t)(int64_t)e.message.status
								  : e.message.word[0];
				return_to_user(pid);
			}
			again = true;
		}
		while (host_take_effect(KERNEL_OP_WAKE, &e)) {
			for (uint32_t pid = 0; pid < WORLD_THREADS; pid++) {
				struct host_thread *t = &world_thread[pid];

				if (!t->exists || !t->parked || t->request != e.in[0])
					continue;
				t->parked = false;
				be(pid);
				settle(pid, host_wake(t->request));
			}
			again = true;
		}
		for (uint32_t pid = 0; pid < WORLD_THREADS; pid++) {
			struct host_thread *t = &world_thread[pid];

			if (!t->exists || !t->marked)
				continue;
			if (t->parked && t->call == EVENT_SIGNAL)
				continue; /* pm itself wakes a stopped one */
			if (t->parked) {
				struct host_outcome o;

				t->parked = false;
				be(pid);
				o = host_cancel(t->request);
				if (o.next == DJED_NEXT_PARK) { /* not to be interrupted: the mark stays */
					t->parked = true;
					continue;
				}
				settle(pid, o);
				again = true;
			}
		}
	} while (again);
}

static void settle(uint32_t pid, struct host_outcome o)
{
	struct host_thread *t = &world_thread[pid];

	if (t->exists && o.next == DJED_NEXT_PARK) {
		t->parked = true;
		t->request = o.request;
	} else if (t->exists && DJED_LABEL_PROTOCOL(t->call) == DJED_PROTOCOL_LINUX && !context_set) {
		t->context.rax = o.status ? (uint64_t)o.status : o.word[0];
	}
	context_set = false;
	follow_effects();
	return_to_user(pid);
	if (t->exists && !t->parked)
		t->context.call_number = ~0ull;
}

/* Those that run elsewhere are interrupted and return, too. */
static void all_return(void)
{
	for (uint32_t pid = 0; pid < WORLD_THREADS; pid++)
		if (world_thread[pid].started)
			return_to_user(pid);
	follow_effects();
}

int64_t world_do(uint32_t pid, uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct host_thread *t = &world_thread[pid];

	cr_assert(t->exists && t->started && !t->parked, "process %u cannot make call %u", pid, number);
	t->call = LINUX_LABEL(number);
	t->context.call_number = number;
	t->context.rip = 0x401002;
	context_set = false;
	be(pid);
	settle(pid, host_linux("pm", number, a, b, c, d, e));
	all_return();
	return t->exists && !t->parked ? (int64_t)t->context.rax : 0;
}

void world_notify(uint64_t bits)
{
	context_set = false;
	host_notify("pm", bits);
	follow_effects();
	all_return();
}

void world_exception(uint32_t pid, unsigned signal, uint64_t address, unsigned vector, unsigned error)
{
	struct djed_message message = {.label = EVENT_EXCEPTION, .word = {signal, address, vector, error}};

	world_thread[pid].call = EVENT_EXCEPTION;
	world_thread[pid].context.call_number = ~0ull;
	be(pid);
	settle(pid, host_request("pm", &message));
}

void world_return(uint32_t pid)
{
	world_thread[pid].context.call_number = ~0ull;
	return_to_user(pid);
	follow_effects();
}

void world_return_from_call(uint32_t pid)
{
	return_to_user(pid);
	follow_effects();
}

void world_check(const char *where)
{
	struct djed_audit audit = host_audit("pm");

	cr_assert_eq(audit.violations, 0, "%s: %u violations\n%s", where, audit.violations, host_log());
}

void world_start(const char *command_line)
{
	struct djed_message start = {.label = EVENT_START};

	host_start(&(struct host_options){.command_line = command_line});
	host_map(WORLD_BASE, world_memory, WORLD_MEMORY, DJED_GRANT_READ | DJED_GRANT_WRITE);
	host_add_fake("vfs", fake_vfs);
	host_add_fake("mm", fake_mm);
	host_add_fake("sched", fake_sched);
	host_add_fake("console", fake_console);
	host_add_fake("auditor", fake_auditor);
	host_threads(world_thread, WORLD_THREADS);
	host_add_server("ds", &ds_server);
	host_on(KERNEL_OP_THREAD_SET_CONTEXT, thread_set_context);
	djed_port_time = 1000000000;
	host_add_server("pm", &djed_server);
	host_protect_regions("pm", processes, PROCESSES_MAX, sizeof(*processes));
	host_be(0, 0);
	cr_assert_eq(host_request("pm", &start).status, 0);
	follow_effects();
}
