#include "space.h"

#include <lib/reference.h>

#include <errno.h>

struct process *process_find(uint32_t pid)
{
	struct process *process = &client_of(pid)->process;

	return pid && process->pid == pid ? process : NULL;
}

struct space *process_space(uint32_t pid)
{
	const struct process *process = process_find(pid);

	return process ? space_at(process->space) : NULL;
}

djed_status process_add(uint32_t pid, struct space *space)
{
	struct process *process = &client_of(pid)->process;

	if (!pid)
		return -EINVAL;
	if (process->pid)
		return -EEXIST;
	spaces.processes++;
	*process = (struct process){.pid = pid, .space = space->id};
	reference_take(&space->references);
	return 0;
}

/* Its own one lies in its region, which the caller has opened; one that it shares lies in another's. */
static void leave(const struct process *process)
{
	struct space *space = space_at(process->space);

	if (&client_with(space)->process != process)
		space_write(space);
	space_release(space);
}

void process_remove(struct process *process)
{
	client_write(process->pid);
	leave(process);
	process->pid = 0;
	spaces.processes--;
}

void process_move(struct process *process, struct space *space)
{
	leave(process);
	process->space = space->id;
}
