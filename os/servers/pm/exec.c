/* Running another program. */
#include "script.h"

#include <lib/client.h>
#include <protocols/kernel.h>
#include <protocols/mm_client.h>
#include <protocols/vfs_client.h>

/* Used by one exec at a time; nothing in it outlives its request. */
static struct block block;

/* Reads a string of the application to the end of the block. It goes through the stack, because what is
 * copied into the block is logged: this way only as many bytes as the string has. */
static djed_status append_string(uint64_t address)
{
	char piece[1024];
	djed_status length;

	for (;;) {
		length = client_string(piece, address, sizeof(piece));
		if (length >= 0)
			return block_append(&block, piece, (uint32_t)length);
		if (length != -ENAMETOOLONG)
			return length;
		if (block_append(&block, piece, sizeof(piece)))
			return -E2BIG;
		block.end--; /* the string goes on: over the NUL */
		address += sizeof(piece);
	}
}

/* Reads a vector of pointers to strings, ended by NULL; address 0 is an empty one, as in Linux. */
static djed_status append_vector(uint64_t address, uint32_t *count)
{
	uint64_t pointer[64];

	*count = 0;
	while (address) {
		uint64_t got = client_read_some(pointer, address, sizeof(pointer)) / sizeof(pointer[0]);

		if (got == 0)
			return -EFAULT;
		for (uint64_t i = 0; i < got; i++) {
			djed_status status = pointer[i] ? append_string(pointer[i]) : 0;

			if (!pointer[i] || status)
				return status;
			++*count;
		}
		address += got * sizeof(pointer[0]);
	}
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Finds the program for `path`, following scripts to their interpreters and changing the arguments
 * accordingly. */
static djed_status find_program(const struct process *p, const char *path, uint64_t *object)
{
	char head[HEAD_SIZE], file[PATH_SIZE];
	struct script_line line;
	djed_status status;

	strlcpy(file, path, sizeof(file));
	for (unsigned depth = 0; depth <= SCRIPTS_MAX; depth++) {
		uint32_t length = (uint32_t)strlen(file), count;

		status = vfs_open_program(to.vfs, p->pid, djed_own(file, length),
					  djed_own_writable(head, sizeof(head)), object, &count);
		if (status)
			return status;
		if (count > sizeof(head))
			count = sizeof(head);
		if (count < 2 || head[0] != '#' || head[1] != '!')
			return 0;
		if (!script_parse(head, count, &line))
			return -ENOEXEC;
		if (block.arguments)
			block_drop_first(&block);
		else
			block.arguments = 1;
		status = block_prepend(&block, file, length);
		if (!status && line.argument_length)
			status = block_prepend(&block, line.argument, line.argument_length);
		if (!status)
			status = block_prepend(&block, line.interpreter, line.interpreter_length);
		if (status)
			return status;
		block.arguments += line.argument_length ? 2 : 1;
		memcpy(file, line.interpreter, line.interpreter_length);
		file[line.interpreter_length] = 0;
	}
	return -ELOOP;
}

/* Bytes of the arguments, which begin at `first`, that vfs keeps for /proc; it wants no environment. */
static uint32_t arguments_length(uint32_t first)
{
	enum { KEPT = 256 };
	uint32_t at = first;

	for (uint32_t i = 0; i < block.arguments && at - first < KEPT; i++)
		at += (uint32_t)strlen(block.text + at) + 1;
	return at - first;
}

/* Replaces the process's memory by the program with the arguments in `block`. */
static djed_status load(struct process *p, const char *path, struct djed_context *context, uint64_t *space)
{
	uint32_t path_length = (uint32_t)strlen(path), at;
	uint64_t object;
	djed_status status = find_program(p, path, &object);

	if (status)
		return status;
	at = block.first;
	status = block_prepend(&block, path, path_length);
	if (status)
		return status;
	memset(context, 0, sizeof(*context));
	status = mm_execute(to.mm, p->pid, object, block.arguments, block.environment, path_length + 1,
			    p->credentials.effective_user, p->credentials.effective_group,
			    djed_own(block.text + block.first, block.end - block.first), space, &context->rip,
			    &context->rsp);
	if (status)
		return status;
	context->rflags = 0x202;
	context->call_number = ~(uint64_t)0;
	context_fresh_fpu(context);
	/* For the process list: what vfs does not learn now it shows as empty. */
	status = vfs_executed(to.vfs, p->pid, djed_own(path, path_length),
			      djed_own(block.text + at, arguments_length(at)));
	if (status)
		djed_log("process %u: vfs: executed: %lld", p->pid, (long long)status);
	return 0;
}

/* What a process does not take along into another program. */
static void shed(struct process *p, const char *path)
{
	actions_reset(p);
	p->signals.stack = (struct signal_stack){0};
	p->executed = true;
	p->set_tid = p->clear_tid = 0;
	p->exit_signal = LINUX_SIGCHLD;
	memset(p->name, 0, sizeof(p->name));
	strlcpy(p->name, base_name(path), sizeof(p->name));
}

int64_t process_execute(struct process *p, uint64_t path, uint64_t arguments, uint64_t environment)
{
	char file[PATH_SIZE];
	struct djed_context context;
	uint64_t space;
	djed_handle thread = djed_current()->thread;
	djed_status status = client_string(file, path, sizeof(file));

	if (status < 0)
		return status;
	if (status == 0)
		return -ENOENT;
	block_reset(&block);
	status = append_vector(arguments, &block.arguments);
	if (!status)
		status = append_vector(environment, &block.environment);
	if (!status && !block.arguments) {
		/* Linux since 5.18: a program always has a name. The environment lies behind it. */
		status = block_prepend(&block, "", 0);
		block.arguments = 1;
	}
	if (!status)
		status = load(p, file, &context, &space);
	if (status)
		return status;
	/* Commit: the memory is replaced, nothing below may fail. */
	status = kernel_thread_set_space(thread, space);
	if (!status)
		status = kernel_thread_set_context(thread, (uint64_t)&context);
	djed_assert(status == 0);
	shed(p, file);
	vfork_release(p);
	return 0;
}

djed_status process_load(struct process *p, const char *path, const char *const argument[],
			 const char *const environment[], struct djed_context *context, uint64_t *space)
{
	djed_status status = 0;

	block_reset(&block);
	for (; !status && *argument; argument++, block.arguments++)
		status = block_append(&block, *argument, (uint32_t)strlen(*argument));
	for (; !status && *environment; environment++, block.environment++)
		status = block_append(&block, *environment, (uint32_t)strlen(*environment));
	if (!status)
		status = load(p, path, context, space);
	if (!status)
		shed(p, path);
	return status;
}
